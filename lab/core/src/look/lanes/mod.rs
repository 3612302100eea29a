//! From a recording to lanes: what each train did, moment by moment.
//!
//! A *lane* is one train of thought over time: a thread, a worker process, or the one thread that
//! carries all tasks of a loop. It is cut into spans, and in each span the train is in one
//! [`State`] of the vocabulary that all three runtimes share. The figures that explain a time
//! come from the same events: how many units of work were in flight, how many trains ran at the
//! same instant, on how many processors.
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
//! # Not here
//!
//! Judging a recording: [`trainyard::trace::check`] says whether it is possible. This module draws
//! what it is given, and a recording that begins in the middle is read from what it shows.
//!
//! Read next: [`train`]. Other projections of the same events: who holds the [`lock`], [`ticks`] on
//! a lane, a lane for each of the [`tasks`], [`flows`] from who woke to who was woken, and
//! [`counters`]. What is made of them: [`crate::look`] and the picture of a comparison.

pub mod counters;
pub mod flows;
pub mod lock;
pub mod spent;
pub mod tasks;
pub mod ticks;
pub mod train;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::look::lanes::train::{State, Train, Work};
use trainyard::trace::{Event, Kind, Recording};

/// A recording as lanes.
#[derive(Clone, Debug)]
pub struct Lanes {
    /// When the round began.
    pub begin_ns: u64,
    /// When it ended.
    pub end_ns: u64,
    /// One for each train, in the order in which people count their names.
    pub trains: Vec<Lane>,
    /// What the round shows as numbers.
    pub figures: Figures,
    /// How many events were lost because a ring was full.
    pub overwritten: u64,
}

/// One train over time.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Its number in the recording.
    pub track: u32,
    /// The name of the thread or worker.
    pub name: String,
    /// What it did, in order.
    pub spans: Vec<Span>,
}

/// A time in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// When it begins.
    pub from_ns: u64,
    /// When it ends.
    pub until_ns: u64,
    /// What the train did meanwhile.
    pub state: State,
    /// The processor that it was last seen on.
    pub cpu: u16,
    /// The event that began it, by its index in the recording; `None` before the first one.
    pub event: Option<u32>,
}

/// What explains a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// The most units of work that had begun and not ended.
    pub in_flight_max: usize,
    /// The most trains that ran at the same instant, with the lock or without need of it, each on
    /// a processor of its own: two that are ready to run on the same one take turns there.
    pub running_at_once_max: usize,
    /// How many processors trains were seen running on.
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
        let mut trains = Vec::new();
        for (&track, part) in &parts {
            let known_ns = first_kept_ns.get(&track).map_or(begin_ns, |ns| *ns);
            let known_ns = known_ns.clamp(begin_ns, end_ns);
            let name = recording.track(track).map(|track| track.name.clone());
            let name = name.unwrap_or_else(|| format!("track {track}"));
            let train = Train::before(&part.events, work, has_lock);
            trains.push(Lane { track, name, spans: replay(train, part, known_ns, end_ns) });
        }
        trains.sort_by_cached_key(|lane| (in_words_and_numbers(&lane.name), lane.track));
        let figures = Figures {
            in_flight_max: in_flight_max(&recording.events),
            running_at_once_max: running_at_once_max(&trains),
            cpus_used: cpus_used(&trains),
        };
        Some(Self { begin_ns, end_ns, trains, figures, overwritten: recording.overwritten() })
    }

    /// Returns the share of all lanes' known time that was spent in `state`.
    #[expect(clippy::cast_precision_loss, reason = "a round is far shorter than 2^53 ns, 104 days")]
    pub fn share(&self, state: State) -> f64 {
        let spans = || self.trains.iter().flat_map(|lane| &lane.spans);
        let spent: u64 = spans().filter(|span| span.state == state).map(Span::length_ns).sum();
        let total: u64 = spans().map(Span::length_ns).sum();
        spent as f64 / (total as f64).max(1.0)
    }
}

impl Span {
    /// How long it is.
    pub fn length_ns(&self) -> u64 {
        self.until_ns - self.from_ns
    }
}

/// The events of one track, and where they stand in the recording.
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
    let works = |part: &Part| part.events.iter().any(|event| work.is_shown_by(event.kind));
    parts.into_iter().filter(|(_, part)| works(part)).collect()
}

/// When each track that has lost events has its first one: what was before is unknown.
fn first_kept_ns(recording: &Recording) -> HashMap<u32, u64> {
    let lost = recording.tracks.iter().filter(|track| track.overwritten > 0);
    let first = |track: u32| recording.events.iter().find(|event| event.track == track);
    lost.filter_map(|track| Some((track.number, first(track.number)?.time_ns))).collect()
}

/// A name as words and the numbers between them: `worker-10` comes after `worker-9`.
pub fn in_words_and_numbers(name: &str) -> Vec<(String, u64)> {
    let mut parts: Vec<(String, u64)> = Vec::new();
    let mut after_digit = true;
    for character in name.chars() {
        let digit = character.to_digit(10);
        if parts.is_empty() || (after_digit && digit.is_none()) {
            parts.push((String::new(), 0));
        }
        let Some((word, number)) = parts.last_mut() else { continue };
        match digit {
            Some(digit) => *number = number.saturating_mul(10).saturating_add(digit.into()),
            None => word.push(character),
        }
        after_digit = digit.is_some();
    }
    parts
}

/// The same spans, neighbours in the same state joined, whatever processor they ran on.
pub fn joined(spans: &[Span]) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::new();
    for &span in spans {
        match joined.last_mut() {
            Some(last) if last.state == span.state => last.until_ns = span.until_ns,
            _ => joined.push(span),
        }
    }
    joined
}

/// The ends of the round: the first and the last sign of work. Work that has no begin or no end
/// in the recording reaches beyond it.
fn round(recording: &Recording, parts: &BTreeMap<u32, Part>, work: Work) -> Option<(u64, u64)> {
    let events = parts.values().flat_map(|part| &part.events);
    let signs = events.filter(|event| work.is_shown_by(event.kind));
    let times = || signs.clone().map(|event| event.time_ns);
    let (begin_ns, end_ns) = times().min().zip(times().max())?;
    let before = |part: &Part| Train::before(&part.events, work, false);
    let began_before = parts.values().any(|part| before(part).is_working());
    let goes_on = parts.values().any(|part| {
        let mut train = before(part);
        for event in &part.events {
            train.step(event);
        }
        train.is_working()
    });
    let begin_ns = if began_before { recording.begin_ns.min(begin_ns) } else { begin_ns };
    Some((begin_ns, if goes_on { recording.end_ns.max(end_ns) } else { end_ns }))
}

/// Cuts the time from when on a train is known to the end of the round into spans.
fn replay(mut train: Train, part: &Part, begin_ns: u64, end_ns: u64) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut from_ns = begin_ns;
    // INVARIANT: [LANES-1] every span begins where the one before ended, and joins it if it is
    // of the same kind.
    let mut cut = |until_ns: u64, Now { state, cpu, event }: Now| {
        let until_ns = until_ns.clamp(from_ns, end_ns);
        match spans.last_mut() {
            Some(last) if (last.state, last.cpu) == (state, cpu) => last.until_ns = until_ns,
            _ if until_ns == from_ns => {}
            _ => spans.push(Span { from_ns, until_ns, state, cpu, event }),
        }
        from_ns = until_ns;
    };
    let cpu = part.events.first().map_or(UNKNOWN_CPU, |event| event.cpu);
    let mut now = Now { state: train.state(), cpu, event: None };
    for (event, &index) in part.events.iter().zip(&part.indices) {
        cut(event.time_ns, now);
        train.step(event);
        // An event that changes nothing is not what the span began with.
        if (train.state(), event.cpu) != (now.state, now.cpu) {
            now = Now { state: train.state(), cpu: event.cpu, event: Some(index) };
        }
    }
    cut(end_ns, now);
    spans
}

/// What a train does at a moment, where, and since which event.
#[derive(Clone, Copy)]
struct Now {
    state: State,
    cpu: u16,
    event: Option<u32>,
}

/// What [`current_cpu`](trainyard::sys::affinity::current_cpu) says when the kernel does not.
const UNKNOWN_CPU: u16 = u16::MAX;

fn running(trains: &[Lane]) -> impl Iterator<Item = &Span> {
    trains.iter().flat_map(|lane| &lane.spans).filter(|span| span.state.is_running())
}

fn cpus_used(trains: &[Lane]) -> usize {
    running(trains)
        .map(|span| span.cpu)
        .filter(|cpu| *cpu != UNKNOWN_CPU)
        .collect::<BTreeSet<_>>()
        .len()
}

/// Counts begins and ends. A unit whose first sign is its end was in flight from the start.
fn in_flight_max(events: &[Event]) -> usize {
    let mut in_flight: HashMap<u64, bool> = HashMap::new();
    let units = || events.iter().filter(|e| matches!(e.kind, Kind::UnitBegin | Kind::UnitEnd));
    for event in units() {
        in_flight.entry(event.a).or_insert(event.kind == Kind::UnitEnd);
    }
    let mut count = in_flight.values().filter(|flying| **flying).count();
    let mut max = count;
    for event in units() {
        let flies = event.kind == Kind::UnitBegin;
        let flew = in_flight.insert(event.a, flies).unwrap_or(false);
        match (flew, flies) {
            (false, true) => count += 1,
            (true, false) => count -= 1,
            _ => {}
        }
        max = max.max(count);
    }
    max
}

/// The most processors that were busy with trains at one instant.
fn running_at_once_max(trains: &[Lane]) -> usize {
    // At one instant ends come before begins: who hands over does not run beside the other.
    let mut changes: Vec<(u64, i32, u16)> = running(trains)
        .flat_map(|span| [(span.from_ns, 1, span.cpu), (span.until_ns, -1, span.cpu)])
        .collect();
    changes.sort_unstable();
    let mut trains_of: HashMap<u16, i32> = HashMap::new();
    let (mut busy, mut busy_max) = (0, 0);
    for (_, change, cpu) in changes {
        let trains = trains_of.entry(cpu).or_default();
        let before = *trains > 0;
        *trains += change;
        match (before, *trains > 0) {
            (false, true) => busy += 1,
            (true, false) => busy -= 1,
            _ => {}
        }
        busy_max = busy_max.max(busy);
    }
    busy_max
}
