//! Data that the lock protects; PEP 703's critical sections.
//!
//! A program that was written for the lock trusts it: between two check points nobody else runs, so
//! its data need no locks of their own. Switched off, the lock protects nothing, and each object
//! needs one. A [`Guarded`] is such an object: it is protected by the global lock while that is on, and
//! by a small lock of its own while it is off.
//!
//! # Invariants
//!
//! - **GUARD-1** While the global lock is on, the small lock is never found taken: whoever comes to it
//!   holds the global one, and nobody gives that up inside a section (ATTACH-3).
//!
//! # Not here
//!
//! CPython lets go of the outer section when an inner one would have to wait, and takes it back later.
//! Rust's `&mut` cannot be taken from a closure that holds it, so sections do not nest: the closure gets no
//! token. Who needs two objects at once asks for both, [`with_both`]. Drop and stop requests wait for
//! the end of a section, and so does everybody while a section sleeps; keep them short.

use std::fmt;

use super::kernel::attach::Attached;
use super::kernel::gil::Gil;
use crate::sys::prim::{Mutex, MutexGuard};

/// A value that threads of one [`Gil`] may touch, one at a time, with the lock on or off.
///
/// # Example: a counter that survives the toggle
///
/// ```
/// use trainyard::threads::{Gil, Guarded, Mode};
///
/// let gil = Gil::new(Mode::default());
/// let count = Guarded::new(&gil, 0);
/// std::thread::scope(|scope| {
///     for _ in 0..2 {
///         scope.spawn(|| {
///             gil.attach(|at| {
///                 for _ in 0..1000 {
///                     count.with(at, |count| *count += 1);
///                     at.checkpoint();
///                 }
///             });
///         });
///     }
///     gil.set_mode(Mode::Off).expect("both threads have check points");
/// });
/// assert_eq!(count.into_inner(), 2000);
/// ```
pub struct Guarded<T> {
    gil: Gil,
    value: Mutex<T>,
}

impl<T> Guarded<T> {
    /// Puts `value` under the protection of `gil`.
    pub fn new(gil: &Gil, value: T) -> Self {
        Self { gil: gil.clone(), value: Mutex::new(value) }
    }

    /// Runs `section` with the value, which nobody else touches meanwhile.
    ///
    /// # Panics
    ///
    /// Passes on a panic of `section`; the value stays as it is then, and can be used. Panics if the
    /// thread is attached to another lock than the value's, or uses its token inside a blocking call.
    pub fn with<R>(&self, at: &mut Attached<'_>, section: impl FnOnce(&mut T) -> R) -> R {
        let _section = at.enter_section(&self.gil);
        section(&mut self.enter())
    }

    /// Returns the value.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }

    fn enter(&self) -> MutexGuard<'_, T> {
        if self.gil.is_on() {
            // INVARIANT: [GUARD-1]
            self.value.try_lock().expect("GUARD-1: one thread at a time holds the global lock")
        } else {
            self.value.lock()
        }
    }
}

/// Runs `section` with two values at once.
///
/// The small locks are taken in the order of the objects' addresses, so that two threads that ask for
/// the same two in different order do not wait for each other for ever.
///
/// # Panics
///
/// As [`Guarded::with`]; and if both are the same object.
///
/// # Example: a transfer
///
/// ```
/// use trainyard::threads::{Gil, Guarded, Mode, with_both};
///
/// let gil = Gil::new(Mode::Off);
/// let (from, to) = (Guarded::new(&gil, 100), Guarded::new(&gil, 0));
/// gil.attach(|at| {
///     with_both(&from, &to, at, |from, to| {
///         *from -= 30;
///         *to += 30;
///     });
/// });
/// assert_eq!((from.into_inner(), to.into_inner()), (70, 30));
/// ```
pub fn with_both<T, U, R>(
    first: &Guarded<T>,
    second: &Guarded<U>,
    at: &mut Attached<'_>,
    section: impl FnOnce(&mut T, &mut U) -> R,
) -> R {
    let addresses = [std::ptr::from_ref(first).addr(), std::ptr::from_ref(second).addr()];
    assert_ne!(addresses[0], addresses[1], "with_both was given the same object twice");
    let _section = at.enter_section(&first.gil);
    at.assert_attached_to(&second.gil);
    let (mut first, mut second) = if addresses[0] < addresses[1] {
        let first = first.enter();
        (first, second.enter())
    } else {
        let second = second.enter();
        (first.enter(), second)
    };
    section(&mut first, &mut second)
}

impl<T> fmt::Debug for Guarded<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the value: who prints it need not be attached, and GUARD-1 would not hold.
        formatter.debug_struct("Guarded").field("gil", &self.gil).finish_non_exhaustive()
    }
}
