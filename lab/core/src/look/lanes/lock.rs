//! Who holds each lock over time: the lane that explains all others.
//!
//! With the lock on, exactly one thread works at any moment, and this lane names it. Whoever holds
//! the lock may have no lane of its own (a main thread that only submits), so the holder is a track.
//!
//! # Reading from the middle
//!
//! If the first thing that is seen of a lock is that somebody drops it, they held it from the start.
//! Where a thread that uses a lock has lost events, nothing is said of the time before: it may have
//! held the lock.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::tape::{Alike, Span, Tape};
use super::{Lane, first_kept_ns};
use trainyard::trace::{Event, Kind, Recording};

/// Whose a lock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// It is free.
    Nobody,
    /// It is this track's.
    Track(u32),
    /// It is switched off: there is nothing to hold.
    Off,
}

/// Reads who held each lock between `begin_ns` and `end_ns`, in the order of the locks' numbers.
pub fn read(recording: &Recording, begin_ns: u64, end_ns: u64) -> Vec<Lane<Holder>> {
    let known_ns = known_ns(recording).max(begin_ns);
    let mut locks: BTreeMap<u64, Tape<Holder>> = BTreeMap::new();
    for (index, event) in (0..).zip(&recording.events) {
        let Some(after) = after(event) else { continue };
        let tape = || Tape::new(known_ns, end_ns, (before(event), 0), Alike::Join);
        let tape = locks.entry(event.a).or_insert_with(tape);
        if tape.now() != (after, 0) {
            tape.turn(event.time_ns, (after, 0), index);
        }
    }
    let lane = |(id, tape): (u64, Tape<Holder>)| Lane {
        id,
        track: 0,
        name: format!("lock {id}"),
        spans: tape.finish(),
    };
    locks.into_iter().map(lane).collect()
}

/// From when on all threads that use locks have lost nothing.
fn known_ns(recording: &Recording) -> u64 {
    let of_locks = recording.events.iter().filter(|event| after(event).is_some());
    let users: HashSet<u32> = of_locks.map(|event| event.track).collect();
    let lost = first_kept_ns(recording).into_iter().filter(|(track, _)| users.contains(track));
    lost.map(|(_, first_ns)| first_ns).max().unwrap_or(0)
}

/// For how long each track held a lock.
pub fn held_ns(spans: &[Span<Holder>]) -> HashMap<u32, u64> {
    let mut held: HashMap<u32, u64> = HashMap::new();
    for span in spans {
        if let Holder::Track(track) = span.state {
            *held.entry(track).or_default() += span.length_ns();
        }
    }
    held
}

/// Whose the lock was before the first of its events.
fn before(event: &Event) -> Holder {
    match event.kind {
        Kind::GilDrop => Holder::Track(event.track),
        Kind::GilFree | Kind::GilLeave => Holder::Off,
        Kind::GilMode if event.b == MODE_ON => Holder::Off,
        _ => Holder::Nobody,
    }
}

/// Whose it is after an event; `None` if the event says nothing about that.
fn after(event: &Event) -> Option<Holder> {
    match event.kind {
        Kind::GilTake => Some(Holder::Track(event.track)),
        Kind::GilDrop => Some(Holder::Nobody),
        Kind::GilFree | Kind::GilLeave => Some(Holder::Off),
        Kind::GilMode if event.b == MODE_OFF => Some(Holder::Off),
        Kind::GilMode if event.b == MODE_ON => Some(Holder::Nobody),
        _ => None,
    }
}

/// The words of `GilMode`; with its third one, other rules, the lock stays whose it is.
const MODE_OFF: u64 = 0;
const MODE_ON: u64 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::lanes::Lanes;
    use crate::look::lanes::tests::{LOCK_ON, Line, US, recording};
    use crate::look::lanes::train::State;

    const FIRST: Holder = Holder::Track(1);
    const SECOND: Holder = Holder::Track(2);

    #[track_caller]
    fn check(lines: &[Line], expected: &[(u64, u64, Holder)]) {
        let locks = read(&recording(lines), 0, 50 * US);
        assert_eq!(locks.len(), 1);
        let spans = locks[0].spans.iter();
        let spans: Vec<(u64, u64, Holder)> =
            spans.map(|span| (span.from_ns / US, span.until_ns / US, span.state)).collect();
        assert_eq!(spans, expected);
    }

    #[test]
    fn a_lock_that_changes_hands_names_each_holder() {
        let after = [(32, 33, Holder::Nobody), (33, 50, FIRST)];
        let begin = [(0, 10, Holder::Nobody), (10, 21, FIRST), (21, 22, Holder::Nobody)];
        check(LOCK_ON, &[&begin[..], &[(22, 32, SECOND)], &after].concat());
        let middle: Vec<Line> = LOCK_ON.iter().copied().filter(|line| line.0 >= 20).collect();
        let begin = [(0, 21, FIRST), (21, 22, Holder::Nobody)];
        check(&middle, &[&begin[..], &[(22, 32, SECOND)], &after].concat());
    }

    #[test]
    fn a_lock_that_is_off_has_no_holder_until_it_is_switched_on() {
        check(&[(10, 1, 0, Kind::GilFree, 7, 0)], &[(0, 50, Holder::Off)]);
        check(
            &[(10, 1, 0, Kind::GilMode, 7, MODE_ON), (20, 1, 0, Kind::GilTake, 7, 0)],
            &[(0, 10, Holder::Off), (10, 20, Holder::Nobody), (20, 50, FIRST)],
        );
        // Other rules change no holder.
        check(
            &[(10, 1, 0, Kind::GilTake, 7, 0), (20, 2, 0, Kind::GilMode, 7, 2)],
            &[(0, 10, Holder::Nobody), (10, 50, FIRST)],
        );
    }

    #[test]
    fn whoever_works_under_the_lock_holds_it() {
        let recording = recording(LOCK_ON);
        let lanes = Lanes::read(&recording).unwrap();
        let lock = read(&recording, lanes.begin_ns, lanes.end_ns).remove(0);
        let worked = |lane: &Lane| {
            let spans = lane.spans.iter().filter(|span| span.state == State::Run);
            spans.map(Span::length_ns).sum::<u64>()
        };
        let held = held_ns(&lock.spans);
        for lane in &lanes.trains {
            assert_eq!(held[&lane.track], worked(lane), "{}", lane.name);
        }
    }
}
