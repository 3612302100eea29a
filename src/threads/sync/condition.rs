//! A condition: threads wait until another has changed what a lock protects.
//!
//! The counterpart of `threading.Condition`, for a [`Lock`](super::Lock) and for an
//! [`RLock`](super::RLock). Python's has a lock inside; here the guard is given to the wait, as
//! `std`'s is, so that two conditions can share a lock.
//!
//! # The life of one wait
//!
//! 1. The thread holds the lock, and takes a place in the condition's line.
//! 2. It releases the lock, then the global lock at the door, and sleeps.
//! 3. Another thread calls [`Condition::notify`]: the first in line wakes up. Or the time is over.
//! 4. It acquires the lock again, still inside the door, and comes back.
//!
//! # Why no notification is lost
//!
//! Whoever changes the value does so with the lock held: before the waiter has looked at it, and
//! then the waiter does not wait; or after the waiter has released it, and then step 1 is over and
//! the waiter stands in line.
//!
//! # Invariants
//!
//! - **CONDITION-1** A waiter stands in line before it releases the lock.
//!
//! `tests/interleave/condition.rs` has the wait as it is, and with three mistakes.
//!
//! Read next: [`barrier`](super::barrier).

use std::sync::Arc;
use std::time::Duration;

use super::deadline::{Deadline, Waited};
use super::line::{Line, Place};
use crate::sys::prim::Mutex;
use crate::sys::{Why, blocking};

/// A guard that a condition can wait with: of a [`Lock`](super::Lock), whose value it looks at, or of
/// an [`RLock`](super::RLock), which has none.
///
/// Only a condition can release the lock under a guard: a guard without its lock is none.
pub trait Releasable: sealed::Release {}

impl<G: sealed::Release> Releasable for G {}

pub(super) mod sealed {
    //! What a condition asks of a guard, and nobody else can.

    /// A guard that can let go of its lock for a while.
    pub trait Release {
        /// What the lock protects.
        type Value;
        /// How often the lock was acquired.
        type Depth;

        /// Returns what the lock protects.
        fn value(&mut self) -> &mut Self::Value;
        /// Releases the lock whole.
        fn release(&mut self) -> Self::Depth;
        /// Acquires it as often as before.
        fn acquire_again(&mut self, depth: Self::Depth);
    }
}

/// Lets threads sleep until another has changed what a lock protects.
///
/// # Example: wait for a value
///
/// ```
/// use trainyard::threads::{Condition, Gil, Lock, Mode};
///
/// let (gil, ready, changed) = (Gil::new(Mode::default()), Lock::new(false), Condition::new());
/// std::thread::scope(|scope| {
///     scope.spawn(|| {
///         gil.attach(|_| {
///             *ready.acquire() = true;
///             changed.notify_one();
///         });
///     });
///     gil.attach(|_| {
///         let mut ready = ready.acquire();
///         changed.wait_for(&mut ready, |ready| *ready); // with the global lock given up
///         assert!(*ready);
///     });
/// });
/// ```
#[derive(Debug, Default)]
pub struct Condition {
    line: Mutex<Line>,
}

impl Condition {
    /// Creates a condition that nobody waits for.
    pub fn new() -> Self {
        Self::default()
    }

    /// Releases the lock, sleeps until notified, and acquires the lock again.
    ///
    /// It returns for no other reason. What was true when the notification was sent need not be true
    /// any more: look again, or use [`wait_for`](Self::wait_for).
    pub fn wait(&self, guard: &mut impl Releasable) {
        let _in_time = self.wait_until(guard, Deadline::NEVER);
    }

    /// As [`wait`](Self::wait), but sleeps no longer than `timeout`.
    pub fn wait_timeout(&self, guard: &mut impl Releasable, timeout: Duration) -> Waited {
        self.wait_until(guard, Deadline::after(timeout))
    }

    /// Waits until `is_so` says that the value is as wanted; not at all if it is already.
    pub fn wait_for<G: Releasable>(&self, guard: &mut G, is_so: impl FnMut(&mut G::Value) -> bool) {
        let _in_time = self.wait_for_until(guard, is_so, Deadline::NEVER);
    }

    /// As [`wait_for`](Self::wait_for), but gives up after `timeout`, all waits added up.
    pub fn wait_for_timeout<G: Releasable>(
        &self,
        guard: &mut G,
        is_so: impl FnMut(&mut G::Value) -> bool,
        timeout: Duration,
    ) -> Waited {
        self.wait_for_until(guard, is_so, Deadline::after(timeout))
    }

    /// Wakes the `count` threads that have waited longest, or all if there are fewer.
    ///
    /// The caller need not hold the lock; a change that was made with it held is not missed.
    pub fn notify(&self, count: usize) {
        self.call(count);
    }

    /// As [`notify`](Self::notify), for one thread.
    pub fn notify_one(&self) {
        self.notify(1);
    }

    /// As [`notify`](Self::notify), for all that wait at this moment.
    pub fn notify_all(&self) {
        self.notify(usize::MAX);
    }

    /// Returns how many threads wait at this moment.
    pub fn waiting(&self) -> usize {
        self.line.lock().len()
    }

    /// Wakes so many, and returns how many they were.
    pub(super) fn call(&self, count: usize) -> usize {
        // STEP: notify-first
        let called = self.line.lock().call(count);
        // They wake up after this line, without the line's mutex.
        called.len()
    }

    fn wait_until(&self, guard: &mut impl Releasable, deadline: Deadline) -> Waited {
        // INVARIANT: [CONDITION-1]
        self.wait_at(&self.stand_in_line(), guard, deadline)
    }

    pub(super) fn stand_in_line(&self) -> Arc<Place> {
        // STEP: stand-in-line
        self.line.lock().join()
    }

    pub(super) fn wait_at(
        &self,
        place: &Arc<Place>,
        guard: &mut impl Releasable,
        deadline: Deadline,
    ) -> Waited {
        // STEP: release-the-lock
        let depth = guard.release();
        blocking(Why::Condition, || {
            // STEP: sleep-until-notified
            let mut waited = place.sleep(deadline);
            if waited == Waited::TooLate {
                // Perhaps it was called between its waking up and this line.
                // STEP: leave-the-line
                waited = self.line.lock().leave(place);
            }
            // STEP: acquire-and-look
            guard.acquire_again(depth);
            waited
        })
    }

    fn wait_for_until<G: Releasable>(
        &self,
        guard: &mut G,
        mut is_so: impl FnMut(&mut G::Value) -> bool,
        deadline: Deadline,
    ) -> Waited {
        let mut waited = Waited::InTime;
        // As in Python, what is so at the end counts, however late it is.
        while !is_so(guard.value()) {
            if waited == Waited::TooLate {
                return Waited::TooLate;
            }
            waited = self.wait_until(guard, deadline);
        }
        Waited::InTime
    }
}
