//! How CPython's lock came to be as it is, in five steps that can be laid beside each other.
//!
//! | step | the lock is given up at a check point | and then |
//! | --- | --- | --- |
//! | 1 [`mutex`] | never | – |
//! | 2 [`ticks`] | every so many of them | whoever comes first takes it |
//! | 3 [`timed`] | when a waiter has waited for one interval, and asks | whoever comes first takes it |
//! | 4 [`forced_switching`] | as in step 3 | the one who asked, or another waiter, takes it |
//! | 5 [`one_word`] | as in step 3 | as in step 4; alone, a thread needs one atomic step |
//!
//! Each file opens with what the step before got wrong, and has the same names in the same order:
//! `diff src/threads/history/ticks.rs src/threads/history/timed.rs` shows one idea. All five run
//! through `benches/gil_history.rs`.
//!
//! These locks are for reading and measuring. The one that the pool uses is
//! [`kernel::lock`](super::kernel::lock): step 5, with a recorder, counters, and policies of which
//! steps 2 and 3 are two.
//!
//! # Example: two threads take turns
//!
//! ```
//! use std::time::Duration;
//! use trainyard::threads::history::{CheckPoint, GlobalLock, Thread, forced_switching};
//!
//! let lock = forced_switching::Lock::new(Duration::from_millis(1));
//! lock.take(Thread(1));
//! std::thread::scope(|scope| {
//!     scope.spawn(|| {
//!         lock.take(Thread(2)); // sleeps, and asks
//!         lock.leave(Thread(2));
//!     });
//!     while lock.checkpoint(Thread(1)) == CheckPoint::Kept {}
//!     lock.leave(Thread(1));
//! });
//! assert!(lock.switches() >= 2);
//! ```

use std::fmt;

pub mod forced_switching;
pub mod mutex;
pub mod one_word;
pub mod ticks;
pub mod timed;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

/// Which thread calls; each has a number of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thread(pub u32);

/// What happened at a check point.
#[must_use = "a thread that computes alone does not lose the lock, and may want to know"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckPoint {
    /// The thread kept the lock.
    Kept,
    /// The thread gave the lock up and has it again; others may have had it in between.
    Dropped,
}

/// What the five locks have in common.
pub trait GlobalLock: fmt::Debug + Send + Sync {
    /// Waits until the lock is free and takes it for `me`.
    fn take(&self, me: Thread);

    /// Lets others have the lock, if this is the moment. `me` holds it, before and after.
    fn checkpoint(&self, me: Thread) -> CheckPoint;

    /// Gives the lock up: `me` is about to sleep, or has done its work.
    ///
    /// # Panics
    ///
    /// Panics if `me` does not hold it.
    fn leave(&self, me: Thread);

    /// How often another thread than the last one took the lock.
    fn switches(&self) -> u64;
}
