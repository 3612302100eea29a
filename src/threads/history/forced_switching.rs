//! Step 4: a lock whose releaser, if it was asked, waits until another has had it: CPython 3.2.
//!
//! What [`timed`](super::timed) got wrong: the releaser, who is awake, took the lock back before
//! the waiter, who was only waking, had got there.
//!
//! Now a thread that gives the lock up on request sleeps until the lock has another holder. So
//! every request leads to a switch, and two threads that compute take turns of one interval.
//! (`FORCE_SWITCHING` in `Python/ceval_gil.c`; it has been on ever since.)
//!
//! What is wrong with it: a thread that does little between two sleeps has to wait for an interval
//! each time it comes back, as long as any other computes (bpo-7946, the convoy effect), and with
//! several others for an interval each. CPython has kept it so: every cure that was proposed
//! starves somebody else. The cures can be tried here, as policies of the real lock. And a thread
//! that is alone pays for waiters that are not there: a mutex to take the lock, and one to leave it.
//!
//! Read next: [`one_word`](super::one_word).

use std::time::Duration;

use super::{CheckPoint, GlobalLock, Thread};
use crate::sys::prim::{AtomicU32, Condvar, Mutex, MutexGuard, Ordering, Wait};

/// A lock that its holder, when a waiter has waited for one interval, hands over.
#[derive(Debug)]
pub struct Lock {
    interval: Duration,
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
    locked: bool,
    last_holder: Option<Thread>,
    /// How often the holder changed.
    switches: u64,
    /// How many threads wait for `freed`. Nobody to wake: no system call.
    waiting: u32,
}

impl Lock {
    /// Creates a lock that nobody holds.
    pub fn new(interval: Duration) -> Self {
        let (asked, state) = (AtomicU32::new(0), Mutex::default());
        Self { interval, asked, state, freed: Condvar::new(), switched: Condvar::new() }
    }

    /// Sleeps until the lock may be free, and asks for it if an interval went by without a switch.
    fn wait<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let seen = state.switches;
        state.waiting += 1;
        let (mut state, ended) = self.freed.wait_timeout(state, self.interval);
        state.waiting -= 1;
        if ended == Wait::TimedOut && state.locked && state.switches == seen {
            // ORDER: Relaxed; see `checkpoint`.
            self.asked.store(1, Ordering::Relaxed);
        }
        state
    }

    /// Ends every timed wait that is under way; time does not pass in a model.
    #[cfg(all(test, loom))]
    pub(super) fn fire_timeouts(&self) {
        self.freed.fire_timeouts();
    }
}

impl GlobalLock for Lock {
    fn take(&self, me: Thread) {
        let mut state = self.state.lock();
        while state.locked {
            state = self.wait(state);
        }
        state.locked = true;
        // ORDER: Relaxed; whatever was asked, it was asked of the holder before.
        self.asked.store(0, Ordering::Relaxed);
        if state.last_holder != Some(me) {
            state.last_holder = Some(me);
            state.switches += 1;
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

    fn leave(&self, me: Thread) {
        let mut state = self.state.lock();
        assert!(state.locked && state.last_holder == Some(me), "{me:?} leaves what it has not");
        state.locked = false;
        let wanted = state.waiting > 0;
        drop(state);
        if wanted {
            self.freed.notify_one();
        }
        // ORDER: Relaxed. Lowered meanwhile, it says that another has taken the lock.
        if self.asked.load(Ordering::Relaxed) != 0 {
            let mut state = self.state.lock();
            // Somebody will take it: whoever asked is waiting, and leaves only with the lock.
            while state.last_holder == Some(me) {
                state = self.switched.wait(state);
            }
        }
    }

    fn switches(&self) -> u64 {
        self.state.lock().switches
    }
}
