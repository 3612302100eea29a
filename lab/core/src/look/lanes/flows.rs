//! Arrows: from who let somebody go on to who went on.
//!
//! Each arrow joins a releasing event to the acquiring one that it caused, so it never points back
//! in time.

use std::collections::{HashMap, HashSet};

use trainyard::trace::{Event, Kind, Recording};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) what: What,
    /// Who let the other go on: an index in the recording.
    pub(crate) from: u32,
    /// Who went on: an index in the recording.
    pub(crate) to: u32,
}

macro_rules! arrows {
    ($($what:ident $words:tt $($from:ident)|+ => $($to:ident)|+,)+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum What {
            $($what,)+
        }

        impl What {
            pub(crate) const ALL: [Self; 6] = [$(Self::$what),+];

            /// What is said at the arrow, where it leaves, and where it enters.
            pub(crate) fn words(self) -> [&'static str; 3] {
                match self {
                    $(Self::$what => $words,)+
                }
            }

            fn that_begins_with(kind: Kind) -> Option<Self> {
                match kind {
                    $($(Kind::$from)|+ => Some(Self::$what),)+
                    _ => None,
                }
            }

            fn that_ends_with(kind: Kind) -> Option<Self> {
                match kind {
                    $($(Kind::$to)|+ => Some(Self::$what),)+
                    _ => None,
                }
            }
        }
    };
}

arrows! {
    HandOff ["lock handed over", "drop lock", "take lock"] GilDrop => GilTake,
    Wake ["task woken", "wake task", "wake task"] TaskWake | TaskSpawn => TaskPollBegin,
    Call ["loop called", "call loop", "called"] BellRung | BellSaved => TaskWake | TaskSpawn,
    Queue ["job queued", "queue job", "take job"] JobQueued => ThreadJobBegin | FrameSend,
    Send ["job sent", "send job", "read job"] FrameSend => WorkerJobBegin,
    Answer ["job answered", "send answer", "read answer"] WorkerJobEnd => FrameReceive,
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
        let flow = ends.and_then(|what| Some((what, open.remove(&key(what, event))?)));
        if let Some((what, from)) = flow {
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
