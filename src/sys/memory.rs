//! Memory that several processes share, without a name in the file system.
//!
//! A memfd has no name under `/dev/shm`: when the last process that holds it is gone, however it
//! went, the kernel takes the memory back. So a killed process tree leaks nothing.
//!
//! The memory is offered as a slice of atomics and as nothing else. Two processes that touch the
//! same word race, but a race on an atomic is defined, and so this file is the only unsafe one
//! that sharing memory needs.
//!
//! # Invariants
//!
//! - **MEMORY-1** The mapping has exactly `words * 8` bytes, is readable and writable, and lives
//!   until the `SharedWords` is dropped.
//! - **MEMORY-2** The file cannot shrink: it is sealed before the first page is touched, because a
//!   process that truncated it would kill the others with SIGBUS. A file with a name, for memory
//!   that is to outlive its processes, cannot be sealed; its room is reserved instead, and whoever
//!   truncates it meanwhile ends the processes that write to it.
//!
//! See `memfd_create(2)`, `mmap(2)`, `fcntl(2)` "File sealing".
#![expect(unsafe_code, reason = "maps pages and hands them out as a slice")]

use std::fmt;
use std::io;
use std::num::NonZero;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

use nix::fcntl::{FcntlArg, SealFlag, fcntl, posix_fallocate};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};
use nix::sys::stat::fstat;
use nix::unistd::{SysconfVar, ftruncate, sysconf};

use super::named;

/// A slice of 64-bit atomics that another process can map too.
///
/// # Example: two mappings of one memory
///
/// ```
/// use std::sync::atomic::Ordering;
/// use trainyard::sys::memory::SharedWords;
///
/// let ours = SharedWords::create("example", 16)?;
/// let theirs = SharedWords::open(ours.descriptor().try_clone_to_owned()?)?;
/// ours.words()[3].store(7, Ordering::Relaxed);
/// assert_eq!(theirs.words()[3].load(Ordering::Relaxed), 7);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct SharedWords {
    base: NonNull<AtomicU64>,
    len: usize,
    descriptor: OwnedFd,
    /// Where in the file the words begin, in bytes.
    offset: u64,
}

// SAFETY: [MEMORY-1] the mapping belongs to the process, not to a thread, and all access to it
// goes through atomics.
unsafe impl Send for SharedWords {}
// SAFETY: as above; `&SharedWords` gives out `&[AtomicU64]` alone.
unsafe impl Sync for SharedWords {}

impl SharedWords {
    /// Creates `len` words, all zero. `name` shows in `/proc/PID/maps`, nowhere else.
    ///
    /// # Errors
    ///
    /// Fails if memory or descriptors are used up, or `len` is 0.
    pub fn create(name: &str, len: usize) -> io::Result<Self> {
        let bytes = byte_len(len)?;
        // INVARIANT: [SYS-2] closed on exec from its first moment.
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        let descriptor = memfd_create(name, flags).map_err(named("memfd_create"))?;
        ftruncate(&descriptor, i64::try_from(bytes.get()).map_err(io::Error::other)?)
            .map_err(named("ftruncate"))?;
        let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL;
        // INVARIANT: [MEMORY-2] sealed here, mapped after.
        fcntl(&descriptor, FcntlArg::F_ADD_SEALS(seals)).map_err(named("fcntl(F_ADD_SEALS)"))?;
        Self::map(descriptor, len, bytes)
    }

    /// Maps the words that another process created, from the descriptor that it sent.
    ///
    /// # Errors
    ///
    /// Fails if the descriptor is no sealed memory of whole words.
    pub fn open(descriptor: OwnedFd) -> io::Result<Self> {
        let seals =
            fcntl(&descriptor, FcntlArg::F_GET_SEALS).map_err(named("fcntl(F_GET_SEALS)"))?;
        let shrinks = seals & SealFlag::F_SEAL_SHRINK.bits() == 0;
        let size = fstat(&descriptor).map_err(named("fstat"))?.st_size;
        let bytes = usize::try_from(size).map_err(io::Error::other)?;
        if shrinks || bytes % size_of::<AtomicU64>() != 0 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "shared memory: not sealed against shrinking, or not of whole words",
            ));
        }
        let len = bytes / size_of::<AtomicU64>();
        Self::map(descriptor, len, byte_len(len)?)
    }

    /// Maps `len` words of a named file from byte `offset` on, a multiple of the page size, and
    /// reserves room for them, so that a full disk is an error here and no signal later.
    ///
    /// What is written stays in the file when its writers are gone, however they went.
    ///
    /// # Errors
    ///
    /// Fails if there is no room, the offset is no multiple of the page size, or `len` is 0.
    pub fn of_file(file: OwnedFd, offset: u64, len: usize) -> io::Result<Self> {
        let (bytes, start) = (byte_len(len)?, i64::try_from(offset).map_err(io::Error::other)?);
        let room = i64::try_from(bytes.get()).map_err(io::Error::other)?;
        posix_fallocate(&file, start, room).map_err(named("posix_fallocate"))?;
        Self::map_at(file, start, len, bytes)
    }

    fn map(descriptor: OwnedFd, len: usize, bytes: NonZero<usize>) -> io::Result<Self> {
        Self::map_at(descriptor, 0, len, bytes)
    }

    fn map_at(
        descriptor: OwnedFd,
        start: i64,
        len: usize,
        bytes: NonZero<usize>,
    ) -> io::Result<Self> {
        let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        let flags = MapFlags::MAP_SHARED;
        // SAFETY: a fresh mapping at an address of the kernel's choice overlaps nothing of ours.
        let base = unsafe { mmap(None, bytes, protection, flags, &descriptor, start) }
            .map_err(named("mmap"))?;
        // INVARIANT: [MEMORY-1] `bytes` is `len` words; pages are aligned for every type.
        let offset = start.unsigned_abs();
        Ok(Self { base: base.cast(), len, descriptor, offset })
    }

    /// Returns the words.
    #[inline]
    pub fn words(&self) -> &[AtomicU64] {
        // SAFETY: [MEMORY-1] the mapping is `len` words long and lives as long as `self`; every
        // bit pattern is a valid word, and others touch them by atomic operations only.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.len) }
    }

    /// Returns the descriptor, to be sent to another process.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    /// Returns where the words begin in what the descriptor stands for, in bytes.
    pub fn offset(&self) -> u64 {
        self.offset
    }
}

impl Drop for SharedWords {
    fn drop(&mut self) {
        // SAFETY: [MEMORY-1] this is the mapping that `map` made, and nobody borrows it any more.
        let unmapped = unsafe { munmap(self.base.cast(), self.len * size_of::<AtomicU64>()) };
        debug_assert_eq!(unmapped, Ok(()), "MEMORY-1");
    }
}

impl fmt::Debug for SharedWords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SharedWords").field("len", &self.len).finish_non_exhaustive()
    }
}

/// Returns the size of a page: what a mapping's offset in its file is a multiple of.
///
/// # Errors
///
/// Fails if the system does not say; Linux does.
pub fn page_bytes() -> io::Result<usize> {
    let size = sysconf(SysconfVar::PAGE_SIZE).map_err(named("sysconf"))?.unwrap_or(0);
    usize::try_from(size).ok().filter(|size| size.is_power_of_two()).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "shared memory: the page size is no power of 2")
    })
}

fn byte_len(words: usize) -> io::Result<NonZero<usize>> {
    words.checked_mul(size_of::<AtomicU64>()).and_then(NonZero::new).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, "shared memory: the length is 0 or too large")
    })
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn memory_of_no_words_is_refused() {
        assert_eq!(
            SharedWords::create("empty", 0).unwrap_err().kind(),
            io::ErrorKind::InvalidInput
        );
    }

    #[test]
    fn a_file_that_could_shrink_under_us_is_refused() {
        let file = memfd_create("unsealed", MFdFlags::MFD_CLOEXEC).unwrap();
        ftruncate(&file, 64).unwrap();
        assert!(SharedWords::open(file).is_err());
    }

    #[test]
    fn what_is_written_to_a_part_of_a_file_is_in_the_file() {
        let mut file = std::fs::File::from(memfd_create("kept", MFdFlags::MFD_CLOEXEC).unwrap());
        let words = SharedWords::of_file(file.try_clone().unwrap().into(), 4096, 2).unwrap();
        words.words()[1].store(7, std::sync::atomic::Ordering::Relaxed);
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut file, &mut bytes).unwrap();
        assert_eq!((bytes.len(), bytes[4104]), (4112, 7));
        assert!(SharedWords::of_file(file.into(), 1, 2).is_err(), "no multiple of a page");
    }

    #[test]
    fn the_memory_cannot_be_made_shorter() {
        let words = SharedWords::create("sealed", 8).unwrap();
        assert!(ftruncate(words.descriptor(), 8).is_err());
    }
}
