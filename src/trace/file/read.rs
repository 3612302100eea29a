//! From a file to recordings: all of it, or one line that says what is wrong with the file.
//!
//! # What may be wrong with a file
//!
//! | what | then |
//! | --- | --- |
//! | it does not begin as a trace does | [`ReadError::NotATrace`] |
//! | its version is not ours, or its byte order | [`ReadError::Newer`], [`ReadError::Older`], [`ReadError::ByteOrder`] |
//! | something in the middle is no block, or no event | [`ReadError::Damaged`], with the place |
//! | its times are those of no recording | [`ReadError::Damaged`], with the place of the run |
//! | its end is missing, as after half a copy | [`ReadError::CutOff`] |
//! | its writer died, and each event up to then is there | no error: [`Ending::CutShort`] |
//!
//! # Invariants
//!
//! - **READ-1** A file is refused at its first wrong byte, and no later one is read. What is
//!   allocated is bounded by the bytes that came, never by what a header says.
//! - **READ-2** The times of a run can be added and subtracted: a run ends after it begins, within a
//!   year, and no event is outside by more than [`LATE_NS_MAX`].
//!
//! # Not here
//!
//! Of a flight file nobody knows how many rings it should have. One that is cut off exactly between
//! two, or whose writer died while it added one, has those before.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::block::{self, Kind, Moment};
use super::blocks::{Block, Blocks};
use super::{Ending, Facts, ReadError, Run, Trace};
use crate::sys::ticks::Scale;
use crate::trace::{Recording, in_order};

/// The longest run, in nanoseconds: a year. Nobody keeps a program's rings for longer.
const RUN_NS_MAX: u64 = 365 * 24 * 3_600 * 1_000_000_000;
/// The latest begin, in nanoseconds since the machine was started: a century.
const BEGIN_NS_MAX: u64 = 100 * RUN_NS_MAX;
/// How long after the end of its run an event may be: an hour. A recorder looks at the clock, and
/// then copies the rings, to which threads and worker processes write until they are copied. That
/// takes milliseconds, unless the recorder's process is stopped on the way.
const LATE_NS_MAX: u64 = 3_600 * 1_000_000_000;

impl Trace {
    /// Reads a trace file, a pipe or a device.
    ///
    /// Of a file that grows meanwhile, as a flight file may, only what was there is read.
    ///
    /// # Errors
    ///
    /// Fails with one line that says what is wrong with the file. That its writer died is nothing
    /// wrong: such a file is read up to the last whole event, and is [`Ending::CutShort`].
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let file = File::open(path).map_err(ReadError::File)?;
        let metadata = file.metadata().map_err(ReadError::File)?;
        let len_max = if metadata.is_file() { metadata.len() } else { u64::MAX };
        Self::read_from(BufReader::new(file.take(len_max)))
    }

    /// Reads the bytes of a trace file.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ReadError> {
        Self::read_from(bytes)
    }

    pub(super) fn read_from(source: impl Read) -> Result<Self, ReadError> {
        let (mut blocks, about) = Blocks::begin(source)?;
        let expected = Some(about.header[block::BLOCKS_WORD]).filter(|blocks| *blocks > 0);
        let origin = if expected.is_some() { Origin::Written } else { Origin::Flight };
        let (mut runs, mut whole) = (Vec::new(), u64::from(!about.is_cut));
        let is_missing = |whole| expected.is_none_or(|expected| whole < expected);
        while !about.is_cut && is_missing(whole) {
            let Some(block) = blocks.next()? else { break };
            if block.is_cut {
                return Err(blocks.cut_off(whole, expected));
            }
            take(&mut runs, &block, origin)?;
            whole += 1;
        }
        if about.is_cut || (origin == Origin::Written && is_missing(whole)) {
            return Err(blocks.cut_off(whole, expected));
        }
        if origin == Origin::Written {
            blocks.end()?;
        }
        let is_whole = match origin {
            Origin::Written => about.header[block::ENDING_WORD] == Ending::Whole as u64,
            Origin::Flight => runs.iter().all(|open: &OpenRun| open.run.recording.end_ns != 0),
        };
        let ending = if is_whole { Ending::Whole } else { Ending::CutShort };
        let runs = runs.into_iter().map(OpenRun::close).collect::<Result<_, _>>()?;
        Ok(Self { about: facts(&about), runs, ending })
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
    /// Where its block begins.
    offset: u64,
}

/// Takes a block in.
fn take(runs: &mut Vec<OpenRun>, block: &Block, origin: Origin) -> Result<(), ReadError> {
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
            let open = runs.get_mut(number).ok_or_else(|| block.damaged("a track has no run"))?;
            open.take_ring(block)
        }
    }
}

impl OpenRun {
    fn of(block: &Block, origin: Origin) -> Self {
        let [before, begin, end] =
            [Moment::Before, Moment::Begin, Moment::End].map(|moment| moment.look(&block.header));
        let scale = match origin {
            Origin::Written => None,
            Origin::Flight if end.ns == 0 => Some(Scale::between(before, begin)),
            Origin::Flight => Some(Scale::between(begin, end)),
        };
        let recording = Recording { begin_ns: begin.ns, end_ns: end.ns, ..Recording::default() };
        Self { run: Run { about: facts(block), recording }, scale, offset: block.offset }
    }

    /// Takes a track in, with those of its events that are of the recording.
    fn take_ring(&mut self, block: &Block) -> Result<(), ReadError> {
        let recording = &mut self.run.recording;
        let (events, track) = block.ring(self.scale)?;
        recording.tracks.push(track);
        // A worker notes its life whether or not somebody records. So a flight that never began has
        // recorded nothing all the same, a ring in use longer than the recording has earlier
        // events, and a flight that is over may have later ones.
        let is_flight = self.scale.is_some();
        if is_flight && recording.begin_ns == 0 {
            return Ok(());
        }
        let is_over = is_flight && recording.end_ns != 0;
        let until_ns = if is_over { latest(recording.end_ns) } else { u64::MAX };
        let is_ours = |time_ns| (recording.begin_ns..=until_ns).contains(&time_ns);
        recording.events.extend(events.into_iter().filter(|event| is_ours(event.time_ns)));
        Ok(())
    }

    /// Sorts what came track by track. A recording that was never ended ends with its last event.
    fn close(mut self) -> Result<Run, ReadError> {
        let recording = &mut self.run.recording;
        in_order(&mut recording.events);
        let first_ns = recording.events.first().map(|event| event.time_ns);
        let last_ns = recording.events.last().map(|event| event.time_ns);
        if recording.begin_ns == 0 {
            recording.begin_ns = first_ns.unwrap_or(0);
        }
        if recording.end_ns == 0 {
            recording.end_ns = last_ns.unwrap_or(recording.begin_ns);
        }
        match wrong_times(recording.begin_ns, recording.end_ns, last_ns.unwrap_or(0)) {
            Some(what) => Err(ReadError::Damaged { offset: self.offset, what }),
            None => Ok(self.run),
        }
    }
}

/// What is wrong with the times of a run, if anything is.
fn wrong_times(begin_ns: u64, end_ns: u64, last_ns: u64) -> Option<&'static str> {
    // INVARIANT: [READ-2]
    if begin_ns > BEGIN_NS_MAX {
        return Some("a run begins more than a century after its machine was started");
    }
    match end_ns.checked_sub(begin_ns) {
        None => Some("a run ends before it begins"),
        Some(RUN_NS_MAX..) => Some("a run is longer than a year"),
        Some(_) if last_ns > latest(end_ns) => Some("a run has an event long after its end"),
        Some(_) => None,
    }
}

/// The time of the latest event of a run that ended at `end_ns`.
fn latest(end_ns: u64) -> u64 {
    end_ns.saturating_add(LATE_NS_MAX)
}

fn facts(block: &Block) -> Facts {
    Facts::from_text(&String::from_utf8_lossy(&block.body))
}
