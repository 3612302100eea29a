//! Arrows: from who let somebody go on to who went on.
//!
//! Each arrow joins a releasing event to the acquiring one that it caused, so it never points back
//! in time.
//!
//! | flow | from | to |
//! | --- | --- | --- |
//! | the lock was handed over | `GilDrop` | `GilTake` of a thread that waited |
//! | a task was woken | `TaskWake`, `TaskSpawn` | `TaskPollBegin` |
//! | the loop was called from another thread | `BellRung`, `BellSaved` | `TaskWake` |
//! | a job was queued | `JobQueued` | `ThreadJobBegin`, or `FrameSend` |
//! | a job was sent to a worker | `FrameSend` | `WorkerJobBegin` |
//! | a worker answered | `WorkerJobEnd` | `FrameReceive` |

use std::collections::{HashMap, HashSet};

use crate::trace::{Event, Kind, Recording};

/// An arrow between two events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// What it shows.
    pub what: What,
    /// Who let the other go on: an index in the recording.
    pub from: u32,
    /// Who went on: an index in the recording.
    pub to: u32,
}

/// What an arrow shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum What {
    /// The lock was handed over.
    HandOff,
    /// A task was woken.
    Wake,
    /// The loop was called from another thread.
    Call,
    /// A job was queued.
    Queue,
    /// A job was sent to a worker.
    Send,
    /// A worker answered.
    Answer,
}

impl What {
    /// Returns the name that stands at the arrow.
    pub fn name(self) -> &'static str {
        match self {
            Self::HandOff => "lock handed over",
            Self::Wake => "task woken",
            Self::Call => "loop called",
            Self::Queue => "job queued",
            Self::Send => "job sent",
            Self::Answer => "job answered",
        }
    }
}

/// Lists the arrows in the order of their ends.
pub fn read(recording: &Recording) -> Vec<Flow> {
    let mut reader = Reader::default();
    for (index, event) in (0..).zip(&recording.events) {
        reader.step(index, event);
    }
    reader.flows
}

/// Beginnings that have not met their end yet, by what they are about.
#[derive(Default)]
struct Reader {
    flows: Vec<Flow>,
    open: HashMap<(What, u64), u32>,
    /// Who dropped each lock last.
    droppers: HashMap<u64, u32>,
    /// Which tracks wait for which lock.
    waiting: HashSet<(u64, u32)>,
}

impl Reader {
    fn step(&mut self, index: u32, event: &Event) {
        let Event { kind, track, a: subject, .. } = *event;
        match kind {
            Kind::GilWait | Kind::GilDropRequest => drop(self.waiting.insert((subject, track))),
            Kind::GilGiveUp => drop(self.waiting.remove(&(subject, track))),
            Kind::GilDrop => {
                self.open.insert((What::HandOff, subject), index);
                self.droppers.insert(subject, track);
            }
            Kind::GilTake => self.take(index, event),
            Kind::TaskSpawn | Kind::TaskWake => {
                self.end(What::Call, subject, index);
                self.open.insert((What::Wake, subject), index);
            }
            Kind::BellRung | Kind::BellSaved => {
                self.open.insert((What::Call, subject), index);
            }
            Kind::TaskPollBegin => self.end(What::Wake, subject, index),
            Kind::JobQueued => drop(self.open.insert((What::Queue, subject), index)),
            Kind::ThreadJobBegin => self.end(What::Queue, subject, index),
            Kind::FrameSend => {
                self.end(What::Queue, subject, index);
                self.open.insert((What::Send, subject), index);
            }
            Kind::WorkerJobBegin => self.end(What::Send, subject, index),
            Kind::WorkerJobEnd => drop(self.open.insert((What::Answer, subject), index)),
            Kind::FrameReceive => self.end(What::Answer, subject, index),
            _ => {}
        }
    }

    /// Who did not wait got the lock from nobody, and who takes it back from itself neither.
    fn take(&mut self, index: u32, event: &Event) {
        let waited = self.waiting.remove(&(event.a, event.track));
        let other = self.droppers.get(&event.a).is_some_and(|dropper| *dropper != event.track);
        if waited && other {
            self.end(What::HandOff, event.a, index);
        } else {
            self.open.remove(&(What::HandOff, event.a));
        }
    }

    fn end(&mut self, what: What, subject: u64, to: u32) {
        if let Some(from) = self.open.remove(&(what, subject)) {
            self.flows.push(Flow { what, from, to });
        }
    }
}
