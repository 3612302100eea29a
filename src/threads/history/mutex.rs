//! Step 1: a lock that whoever runs must hold.
//!
//! Before it there was no lock: two threads that change the same object at once lose updates, or
//! leave the object broken.
//!
//! Now one runs at a time. A thread gives the lock up when it is about to sleep, and takes it
//! again afterwards; this is all there is.
//!
//! What is wrong with it: a thread that computes never sleeps, so it keeps the lock to its end,
//! and the others stand still.
//!
//! Read next: [`ticks`](super::ticks).

use super::{CheckPoint, GlobalLock, Thread};
use crate::sys::prim::{Condvar, Mutex, MutexGuard};

/// A plain lock: a flag under a mutex, and a condition to wait for it.
#[derive(Debug, Default)]
pub struct Lock {
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
    pub fn new() -> Self {
        Self::default()
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
    fn checkpoint(&self, _me: Thread) -> CheckPoint {
        CheckPoint::Kept
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
