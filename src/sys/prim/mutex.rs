//! A mutex on one futex word.
//!
//! The word, after Drepper's "Futexes Are Tricky" (2011), mutex 3:
//!
//! | word | meaning | unlocking it must |
//! | --- | --- | --- |
//! | 0 | free | – |
//! | 1 | locked, nobody sleeps | do nothing more |
//! | 2 | locked, somebody may sleep | wake one |
//!
//! A thread that has slept locks with 2, never with 1: it cannot know whether others sleep, and
//! one wake-up too many is cheap where one too few is a hang.
//!
//! # Before it sleeps
//!
//! A thread that finds the mutex locked looks again for a while, with longer and longer pauses.
//! Whoever holds it is usually done in less time than going to sleep and being woken takes, and
//! the longer the pause, the more turns the holder has undisturbed, from its own cache.
//!
//! # Invariants
//!
//! - **MUTEX-1** Only the thread that changed the word from 0 may touch the value, until it
//!   stores 0 again.
//!
//! # Not here
//!
//! Poisoning. A panic under one of these locks is a bug of this crate, and the user's code never
//! runs under one. Fairness: a thread that comes by may lock before one that was woken.
//!
//! Offering the processor between two looks, as `parking_lot` does: beside programs that compute,
//! the offer costs a slice of the scheduler's, and an I/O thread's echo under the global lock took
//! three switch intervals instead of one (`echo/lock on` of `benches/peers`).
#![expect(unsafe_code, reason = "hands out the value that the lock protects")]

use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::{Futex, Ordering, Wait};
use crate::sys::clock;

const FREE: u32 = 0;
const LOCKED: u32 = 1;
const CONTENDED: u32 = 2;

/// How often a thread looks at a locked mutex before it sleeps; each pause is twice as long as the
/// one before.
///
/// 10 looks are 1023 pauses, 23 µs where one takes 23 ns. In a virtual machine it takes as long to
/// wake a thread on another processor, so the looks at most double what a wait costs. Of 7 to 12
/// looks 9 and 10 did best in `lock/contended` of `benches/peers`, by little. None in a model,
/// where time does not pass.
const LOOKS: u32 = if cfg!(loom) { 0 } else { 10 };

/// A value that one thread at a time may touch.
///
/// # Example: four threads count together
///
/// ```
/// use trainyard::sys::prim::Mutex;
///
/// let count = Mutex::new(0);
/// std::thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| *count.lock() += 1);
///     }
/// });
/// assert_eq!(*count.lock(), 4);
/// ```
pub struct Mutex<T> {
    state: Futex,
    value: UnsafeCell<T>,
}

// SAFETY: [MUTEX-1] the value is reached by one thread at a time, so sending it is enough.
unsafe impl<T: Send> Sync for Mutex<T> {}
// SAFETY: the mutex owns the value; moving the mutex moves the value.
unsafe impl<T: Send> Send for Mutex<T> {}

impl<T> Mutex<T> {
    /// Creates an unlocked mutex.
    #[cfg(not(loom))]
    pub const fn new(value: T) -> Self {
        Self { state: Futex::new(FREE), value: UnsafeCell::new(value) }
    }

    /// Creates an unlocked mutex of the model.
    #[cfg(loom)]
    pub fn new(value: T) -> Self {
        Self { state: Futex::new(FREE), value: UnsafeCell::new(value) }
    }

    /// Locks, and sleeps until it can.
    ///
    /// Locking twice in one thread never returns.
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        if !self.try_state(LOCKED) {
            let _locked = self.lock_contended(None);
        }
        MutexGuard { mutex: self, not_sync: PhantomData }
    }

    /// As [`lock`](Self::lock), but gives up after `timeout`: `None`.
    pub fn lock_timeout(&self, timeout: Duration) -> Option<MutexGuard<'_, T>> {
        let is_locked = self.try_state(LOCKED)
            || self.lock_contended(Some(clock::deadline_ns(timeout))) == Wait::Woken;
        is_locked.then(|| MutexGuard { mutex: self, not_sync: PhantomData })
    }

    /// Locks if nobody else has.
    #[inline]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        // Not `then_some`: a guard that is made in vain unlocks what another has locked.
        self.try_state(LOCKED).then(|| MutexGuard { mutex: self, not_sync: PhantomData })
    }

    /// Tells whether somebody holds the mutex at this moment.
    pub fn is_locked(&self) -> bool {
        // ORDER: Relaxed; an answer that may be old when it is read.
        self.state.word().load(Ordering::Relaxed) != FREE
    }

    /// Returns the value; nobody can hold the mutex any more.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }

    fn try_state(&self, locked: u32) -> bool {
        // INVARIANT: [MUTEX-1] the value is ours only if the word was FREE.
        // ORDER: Acquire; pairs with the Release in `unlock`, whose writes we must see.
        self.state
            .word()
            .compare_exchange(FREE, locked, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    /// Locks, or gives up when the deadline is over. Whoever gives up leaves `CONTENDED` behind:
    /// others may sleep, and one wake-up too many is cheap.
    #[cold]
    fn lock_contended(&self, deadline_ns: Option<u64>) -> Wait {
        let mut locked = LOCKED;
        // ORDER: Acquire; pairs with the Release in `unlock`, whose writes we must see.
        while !self.spin(locked) && self.state.word().swap(CONTENDED, Ordering::Acquire) != FREE {
            let left = deadline_ns.map(|deadline_ns| deadline_ns.saturating_sub(clock::now_ns()));
            if self.state.wait(CONTENDED, left.map(Duration::from_nanos)) == Wait::TimedOut {
                return Wait::TimedOut;
            }
            locked = CONTENDED;
        }
        Wait::Woken
    }

    /// Looks for a while whether the mutex is free, and tells whether it locked it with `locked`.
    fn spin(&self, locked: u32) -> bool {
        for look in 0..LOOKS {
            // ORDER: Relaxed; a hint. `try_state` acquires.
            if self.state.word().load(Ordering::Relaxed) == FREE && self.try_state(locked) {
                return true;
            }
            for _ in 0..1_u32 << look {
                std::hint::spin_loop();
            }
        }
        false
    }

    fn unlock(&self) {
        // ORDER: Release; pairs with the Acquire of the next thread that locks.
        if self.state.word().swap(FREE, Ordering::Release) == CONTENDED {
            self.state.wake(1);
        }
    }
}

/// The right to touch the value; unlocks when dropped.
///
/// Only a value that threads may share can be reached from two threads through one guard:
///
/// ```compile_fail
/// fn share(_: &(impl Sync + ?Sized)) {}
/// let mutex = trainyard::sys::prim::Mutex::new(std::cell::Cell::new(0));
/// share(&mutex.lock());
/// ```
#[must_use = "dropped at once, the guard unlocks at once"]
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    /// Without it the guard would be `Sync` for every `T` that is `Send`, since `&Mutex<T>` is: two
    /// threads could then share a `&Cell` (rust-lang/rust#41622 was this bug, in std). It would be
    /// `Send` as well; below is said when that is so.
    not_sync: PhantomData<*const ()>,
}

// SAFETY: the word knows no owner, so another thread may unlock; the value goes along, so `T` must
// allow that.
unsafe impl<T: Send> Send for MutexGuard<'_, T> {}
// SAFETY: a shared guard gives out `&T` alone, so `T` must allow that from several threads.
unsafe impl<T: Sync> Sync for MutexGuard<'_, T> {}

impl<'a, T> MutexGuard<'a, T> {
    /// Returns the mutex, for a condition variable that has to lock it again.
    pub(super) fn mutex(&self) -> &'a Mutex<T> {
        self.mutex
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: [MUTEX-1] a guard exists only between locking and unlocking.
        unsafe { &*self.mutex.value.get() }
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: [MUTEX-1] as above, and `&mut self` says that it is borrowed nowhere else.
        unsafe { &mut *self.mutex.value.get() }
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.mutex.unlock();
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: fmt::Debug> fmt::Debug for Mutex<T> {
    /// Never blocks: a locked value prints as `<locked>`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.try_lock() {
            Some(value) => formatter.debug_tuple("Mutex").field(&*value).finish(),
            None => formatter.write_str("Mutex(<locked>)"),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use loom::cell::UnsafeCell as Watched;
    use loom::sync::Arc;

    use super::*;

    /// Fails if `try_state` or `lock_contended` uses Relaxed where it says Acquire, or `unlock`
    /// where it says Release: loom then sees two unordered accesses to the watched cell.
    #[test]
    fn loom_two_threads_never_hold_the_mutex_together() {
        loom::model(|| {
            let mutex = Arc::new(Mutex::new(Watched::new(0)));
            let other = Arc::clone(&mutex);
            let add = |mutex: &Mutex<Watched<u32>>| {
                // SAFETY: loom checks exactly this access.
                mutex.lock().with_mut(|value| unsafe { *value += 1 });
            };
            let thread = loom::thread::spawn(move || add(&other));
            add(&mutex);
            thread.join().unwrap();
            // SAFETY: the other thread is joined.
            assert_eq!(mutex.lock().with(|value| unsafe { *value }), 2);
        });
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_locked_mutex_prints_without_waiting() {
        let mutex = Mutex::new(1);
        let guard = mutex.lock();
        assert_eq!(format!("{mutex:?}"), "Mutex(<locked>)");
        drop(guard);
        assert_eq!(format!("{mutex:?}"), "Mutex(1)");
    }

    /// Fails if `try_lock` makes its guard before it knows: the guard that nobody gets unlocks.
    #[test]
    fn a_mutex_that_could_not_be_locked_stays_locked() {
        let mutex = Mutex::new(());
        let guard = mutex.lock();
        assert!(mutex.try_lock().is_none());
        assert!(mutex.try_lock().is_none());
        drop(guard);
        assert!(mutex.try_lock().is_some());
    }

    #[test]
    fn a_mutex_that_stays_locked_is_given_up_and_then_locked_as_before() {
        let mutex = Mutex::new(());
        let guard = mutex.lock();
        assert!(mutex.lock_timeout(Duration::ZERO).is_none());
        assert!(mutex.lock_timeout(Duration::from_millis(1)).is_none());
        drop(guard);
        assert!(mutex.lock_timeout(Duration::ZERO).is_some());
        assert!(mutex.try_lock().is_some());
    }

    /// Fails if only the thread that has locked could unlock, as with std's.
    #[test]
    fn another_thread_may_unlock() {
        let mutex = Mutex::new(1);
        std::thread::scope(|scope| {
            let mut guard = mutex.lock();
            scope.spawn(move || *guard += 1);
        });
        assert_eq!(*mutex.lock(), 2);
    }

    #[test]
    fn unlocking_a_contended_mutex_leaves_the_word_free() {
        let mutex = Mutex::new(());
        std::thread::scope(|scope| {
            let guard = mutex.lock();
            scope.spawn(|| drop(mutex.lock()));
            while mutex.state.word().load(Ordering::Relaxed) != CONTENDED {
                std::hint::spin_loop();
            }
            drop(guard);
        });
        assert!(mutex.try_lock().is_some());
    }
}
