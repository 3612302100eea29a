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
pub(crate) enum Holder {
    /// It is free.
    Nobody,
    /// It is this track's.
    Track(u32),
    /// It is switched off: there is nothing to hold.
    Off,
}

/// Reads who held each lock between `begin_ns` and `end_ns`, in the order of the locks' numbers.
pub(crate) fn read(recording: &Recording, begin_ns: u64, end_ns: u64) -> Vec<Lane<Holder>> {
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
pub(crate) fn held_ns(spans: &[Span<Holder>]) -> HashMap<u32, u64> {
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
