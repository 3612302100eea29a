//! The flight recorder: rings that lie in a trace file from the beginning.
//!
//! A recording lies in memory until it is finished, and a program that dies before has recorded
//! nothing. After [`keep_in`] every new ring, of a thread or of a worker process, is a part of a
//! file that is mapped into memory: recording costs what it always costs, and when all processes
//! are gone, however they went, the kernel still has the pages, and the file is a trace that
//! [`Trace::read`](super::Trace::read) reads up to the last whole event.
//!
//! # The life of a flight file
//!
//! 1. [`keep_in`] writes what the trace is about, and one run that has not begun.
//! 2. A thread's first event, and a pool's start, each add a block for a ring. One process, the one
//!    that called `keep_in`, adds blocks; its workers write into those that they are given.
//! 3. [`arm`](crate::trace::arm) notes in the file when the run began, and
//!    [`finish`](crate::trace::Recorder::finish) when it ended.
//!
//! # Not here
//!
//! More than the first 64 rings of a process: the others stay in memory, and are in what
//! [`finish`](crate::trace::Recorder::finish) returns. Rings that were made before `keep_in` stay
//! in memory; call it first. The death of the machine: pages reach the disk when the kernel thinks
//! so.
//!
//! As long as a process writes to the file, the file is locked: whoever wants to know whether a
//! recording is still being made asks for the lock, and needs no process number.
//!
//! See `mmap(2)`, `MAP_SHARED`; `flock(2)`; "flight recorder" as Go's execution tracer and `LTTng` have it.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::Facts;
use super::block::{self, HEADER_BYTES, Kind, Moment};
use crate::sys::memory::{self, SharedWords};
use crate::sys::ticks::Look;
use crate::sys::{Why, blocking};

// Std's lock, as for the registry of tracks: it is taken once in a ring's life.
static FLIGHT: Mutex<Option<Flight>> = Mutex::new(None);

/// How long before the begin of a recording both clocks were looked at, at least: two looks that
/// are some ten nanoseconds wrong then tell a tick's length to some millionths.
const BEFORE: Duration = Duration::from_millis(5);

/// Only its owner may read it: the trace that is made of it may be private.
const MODE: u32 = 0o600;

/// The file, and where its next block begins.
#[derive(Debug)]
struct Flight {
    file: File,
    run_at: u64,
    next: u64,
}

/// Keeps all rings that are made from now on in a new file at `path`: one run, which is about
/// `run`, of a trace that is about `about`. Only its owner may read the file. Takes some
/// milliseconds, to learn what a tick is.
///
/// # Errors
///
/// Fails if the file cannot be made, is there already, or rings are kept in a file already.
///
/// # Example: a trace that survives
///
/// ```
/// use trainyard::trace::file::{Ending, Facts, Trace, flight};
/// use trainyard::trace::{self, Kind};
///
/// let path = std::env::temp_dir().join(format!("flight-{}.trace", std::process::id()));
/// flight::keep_in(&path, &Facts::default(), &Facts::default().with("label", "flight"))?;
/// let recorder = trace::arm();
/// trace::emit(Kind::UnitBegin, 7, 0);
///
/// // Nothing was finished, and yet it is there, as it is when this process is killed here.
/// let trace = Trace::read(&path)?;
/// assert_eq!(trace.ending, Ending::CutShort);
/// assert_eq!(trace.runs[0].recording.events[0].a, 7);
///
/// drop(recorder.finish());
/// assert_eq!(Trace::read(&path)?.ending, Ending::Whole);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn keep_in(path: &Path, about: &Facts, run: &Facts) -> io::Result<()> {
    // Before anything is locked: while we sleep, others and this thread may emit.
    let before = Look::now();
    #[expect(clippy::disallowed_methods, reason = "inside the one door")]
    blocking(Why::Sleep, || thread::sleep(BEFORE));
    let mut flight = FLIGHT.lock().unwrap_or_else(PoisonError::into_inner);
    if flight.is_some() {
        let text = "the flight recorder: rings are kept in a file already";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    // Never what somebody else has put there, nor what a link leads to.
    let mut options = File::options();
    let file = options.read(true).write(true).create_new(true).mode(MODE).open(path)?;
    // A mapping keeps the lock too. A file system without locks has recordings all the same.
    drop(file.try_lock());
    let (about, run) = (about.to_text(), run.to_text());
    // INVARIANT: [FILE-1] rings are mapped, so each begins on a page.
    let page = memory::page_bytes()?;
    let run_at = (HEADER_BYTES + about.len()).next_multiple_of(page) as u64;
    let next = run_at + (HEADER_BYTES + run.len()).next_multiple_of(page) as u64;
    let mut header = block::header(Kind::Run, run.len() as u64, 0);
    Moment::Before.note(before, &mut header);
    file.write_all_at(&[&block::to_bytes(header), run.as_bytes()].concat(), run_at)?;
    header = block::header(Kind::About, about.len() as u64, 0);
    header[block::VERSION_WORD] = block::VERSION;
    header[block::ALIGNMENT_WORD] = page as u64;
    file.write_all_at(&[&block::to_bytes(header), about.as_bytes()].concat(), 0)?;
    *flight = Some(Flight { file, run_at, next });
    Ok(())
}

/// Returns room for a ring in the file; `None` if rings are not kept in one.
pub(in crate::trace) fn room(words: usize) -> Option<io::Result<SharedWords>> {
    let mut flight = FLIGHT.lock().unwrap_or_else(PoisonError::into_inner);
    let flight = flight.as_mut()?;
    let room = flight.file.try_clone().and_then(|file| {
        let (offset, page) = (flight.next, memory::page_bytes()? as u64);
        let room = SharedWords::of_file(OwnedFd::from(file), offset, words)?;
        flight.next = offset + ((words * size_of::<u64>()) as u64).next_multiple_of(page);
        Ok(room)
    });
    Some(room)
}

/// Notes when the run began, or ended.
pub(in crate::trace) fn note(moment: Moment, look: Look) {
    let flight = FLIGHT.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(flight) = flight.as_ref() else { return };
    let at = flight.run_at + (moment.word() * size_of::<u64>()) as u64;
    // A file that cannot be written loses the moment, and the recording goes on without.
    drop(flight.file.write_all_at(&block::to_bytes([look.ns, look.ticks]), at));
}
