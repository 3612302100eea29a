//! From a recording to lanes: what each train did, moment by moment.
//!
//! A *lane* is one train of thought over time: a thread, a worker process, or the one thread that
//! carries all tasks of a loop. It is cut into spans, and in each span the train is in one
//! [`State`] of the vocabulary that all three runtimes share.
//!
//! # The life of one lane
//!
//! 1. A track has a lane if it did some of the work: it began or ended a unit or a job. The thread
//!    that waits for a pool's answers has none. In a recording that has no units and no jobs, a
//!    track has a lane if it had a lock, or polled tasks.
//! 2. [`train`] replays the track's events and says after each which state the train is in.
//! 3. The spans are cut to the round: from the first thing done to the last.
//!
//! # Invariants
//!
//! - **LANES-1** The spans of a lane follow each other without a gap from the begin of the round
//!   to its end, and neighbours differ in state or processor. The lane of a track that has lost
//!   events begins with the first that was kept: nobody knows what was before.
//!
//! Not here: judging a recording, which [`trainyard::trace::check`] does.
//!
//! Read next: [`train`], then `tape`, on which every lane is cut. Other projections of the same
//! events: who holds the `lock`, a lane for each of the `tasks`, `flows` from who woke to who was
//! woken, and `counters`; a `Scene` is all of them.

pub(crate) mod counters;
pub(crate) mod flows;
pub(crate) mod lock;
pub(crate) mod spent;
pub(crate) mod tape;
pub(crate) mod tasks;
pub mod train;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};

pub(crate) use self::flows::Flow;
pub(crate) use self::lock::Holder;
pub(crate) use self::spent::Spent;
pub use self::tape::Span;
use self::tape::{Alike, Tape};
use self::train::{Train, Work};
use crate::look::palette::State;
use trainyard::trace::{Event, Kind, Recording};

/// Every projection of a recording: what the views are made of.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) recording: &'a Recording,
    /// When the round began and ended.
    pub(crate) begin_ns: u64,
    pub(crate) end_ns: u64,
    /// `None` if nobody worked.
    pub(crate) lanes: Option<Lanes>,
    pub(crate) locks: Vec<Lane<Holder>>,
    pub(crate) tasks: Vec<Lane>,
    pub(crate) flows: Vec<Flow>,
}

impl<'a> Scene<'a> {
    /// Reads a recording. Where nobody worked, `otherwise` is the round.
    pub(crate) fn read(recording: &'a Recording, otherwise: (u64, u64)) -> Self {
        let lanes = Lanes::read(recording);
        let round = lanes.as_ref().map(|lanes| (lanes.begin_ns, lanes.end_ns));
        let (begin_ns, end_ns) = round.unwrap_or(otherwise);
        let end_ns = end_ns.max(begin_ns);
        let locks = lock::read(recording, begin_ns, end_ns);
        let tasks = tasks::read(recording, begin_ns, end_ns);
        let flows = flows::read(recording);
        Self { recording, begin_ns, end_ns, lanes, locks, tasks, flows }
    }

    pub(crate) fn trains(&self) -> &[Lane] {
        self.lanes.as_ref().map_or(&[], |lanes| &lanes.trains)
    }
}

#[derive(Clone, Debug)]
pub struct Lanes {
    pub begin_ns: u64,
    pub end_ns: u64,
    /// One for each train, in the order in which people count their names.
    pub trains: Vec<Lane>,
    pub figures: Figures,
    /// How many events were lost because a ring was full.
    pub overwritten: u64,
}

/// A train, a task or, as `Lane<Holder>`, a lock over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane<S = State> {
    /// The number of the task or lock; 0 for a train.
    pub id: u64,
    /// The number of its track in the recording; 0 for a lock.
    pub track: u32,
    /// The name of the thread or worker, `task 7`, or `lock 1`.
    pub name: String,
    /// What it did, in order and, but for tasks, without a gap.
    pub spans: Vec<Span<S>>,
}

/// What explains a time, by the names that documents have for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Figures {
    /// The most units of work that had begun and not ended.
    pub in_flight_max: usize,
    /// The most trains that ran at the same instant, with the lock or without need of it, each on
    /// a processor of its own: two that are ready to run on the same one take turns there.
    pub running_at_once_max: usize,
    pub cpus_used: usize,
}

impl Lanes {
    /// Reads a recording of one round; `None` if nobody worked in it.
    pub fn read(recording: &Recording) -> Option<Self> {
        Self::of(recording, Work::Units).or_else(|| Self::of(recording, Work::Presence))
    }

    fn of(recording: &Recording, work: Work) -> Option<Self> {
        let parts = parts(&recording.events, work);
        let has_lock = recording.events.iter().any(|event| train::shows_lock(event.kind));
        let (begin_ns, end_ns) = round(recording, &parts, work)?;
        let first_kept_ns = first_kept_ns(recording);
        let names = names(recording);
        let lane = |(&track, part): (&u32, &Part)| {
            let known_ns = first_kept_ns.get(&track).map_or(begin_ns, |ns| begin_ns.max(*ns));
            let name = names.get(&track).map(|name| (*name).to_owned());
            let name = name.unwrap_or_else(|| format!("track {track}"));
            let train = Train::before(&part.events, work, has_lock);
            Lane { id: 0, track, name, spans: replay(train, part, known_ns, end_ns) }
        };
        let mut trains: Vec<Lane> = parts.iter().map(lane).collect();
        trains.sort_by_cached_key(|lane| (in_words_and_numbers(&lane.name), lane.track));
        let in_flight_max = counters::in_flight_max(&recording.events);
        let (running_at_once_max, cpus_used) = at_once_and_ever(&trains);
        let figures = Figures { in_flight_max, running_at_once_max, cpus_used };
        Some(Self { begin_ns, end_ns, trains, figures, overwritten: recording.overwritten() })
    }
}

#[derive(Debug, Default)]
struct Part {
    events: Vec<Event>,
    indices: Vec<u32>,
}

/// The tracks that did some of the work, in the order of their numbers.
fn parts(events: &[Event], work: Work) -> BTreeMap<u32, Part> {
    let mut parts: HashMap<u32, Part> = HashMap::new();
    for (index, event) in (0..).zip(events) {
        let part = parts.entry(event.track).or_default();
        part.events.push(*event);
        part.indices.push(index);
    }
    let is_sign = |event: &Event| Work::shown_by(event.kind) == Some(work);
    parts.into_iter().filter(|(_, part)| part.events.iter().any(is_sign)).collect()
}

/// When each track that has lost events has its first one: what was before is unknown.
fn first_kept_ns(recording: &Recording) -> HashMap<u32, u64> {
    let lost = recording.tracks.iter().filter(|track| track.overwritten > 0);
    let lost: HashSet<u32> = lost.map(|track| track.number).collect();
    let mut first_ns = HashMap::new();
    if !lost.is_empty() {
        for event in recording.events.iter().filter(|event| lost.contains(&event.track)) {
            first_ns.entry(event.track).or_insert(event.time_ns);
        }
    }
    first_ns
}

/// The names of the tracks, by their numbers; of two tracks with one number the first counts.
pub(super) fn names(recording: &Recording) -> HashMap<u32, &str> {
    let tracks = recording.tracks.iter().rev();
    tracks.map(|track| (track.number, track.name.as_str())).collect()
}

/// Moments on a lane: what happened at a thread's lock that took no time of its own.
///
/// A *failed wake-up* is the one to look for: a thread was woken because the lock was free, and
/// found it taken again. David Beazley drew them in red ("Understanding the Python GIL", `PyCon`
/// 2010), one tick each, and one picture was enough to have the lock rewritten.
pub(crate) fn is_tick(kind: Kind) -> bool {
    matches!(kind, Kind::GilWakeFailed | Kind::GilDropRequest)
}

/// A name as words and the numbers between them: `worker-10` comes after `worker-9`.
pub(crate) fn in_words_and_numbers(name: &str) -> Vec<(String, u64)> {
    let characters: Vec<char> = name.chars().collect();
    let add = |number: u64, digit: &char| {
        number.saturating_mul(10).saturating_add(u64::from(digit.to_digit(10).unwrap_or(0)))
    };
    let part = |part: &[char]| {
        let is_number = part[0].is_ascii_digit();
        let number = if is_number { part.iter().fold(0, add) } else { 0 };
        (part.iter().filter(|_| !is_number).collect(), number)
    };
    characters.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()).map(part).collect()
}

/// The ends of the round: the first and the last sign of work. Work that has no begin or no end
/// in the recording reaches beyond it.
fn round(recording: &Recording, parts: &BTreeMap<u32, Part>, work: Work) -> Option<(u64, u64)> {
    let events = parts.values().flat_map(|part| &part.events);
    let signs = events.filter(|event| Work::shown_by(event.kind) == Some(work));
    let times = || signs.clone().map(|event| event.time_ns);
    let (mut begin_ns, mut end_ns) = times().min().zip(times().max())?;
    for part in parts.values() {
        let mut train = Train::before(&part.events, work, false);
        if train.is_working() {
            begin_ns = begin_ns.min(recording.begin_ns);
        }
        part.events.iter().for_each(|event| train.step(event));
        if train.is_working() {
            end_ns = end_ns.max(recording.end_ns);
        }
    }
    Some((begin_ns, end_ns))
}

/// Replays the events of a train that is known from `known_ns` on.
fn replay(mut train: Train, part: &Part, known_ns: u64, end_ns: u64) -> Vec<Span> {
    let cpu = part.events.first().map_or(UNKNOWN_CPU, |event| event.cpu);
    let mut tape = Tape::new(known_ns, end_ns, (train.state(), cpu), Alike::Join);
    for (event, &index) in part.events.iter().zip(&part.indices) {
        train.step(event);
        // An event that changes nothing is not what the span began with.
        if (train.state(), event.cpu) != tape.now() {
            tape.turn(event.time_ns, (train.state(), event.cpu), index);
        }
    }
    tape.finish()
}

/// What [`current_cpu`](trainyard::sys::affinity::current_cpu) says when the kernel does not.
const UNKNOWN_CPU: u16 = u16::MAX;

/// The most processors that were busy with trains at one instant, and how many there ever were.
fn at_once_and_ever(trains: &[Lane]) -> (usize, usize) {
    let spans = trains.iter().flat_map(|lane| &lane.spans);
    let running = spans.filter(|span| span.state.is_running());
    // At one instant ends come before begins: who hands over does not run beside the other.
    let mut changes: Vec<(u64, i32, u16)> = running
        .flat_map(|span| [(span.from_ns, 1, span.cpu), (span.until_ns, -1, span.cpu)])
        .collect();
    changes.sort_unstable();
    let mut trains_of: HashMap<u16, i32> = HashMap::new();
    let (mut busy, mut busy_max) = (0, 0);
    for (_, change, cpu) in changes {
        let trains = trains_of.entry(cpu).or_default();
        let was_busy = *trains > 0;
        *trains += change;
        busy += usize::from(*trains > 0);
        busy -= usize::from(was_busy);
        busy_max = busy_max.max(busy);
    }
    (busy_max, trains_of.keys().filter(|cpu| **cpu != UNKNOWN_CPU).count())
}
