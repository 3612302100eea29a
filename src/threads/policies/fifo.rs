//! A lock that is handed over in the order of arrival: a ticket lock.
//!
//! Nobody takes it while others wait: it is kept for the first in the queue until that thread has
//! woken up.
//!
//! # Its pathology
//!
//! Fair beyond doubt, and during each wake-up the lock lies idle. Locks that are built for speed let
//! whoever comes by take a free lock ("barging"): `parking_lot` hands over like this only every half
//! millisecond, Python's `PyMutex` after a wait of one.

use std::time::Duration;

use crate::threads::kernel::policy::{Barging, Party, Policy, SHORTEST_INTERVAL, SWITCH_INTERVAL};

/// First come, first served, and nobody in between.
///
/// # Example: a lock by these rules
///
/// ```
/// use std::time::Duration;
/// use trainyard::threads::{Fifo, Gil, Mode};
///
/// let gil = Gil::new(Mode::on(Fifo { interval: Duration::from_millis(1) }));
/// assert_eq!(gil.attach(|_| 42), 42);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fifo {
    /// How long the holder may go on when somebody waits. Less than a microsecond counts as one.
    pub interval: Duration,
}

impl Default for Fifo {
    /// With CPython's 5 ms.
    fn default() -> Self {
        Self { interval: SWITCH_INTERVAL }
    }
}

impl Policy for Fifo {
    fn patience(&self, _waiter: Party, _holder: Party) -> Option<Duration> {
        Some(self.interval.max(SHORTEST_INTERVAL))
    }

    fn choose(&self, _waiting: &mut dyn ExactSizeIterator<Item = Party>) -> usize {
        0
    }

    fn barging(&self) -> Barging {
        Barging::Forbidden
    }
}
