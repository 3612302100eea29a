//! From a stream of bytes to blocks, one after another.
//!
//! The stream may be a file, a pipe, or a device without an end. So nothing is read before what
//! stands before it was found right, and the body of a block grows as its bytes come: READ-1.

use std::io::{self, Read};

use super::ReadError;
use super::block::{self, HEADER, HEADER_BYTES, Kind, Name};
use crate::sys::ticks::Scale;
use crate::trace::Track;
use crate::trace::event::{Event, WORDS};
use crate::trace::ring::in_nanoseconds;

/// The largest alignment. Files are mapped by pages, of 64 KiB at most where Linux runs.
const ALIGNMENT_MAX: usize = 1 << 20;
/// The longest body of a block, 1 GiB: five hundred times the largest ring.
const BODY_BYTES_MAX: u64 = 1 << 30;

/// How much room is made before a byte has come.
const STEP: usize = 1 << 16;

/// A stream of blocks.
pub(super) struct Blocks<R> {
    source: R,
    alignment: u64,
    /// How many bytes have come.
    offset: u64,
}

/// A header, and what follows: as much as the file has, if that is less.
pub(super) struct Block {
    pub(super) offset: u64,
    pub(super) kind: Kind,
    pub(super) header: [u64; HEADER],
    pub(super) body: Vec<u8>,
    pub(super) is_cut: bool,
}

impl<R: Read> Blocks<R> {
    /// Reads the first block, which says what kind of file this is.
    pub(super) fn begin(source: R) -> Result<(Self, Block), ReadError> {
        let mut blocks = Self { source, alignment: 1, offset: 0 };
        let magic = blocks.bytes(block::MAGIC_TEXT.len() as u64)?;
        if magic != block::MAGIC_TEXT {
            return Err(ReadError::NotATrace);
        }
        let rest = blocks.bytes((HEADER_BYTES - magic.len()) as u64)?;
        let Some(header) = header(&[magic, rest].concat()) else {
            return Err(blocks.cut_off(0, None));
        };
        match header[block::VERSION_WORD] {
            block::VERSION => {}
            version if (1..=block::VERSION).contains(&version.swap_bytes()) => {
                return Err(ReadError::ByteOrder);
            }
            0 => return Err(ReadError::NotATrace),
            version if version < block::VERSION => return Err(ReadError::Older { version }),
            version => return Err(ReadError::Newer { version }),
        }
        let kind = Kind::from_word(header[block::KIND_WORD]);
        let alignment = usize::try_from(header[block::ALIGNMENT_WORD]).unwrap_or(usize::MAX);
        let is_possible = (HEADER_BYTES..=ALIGNMENT_MAX).contains(&alignment);
        if kind != Some(Kind::About) || !alignment.is_power_of_two() || !is_possible {
            return Err(ReadError::NotATrace);
        }
        blocks.alignment = alignment as u64;
        let about = blocks.block(0, Kind::About, header)?;
        Ok((blocks, about))
    }

    /// The next block; `None` at the end of the file, or where its writer came no further.
    pub(super) fn next(&mut self) -> Result<Option<Block>, ReadError> {
        self.gap()?;
        let offset = self.offset;
        let Some(header) = header(&self.bytes(HEADER_BYTES as u64)?) else { return Ok(None) };
        if header[block::MAGIC_WORD] == 0 {
            self.offset = offset;
            return Ok(None);
        }
        if header[block::MAGIC_WORD] != block::MAGIC {
            return Err(damaged(offset, "no block begins"));
        }
        let Some(kind) = Kind::from_word(header[block::KIND_WORD]) else {
            return Err(damaged(offset, "a block of an unknown kind begins"));
        };
        self.block(offset, kind, header).map(Some)
    }

    /// Finds the end of the file after its last block.
    pub(super) fn end(&mut self) -> Result<(), ReadError> {
        self.gap()?;
        let offset = self.offset;
        if self.bytes(1)?.is_empty() {
            Ok(())
        } else {
            Err(damaged(offset, "something follows its last block"))
        }
    }

    /// Reads the zeros up to where the next block may begin.
    fn gap(&mut self) -> Result<(), ReadError> {
        let offset = self.offset;
        let zeros = self.bytes(offset.next_multiple_of(self.alignment) - offset)?;
        if zeros.iter().all(|&byte| byte == 0) {
            return Ok(());
        }
        Err(damaged(offset, "something stands between two blocks"))
    }

    pub(super) fn cut_off(&self, whole: u64, blocks: Option<u64>) -> ReadError {
        ReadError::CutOff { bytes: self.offset, whole, blocks }
    }

    fn block(
        &mut self,
        offset: u64,
        kind: Kind,
        header: [u64; HEADER],
    ) -> Result<Block, ReadError> {
        let len = header[block::BYTES_WORD];
        let body = self.bytes(len.min(BODY_BYTES_MAX))?;
        if len > BODY_BYTES_MAX && body.len() as u64 == BODY_BYTES_MAX {
            return Err(damaged(offset, "a block of more than 1 GiB begins"));
        }
        let is_cut = (body.len() as u64) < len;
        Ok(Block { offset, kind, header, body, is_cut })
    }

    /// Reads `count` bytes, or as many as there are. A vector grows with what has come.
    fn bytes(&mut self, count: u64) -> Result<Vec<u8>, ReadError> {
        let mut bytes =
            Vec::with_capacity(usize::try_from(count).map_or(STEP, |all| all.min(STEP)));
        // INVARIANT: [READ-1] room is made for what comes, not for `count`.
        let read: io::Result<usize> = self.source.by_ref().take(count).read_to_end(&mut bytes);
        self.offset += read.map_err(ReadError::File)? as u64;
        Ok(bytes)
    }
}

fn damaged(offset: u64, what: &'static str) -> ReadError {
    ReadError::Damaged { offset, what }
}

/// The words of a whole header.
fn header(bytes: &[u8]) -> Option<[u64; HEADER]> {
    let mut words = words(bytes);
    let mut header = [0; HEADER];
    for word in &mut header {
        *word = words.next()?;
    }
    Some(header)
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let chunks = bytes.chunks_exact(size_of::<u64>());
    chunks.map(|chunk| u64::from_ne_bytes(chunk.try_into().expect("a chunk is a word")))
}

impl Block {
    pub(super) fn damaged(&self, what: &'static str) -> ReadError {
        damaged(self.offset, what)
    }

    /// Reads the events as [`Ring::read`](crate::trace::Ring::read) does, from a writer that is
    /// gone, and whose they are. `scale` makes times of ticks.
    pub(super) fn ring(&self, scale: Option<Scale>) -> Result<(Vec<Event>, Track), ReadError> {
        let bytes = self.header[block::BYTES_WORD];
        if !bytes.is_multiple_of(size_of::<Event>() as u64) {
            return Err(self.damaged("a track has a part of an event"));
        }
        let capacity = bytes / size_of::<Event>() as u64;
        let count = self.header[block::COUNT_WORD];
        // INVARIANT: [FILE-3] a full ring whose writer died may have half an event in the slot of
        // the oldest, as in RING-2. A finished file has no more events than slots.
        let whole = if scale.is_some() { count.saturating_add(1) } else { count };
        let first = whole.saturating_sub(capacity);
        let mut events: Vec<Event> =
            (first..count).map(|index| self.event(index % capacity)).collect::<Result<_, _>>()?;
        if let Some(scale) = scale {
            in_nanoseconds(&mut events, scale);
        }
        let name = Name(std::array::from_fn(|word| self.header[block::NAME_WORD + word]));
        let [number, pid] = self.numbers([block::TRACK_WORD, block::PID_WORD])?;
        let overwritten = self.header[block::OVERWRITTEN_WORD].saturating_add(first);
        Ok((events, Track { number, name: name.to_string(), pid, overwritten }))
    }

    /// Reads words of the header that hold 32 bits.
    fn numbers<const N: usize>(&self, at: [usize; N]) -> Result<[u32; N], ReadError> {
        let mut numbers = [0; N];
        for (number, word) in numbers.iter_mut().zip(at) {
            *number = u32::try_from(self.header[word])
                .map_err(|_| self.damaged("a track has a number that is too large"))?;
        }
        Ok(numbers)
    }

    /// Reads the event in a slot of a ring.
    #[expect(clippy::cast_possible_truncation, reason = "a slot is below the capacity, a usize")]
    fn event(&self, slot: u64) -> Result<Event, ReadError> {
        let mut words = words(&self.body[slot as usize * size_of::<Event>()..]);
        let event = Event::from_words(std::array::from_fn::<_, WORDS, _>(|_| {
            words.next().expect("an event is four words, and the body has them all")
        }));
        let event = event.ok_or_else(|| self.damaged("a track has an event of unknown kind"))?;
        if u64::from(event.track) == self.header[block::TRACK_WORD] {
            Ok(event)
        } else {
            Err(self.damaged("a track has an event of another one"))
        }
    }
}
