//! The event recorder: what the runtimes do, on the record.
//!
//! A runtime calls [`emit`] where something happens. While nobody records, that is one relaxed
//! load and a branch. While somebody does, the event goes into the calling thread's own
//! [`Ring`]: no lock is shared between threads, and the runtimes disturb each other no more than
//! without the recorder. A full ring overwrites its oldest events, and counts them.
//!
//! # The life of one recording
//!
//! 1. [`arm`] notes how far each ring is, and raises the flag.
//! 2. Threads emit. A thread's first event creates its ring and names it after the thread.
//! 3. [`Recorder::finish`] lowers the flag, copies what came since out of every ring, and sorts
//!    it by time: a [`Recording`].
//!
//! Rings of worker processes lie in shared memory and are added by [`adopt`]; see
//! [`ring`] for why they can be read when their writer is dead.
//!
//! Read in this order: [`event`], [`ring`], [`check`].

pub mod check;
pub mod event;
pub mod ring;

use std::cell::OnceCell;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub use event::{Event, Kind, Stamp};
pub use ring::{Contents, Ring};

use crate::sys::{affinity, clock};

// Std's atomics and lock: a `static` cannot hold loom's, and a model records nothing. The lock is
// taken once in a thread's life and once in a recording, never on the way of an event.
static ARMED: AtomicBool = AtomicBool::new(false);
static NEXT_TRACK: AtomicU32 = AtomicU32::new(1);
static TRACKS: Mutex<Vec<Arc<Track>>> = Mutex::new(Vec::new());

/// The events that a thread's ring holds: 2 MiB for each recording thread. The busiest recording
/// of the default comparison, 160 requests in one loop, takes under a tenth of it.
const CAPACITY: usize = 1 << 16;

thread_local! {
    static OWN: OnceCell<Arc<Track>> = const { OnceCell::new() };
}

/// A ring, and whose it is.
#[derive(Debug)]
struct Track {
    name: String,
    ring: Arc<Ring>,
}

/// Records that `kind` happened here and now, if somebody records.
///
/// Call it before what a releasing event releases, and after what an acquiring event acquired;
/// see [`event`].
#[inline]
pub fn emit(kind: Kind, a: u64, b: u64) {
    // ORDER: Relaxed. An event on the edge of a recording may be in it or not.
    if ARMED.load(Ordering::Relaxed) {
        record(kind, a, b);
    }
}

/// Records that `kind` happened, whether or not somebody records.
///
/// For the few events of a worker process's life, which its parent reads when it has died.
#[cold]
pub fn record(kind: Kind, a: u64, b: u64) {
    // A thread that is ending has no thread-local values any more, and writes no more events.
    let _ = OWN.try_with(|own| {
        let ring = &own.get_or_init(own_track).ring;
        let (time_ns, cpu) = (clock::now_ns(), affinity::current_cpu());
        ring.push(Event { time_ns, track: ring.track(), kind, cpu, a, b });
    });
}

fn own_track() -> Arc<Track> {
    let name = std::thread::current().name().unwrap_or("thread").to_owned();
    register(name, Arc::new(Ring::new(new_track(), CAPACITY)))
}

fn register(name: String, ring: Arc<Ring>) -> Arc<Track> {
    let track = Arc::new(Track { name, ring });
    tracks().push(Arc::clone(&track));
    track
}

fn tracks() -> std::sync::MutexGuard<'static, Vec<Arc<Track>>> {
    TRACKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns a track number that nobody has.
pub fn new_track() -> u32 {
    // ORDER: Relaxed; a plain counter.
    NEXT_TRACK.fetch_add(1, Ordering::Relaxed)
}

/// Adds the ring of a worker process to every recording from now on, until dropped.
pub fn adopt(name: impl Into<String>, ring: Arc<Ring>) -> Adopted {
    Adopted { track: register(name.into(), ring) }
}

/// The ring of a worker process takes part in recordings for as long as this lives.
#[must_use = "dropped at once, the ring takes part in no recording"]
#[derive(Debug)]
pub struct Adopted {
    track: Arc<Track>,
}

impl Drop for Adopted {
    fn drop(&mut self) {
        tracks().retain(|track| !Arc::ptr_eq(track, &self.track));
    }
}

/// Makes `ring` the calling thread's own: what a worker process does first.
///
/// Does nothing if the thread has recorded already.
pub fn write_into(ring: Ring) {
    OWN.with(|own| {
        own.get_or_init(|| Arc::new(Track { name: "worker".to_owned(), ring: Arc::new(ring) }));
    });
}

/// Tells whether somebody records at this moment.
pub fn is_armed() -> bool {
    ARMED.load(Ordering::Relaxed)
}

/// Raises or lowers the flag without a recorder, as a worker process does on its parent's word.
pub fn set_armed(armed: bool) {
    ARMED.store(armed, Ordering::Relaxed);
}

/// Begins a recording of every thread of this process, and of every adopted ring.
///
/// # Panics
///
/// Panics if a recording is under way: two would lower each other's flag.
///
/// # Example: record one event
///
/// ```
/// use trainyard::trace::{self, Kind};
///
/// let recorder = trace::arm();
/// trace::emit(Kind::UnitBegin, 7, 0);
/// let recording = recorder.finish();
/// assert!(recording.events.iter().any(|event| event.kind == Kind::UnitBegin && event.a == 7));
/// ```
pub fn arm() -> Recorder {
    let starts = tracks().iter().map(|track| (track.ring.track(), track.ring.count())).collect();
    assert!(!ARMED.swap(true, Ordering::Relaxed), "a recording is under way already");
    Recorder { starts, begin_ns: clock::now_ns() }
}

/// A recording under way.
#[must_use = "a recorder that is dropped records nothing"]
#[derive(Debug)]
pub struct Recorder {
    starts: Vec<(u32, u64)>,
    begin_ns: u64,
}

impl Recorder {
    /// Ends the recording and returns what happened, in the order of time.
    pub fn finish(mut self) -> Recording {
        let (starts, begin_ns) = (std::mem::take(&mut self.starts), self.begin_ns);
        // Lowers the flag, once: a second time might be in the middle of somebody's next recording.
        drop(self);
        let end_ns = clock::now_ns();
        let mut recording = Recording { begin_ns, end_ns, ..Recording::default() };
        let (mut registry, mut ended) = (tracks(), Vec::new());
        for track in registry.iter() {
            let number = track.ring.track();
            let start = starts.iter().find(|(known, _)| *known == number);
            let contents = track.ring.read(start.map_or(0, |(_, count)| *count));
            recording.overwritten += contents.overwritten;
            recording.events.extend(contents.events);
            recording.tracks.push((number, track.name.clone()));
            // Nobody else holds a ring whose thread has ended; its events are copied by now.
            if Arc::strong_count(track) == 1 {
                ended.push(number);
            }
        }
        registry.retain(|track| !ended.contains(&track.ring.track()));
        drop(registry);
        recording.events.sort_by_key(|event| (event.time_ns, event.kind.stamp(), event.track));
        recording
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        ARMED.store(false, Ordering::Relaxed);
    }
}

/// What happened between two moments.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// When the recording began, in nanoseconds of the monotonic clock.
    pub begin_ns: u64,
    /// When it ended.
    pub end_ns: u64,
    /// Everything that happened, causes before effects.
    pub events: Vec<Event>,
    /// The name of each track that could have written events.
    pub tracks: Vec<(u32, String)>,
    /// How many events were lost because a ring was full.
    pub overwritten: u64,
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// One test, because the flag is one for the whole process.
    #[test]
    fn a_recording_has_what_was_emitted_between_its_ends_and_in_order() {
        emit(Kind::UnitBegin, 1_000_001, 0);
        let recorder = arm();
        emit(Kind::UnitBegin, 1_000_002, 0);
        std::thread::scope(|scope| {
            scope.spawn(|| emit(Kind::UnitEnd, 1_000_003, 0));
        });
        let recording = recorder.finish();
        emit(Kind::UnitBegin, 1_000_004, 0);
        let ours: Vec<u64> =
            recording.events.iter().map(|event| event.a).filter(|a| *a > 1_000_000).collect();
        assert_eq!(ours, [1_000_002, 1_000_003]);
        assert!(recording.events.is_sorted_by_key(|event| event.time_ns));
        assert!(!is_armed());
    }
}
