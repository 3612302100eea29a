//! Step 2: a lock that is given up every so many check points: CPython before 3.2.
//!
//! What [`mutex`](super::mutex) got wrong: a thread that computes kept the lock to its end.
//!
//! Now the interpreter counts down at its check points, which were nearly all of its
//! instructions; at nought it gives the lock up and takes it again. The count is one for all
//! threads (`_Py_Ticker`, reset to `sys.getcheckinterval()`, 100 by default; `Python/ceval.c`).
//!
//! What is wrong with it:
//!
//! - The lock is given up although nobody wants it.
//! - A tick is not a time. A hundred instructions take microseconds, or, if each is a long call
//!   into C, minutes.
//! - Giving up is not handing over. The waiter is only waking when the releaser, who is awake,
//!   takes the lock back; it has woken for nothing, and goes to sleep again.
//!
//! Read next: [`timed`](super::timed).

use super::{CheckPoint, GlobalLock, Thread};
use crate::sys::prim::{AtomicU32, Condvar, Mutex, MutexGuard, Ordering};

/// A lock that its holder gives up every so many check points.
#[derive(Debug)]
pub struct Lock {
    every: u32,
    /// Check points until the next release; the holder's alone.
    ticks: AtomicU32,
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
    /// Creates a lock that nobody holds; 0 stands for 1, as in `CPython`.
    pub fn new(every: u32) -> Self {
        let (ticks, state) = (AtomicU32::new(every), Mutex::default());
        Self { every, ticks, state, freed: Condvar::new() }
    }

    /// Sleeps until the lock may be free.
    fn wait<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.waiting += 1;
        let mut state = self.freed.wait(state);
        state.waiting -= 1;
        state
    }
}

impl GlobalLock for Lock {
    fn take(&self, me: Thread) {
        let mut state = self.state.lock();
        while state.locked {
            state = self.wait(state);
        }
        state.locked = true;
        if state.last_holder != Some(me) {
            state.last_holder = Some(me);
            state.switches += 1;
        }
    }

    #[inline]
    fn checkpoint(&self, me: Thread) -> CheckPoint {
        // ORDER: Relaxed. Holders follow each other through `state`, which orders their ticks.
        let ticks = self.ticks.load(Ordering::Relaxed);
        if ticks > 1 {
            self.ticks.store(ticks - 1, Ordering::Relaxed);
            return CheckPoint::Kept;
        }
        self.ticks.store(self.every, Ordering::Relaxed);
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
