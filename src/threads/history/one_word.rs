//! Step 5: a lock that is taken and left in one atomic step while nobody waits.
//!
//! What [`forced_switching`](super::forced_switching) left: most of the time nobody waits, and still
//! a thread that takes the lock, or leaves it, locks a mutex and unlocks it.
//!
//! Now one word says who has the lock and whether anybody waits. While nobody does, to take the lock
//! is one compare-exchange, and to leave it another. A waiter first sets a bit, under the mutex: then
//! the compare-exchange fails, and all goes through the mutex, as in step 4, until the last waiter has
//! the lock. (`CPython`'s `PyMutex`, since 3.13, is such a word, whose waiters sleep elsewhere too;
//! `Include/cpython/pylock.h`. `CPython`'s global lock has stayed at step 4.)
//!
//! ```text
//!   bits 2 and up: HOLDER, the number, plus 1, of the thread that has it, or had it last; 0: nobody yet
//!   bit 1: WAITED   bit 0: HELD
//! ```
//!
//! The word with WAITED changes only under `state`. A thread waits only while it is set, so whoever
//! frees the lock with one compare-exchange has nobody to call, and nobody has asked.
//!
//! What is wrong with it: what was wrong with step 4, the convoy effect; this step is only faster.
//!
//! Read next: the real one, [`kernel::turn`](crate::threads::kernel::turn) and
//! [`kernel::lock`](crate::threads::kernel::lock).

use std::time::Duration;

use super::{CheckPoint, GlobalLock, Thread};
use crate::sys::prim::{AtomicU32, AtomicU64, Condvar, Mutex, MutexGuard, Ordering, Wait};

const HELD: u64 = 1;
const WAITED: u64 = 2;
const HOLDER: u32 = 2;

/// A lock that is handed over as that of step 4, and has a short way for a thread that is alone.
#[derive(Debug, Default)]
pub struct Lock {
    interval: Duration,
    /// Who has the lock, or had it last, and whether anybody waits.
    word: AtomicU64,
    /// How often the holder changed; the holder's alone.
    switches: AtomicU64,
    /// Not 0: a waiter asks the holder to give the lock up. Raised and lowered under `state`.
    asked: AtomicU32,
    state: Mutex<State>,
    /// The lock became free. Goes with `state`.
    freed: Condvar,
    /// The lock has another holder than before. Goes with `state`.
    switched: Condvar,
}

/// Guarded by `Lock::state`.
#[derive(Debug, Default)]
struct State {
    /// How many threads wait for `freed`. Nobody to wake: no system call.
    waiting: u32,
}

/// The word of a lock that `me` has left, with nobody waiting.
fn left_by(me: Thread) -> u64 {
    (u64::from(me.0) + 1) << HOLDER
}

impl Lock {
    /// Creates a lock that nobody holds.
    pub fn new(interval: Duration) -> Self {
        Self { interval, ..Self::default() }
    }

    /// The short way to take the lock; tells whether it was open.
    #[inline]
    fn take_alone(&self, me: Thread) -> bool {
        // ORDER: Relaxed; compared again below.
        let free = self.word.load(Ordering::Relaxed) & !(HELD | WAITED);
        let held = left_by(me) | HELD;
        // ORDER: Acquire; pairs with the Release of `leave_alone`.
        let taken = self.word.compare_exchange(free, held, Ordering::Acquire, Ordering::Relaxed);
        if taken.is_ok() {
            self.count_switch(free, me);
        }
        taken.is_ok()
    }

    /// The short way to leave it.
    #[inline]
    fn leave_alone(&self, me: Thread) -> bool {
        let (held, free) = (left_by(me) | HELD, left_by(me));
        // ORDER: Release; pairs with the Acquires of `take_alone` and of `take`.
        self.word.compare_exchange(held, free, Ordering::Release, Ordering::Relaxed).is_ok()
    }

    /// Counts the switch, if there was one, and tells whether. `me` holds the lock, and `before` is
    /// what the word was.
    #[inline]
    fn count_switch(&self, before: u64, me: Thread) -> bool {
        let is_switch = before >> HOLDER != left_by(me) >> HOLDER;
        if is_switch {
            // ORDER: Relaxed, both. Holders follow each other through `word`, or `state`. A waiter that
            // sees it too late waits for an interval more.
            self.switches.store(self.switches() + 1, Ordering::Relaxed);
        }
        is_switch
    }

    /// Sleeps until the lock may be free, and asks for it if an interval went by without a switch.
    fn wait<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let seen = self.switches();
        state.waiting += 1;
        let (mut state, ended) = self.freed.wait_timeout(state, self.interval);
        state.waiting -= 1;
        // ORDER: Relaxed, both; the word changes under `state`. See also `checkpoint`.
        let is_held = self.word.load(Ordering::Relaxed) & HELD != 0;
        if ended == Wait::TimedOut && is_held && self.switches() == seen {
            self.asked.store(1, Ordering::Relaxed);
        }
        state
    }

    /// Tells whether the short ways are open.
    #[cfg(all(test, not(loom)))]
    pub(super) fn is_open(&self) -> bool {
        self.word.load(Ordering::Relaxed) & WAITED == 0
    }

    /// Ends every timed wait that is under way; time does not pass in a model.
    #[cfg(all(test, loom))]
    pub(super) fn fire_timeouts(&self) {
        self.freed.fire_timeouts();
    }
}

impl GlobalLock for Lock {
    #[inline]
    fn take(&self, me: Thread) {
        if self.take_alone(me) {
            return;
        }
        let mut state = self.state.lock();
        // Closes the short ways: from now on the word changes under `state`.
        // ORDER: Acquire; pairs with the Release of `leave_alone`.
        let mut before = self.word.fetch_or(WAITED, Ordering::Acquire);
        while before & HELD != 0 {
            state = self.wait(state);
            // ORDER: Relaxed, here and below; see above.
            before = self.word.load(Ordering::Relaxed);
        }
        // Opens them again if nobody else waits.
        let waited = if state.waiting > 0 { WAITED } else { 0 };
        self.word.store(left_by(me) | HELD | waited, Ordering::Relaxed);
        // ORDER: Relaxed; whatever was asked, it was asked of the holder before.
        self.asked.store(0, Ordering::Relaxed);
        if self.count_switch(before, me) {
            self.switched.notify_all();
        }
    }

    #[inline]
    fn checkpoint(&self, me: Thread) -> CheckPoint {
        // ORDER: Relaxed. A request seen late is honoured late; everything else is under `state`.
        if self.asked.load(Ordering::Relaxed) == 0 {
            return CheckPoint::Kept;
        }
        self.leave(me);
        self.take(me);
        CheckPoint::Dropped
    }

    #[inline]
    fn leave(&self, me: Thread) {
        if self.leave_alone(me) {
            return;
        }
        let state = self.state.lock();
        // ORDER: Relaxed, both; the word changes under `state`.
        let word = self.word.load(Ordering::Relaxed);
        assert!(word == left_by(me) | WAITED | HELD, "{me:?} leaves what it has not");
        self.word.store(left_by(me) | WAITED, Ordering::Relaxed);
        drop(state);
        self.freed.notify_one();
        // ORDER: Relaxed. Lowered meanwhile, it says that another has taken the lock.
        if self.asked.load(Ordering::Relaxed) != 0 {
            let mut state = self.state.lock();
            // Somebody will take it: whoever asked is waiting, and leaves only with the lock.
            // ORDER: Relaxed; nobody can take it the short way before another has had it.
            while self.word.load(Ordering::Relaxed) >> HOLDER == left_by(me) >> HOLDER {
                state = self.switched.wait(state);
            }
        }
    }

    fn switches(&self) -> u64 {
        // ORDER: Relaxed; see `count_switch`.
        self.switches.load(Ordering::Relaxed)
    }
}
