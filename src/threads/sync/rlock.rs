//! A lock that its owner may acquire again: the counterpart of `threading.RLock`.
//!
//! One permit, the number of the thread that has it, and how often. The owner finds its own number
//! and counts; any other thread finds another number, and waits for the permit.
//!
//! # Invariants
//!
//! - **RLOCK-1** A thread's number stands in `owner` only while that thread has the permit, and only
//!   that thread puts it there and takes it away. So a thread that reads its own number may go on,
//!   however old what it reads of others is.
//!
//! # Not here
//!
//! A value: two guards of one thread would both give it out to be changed.
//!
//! Read next: [`semaphore`](super::semaphore).

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::AtomicU64 as Counter;
use std::time::Duration;

use super::condition::sealed::Release;
use super::deadline::{Deadline, Waited};
use super::permits::Permits;
use crate::sys::Why;
use crate::sys::prim::{AtomicU32, AtomicU64, Ordering};

const NOBODY: u64 = 0;

/// A lock that the thread which holds it may acquire again.
///
/// # Example: a function that locks calls another that locks
///
/// ```
/// use trainyard::threads::RLock;
///
/// let lock = RLock::new();
/// let outer = lock.acquire();
/// let inner = lock.acquire();
/// assert_eq!(lock.depth(), 2);
/// drop(outer);
/// assert!(lock.is_mine());
/// drop(inner);
/// assert!(!lock.is_locked());
/// ```
pub struct RLock {
    permit: Permits,
    owner: AtomicU64,
    /// How many guards the owner has. The owner's alone.
    depth: AtomicU32,
}

impl RLock {
    /// Creates a lock that is free.
    pub fn new() -> Self {
        Self { permit: Permits::new(1), owner: AtomicU64::new(NOBODY), depth: AtomicU32::new(0) }
    }

    /// Acquires the lock once more if it is this thread's; else sleeps until it can, with the
    /// global lock given up.
    ///
    /// # Panics
    ///
    /// Panics if one thread acquires it 4 294 967 295 times.
    pub fn acquire(&self) -> RLockGuard<'_> {
        if !self.is_mine() {
            let _in_time = self.permit.take_until(Deadline::NEVER, Why::Lock);
            self.own(0);
        }
        self.one_more()
    }

    /// Acquires the lock if it is free, or this thread's.
    ///
    /// # Panics
    ///
    /// As [`acquire`](Self::acquire).
    pub fn try_acquire(&self) -> Option<RLockGuard<'_>> {
        if !self.is_mine() {
            self.permit.try_take().then(|| self.own(0))?;
        }
        Some(self.one_more())
    }

    /// As [`acquire`](Self::acquire), but gives up after `timeout`.
    ///
    /// # Panics
    ///
    /// As [`acquire`](Self::acquire).
    pub fn acquire_timeout(&self, timeout: Duration) -> Option<RLockGuard<'_>> {
        if !self.is_mine() {
            let taken = self.permit.take_until(Deadline::after(timeout), Why::Lock);
            (taken == Waited::InTime).then(|| self.own(0))?;
        }
        Some(self.one_more())
    }

    /// Tells whether this thread holds the lock.
    pub fn is_mine(&self) -> bool {
        // ORDER: Relaxed; [RLOCK-1] only this thread can have written its number.
        self.owner.load(Ordering::Relaxed) == this_thread()
    }

    /// Returns how many guards this thread has; 0 if the lock is another's, or nobody's.
    pub fn depth(&self) -> u32 {
        // ORDER: Relaxed; the owner's own.
        if self.is_mine() { self.depth.load(Ordering::Relaxed) } else { 0 }
    }

    /// Tells whether some thread holds the lock at this moment.
    pub fn is_locked(&self) -> bool {
        self.permit.count() == 0
    }

    /// Makes one more guard. The owner.
    fn one_more(&self) -> RLockGuard<'_> {
        // ORDER: Relaxed, both; the owner's own.
        let depth = self.depth.load(Ordering::Relaxed);
        self.depth.store(depth.checked_add(1).expect("a count of guards fits"), Ordering::Relaxed);
        RLockGuard { lock: self, nothing: (), not_send: PhantomData }
    }

    /// Becomes the owner, who has the permit, with so many guards.
    fn own(&self, depth: u32) {
        // ORDER: Relaxed, both; [RLOCK-1] the permit orders them for the next owner.
        self.depth.store(depth, Ordering::Relaxed);
        self.owner.store(this_thread(), Ordering::Relaxed);
    }

    /// Gives the permit back, and returns how many guards there were.
    fn disown(&self) -> u32 {
        // INVARIANT: [RLOCK-1] before the permit is another's to take.
        // ORDER: Relaxed; as in `own`.
        self.owner.store(NOBODY, Ordering::Relaxed);
        let depth = self.depth.swap(0, Ordering::Relaxed);
        self.permit.give(1, 1).expect("RLOCK-1: the owner has the one permit");
        depth
    }
}

/// This thread's number. It may be asked for also when the thread's locals are gone.
fn this_thread() -> u64 {
    static NEXT: Counter = Counter::new(1);
    #[cfg(not(loom))]
    thread_local!(static NUMBER: Cell<u64> = const { Cell::new(NOBODY) });
    #[cfg(loom)]
    loom::thread_local!(static NUMBER: Cell<u64> = Cell::new(NOBODY));
    NUMBER.with(|number| {
        if number.get() == NOBODY {
            // ORDER: Relaxed; a plain counter.
            number.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        number.get()
    })
}

/// One of the owner's guards. The last one that is dropped releases the lock.
///
/// It cannot be sent: no thread releases what is another's.
///
/// ```compile_fail
/// let lock = trainyard::threads::RLock::new();
/// let guard = lock.acquire();
/// std::thread::scope(|scope| {
///     scope.spawn(move || drop(guard));
/// });
/// ```
#[must_use = "dropped at once, the guard releases at once"]
pub struct RLockGuard<'a> {
    lock: &'a RLock,
    /// The value that there is none of.
    nothing: (),
    not_send: PhantomData<*const ()>,
}

impl Drop for RLockGuard<'_> {
    fn drop(&mut self) {
        // ORDER: Relaxed; the owner's own.
        let depth = self.lock.depth.load(Ordering::Relaxed);
        if depth == 1 {
            self.lock.disown();
        } else {
            self.lock.depth.store(depth - 1, Ordering::Relaxed);
        }
    }
}

/// A condition releases the lock whole, however often it was acquired, and acquires it as often.
impl Release for RLockGuard<'_> {
    type Value = ();
    type Depth = u32;

    fn value(&mut self) -> &mut () {
        &mut self.nothing
    }

    fn release(&mut self) -> u32 {
        self.lock.disown()
    }

    fn acquire_again(&mut self, depth: u32) {
        let _in_time = self.lock.permit.take_until(Deadline::NEVER, Why::Lock);
        self.lock.own(depth);
    }
}

impl Default for RLock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RLock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("RLock");
        debug.field("is_locked", &self.is_locked()).field("depth", &self.depth()).finish()
    }
}

impl fmt::Debug for RLockGuard<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("RLockGuard").field(&self.lock.depth()).finish()
    }
}
