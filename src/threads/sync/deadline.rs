//! When a wait is over, and how it ended.
//!
//! Read next: [`permits`](super::permits).

use std::time::Duration;

use crate::sys::clock;

/// How a wait that may take too long has ended.
#[must_use = "what was waited for has not happened if the wait took too long"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// What was waited for has happened.
    InTime,
    /// The time was over first.
    TooLate,
}

/// The moment at which a wait is over; for ever away if nobody has said otherwise.
#[derive(Clone, Copy, Debug)]
pub(in crate::threads) struct Deadline(Option<u64>);

impl Deadline {
    pub(in crate::threads) const NEVER: Self = Self(None);

    pub(in crate::threads) fn after(timeout: Duration) -> Self {
        Self(Some(clock::deadline_ns(timeout)))
    }

    /// Tells whether there is no time left to wait; then a call only tries, and keeps the global lock.
    pub(in crate::threads) fn is_over(self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }

    /// Returns how long a thread may still sleep; `None`: for ever.
    pub(in crate::threads) fn left(self) -> Option<Duration> {
        let left_ns = self.0?.saturating_sub(clock::now_ns());
        Some(Duration::from_nanos(left_ns))
    }
}
