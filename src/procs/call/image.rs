//! Where this program lies in memory, and which program it is.
//!
//! Two processes that run the same file hold the same code, but at different addresses: the kernel
//! loads it somewhere else each time. What is the same is the distance between two functions. So a
//! job names its function by its distance from one that both know, and a worker adds its own. (Not
//! by the distance from the lowest mapping: a backtrace maps the program's file once more.)
//!
//! # Invariants
//!
//! - **IMAGE-1** An address that comes out of an offset lies in the mapping of this program's file
//!   that it should be in: code in an executable one, constants in one that nobody can write.
//!
//! Read next: [`call`](crate::procs::call).

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::OnceLock;

use crate::procs::kernel::wire::Reader;

/// A distance from [`Image::own`], the same in every process of this program; it may be negative,
/// and then wraps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offset(pub(crate) u64);

/// Where this program's file is mapped.
#[derive(Debug)]
pub(crate) struct Image {
    base: usize,
    code: Vec<Range<usize>>,
    constants: Vec<Range<usize>>,
}

impl Image {
    /// Returns the image of this process, which does not change while it runs.
    ///
    /// # Errors
    ///
    /// Fails if /proc is not mounted.
    pub(crate) fn own() -> io::Result<&'static Self> {
        static OWN: OnceLock<Image> = OnceLock::new();
        if let Some(own) = OWN.get() {
            return Ok(own);
        }
        // The names of other files that are mapped need not be text.
        let maps = String::from_utf8_lossy(&std::fs::read("/proc/self/maps")?).into_owned();
        // Any function of ours will do: it lies in the program's file.
        let inside: fn() -> io::Result<&'static Self> = Self::own;
        let image = Self::parse(&maps, inside as usize).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "/proc/self/maps: this program is not in it")
        })?;
        Ok(OWN.get_or_init(|| image))
    }

    /// Finds the file that is mapped at the address `inside`, and all mappings of it.
    fn parse(maps: &str, inside: usize) -> Option<Self> {
        let mappings: Vec<Mapping<'_>> = maps.lines().filter_map(Mapping::parse).collect();
        let file = mappings.iter().find(|mapping| mapping.range.contains(&inside))?.file;
        let ours = || mappings.iter().filter(move |mapping| mapping.file == file);
        let ranges = |wanted: fn(&Mapping<'_>) -> bool| {
            ours().filter(|mapping| wanted(mapping)).map(|mapping| mapping.range.clone()).collect()
        };
        Some(Self {
            base: inside,
            code: ranges(|mapping| mapping.rights.starts_with("r-x")),
            constants: ranges(|mapping| mapping.rights.starts_with("r--")),
        })
    }

    /// Returns the offset of the code at `address`; `None` if it is not in this program's file.
    pub(crate) fn code_offset(&self, address: usize) -> Option<Offset> {
        self.offset(&self.code, address, 1)
    }

    /// Returns the offset of the constant of `len` bytes at `address`, if it is one of this file.
    pub(crate) fn constant_offset(&self, address: usize, len: usize) -> Option<Offset> {
        self.offset(&self.constants, address, len)
    }

    fn offset(&self, ranges: &[Range<usize>], address: usize, len: usize) -> Option<Offset> {
        is_within(ranges, address, len).then(|| Offset(address.wrapping_sub(self.base) as u64))
    }

    /// Returns the address of code.
    pub(crate) fn code(&self, offset: Offset) -> Option<usize> {
        self.address(&self.code, offset, 1)
    }

    /// Returns the address of a constant of `len` bytes.
    pub(crate) fn constant(&self, offset: Offset, len: usize) -> Option<usize> {
        self.address(&self.constants, offset, len)
    }

    fn address(&self, ranges: &[Range<usize>], offset: Offset, len: usize) -> Option<usize> {
        let address = self.base.wrapping_add(usize::try_from(offset.0).ok()?);
        // INVARIANT: [IMAGE-1]
        is_within(ranges, address, len).then_some(address)
    }
}

fn is_within(ranges: &[Range<usize>], address: usize, len: usize) -> bool {
    let end = address.checked_add(len);
    ranges.iter().any(|range| range.start <= address && end.is_some_and(|end| end <= range.end))
}

/// A line of /proc/PID/maps, as far as it concerns us.
struct Mapping<'a> {
    range: Range<usize>,
    rights: &'a str,
    /// Device and inode.
    file: (&'a str, &'a str),
}

impl<'a> Mapping<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let address = |text| usize::from_str_radix(text, 16).ok();
        let range = address(start)?..address(end)?;
        let (rights, _offset) = (words.next()?, words.next()?);
        Some(Self { range, rights, file: (words.next()?, words.next()?) })
    }
}

/// Says which program a file is, so that a worker can tell that it is its parent's.
///
/// That is the build id that the linker wrote into it, if there is one. Otherwise where the file
/// lies, its size and when it changed: the kernel lets nobody write to a file that runs.
///
/// # Errors
///
/// Fails if the file cannot be read.
pub(crate) fn identity(program: &File) -> io::Result<String> {
    if let Some(id) = build_id(program) {
        return Ok(id
            .iter()
            .fold("build id ".to_owned(), |text, byte| format!("{text}{byte:02x}")));
    }
    let file = program.metadata()?;
    let (device, inode, size) = (file.dev(), file.ino(), file.size());
    Ok(format!("inode {device}:{inode}, {size} bytes, of {}.{}", file.mtime(), file.mtime_nsec()))
}

/// Reads the build id out of a 64-bit ELF file. See `elf(5)`.
fn build_id(program: &File) -> Option<Vec<u8>> {
    /// The offsets of what we read, in the file header and in a program header.
    const PROGRAM_HEADERS_AT: usize = 32;
    const PROGRAM_HEADER_LEN: usize = 56;
    const PROGRAM_HEADER_COUNT_AT: usize = 56;
    const NOTES: u32 = 4;
    /// No linker writes more notes than this; it bounds what we read.
    const NOTES_LEN_MAX: usize = 1 << 16;

    let mut header = [0; 64];
    program.read_exact_at(&mut header, 0).ok()?;
    let headers_at = u64::from_le_bytes(*header[PROGRAM_HEADERS_AT..].first_chunk()?);
    let count = u16::from_le_bytes(*header[PROGRAM_HEADER_COUNT_AT..].first_chunk()?);
    let mut headers = vec![0; usize::from(count) * PROGRAM_HEADER_LEN];
    program.read_exact_at(&mut headers, headers_at).ok()?;
    headers.as_chunks::<PROGRAM_HEADER_LEN>().0.iter().find_map(|header| {
        let mut fields = Reader::new(header);
        let kind = u32::from_le_bytes(fields.take_array().ok()?);
        let [_flags, at, _address, _physical, len] = std::array::from_fn(|field| match field {
            0 => fields.take_array::<4>().map_or(0, |bytes| u32::from_le_bytes(bytes).into()),
            _ => fields.take_array::<8>().map_or(0, u64::from_le_bytes),
        });
        let mut notes = vec![0; usize::try_from(len).ok().filter(|&len| len <= NOTES_LEN_MAX)?];
        (kind == NOTES).then(|| program.read_exact_at(&mut notes, at).ok())??;
        build_id_note(Reader::new(&notes))
    })
}

/// Finds the build id among notes: name length, length, type, name, content, each padded to 4.
fn build_id_note(mut notes: Reader<'_>) -> Option<Vec<u8>> {
    const BUILD_ID: u32 = 3;
    loop {
        let mut number = || notes.take_array().map(u32::from_le_bytes).ok();
        let (name_len, len, kind) = (number()?, number()?, number()?);
        let padded = |len: u32| usize::try_from(len).ok()?.checked_next_multiple_of(4);
        let name = notes.take(padded(name_len)?).ok()?;
        let content = notes.take(padded(len)?).ok()?;
        if kind == BUILD_ID && name == b"GNU\0" {
            return content.get(..usize::try_from(len).ok()?).map(<[u8]>::to_vec);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
        1000-2000 r--p 00000000 fe:00 77 /bin/program\n\
        2000-5000 r-xp 00001000 fe:00 77 /bin/program\n\
        5000-6000 r--p 00004000 fe:00 77 /bin/program\n\
        6000-7000 rw-p 00005000 fe:00 77 /bin/program\n\
        7000-8000 rw-p 00000000 00:00 0 [heap]\n\
        9000-a000 r-xp 00000000 fe:00 78 /lib/other.so\n";

    #[test]
    fn only_this_programs_code_has_an_offset() {
        let image = Image::parse(MAPS, 0x2100).unwrap();
        assert_eq!(image.code_offset(0x2200), Some(Offset(0x100)));
        assert_eq!(image.code_offset(0x9100), None, "a library's");
        assert_eq!(image.code_offset(0x5000), None, "a constant");
        assert_eq!(image.code(Offset(0x100)), Some(0x2200));
        assert_eq!(image.code(Offset(0x7000)), None, "a library's");
    }

    #[test]
    fn a_constant_lies_whole_in_memory_that_nobody_writes() {
        let image = Image::parse(MAPS, 0x2100).unwrap();
        assert_eq!(image.constant_offset(0x5ff0, 16), Some(Offset(0x3ef0)));
        assert_eq!(image.constant_offset(0x5ff0, 17), None);
        assert_eq!(image.constant(Offset(0x3f00), 8), None, "writable");
    }

    #[test]
    fn a_function_of_this_program_comes_back_from_its_offset() {
        let image = Image::own().unwrap();
        let function: fn(&File) -> io::Result<String> = identity;
        let offset = image.code_offset(function as usize).unwrap();
        assert_eq!(image.code(offset), Some(function as usize));
    }

    #[test]
    fn two_programs_have_two_identities() {
        let own = identity(&File::open("/proc/self/exe").unwrap()).unwrap();
        let shell = identity(&File::open("/bin/sh").unwrap()).unwrap();
        assert_ne!(own, shell);
        assert_eq!(own, identity(&File::open("/proc/self/exe").unwrap()).unwrap());
    }

    #[test]
    fn a_build_id_is_found_after_other_notes() {
        let other = b"\x04\0\0\0\x02\0\0\0\x01\0\0\0GNU\0ab\0\0";
        let ours = b"\x04\0\0\0\x03\0\0\0\x03\0\0\0GNU\0xyz\0";
        let notes = [&other[..], ours].concat();
        assert_eq!(build_id_note(Reader::new(&notes)), Some(b"xyz".to_vec()));
        assert_eq!(build_id_note(Reader::new(&notes[..30])), None, "cut short");
    }
}
