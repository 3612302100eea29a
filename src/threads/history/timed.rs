//! Step 3: a lock that is given up when a waiter has waited long enough and asks.
//!
//! What [`ticks`](super::ticks) got wrong: it counted instructions where waiters lose time, and
//! gave the lock up although nobody wanted it.
//!
//! Now a waiter sleeps for one interval at a time. When an interval is over and the lock has not
//! changed hands, the waiter leaves a request, and the holder gives the lock up at its next check
//! point. A holder that is alone never gives it up. (Antoine Pitrou, 2009, for CPython 3.2;
//! `Python/ceval_gil.c`.)
//!
//! What is wrong with it: giving up is still not handing over. The waiter is only waking when the
//! releaser, who is awake, takes the lock back; the waiter has to wait for a further interval,
//! and then the same happens again.
//!
//! Read next: [`forced_switching`](super::forced_switching).

use std::time::Duration;

use super::{CheckPoint, GlobalLock, Thread};
use crate::sys::prim::{AtomicU32, Condvar, Mutex, MutexGuard, Ordering, Wait};

/// A lock that its holder gives up when a waiter has waited for one interval.
#[derive(Debug)]
pub struct Lock {
    interval: Duration,
    /// Not 0: a waiter asks the holder to give the lock up. Raised and lowered under `state`.
    asked: AtomicU32,
    state: Mutex<State>,
    /// The lock became free. Goes with `state`.
    freed: Condvar,
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
        Self { interval, asked, state, freed: Condvar::new() }
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
    }

    fn switches(&self) -> u64 {
        self.state.lock().switches
    }
}
