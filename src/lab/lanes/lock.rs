//! Who holds each lock over time: the lane that explains all others.
//!
//! With the lock on, exactly one thread works at any moment, and this lane names it. Whoever holds
//! the lock may have no lane of its own (a main thread that only submits), so the holder is a track.
//!
//! # Reading from the middle
//!
//! If the first thing that is seen of a lock is that somebody drops it, they held it from the start.

use std::collections::{BTreeMap, HashMap};

use crate::trace::{Event, Kind, Recording};

/// A lock over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockLane {
    /// Its number: the first word of its events.
    pub lock: u64,
    /// Who held it, in order and without a gap.
    pub spans: Vec<Held>,
}

/// A time in which a lock had one holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// When it begins.
    pub from_ns: u64,
    /// When it ends.
    pub until_ns: u64,
    /// Whose it was.
    pub holder: Holder,
    /// The event that began it, by its index in the recording; `None` before the first one.
    pub event: Option<u32>,
}

/// Whose a lock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// It is free.
    Nobody,
    /// It is this track's.
    Track(u32),
    /// It is switched off: there is nothing to hold.
    Off,
}

/// Reads who held each lock between `begin_ns` and `end_ns`, in the order of the locks' numbers.
pub fn read(recording: &Recording, begin_ns: u64, end_ns: u64) -> Vec<LockLane> {
    let mut locks: BTreeMap<u64, Tape> = BTreeMap::new();
    for (index, event) in (0..).zip(&recording.events) {
        let Some(after) = after(event) else { continue };
        let tape = locks.entry(event.a).or_insert_with(|| Tape::new(before(event), begin_ns));
        tape.cut(event.time_ns.clamp(begin_ns, end_ns));
        if after != tape.holder {
            (tape.holder, tape.event) = (after, Some(index));
        }
    }
    let mut lanes = Vec::new();
    for (lock, mut tape) in locks {
        tape.cut(end_ns);
        lanes.push(LockLane { lock, spans: tape.spans });
    }
    lanes
}

/// For how long each track held a lock.
pub fn held_ns(spans: &[Held]) -> HashMap<u32, u64> {
    let mut held: HashMap<u32, u64> = HashMap::new();
    for span in spans {
        if let Holder::Track(track) = span.holder {
            *held.entry(track).or_default() += span.until_ns - span.from_ns;
        }
    }
    held
}

/// One lock while its events are read.
struct Tape {
    spans: Vec<Held>,
    holder: Holder,
    event: Option<u32>,
    from_ns: u64,
}

impl Tape {
    fn new(holder: Holder, from_ns: u64) -> Self {
        Self { spans: Vec::new(), holder, event: None, from_ns }
    }

    fn cut(&mut self, until_ns: u64) {
        if until_ns <= self.from_ns {
            return;
        }
        match self.spans.last_mut() {
            Some(last) if last.holder == self.holder => last.until_ns = until_ns,
            _ => self.spans.push(Held {
                from_ns: self.from_ns,
                until_ns,
                holder: self.holder,
                event: self.event,
            }),
        }
        self.from_ns = until_ns;
    }
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
