//! The event recorder: what the runtimes do, on the record.
//!
//! A runtime calls [`emit`] where something happens. While nobody records, that is one relaxed
//! load and a branch. While somebody does, the event goes into the calling thread's own
//! [`Ring`]: no lock is shared between threads, and the runtimes disturb each other no more than
//! without the recorder. A full ring overwrites its oldest events, and counts them.
//!
//! # The life of one recording
//!
//! 1. [`arm`] notes how far each ring is, and counts itself among those that record.
//! 2. Threads emit. A thread's first event creates its ring and names it after the thread.
//! 3. [`Recorder::finish`] takes itself off, copies what came since out of every ring, and sorts
//!    it by time: a [`Recording`].
//!
//! Rings of worker processes lie in shared memory and are added by [`adopt`]; see
//! [`ring`] for why they can be read when their writer is dead.
//!
//! A recording can be written to a [`file`](mod@file), and read back by any program.
//!
//! Read in this order: [`event`], [`ring`], [`check`], [`file`](mod@file).

pub mod check;
pub mod event;
pub mod file;
pub mod ring;

use std::cell::OnceCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub use event::{Event, Kind, Stamp};
pub use ring::{Contents, Ring};

use self::file::block::Moment;
use self::file::flight::note;
#[cfg(not(loom))]
use self::file::flight::room;
use self::ring::words_of;
#[cfg(not(loom))]
use crate::sys::memory::SharedWords;
use crate::sys::ticks::{self, Look, Scale};

// Std's atomics and lock: a `static` cannot hold loom's, and a model records nothing. The lock is
// taken once in a thread's life and once in a recording, never on the way of an event.
/// How many record: several may at a time, each from its own moment on.
static ARMED: AtomicU32 = AtomicU32::new(0);
static NEXT_TRACK: AtomicU32 = AtomicU32::new(1);
static RINGS: Mutex<Vec<Arc<Ring>>> = Mutex::new(Vec::new());

/// The events that a thread's ring holds, and up to how many rings: 2 MiB for each of a few
/// threads, less for each of many, so that 10 000 threads can be recorded in a quarter of a GiB.
/// The busiest recording of the default comparison, 160 requests in one loop, takes under a tenth
/// of the first size.
const CAPACITIES: [(usize, usize); 3] = [(64, 1 << 16), (1024, 1 << 12), (usize::MAX, 1 << 8)];

thread_local! {
    static OWN: OnceCell<Arc<Ring>> = const { OnceCell::new() };
}

/// Records that `kind` happened here and now, if somebody records.
///
/// Call it before what a releasing event releases, and after what an acquiring event acquired;
/// see [`event`].
#[inline]
pub fn emit(kind: Kind, a: u64, b: u64) {
    // ORDER: Relaxed. An event on the edge of a recording may be in it or not.
    if ARMED.load(Ordering::Relaxed) != 0 {
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
        let ring = own.get_or_init(own_ring);
        let (ticks, cpu) = ticks::now();
        ring.push(Event { time_ns: ticks, track: ring.track(), kind, cpu, a, b });
    });
}

fn own_ring() -> Arc<Ring> {
    let thread = std::thread::current();
    let (track, name) = (new_track(), thread.name().unwrap_or("thread"));
    let rings = rings().len();
    let size = CAPACITIES.iter().find(|(rings_max, _)| rings < *rings_max);
    let capacity = size.map_or(1, |(_, capacity)| *capacity);
    // Each ring in the file has a descriptor of its own, and a program needs some for itself.
    let kept = if rings < CAPACITIES[0].0 { kept_ring(track, name, capacity) } else { None };
    register(Arc::new(kept.unwrap_or_else(|| Ring::new(track, name, capacity))))
}

/// A ring in the file that rings are kept in. Where there is no room for it, the recording is one
/// that does not survive a crash.
#[cfg(not(loom))]
fn kept_ring(track: u32, name: &str, capacity: usize) -> Option<Ring> {
    let words = room(words_of(capacity))?.ok()?;
    Some(Ring::create_in(words, track, name))
}

/// A model records nothing.
#[cfg(loom)]
fn kept_ring(_track: u32, _name: &str, _capacity: usize) -> Option<Ring> {
    None
}

/// Returns how many events the ring of one of a few threads holds, and how many bytes it takes.
pub fn ring_of_a_thread() -> (usize, usize) {
    let [(_, capacity), ..] = CAPACITIES;
    (capacity, words_of(capacity) * size_of::<u64>())
}

fn register(ring: Arc<Ring>) -> Arc<Ring> {
    rings().push(Arc::clone(&ring));
    ring
}

fn rings() -> std::sync::MutexGuard<'static, Vec<Arc<Ring>>> {
    RINGS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns a track number that nobody has.
pub fn new_track() -> u32 {
    // ORDER: Relaxed; a plain counter.
    NEXT_TRACK.fetch_add(1, Ordering::Relaxed)
}

/// Makes a ring that a worker process can be given: in the file that rings are kept in, if they
/// are, and else in memory without a name.
///
/// # Errors
///
/// Fails if there is no room.
#[cfg(not(loom))]
pub fn shared_ring(name: &str, capacity: usize) -> std::io::Result<Ring> {
    let room = room(words_of(capacity))
        .unwrap_or_else(|| SharedWords::create("trainyard-ring", words_of(capacity)));
    Ok(Ring::create_in(room?, new_track(), name))
}

/// Adds the ring of a worker process to every recording from now on, until dropped; the one that
/// is under way at that moment still has it.
pub fn adopt(ring: Arc<Ring>) -> Adopted {
    Adopted { ring: register(ring) }
}

/// The ring of a worker process takes part in recordings for as long as this lives.
#[must_use = "dropped at once, the ring takes part in no recording"]
#[derive(Debug)]
pub struct Adopted {
    ring: Arc<Ring>,
}

impl Drop for Adopted {
    fn drop(&mut self) {
        // A pool may end before the recording that it is in: then its rings stay, as those of
        // threads that have ended do.
        if !is_armed() {
            rings().retain(|ring| !Arc::ptr_eq(ring, &self.ring));
        }
    }
}

/// Makes `ring` the calling thread's own: what a worker process does first.
///
/// Does nothing if the thread has recorded already.
pub fn write_into(ring: Ring) {
    OWN.with(|own| {
        own.get_or_init(|| Arc::new(ring));
    });
}

/// Tells whether somebody records at this moment.
pub fn is_armed() -> bool {
    ARMED.load(Ordering::Relaxed) != 0
}

/// Records, or stops, without a recorder, as a worker process does on its parent's word.
pub fn set_armed(armed: bool) {
    ARMED.store(u32::from(armed), Ordering::Relaxed);
}

/// Begins a recording of every thread of this process, and of every adopted ring.
///
/// Several recordings may be under way, each with what happens between its own ends.
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
    let starts = rings().iter().map(|ring| (ring.track(), ring.count())).collect();
    let begin = Look::now();
    if ARMED.fetch_add(1, Ordering::Relaxed) == 0 {
        // Not the end of a recording before this one.
        note(Moment::End, Look::default());
        note(Moment::Begin, begin);
    }
    Recorder { starts, begin }
}

/// A recording under way.
#[must_use = "a recorder that is dropped records nothing"]
#[derive(Debug)]
pub struct Recorder {
    starts: Vec<(u32, u64)>,
    begin: Look,
}

impl Recorder {
    /// Ends the recording and returns what happened, in the order of time.
    pub fn finish(mut self) -> Recording {
        let (starts, begin) = (std::mem::take(&mut self.starts), self.begin);
        // Takes us off, once: a second time would be somebody else.
        drop(self);
        let end = Look::now();
        let scale = Scale::between(begin, end);
        let mut recording =
            Recording { begin_ns: begin.ns, end_ns: end.ns, ..Recording::default() };
        if !is_armed() {
            note(Moment::End, end);
        }
        let (mut registry, mut ended) = (rings(), Vec::new());
        for ring in registry.iter() {
            let number = ring.track();
            let start = starts.iter().find(|(known, _)| *known == number);
            let start = start.map_or(0, |(_, count)| *count);
            let Contents { events, overwritten } = ring.read(start, scale);
            recording.events.extend(events);
            let (name, pid) = (ring.name(), ring.pid());
            recording.tracks.push(Track { number, name, pid, overwritten });
            // Nobody else holds a ring whose thread or pool has ended.
            if Arc::strong_count(ring) == 1 {
                ended.push(number);
            }
        }
        // Its events are copied by now, unless somebody else still records.
        if !is_armed() {
            registry.retain(|ring| !ended.contains(&ring.track()));
        }
        drop(registry);
        in_order(&mut recording.events);
        recording
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        ARMED.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Sorts events so that causes come before effects: by time, and on a tie by the stamp rule.
pub(crate) fn in_order(events: &mut [Event]) {
    events.sort_by_key(|event| (event.time_ns, event.kind.stamp(), event.track));
}

/// What happened between two moments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// When the recording began, in nanoseconds of the monotonic clock.
    pub begin_ns: u64,
    /// When it ended.
    pub end_ns: u64,
    /// Everything that happened, causes before effects.
    pub events: Vec<Event>,
    /// Each thread or worker process that could have written events.
    pub tracks: Vec<Track>,
}

/// Who wrote events: a thread, or a worker process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// What its events carry.
    pub number: u32,
    /// The name of the thread or worker.
    pub name: String,
    /// The process that it belongs to.
    pub pid: u32,
    /// How many of its events were lost because its ring was full.
    pub overwritten: u64,
}

impl Recording {
    /// Returns how many events were lost because a ring was full.
    pub fn overwritten(&self) -> u64 {
        self.tracks.iter().fold(0, |sum, track| sum.saturating_add(track.overwritten))
    }

    /// Returns who wrote the events of track `number`.
    pub fn track(&self, number: u32) -> Option<&Track> {
        self.tracks.iter().find(|track| track.number == number)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// One test, because the count is one for the whole process.
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

        // A pool that ends before the recording takes nothing along, and nothing is left of it.
        let ring = Arc::new(Ring::new(new_track(), "worker", 4));
        let number = ring.track();
        let adopted = adopt(Arc::clone(&ring));
        let recorder = arm();
        let kind = Kind::WorkerIdle;
        ring.push(Event { time_ns: ticks::now().0, track: number, kind, cpu: 0, a: 7, b: 0 });
        drop((adopted, ring));
        let recording = recorder.finish();
        let events = recording.events.iter().filter(|event| event.track == number);
        assert_eq!(events.map(|event| event.a).collect::<Vec<_>>(), [7]);
        assert!(rings().iter().all(|ring| ring.track() != number));
    }
}
