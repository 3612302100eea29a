//! A condition variable on one futex word.
//!
//! The word counts notifications. A waiter reads it while it still holds the mutex, unlocks, and
//! sleeps only if the count is unchanged. A second word counts the waiters: while there is none, a
//! notification is one load, and no system call.
//!
//! # Why no wake-up is lost
//!
//! Whoever makes the condition true does so under the mutex, hence before the waiter's check or
//! after its unlock. Before: the waiter sees the condition and does not wait. After: the waiter
//! has read the count already, the notifier moves it on, and the futex refuses to sleep on the
//! old count (see [`futex`](super::futex)). The notifier also sees the waiter counted: it was counted
//! under the mutex, before the notifier had it.
//!
//! # Not here
//!
//! Order among waiters, and protection against wake-ups for no reason: wait in a loop.

use std::time::Duration;

use super::{AtomicU32, Futex, MutexGuard, Ordering, Wait};

/// Lets threads sleep until another has changed what a mutex protects.
///
/// # Example: wait for a flag
///
/// ```
/// use trainyard::sys::prim::{Condvar, Mutex};
///
/// let (ready, changed) = (Mutex::new(false), Condvar::new());
/// std::thread::scope(|scope| {
///     scope.spawn(|| {
///         *ready.lock() = true;
///         changed.notify_one();
///     });
///     let mut guard = ready.lock();
///     while !*guard {
///         guard = changed.wait(guard);
///     }
/// });
/// ```
#[derive(Debug)]
pub struct Condvar {
    notifications: Futex,
    /// How many threads wait, or are about to.
    waiters: AtomicU32,
}

impl Condvar {
    /// Creates a condition variable that nobody waits on.
    #[cfg(not(loom))]
    pub const fn new() -> Self {
        Self { notifications: Futex::new(0), waiters: AtomicU32::new(0) }
    }

    /// Creates a condition variable of the model.
    #[cfg(loom)]
    pub fn new() -> Self {
        Self { notifications: Futex::new(0), waiters: AtomicU32::new(0) }
    }

    /// Unlocks, sleeps until notified, and locks again.
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.wait_at_most(guard, None).0
    }

    /// As [`wait`](Self::wait), but no longer than `timeout`.
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> (MutexGuard<'a, T>, Wait) {
        self.wait_at_most(guard, Some(timeout))
    }

    fn wait_at_most<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Option<Duration>,
    ) -> (MutexGuard<'a, T>, Wait) {
        let mutex = guard.mutex();
        // ORDER: Relaxed. The mutex, which we hold, orders this before the condition's change.
        let seen = self.notifications.word().load(Ordering::Relaxed);
        self.waiters.fetch_add(1, Ordering::Relaxed);
        drop(guard);
        let ended = self.notifications.wait(seen, timeout);
        // ORDER: Relaxed. Read too high, it costs a system call.
        self.waiters.fetch_sub(1, Ordering::Relaxed);
        (mutex.lock(), ended)
    }

    /// Wakes one waiter, if there is one.
    ///
    /// Whoever calls this has had the mutex since the condition became true.
    pub fn notify_one(&self) {
        self.notify(1);
    }

    /// Wakes every waiter.
    pub fn notify_all(&self) {
        self.notify(u32::MAX);
    }

    #[inline]
    fn notify(&self, count: u32) {
        // ORDER: Relaxed. Who must be woken was counted under the mutex, before we had it.
        if self.waiters.load(Ordering::Relaxed) == 0 {
            return;
        }
        // ORDER: Relaxed. The waiter gets its data through the mutex; the kernel orders the word.
        self.notifications.word().fetch_add(1, Ordering::Relaxed);
        self.notifications.wake(count);
    }

    /// Ends every timed wait that is under way; time does not pass in a model.
    #[cfg(loom)]
    pub fn fire_timeouts(&self) {
        self.notifications.fire_timeouts();
    }
}

impl Default for Condvar {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use loom::sync::Arc;

    use super::super::Mutex;
    use super::*;

    /// Fails ("deadlock") if `wait_at_most` reads the count after it has dropped the guard.
    #[test]
    fn loom_a_notification_between_check_and_sleep_is_not_lost() {
        loom::model(|| {
            let shared = Arc::new((Mutex::new(false), Condvar::new()));
            let notifier = Arc::clone(&shared);
            let thread = loom::thread::spawn(move || {
                *notifier.0.lock() = true;
                notifier.1.notify_one();
            });
            let mut ready = shared.0.lock();
            while !*ready {
                ready = shared.1.wait(ready);
            }
            drop(ready);
            thread.join().unwrap();
        });
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::Mutex;
    use super::*;

    #[test]
    fn a_wait_that_nobody_ends_times_out_with_the_mutex_locked() {
        let (mutex, changed) = (Mutex::new(()), Condvar::new());
        let mut guard = mutex.lock();
        loop {
            let (locked, ended) = changed.wait_timeout(guard, Duration::from_millis(1));
            guard = locked;
            if ended == Wait::TimedOut {
                break;
            }
        }
        assert!(mutex.try_lock().is_none());
        drop(guard);
    }
}
