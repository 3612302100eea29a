//! One thread's relation to the global locks: detached, waiting for one, or attached to one.
//!
//! ```text
//!              GilTake, GilFree
//!   Detached -------------------> Attached
//!     |  ^  <------------------- /
//!     |  |     GilDrop, GilLeave
//!     |  | GilGiveUp              GilTake
//!     |  +----------- Waiting ------------> Attached
//!     +-- GilWait -->  |   ^
//!                      +---+ GilWakeFailed, GilDropRequest
//! ```
//!
//! A thread is attached to one lock at a time. What the lock makes of it is [`lock`](super::lock).

use super::illegal::{Verdict, ensure};
use crate::trace::{Event, Kind};

/// The kinds that are arrows here.
pub(super) const KINDS: [Kind; 8] = [
    Kind::GilWait,
    Kind::GilWakeFailed,
    Kind::GilDropRequest,
    Kind::GilGiveUp,
    Kind::GilTake,
    Kind::GilFree,
    Kind::GilDrop,
    Kind::GilLeave,
];

/// What a waiter may do.
const WAITS: [Kind; 5] =
    [Kind::GilWakeFailed, Kind::GilDropRequest, Kind::GilSwitched, Kind::GilTake, Kind::GilGiveUp];

/// How a thread stands to the locks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
    /// No event has told.
    #[default]
    Unknown,
    Detached,
    Waiting(u64),
    Attached(u64),
}

impl Standing {
    pub(super) fn step(&mut self, Event { kind, a: lock, .. }: Event) -> Verdict {
        let before = *self;
        *self = match kind {
            Kind::GilWait | Kind::GilWakeFailed | Kind::GilDropRequest => Self::Waiting(lock),
            Kind::GilTake | Kind::GilFree => Self::Attached(lock),
            _ => Self::Detached,
        };
        match kind {
            Kind::GilWait | Kind::GilFree => ensure(
                matches!(before, Self::Unknown | Self::Detached),
                "a thread is attached to one lock, and once",
                "GilDrop or GilLeave of the lock that it runs under",
            ),
            Kind::GilTake => ensure(
                matches!(before, Self::Unknown | Self::Detached) || before == Self::Waiting(lock),
                "a thread is attached to one lock, and once",
                "GilDrop or GilLeave of the lock that it runs under, or GilGiveUp of its wait",
            ),
            Kind::GilDrop | Kind::GilLeave => ensure(
                matches!(before, Self::Unknown) || before == Self::Attached(lock),
                "only who runs under a lock leaves it",
                "GilTake or GilFree of this lock on this track",
            ),
            _ => ensure(
                matches!(before, Self::Unknown) || before == Self::Waiting(lock),
                "only who waits for a lock is called, asks, and gives up",
                "GilWait for this lock on this track",
            ),
        }
    }

    /// Tells whether a thread that stood like this at one moment may stand like `later` at another
    /// where it has come back to the same place of its program.
    pub(super) fn may_become(self, later: Self) -> bool {
        self == Self::Unknown || self == later
    }

    /// Tells whether the thread runs under a lock, as far as is known.
    pub(super) fn may_be_attached(self) -> bool {
        matches!(self, Self::Unknown | Self::Attached(_))
    }

    /// Tells whether the thread runs under no lock, as far as is known.
    pub(super) fn may_be_detached(self) -> bool {
        matches!(self, Self::Unknown | Self::Detached)
    }

    /// A thread that waits for a lock sleeps, but for what belongs to that.
    pub(super) fn allows(self, kind: Kind) -> Verdict {
        ensure(
            !matches!(self, Self::Waiting(_)) || WAITS.contains(&kind),
            "a thread that waits for a lock does nothing else",
            "GilTake or GilGiveUp, the end of its wait",
        )
    }
}
