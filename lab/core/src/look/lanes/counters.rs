//! How many, over time: threads that wait for the lock, tasks in the run queue, units in flight.
//!
//! # Reading from the middle
//!
//! An end without a begin was there from the start, so no count goes below zero.

use std::collections::{BTreeMap, HashMap};

use trainyard::trace::{Event, Kind, Recording};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    WaitingForLock(u64),
    /// The tasks in the run queue of the loop on this track.
    ReadyTasks(u32),
    InFlight,
}

/// Lists the counters that ever counted something: what, and from which moment on how many. The
/// first moment is the begin of the recording.
pub(crate) fn read(recording: &Recording) -> Vec<(What, Vec<(u64, u64)>)> {
    let counts = counts(&recording.events, |_| true).into_iter();
    counts.map(|(what, count)| (what, count.points(recording.begin_ns))).collect()
}

pub(super) fn in_flight_max(events: &[Event]) -> usize {
    let is_unit = |event: &Event| matches!(event.kind, Kind::UnitBegin | Kind::UnitEnd);
    let counts = counts(events, is_unit);
    let max = counts.get(&What::InFlight).map_or(0, |count| count.before + count.max);
    usize::try_from(max).unwrap_or(0)
}

fn counts(events: &[Event], is_meant: impl Fn(&Event) -> bool) -> BTreeMap<What, Count> {
    let mut counts: BTreeMap<What, Count> = BTreeMap::new();
    for event in events.iter().filter(|event| is_meant(event)) {
        if let Some((what, member, change)) = change(event) {
            counts.entry(what).or_default().step(event.time_ns, member, change);
        }
    }
    counts
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Comes,
    /// It is in there, whether or not its coming was seen.
    Stays,
    Goes,
    /// It goes if it was in there; if not, that says nothing about the start.
    GoesIfThere,
}

/// Which counter an event changes, for whom, and how.
fn change(event: &Event) -> Option<(What, u64, Change)> {
    let Event { kind, track, a: subject, .. } = *event;
    let waiting = |change| Some((What::WaitingForLock(subject), u64::from(track), change));
    let ready = |change| Some((What::ReadyTasks(track), subject, change));
    match kind {
        Kind::GilWait => waiting(Change::Comes),
        Kind::GilDropRequest | Kind::GilWakeFailed => waiting(Change::Stays),
        Kind::GilTake => waiting(Change::GoesIfThere),
        Kind::GilGiveUp => waiting(Change::Goes),
        Kind::TaskSpawn | Kind::TaskWake => ready(Change::Comes),
        Kind::TaskPollBegin => ready(Change::Goes),
        Kind::TaskCancel => ready(Change::GoesIfThere),
        Kind::UnitBegin => Some((What::InFlight, subject, Change::Comes)),
        Kind::UnitEnd => Some((What::InFlight, subject, Change::Goes)),
        _ => None,
    }
}

#[derive(Default)]
struct Count {
    members: HashMap<u64, bool>,
    /// How many were in there before the first event.
    before: i64,
    /// The sum of all changes so far, and after each; `before` is added when it is known.
    sum: i64,
    sums: Vec<(u64, i64)>,
    max: i64,
}

impl Count {
    fn step(&mut self, at_ns: u64, member: u64, change: Change) {
        // INVARIANT: who is seen to stay or to go, and never came, was there from the start.
        let was_in = *self.members.entry(member).or_insert_with(|| {
            let was_there = matches!(change, Change::Stays | Change::Goes);
            self.before += i64::from(was_there);
            was_there
        });
        let is_in = matches!(change, Change::Comes | Change::Stays);
        if is_in != was_in {
            self.members.insert(member, is_in);
            self.sum += i64::from(is_in) - i64::from(was_in);
            self.max = self.max.max(self.sum);
            self.sums.push((at_ns, self.sum));
        }
    }

    fn points(self, begin_ns: u64) -> Vec<(u64, u64)> {
        let value = |sum: i64| u64::try_from(self.before + sum).unwrap_or(0);
        let mut points = vec![(begin_ns, value(0))];
        for &(at_ns, sum) in &self.sums {
            match points.last_mut() {
                // Of several changes at one moment the last one counts.
                Some(last) if last.0 == at_ns => last.1 = value(sum),
                _ => points.push((at_ns, value(sum))),
            }
        }
        points
    }
}
