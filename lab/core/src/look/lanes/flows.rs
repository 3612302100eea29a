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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// Every arrow, in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::HandOff, Self::Wake, Self::Call, Self::Queue, Self::Send, Self::Answer];

    /// What is said at the arrow, where it leaves, and where it enters.
    pub fn words(self) -> [&'static str; 3] {
        match self {
            Self::HandOff => ["lock handed over", "drop lock", "take lock"],
            Self::Wake => ["task woken", "wake task", "wake task"],
            Self::Call => ["loop called", "call loop", "called"],
            Self::Queue => ["job queued", "queue job", "take job"],
            Self::Send => ["job sent", "send job", "read job"],
            Self::Answer => ["job answered", "send answer", "read answer"],
        }
    }

    fn that_begins_with(kind: Kind) -> Option<Self> {
        match kind {
            Kind::GilDrop => Some(Self::HandOff),
            Kind::TaskSpawn | Kind::TaskWake => Some(Self::Wake),
            Kind::BellRung | Kind::BellSaved => Some(Self::Call),
            Kind::JobQueued => Some(Self::Queue),
            Kind::FrameSend => Some(Self::Send),
            Kind::WorkerJobEnd => Some(Self::Answer),
            _ => None,
        }
    }

    fn that_ends_with(kind: Kind) -> Option<Self> {
        match kind {
            Kind::GilTake => Some(Self::HandOff),
            Kind::TaskPollBegin => Some(Self::Wake),
            Kind::TaskSpawn | Kind::TaskWake => Some(Self::Call),
            Kind::ThreadJobBegin | Kind::FrameSend => Some(Self::Queue),
            Kind::WorkerJobBegin => Some(Self::Send),
            Kind::FrameReceive => Some(Self::Answer),
            _ => None,
        }
    }
}

/// Lists the arrows in the order of their ends.
pub fn read(recording: &Recording) -> Vec<Flow> {
    // Beginnings that have not met their end yet, and which tracks wait for which lock.
    let (mut open, mut waiting) = (HashMap::<_, u32>::new(), HashSet::new());
    let mut flows = Vec::new();
    for (to, event) in (0..).zip(&recording.events) {
        let waiter = (event.a, event.track);
        if matches!(event.kind, Kind::GilWait | Kind::GilDropRequest | Kind::GilWakeFailed) {
            waiting.insert(waiter);
        }
        let ends = What::that_ends_with(event.kind);
        if let Some((what, from)) =
            ends.and_then(|what| Some((what, open.remove(&key(what, event))?)))
        {
            // Who did not wait got the lock from nobody, and who takes it back from itself neither.
            let dropper: &Event = &recording.events[from as usize];
            let is_handed = waiting.contains(&waiter) && dropper.track != event.track;
            if what != What::HandOff || is_handed {
                flows.push(Flow { what, from, to });
            }
        }
        if matches!(event.kind, Kind::GilTake | Kind::GilGiveUp) {
            waiting.remove(&waiter);
        }
        if let Some(what) = What::that_begins_with(event.kind) {
            open.insert(key(what, event), to);
        }
    }
    flows
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
