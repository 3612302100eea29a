//! A lock with the value that it protects: the counterpart of `threading.Lock`.
//!
//! Our mutex ([`sys::prim`](crate::sys::prim)) with a door in front: a thread that finds it locked
//! gives the global lock up before it waits. So one that holds a `Lock` and is at a check point is
//! never waited for by a thread that holds the global lock.
//!
//! # Not here
//!
//! Poisoning: as in Python, a program that panics under a lock leaves it free, and the value as it is.
//! Fairness: whoever comes by may lock before one that was woken.
//!
//! Read next: [`rlock`](super::rlock).

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::condition::sealed::Release;
use crate::sys::prim::{Mutex, MutexGuard};
use crate::sys::{Why, blocking};

/// A value that one thread at a time may touch.
///
/// Python's lock protects what the program says it does; a `Lock<()>` does the same. It is not
/// re-entrant: a thread that acquires it twice waits for itself, and an [`RLock`](super::RLock) does not.
///
/// # Example: two threads, one of which waits with the global lock given up
///
/// ```
/// use trainyard::threads::{Gil, Lock, Mode};
///
/// let (gil, count) = (Gil::new(Mode::default()), Lock::new(0));
/// std::thread::scope(|scope| {
///     for _ in 0..2 {
///         scope.spawn(|| {
///             gil.attach(|at| {
///                 for _ in 0..1000 {
///                     let mut count = count.acquire();
///                     *count += 1;
///                     at.checkpoint(); // the other may run now, and waits for `count`
///                 }
///             });
///         });
///     }
/// });
/// assert_eq!(count.into_inner(), 2000);
/// ```
#[derive(Default)]
pub struct Lock<T = ()> {
    mutex: Mutex<T>,
}

impl<T> Lock<T> {
    /// Creates a lock that is free.
    #[cfg(not(loom))]
    pub const fn new(value: T) -> Self {
        Self { mutex: Mutex::new(value) }
    }

    /// Creates a lock of the model.
    #[cfg(loom)]
    pub fn new(value: T) -> Self {
        Self { mutex: Mutex::new(value) }
    }

    /// Acquires the lock, and sleeps until it can, with the global lock given up.
    ///
    /// If the lock is free this is one compare-exchange, and nothing is given up.
    #[inline]
    pub fn acquire(&self) -> LockGuard<'_, T> {
        let guard = self.mutex.try_lock();
        let guard = guard.unwrap_or_else(|| blocking(Why::Lock, || self.mutex.lock()));
        LockGuard { lock: self, guard: Some(guard) }
    }

    /// Acquires the lock if it is free; `acquire(blocking=False)`.
    #[inline]
    pub fn try_acquire(&self) -> Option<LockGuard<'_, T>> {
        let guard = self.mutex.try_lock()?;
        Some(LockGuard { lock: self, guard: Some(guard) })
    }

    /// As [`acquire`](Self::acquire), but gives up after `timeout`.
    ///
    /// # Example: a second thread does not wait for ever
    ///
    /// ```
    /// use std::time::Duration;
    /// use trainyard::threads::Lock;
    ///
    /// let lock = Lock::new(());
    /// let _held = lock.acquire();
    /// assert!(lock.acquire_timeout(Duration::from_millis(1)).is_none());
    /// ```
    pub fn acquire_timeout(&self, timeout: Duration) -> Option<LockGuard<'_, T>> {
        let guard = self.mutex.try_lock();
        let guard = guard.or_else(|| {
            let waits = !timeout.is_zero();
            waits.then(|| blocking(Why::Lock, || self.mutex.lock_timeout(timeout))).flatten()
        });
        Some(LockGuard { lock: self, guard: Some(guard?) })
    }

    /// Tells whether some thread holds the lock at this moment.
    pub fn is_locked(&self) -> bool {
        self.mutex.is_locked()
    }

    /// Returns the value.
    pub fn into_inner(self) -> T {
        self.mutex.into_inner()
    }
}

/// The right to touch the value; releases the lock when dropped, in whichever thread.
///
/// # Example: another thread releases
///
/// ```
/// use trainyard::threads::Lock;
///
/// let lock = Lock::new(1);
/// let mut guard = lock.acquire();
/// std::thread::scope(|scope| {
///     scope.spawn(move || *guard += 1);
/// });
/// assert_eq!(*lock.acquire(), 2);
/// ```
#[must_use = "dropped at once, the guard releases at once"]
pub struct LockGuard<'a, T = ()> {
    lock: &'a Lock<T>,
    /// `None` while a condition waits with it.
    guard: Option<MutexGuard<'a, T>>,
}

const HELD: &str =
    "a guard holds its lock, but for the time of a condition's wait, which borrows it";

impl<T> Deref for LockGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.guard.as_deref().expect(HELD)
    }
}

impl<T> DerefMut for LockGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.guard.as_deref_mut().expect(HELD)
    }
}

impl<T> Release for LockGuard<'_, T> {
    type Value = T;
    type Depth = ();

    fn value(&mut self) -> &mut T {
        self
    }

    fn release(&mut self) {
        self.guard = None;
    }

    fn acquire_again(&mut self, (): ()) {
        *self = self.lock.acquire();
    }
}

impl<T: fmt::Debug> fmt::Debug for Lock<T> {
    /// Never blocks: the value of a lock that is held is not shown.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mutex.try_lock() {
            Some(value) => formatter.debug_tuple("Lock").field(&*value).finish(),
            None => formatter.write_str("Lock(<held>)"),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for LockGuard<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}
