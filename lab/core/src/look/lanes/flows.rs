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
pub(crate) struct Flow {
    pub(crate) what: What,
    /// Who let the other go on: an index in the recording.
    pub(crate) from: u32,
    /// Who went on: an index in the recording.
    pub(crate) to: u32,
}

/// What an arrow shows: a row of the table above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum What {
    HandOff,
    Wake,
    Call,
    Queue,
    Send,
    Answer,
}

impl What {
    /// Every arrow, in the order of their numbers.
    pub(crate) const ALL: [Self; 6] =
        [Self::HandOff, Self::Wake, Self::Call, Self::Queue, Self::Send, Self::Answer];

    /// What is said at the arrow, where it leaves, and where it enters.
    pub(crate) fn words(self) -> [&'static str; 3] {
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
pub(crate) fn read(recording: &Recording) -> Vec<Flow> {
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
