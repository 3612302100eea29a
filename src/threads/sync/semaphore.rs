//! Semaphores: the counterparts of `threading.Semaphore` and `BoundedSemaphore`.
//!
//! A permit is a guard that gives itself back when it is dropped, as Python's `with` does. Where one
//! thread acquires and another releases, as between a producer and a consumer, the first
//! [forgets](Permit::forget) its permit.
//!
//! Read next: [`event`](super::event).

use std::fmt;
use std::time::Duration;

use super::deadline::{Deadline, Waited};
use super::permits::{PERMITS_MAX, Permits};
use crate::sys::Why;

/// The right to do something that so many threads may do at once.
///
/// The permit goes back when it is dropped, in whichever thread. If others have released so many that
/// there is no room for it, nothing happens. (Python's `with` raises `ValueError` then.)
#[must_use = "dropped at once, the permit goes back at once"]
#[derive(Debug)]
pub struct Permit<'a> {
    permits: &'a Permits,
    most: u32,
}

impl Permit<'_> {
    /// Keeps the permit from going back: somebody else will [release](Semaphore::release) one.
    pub fn forget(self) {
        // It owns nothing, so nothing leaks.
        let _never_dropped = std::mem::ManuallyDrop::new(self);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        // Too many: somebody has released in our stead, and so there is nothing to give back.
        let _given = self.permits.give(1, self.most);
    }
}

macro_rules! semaphore {
    ($name:ident) => {
        impl $name {
            /// Takes a permit, and sleeps until it can, with the global lock given up.
            ///
            /// If there is one this is one compare-exchange, and nothing is given up.
            #[inline]
            pub fn acquire(&self) -> Permit<'_> {
                let _in_time = self.permits.take_until(Deadline::NEVER, Why::Semaphore);
                self.permit()
            }

            /// Takes a permit if there is one; `acquire(blocking=False)`.
            #[inline]
            pub fn try_acquire(&self) -> Option<Permit<'_>> {
                self.permits.try_take().then(|| self.permit())
            }

            /// As [`acquire`](Self::acquire), but gives up after `timeout`.
            pub fn acquire_timeout(&self, timeout: Duration) -> Option<Permit<'_>> {
                let deadline = Deadline::after(timeout);
                let taken = self.permits.take_until(deadline, Why::Semaphore);
                (taken == Waited::InTime).then(|| self.permit())
            }

            /// Returns how many permits there are at this moment.
            pub fn available(&self) -> u32 {
                self.permits.count()
            }
        }

        impl Default for $name {
            /// One permit, as in Python.
            fn default() -> Self {
                Self::new(1)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut debug = formatter.debug_struct(stringify!($name));
                debug.field("available", &self.available()).finish_non_exhaustive()
            }
        }
    };
}

/// A number of permits to be taken, and given by anybody.
///
/// # Example: at most two threads at once
///
/// ```
/// use trainyard::threads::Semaphore;
///
/// let seats = Semaphore::new(2);
/// let [first, second] = [seats.acquire(), seats.acquire()];
/// assert!(seats.try_acquire().is_none());
/// drop(first);
/// assert!(seats.try_acquire().is_some());
/// second.forget();
/// assert_eq!(seats.available(), 1);
/// seats.release(1);
/// assert_eq!(seats.available(), 2);
/// ```
pub struct Semaphore {
    permits: Permits,
}

impl Semaphore {
    /// Creates a semaphore with so many permits; it may come to have more.
    ///
    /// # Panics
    ///
    /// Panics if that is more than 2 147 483 647.
    pub fn new(permits: u32) -> Self {
        Self { permits: Permits::new(permits) }
    }

    /// Gives so many permits, and wakes as many threads that wait for one.
    ///
    /// # Panics
    ///
    /// Panics if `permits` is 0, or there would be more than 2 147 483 647.
    pub fn release(&self, permits: u32) {
        assert!(permits > 0, "a semaphore releases one permit or more");
        let given = self.permits.give(permits, PERMITS_MAX);
        given.unwrap_or_else(|_| panic!("a semaphore holds {PERMITS_MAX} permits at most"));
    }

    fn permit(&self) -> Permit<'_> {
        Permit { permits: &self.permits, most: PERMITS_MAX }
    }
}

semaphore!(Semaphore);

/// A semaphore that never has more permits than it was made with: it notices a release too many.
///
/// # Example: a release too many
///
/// ```
/// use trainyard::threads::BoundedSemaphore;
///
/// let connections = BoundedSemaphore::new(3);
/// connections.acquire().forget();
/// assert!(connections.release(1).is_ok());
/// let error = connections.release(1).unwrap_err();
/// assert_eq!(error.to_string(), "a semaphore of 3 permits was released once too often");
/// ```
pub struct BoundedSemaphore {
    permits: Permits,
    most: u32,
}

impl BoundedSemaphore {
    /// Creates a semaphore with so many permits, and never more.
    ///
    /// # Panics
    ///
    /// Panics if that is more than 2 147 483 647.
    pub fn new(permits: u32) -> Self {
        Self { permits: Permits::new(permits), most: permits }
    }

    /// Gives so many permits, and wakes as many threads that wait for one.
    ///
    /// # Errors
    ///
    /// Fails, and gives none, if there would be more permits than at first.
    ///
    /// # Panics
    ///
    /// Panics if `permits` is 0.
    pub fn release(&self, permits: u32) -> Result<(), OverReleased> {
        assert!(permits > 0, "a semaphore releases one permit or more");
        let given = self.permits.give(permits, self.most);
        given.map_err(|_| OverReleased { permits: self.most })
    }

    fn permit(&self) -> Permit<'_> {
        Permit { permits: &self.permits, most: self.most }
    }
}

semaphore!(BoundedSemaphore);

/// A bounded semaphore was released more often than acquired; it has as many permits as before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OverReleased {
    /// How many permits the semaphore was made with.
    pub permits: u32,
}

impl fmt::Display for OverReleased {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a semaphore of {} permits was released once too often", self.permits)
    }
}

impl std::error::Error for OverReleased {}
