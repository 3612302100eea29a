//! What a trace file is made of: blocks, each with a header of 16 words.
//!
//! ```text
//! word   0      1      2      3     4        5          6            7     8 .. 15
//! about  magic  1      bytes  0     version  alignment  blocks       end   0
//! run    magic  2      bytes  run   0        0          0            0     moments
//! ring   magic  3      bytes  run   track    count      overwritten  pid   name
//! ```
//!
//! A word has 8 bytes, in the order of the machine that wrote it. `bytes` is the length of what
//! follows the header: text for `about` and `run`, 32-byte events for `ring`. A ring's header is
//! also that of a [`Ring`](crate::trace::Ring) in memory.
//!
//! A finished file has its times in nanoseconds. One that is mapped while it is written has ticks in
//! its rings, and in each run the [`Moment`]s at which somebody looked at both clocks.
//!
//! # Invariants
//!
//! - **FILE-1** A block begins at a multiple of the file's alignment; what lies between two blocks
//!   is zero. A file that is mapped while it is written has the page size for alignment.
//! - **FILE-2** The first block, and no other, is `about`. A `ring` block is of the run whose
//!   number it carries, and comes after that run's block.

use std::fmt;

use crate::sys::ticks::Look;

/// The words of a header.
pub const HEADER: usize = 16;
/// The same in bytes.
pub const HEADER_BYTES: usize = HEADER * size_of::<u64>();

/// The first eight bytes of every block, on any machine.
pub const MAGIC_TEXT: [u8; 8] = *b"TRAINYD2";
/// The same as a word.
pub const MAGIC: u64 = u64::from_ne_bytes(MAGIC_TEXT);
/// What this version writes and reads. 1 was never a file; 2 had other headers, and no ticks.
pub const VERSION: u64 = 3;

/// Which word of a header holds what.
pub const MAGIC_WORD: usize = 0;
/// See [`Kind`].
pub const KIND_WORD: usize = 1;
/// How many bytes follow the header.
pub const BYTES_WORD: usize = 2;
/// The number of the run, from 0.
pub const RUN_WORD: usize = 3;
/// `about`: the version of the format.
pub const VERSION_WORD: usize = 4;
/// `about`: see FILE-1.
pub const ALIGNMENT_WORD: usize = 5;
/// `about`: how many blocks there are; 0 in a file that is mapped while it is written.
pub const BLOCKS_WORD: usize = 6;
/// `about`, where blocks are counted: the trace's [`Ending`](super::Ending).
pub const ENDING_WORD: usize = 7;
/// `ring`: the number of the track.
pub const TRACK_WORD: usize = 4;
/// `ring`: how many events were ever written into it.
pub const COUNT_WORD: usize = 5;
/// `ring`: how many were lost before this block was made.
pub const OVERWRITTEN_WORD: usize = 6;
/// `ring`: the process that wrote.
pub const PID_WORD: usize = 7;
/// `ring`: the first of the words that hold the name.
pub const NAME_WORD: usize = 8;

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Kind {
    /// What the whole file is about; text.
    About = 1,
    /// What the rings that follow belong to; text.
    Run = 2,
    /// The events of one thread or worker process.
    Ring = 3,
}

impl Kind {
    /// Reads a kind; `None` for one that this version does not know.
    pub fn from_word(word: u64) -> Option<Self> {
        [Self::About, Self::Run, Self::Ring].into_iter().find(|kind| *kind as u64 == word)
    }
}

/// A moment of which a run's header has two words: nanoseconds of the monotonic clock, and ticks.
/// Both are 0 for one that has not come; a finished file has no ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Moment {
    /// The recording began.
    Begin = 8,
    /// The recording ended.
    End = 10,
    /// Some milliseconds before the begin: what a tick is, if there is never an end.
    Before = 12,
}

impl Moment {
    /// Where its two words stand in the header.
    pub fn word(self) -> usize {
        self as usize
    }

    /// Reads it.
    pub fn look(self, header: &[u64; HEADER]) -> Look {
        Look { ns: header[self.word()], ticks: header[self.word() + 1] }
    }

    /// Writes it.
    pub fn note(self, look: Look, header: &mut [u64; HEADER]) {
        header[self.word()..][..2].copy_from_slice(&[look.ns, look.ticks]);
    }
}

/// The name of a ring, in the words of its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name(pub [u64; HEADER - NAME_WORD]);

impl Name {
    /// The longest name, in bytes.
    const BYTES: usize = (HEADER - NAME_WORD) * size_of::<u64>();

    /// Packs a name. A longer one loses its end, at the border of a character.
    ///
    /// # Panics
    ///
    /// Does not: a chunk is a word.
    pub fn new(name: &str) -> Self {
        let mut bytes = [0; Self::BYTES];
        let end = name.floor_char_boundary(Self::BYTES);
        bytes[..end].copy_from_slice(&name.as_bytes()[..end]);
        let mut words = [0; HEADER - NAME_WORD];
        for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(size_of::<u64>())) {
            *word = u64::from_ne_bytes(chunk.try_into().expect("a chunk is a word"));
        }
        Self(words)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: Vec<u8> = self.0.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        formatter.pad(&String::from_utf8_lossy(&bytes[..end]))
    }
}

/// Makes the header of a ring that holds no event yet.
pub fn ring_header(track: u32, pid: u32, name: &str, bytes: u64) -> [u64; HEADER] {
    let mut header = header(Kind::Ring, bytes, 0);
    header[TRACK_WORD] = u64::from(track);
    header[PID_WORD] = u64::from(pid);
    header[NAME_WORD..].copy_from_slice(&Name::new(name).0);
    header
}

/// Makes the header of a block, but for the words that its kind has alone.
pub fn header(kind: Kind, bytes: u64, run: u64) -> [u64; HEADER] {
    let mut header = [0; HEADER];
    header[MAGIC_WORD] = MAGIC;
    header[KIND_WORD] = kind as u64;
    header[BYTES_WORD] = bytes;
    header[RUN_WORD] = run;
    header
}

/// The words as they stand in a file.
pub fn to_bytes(words: impl IntoIterator<Item = u64>) -> Vec<u8> {
    words.into_iter().flat_map(u64::to_ne_bytes).collect()
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_and_a_long_one_loses_its_end() {
        assert_eq!(Name::new("worker-0").to_string(), "worker-0");
        assert_eq!(Name::new("").to_string(), "");
        let long = "x".repeat(63) + "é";
        assert_eq!(Name::new(&long).to_string(), "x".repeat(63), "half a character is none");
        assert_eq!(Name::new(&"y".repeat(64)).to_string(), "y".repeat(64));
    }
}
