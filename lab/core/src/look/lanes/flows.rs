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

use trainyard::trace::{Event, Kind, Recording};

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
    open: HashMap<(What, u64, u32), u32>,
    /// Who dropped each lock last.
    droppers: HashMap<u64, u32>,
    /// Which tracks wait for which lock.
    waiting: HashSet<(u64, u32)>,
}

impl Reader {
    fn step(&mut self, index: u32, event: &Event) {
        let Event { kind, track, a: subject, .. } = *event;
        match kind {
            Kind::GilWait | Kind::GilDropRequest | Kind::GilWakeFailed => {
                self.waiting.insert((subject, track));
            }
            Kind::GilGiveUp => drop(self.waiting.remove(&(subject, track))),
            Kind::GilDrop => {
                self.begin(What::HandOff, event, index);
                self.droppers.insert(subject, track);
            }
            Kind::GilTake => self.take(index, event),
            Kind::TaskSpawn | Kind::TaskWake => {
                self.end(What::Call, event, index);
                self.begin(What::Wake, event, index);
            }
            Kind::BellRung | Kind::BellSaved => self.begin(What::Call, event, index),
            Kind::TaskPollBegin => self.end(What::Wake, event, index),
            Kind::JobQueued => self.begin(What::Queue, event, index),
            Kind::ThreadJobBegin => self.end(What::Queue, event, index),
            Kind::FrameSend => {
                self.end(What::Queue, event, index);
                self.begin(What::Send, event, index);
            }
            Kind::WorkerJobBegin => self.end(What::Send, event, index),
            Kind::WorkerJobEnd => self.begin(What::Answer, event, index),
            Kind::FrameReceive => self.end(What::Answer, event, index),
            _ => {}
        }
    }

    /// Who did not wait got the lock from nobody, and who takes it back from itself neither.
    fn take(&mut self, index: u32, event: &Event) {
        let waited = self.waiting.remove(&(event.a, event.track));
        let other = self.droppers.get(&event.a).is_some_and(|dropper| *dropper != event.track);
        if waited && other {
            self.end(What::HandOff, event, index);
        } else {
            self.open.remove(&key(What::HandOff, event));
        }
    }

    fn begin(&mut self, what: What, event: &Event, from: u32) {
        self.open.insert(key(what, event), from);
    }

    fn end(&mut self, what: What, event: &Event, to: u32) {
        if let Some(from) = self.open.remove(&key(what, event)) {
            self.flows.push(Flow { what, from, to });
        }
    }
}

/// What an arrow is about. A task is woken and polled by the same thread, and two loops may have
/// tasks of the same number.
fn key(what: What, event: &Event) -> (What, u64, u32) {
    (what, event.a, if what == What::Wake { event.track } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::lanes::tests::{LOCK_ON, Line, recording};

    #[track_caller]
    fn check(lines: &[Line], expected: &[(What, u32, u32)]) {
        let flows = read(&recording(lines));
        let seen: Vec<(What, u32, u32)> =
            flows.iter().map(|flow| (flow.what, flow.from, flow.to)).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_lock_is_handed_over_to_a_thread_that_waited() {
        check(LOCK_ON, &[(What::HandOff, 6, 7), (What::HandOff, 14, 15)]);
    }

    /// Fails if a recording that begins during the wait has lost the hand-off.
    #[test]
    fn a_thread_that_was_woken_in_vain_waits() {
        let lines = [
            (1, 2, 0, Kind::GilWakeFailed, 7, 0),
            (2, 1, 0, Kind::GilDrop, 7, 0),
            (3, 2, 0, Kind::GilTake, 7, 0),
        ];
        check(&lines, &[(What::HandOff, 1, 2)]);
    }

    /// Fails if every take after a drop is a hand-off.
    #[test]
    fn a_lock_that_lay_free_was_handed_over_by_nobody() {
        let (take, drop) = (Kind::GilTake, Kind::GilDrop);
        check(&[(1, 1, 0, take, 7, 0), (2, 1, 0, drop, 7, 0), (9, 2, 0, take, 7, 0)], &[]);
        // It gave the lock up, nobody came, and it has it back.
        let back = [(2, 1, 0, drop, 7, 1), (3, 1, 0, Kind::GilWait, 7, 0), (4, 1, 0, take, 7, 0)];
        check(&back, &[]);
    }

    #[test]
    fn a_task_is_woken_by_whoever_put_it_into_the_queue() {
        check(
            &[
                (1, 1, 0, Kind::TaskSpawn, 5, 0),
                (2, 1, 0, Kind::TaskPollBegin, 5, 0),
                (3, 2, 0, Kind::BellRung, 5, 0),
                (4, 1, 0, Kind::TaskWake, 5, 0),
                (5, 1, 0, Kind::TaskPollBegin, 5, 0),
                (6, 1, 0, Kind::TaskPollBegin, 5, 0),
            ],
            &[(What::Wake, 0, 1), (What::Call, 2, 3), (What::Wake, 3, 4)],
        );
    }

    #[test]
    fn a_job_goes_to_a_worker_and_comes_back() {
        check(
            &[
                (1, 1, 0, Kind::JobQueued, 3, 0),
                (2, 9, 0, Kind::FrameSend, 3, 64),
                (3, 2, 0, Kind::WorkerJobBegin, 3, 64),
                (4, 2, 0, Kind::WorkerJobEnd, 3, 8),
                (5, 9, 0, Kind::FrameReceive, 3, 8),
                (6, 1, 0, Kind::JobQueued, 4, 0),
                (7, 2, 0, Kind::ThreadJobBegin, 4, 0),
            ],
            &[(What::Queue, 0, 1), (What::Send, 1, 2), (What::Answer, 3, 4), (What::Queue, 5, 6)],
        );
    }

    #[test]
    fn an_end_whose_begin_was_lost_has_no_arrow() {
        check(&[(1, 1, 0, Kind::TaskPollBegin, 5, 0), (2, 1, 0, Kind::FrameReceive, 5, 0)], &[]);
    }
}
