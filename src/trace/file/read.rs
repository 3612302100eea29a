//! From a file to recordings: all of it, or one line that says what is wrong with the file.
//!
//! # What may be wrong with a file
//!
//! | what | then |
//! | --- | --- |
//! | it does not begin as a trace does | [`ReadError::NotATrace`] |
//! | its version is not ours, or its byte order | [`ReadError::Newer`], [`ReadError::Older`], [`ReadError::ByteOrder`] |
//! | something in the middle is no block, or no event | [`ReadError::Damaged`], with the place |
//! | its end is missing, as after half a copy | [`ReadError::CutOff`] |
//! | its writer died, and each event up to then is there | no error: [`Ending::CutShort`] |
//!
//! # Not here
//!
//! Of a flight file nobody knows how many rings it should have. One that is cut off exactly between
//! two, or whose writer died while it added one, has those before.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use super::block::{self, HEADER, HEADER_BYTES, Kind, Moment, Name};
use super::{Ending, Facts, Run, Trace};
use crate::sys::ticks::Scale;
use crate::trace::event::{Event, WORDS};
use crate::trace::ring::in_nanoseconds;
use crate::trace::{Recording, Track, in_order};

/// Why a file could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// The file itself cannot be read.
    File(io::Error),
    /// It is something else.
    NotATrace,
    /// It was written by a newer version.
    Newer {
        /// The version of its format.
        version: u64,
    },
    /// It was written by an older version.
    Older {
        /// The version of its format.
        version: u64,
    },
    /// It was written on a machine that stores words the other way round.
    ByteOrder,
    /// It is a trace, and something in it is not what it should be.
    Damaged {
        /// Where, in bytes from the begin of the file.
        offset: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// It is a trace, and not all of it is there.
    CutOff {
        /// How long it is, in bytes.
        bytes: usize,
        /// How many of its blocks are whole.
        whole: u64,
        /// How many there should be, if the file says so.
        blocks: Option<u64>,
    },
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(why) => write!(formatter, "{why}"),
            Self::NotATrace => write!(formatter, "it is no trace that `-o FILE` has written"),
            Self::Newer { version } => write!(
                formatter,
                "its format is version {version}, and this trainyard reads {}: a newer one is \
                 needed",
                block::VERSION
            ),
            Self::Older { version } => write!(
                formatter,
                "its format is version {version}, and this trainyard reads {}: it has to be \
                 recorded again",
                block::VERSION
            ),
            Self::ByteOrder => {
                write!(formatter, "it was written on a machine of the other byte order")
            }
            Self::Damaged { offset, what } => {
                write!(formatter, "it is damaged: at byte {offset} {what}")
            }
            Self::CutOff { bytes, whole, blocks } => {
                let of = blocks.map_or(String::new(), |blocks| format!(" of {blocks}"));
                write!(
                    formatter,
                    "its end is missing: it stops after {bytes} bytes and {whole}{of} blocks, so it \
                     has to be copied or recorded again"
                )
            }
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(why) => Some(why),
            _ => None,
        }
    }
}

impl Trace {
    /// Reads a trace file.
    ///
    /// # Errors
    ///
    /// Fails with one line that says what is wrong with the file. That its writer died is nothing
    /// wrong: such a file is read up to the last whole event, and is [`Ending::CutShort`].
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        Self::from_bytes(&fs::read(path).map_err(ReadError::File)?)
    }

    /// Reads the bytes of a trace file.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut reader = Reader { bytes, alignment: 1, offset: 0 };
        if !bytes.starts_with(&block::MAGIC_TEXT) {
            return Err(ReadError::NotATrace);
        }
        let cut_off = |whole, blocks| ReadError::CutOff { bytes: bytes.len(), whole, blocks };
        let about = reader.next()?.ok_or(cut_off(0, None))?;
        match about.header[block::VERSION_WORD] {
            block::VERSION => {}
            version if (1..=block::VERSION).contains(&version.swap_bytes()) => {
                return Err(ReadError::ByteOrder);
            }
            0 => return Err(ReadError::NotATrace),
            version if version < block::VERSION => return Err(ReadError::Older { version }),
            version => return Err(ReadError::Newer { version }),
        }
        let alignment = usize::try_from(about.header[block::ALIGNMENT_WORD]).unwrap_or(0);
        if about.kind != Kind::About || !alignment.is_power_of_two() || alignment < HEADER_BYTES {
            return Err(ReadError::NotATrace);
        }
        reader.align(alignment);
        let expected = Some(about.header[block::BLOCKS_WORD]).filter(|blocks| *blocks > 0);
        let origin = if expected.is_some() { Origin::Written } else { Origin::Flight };
        let (mut runs, mut whole) = (Vec::new(), u64::from(!about.is_cut));
        while let Some(block) = reader.next()? {
            if block.is_cut {
                return Err(cut_off(whole, expected));
            }
            take(&mut runs, &block, origin)?;
            whole += 1;
        }
        if about.is_cut || expected.is_some_and(|expected| whole < expected) {
            return Err(cut_off(whole, expected));
        }
        if origin == Origin::Written && reader.offset < bytes.len() {
            let what = "something follows its last block";
            return Err(ReadError::Damaged { offset: reader.offset, what });
        }
        let is_whole = match origin {
            Origin::Written => about.header[block::ENDING_WORD] == Ending::Whole as u64,
            Origin::Flight => runs.iter().all(|open: &OpenRun| open.run.recording.end_ns != 0),
        };
        let ending = if is_whole { Ending::Whole } else { Ending::CutShort };
        let runs = runs.into_iter().map(OpenRun::close).collect();
        Ok(Self { about: about.facts(), runs, ending })
    }
}

/// How a file came to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// In one piece, from recordings.
    Written,
    /// Event by event, in rings that were mapped.
    Flight,
}

/// A run of which more tracks may come.
struct OpenRun {
    run: Run,
    /// For the stamps of its rings, if they are ticks.
    scale: Option<Scale>,
}

/// Takes a block in.
fn take(runs: &mut Vec<OpenRun>, block: &Block<'_>, origin: Origin) -> Result<(), ReadError> {
    let number = usize::try_from(block.header[block::RUN_WORD]).unwrap_or(usize::MAX);
    match block.kind {
        Kind::About => Err(block.damaged("the file begins a second time")),
        Kind::Run if number == runs.len() => {
            runs.push(OpenRun::of(block, origin));
            Ok(())
        }
        Kind::Run => Err(block.damaged("a run is out of order")),
        Kind::Ring => {
            // INVARIANT: [FILE-2]
            let OpenRun { run, scale } =
                runs.get_mut(number).ok_or_else(|| block.damaged("a track has no run"))?;
            // A worker notes its life whether or not somebody records: a flight that never began
            // has recorded nothing all the same.
            let is_idle = origin == Origin::Flight && run.recording.begin_ns == 0;
            block.read_ring(&mut run.recording, *scale, if is_idle { u64::MAX } else { 0 })
        }
    }
}

impl OpenRun {
    fn of(block: &Block<'_>, origin: Origin) -> Self {
        let [before, begin, end] =
            [Moment::Before, Moment::Begin, Moment::End].map(|moment| moment.look(&block.header));
        let scale = match origin {
            Origin::Written => None,
            Origin::Flight if end.ns == 0 => Some(Scale::between(before, begin)),
            Origin::Flight => Some(Scale::between(begin, end)),
        };
        let recording = Recording { begin_ns: begin.ns, end_ns: end.ns, ..Recording::default() };
        Self { run: Run { about: block.facts(), recording }, scale }
    }

    /// Sorts what came track by track. A recording that was never ended ends with its last event.
    fn close(mut self) -> Run {
        let recording = &mut self.run.recording;
        in_order(&mut recording.events);
        let (first, last) = (recording.events.first(), recording.events.last());
        if recording.begin_ns == 0 {
            recording.begin_ns = first.map_or(0, |event| event.time_ns);
        }
        if recording.end_ns == 0 {
            recording.end_ns = last.map_or(recording.begin_ns, |event| event.time_ns);
        }
        recording.end_ns = recording.end_ns.max(recording.begin_ns);
        self.run
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    alignment: usize,
    offset: usize,
}

/// A header, and what follows: as much as the file has, if that is less.
struct Block<'a> {
    offset: usize,
    kind: Kind,
    header: [u64; HEADER],
    body: &'a [u8],
    is_cut: bool,
}

impl<'a> Reader<'a> {
    fn align(&mut self, alignment: usize) {
        self.alignment = alignment;
        self.offset = self.offset.next_multiple_of(alignment);
    }

    /// The next block; `None` at the end of the file, or where its writer came no further.
    fn next(&mut self) -> Result<Option<Block<'a>>, ReadError> {
        let offset = self.offset;
        let rest = self.bytes.get(offset..).unwrap_or_default();
        let Some((head, rest)) = rest.split_at_checked(HEADER_BYTES) else { return Ok(None) };
        let mut words = words(head);
        let header: [u64; HEADER] = std::array::from_fn(|_| words.next().unwrap_or(0));
        if header[block::MAGIC_WORD] == 0 {
            return Ok(None);
        }
        let damaged = |what| ReadError::Damaged { offset, what };
        if header[block::MAGIC_WORD] != block::MAGIC {
            return Err(damaged("no block begins"));
        }
        let len = usize::try_from(header[block::BYTES_WORD]).unwrap_or(usize::MAX);
        let kind = Kind::from_word(header[block::KIND_WORD]);
        // A version of the other byte order, or a newer one, is judged before its block is.
        let kind = kind.or((offset == 0).then_some(Kind::About));
        let kind = kind.ok_or_else(|| damaged("a block of an unknown kind begins"))?;
        let is_cut = len > rest.len();
        let body = &rest[..len.min(rest.len())];
        self.offset = (offset + HEADER_BYTES + body.len()).next_multiple_of(self.alignment);
        Ok(Some(Block { offset, kind, header, body, is_cut }))
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let chunks = bytes.chunks_exact(size_of::<u64>());
    chunks.map(|chunk| u64::from_ne_bytes(chunk.try_into().expect("a chunk is a word")))
}

impl Block<'_> {
    fn damaged(&self, what: &'static str) -> ReadError {
        ReadError::Damaged { offset: self.offset, what }
    }

    fn facts(&self) -> Facts {
        Facts::from_text(&String::from_utf8_lossy(self.body))
    }

    /// Reads the events as [`Ring::read`](crate::trace::Ring::read) does, from a writer that is
    /// gone; those from `from_ns` on, and of the recording.
    #[expect(clippy::cast_possible_truncation, reason = "they were u32 when they were stored")]
    fn read_ring(
        &self,
        recording: &mut Recording,
        scale: Option<Scale>,
        from_ns: u64,
    ) -> Result<(), ReadError> {
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
        let overwritten = self.header[block::OVERWRITTEN_WORD].saturating_add(first);
        let mut events: Vec<Event> =
            (first..count).map(|index| self.event(index % capacity)).collect::<Result<_, _>>()?;
        if let Some(scale) = scale {
            in_nanoseconds(&mut events, scale);
        }
        // A ring in use longer than the recording has earlier events, too.
        let from_ns = recording.begin_ns.max(from_ns);
        recording.events.extend(events.iter().filter(|event| event.time_ns >= from_ns));
        recording.tracks.push(Track {
            number: self.header[block::TRACK_WORD] as u32,
            name: Name(std::array::from_fn(|word| self.header[block::NAME_WORD + word]))
                .to_string(),
            pid: self.header[block::PID_WORD] as u32,
            overwritten,
        });
        Ok(())
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
