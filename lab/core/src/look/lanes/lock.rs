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

use std::collections::{BTreeMap, HashSet};

use super::tape::{Alike, Span, Tape};
use super::{Lane, first_kept_ns};
use trainyard::trace::{Event, Kind, Recording};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    Nobody,
    Track(u32),
    /// It is switched off: there is nothing to hold.
    Off,
}

/// Reads who held each lock between `begin_ns` and `end_ns`, in the order of the locks' numbers.
pub(crate) fn read(recording: &Recording, begin_ns: u64, end_ns: u64) -> Vec<Lane<Holder>> {
    let events = || (0..).zip(&recording.events).filter_map(|(at, event)| turn(at, event));
    // From when on all threads that use locks have lost nothing.
    let users: HashSet<u32> = events().map(|turn| turn.event.track).collect();
    let first_kept_ns = first_kept_ns(recording).into_iter();
    let known_ns = first_kept_ns.filter(|(track, _)| users.contains(track)).map(|(_, ns)| ns);
    let known_ns = known_ns.fold(begin_ns, u64::max);
    let mut locks: BTreeMap<u64, Tape<Holder>> = BTreeMap::new();
    for Turn { at, event, before, after } in events() {
        let tape = || Tape::new(known_ns, end_ns, (before, 0), Alike::Join);
        let tape = locks.entry(event.a).or_insert_with(tape);
        if tape.now() != (after, 0) {
            tape.turn(event.time_ns, (after, 0), at);
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

pub(crate) fn held_ns(spans: &[Span<Holder>]) -> BTreeMap<u32, u64> {
    let mut held: BTreeMap<u32, u64> = BTreeMap::new();
    for span in spans {
        if let Holder::Track(track) = span.state {
            *held.entry(track).or_default() += span.length_ns();
        }
    }
    held
}

/// An event that says whose a lock is, and whose it was if nothing earlier does.
struct Turn<'a> {
    at: u32,
    event: &'a Event,
    before: Holder,
    after: Holder,
}

fn turn(at: u32, event: &Event) -> Option<Turn<'_>> {
    let (before, after) = match (event.kind, event.b) {
        (Kind::GilTake, _) => (Holder::Nobody, Holder::Track(event.track)),
        (Kind::GilDrop, _) => (Holder::Track(event.track), Holder::Nobody),
        (Kind::GilFree | Kind::GilLeave, _) => (Holder::Off, Holder::Off),
        (Kind::GilMode, MODE_OFF) => (Holder::Nobody, Holder::Off),
        (Kind::GilMode, MODE_ON) => (Holder::Off, Holder::Nobody),
        _ => return None,
    };
    Some(Turn { at, event, before, after })
}

/// The words of `GilMode`; with its third one, other rules, the lock stays whose it is.
const MODE_OFF: u64 = 0;
const MODE_ON: u64 = 1;
