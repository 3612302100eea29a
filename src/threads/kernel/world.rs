//! Stopping the world: how the mode changes while threads run.
//!
//! A lock that is switched on must not find two threads attached, and one that is switched off
//! must not leave anybody asleep. So whoever changes the mode first brings every thread to a stop
//! outside the lock, as CPython does to switch on (`_PyEval_EnableGILTransient`, 3.13). To switch
//! off CPython lets the waiters go, one after another; here both ways are the same. A lock that
//! stays on gets other rules without any of this, as with `sys.setswitchinterval`.
//!
//! # The life of one change
//!
//! 1. The changer is not attached itself: [`Gil::set_mode`](super::gil::Gil::set_mode) goes
//!    through the door of the blocking calls.
//! 2. It marks the world as stopped. Threads that are detached, asleep in a call or waiting for
//!    the lock stay where they are: none of them may begin to run attached.
//! 3. Each thread that runs attached finds its breaker raised at its next check point, leaves,
//!    and tells the changer.
//! 4. Nobody runs attached any more: the mode changes.
//! 5. The world goes on. Waiters look again: if the lock is off now they run beside each other.
//!
//! A thread that comes to no check point in time is named, and the world goes on as it was.
//!
//! # Invariants
//!
//! - **WORLD-1** The lock is switched on or off only while no thread runs attached and none can
//!   begin to.
//! - **WORLD-2** Whoever stopped the world lets it go on, on every way out.
//!
//! Read next: [`gil`](super::gil).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::lock::{Lock, State};
use super::policy::Mode;
use super::thread::{Stopped, Thread};
use crate::sys::clock;
use crate::sys::prim::{MutexGuard, Ordering, Wait};
use crate::threads::counters::{Standing, ThreadReport};
use crate::trace::{self, Kind};

/// A thread came to no check point in time, and the lock stays as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stalled {
    /// The name of the thread.
    pub thread: String,
    /// How long it was waited for.
    pub waited: Duration,
}

impl fmt::Display for Stalled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { thread, waited } = self;
        write!(formatter, "thread {thread} came to no check point within {waited:?}")?;
        write!(formatter, ", so the lock stays as it was")
    }
}

impl std::error::Error for Stalled {}

impl Lock {
    /// Gives the lock another mode, once no thread runs attached.
    pub(super) fn set_mode(&self, mode: Mode, patience: Duration) -> Result<(), Stalled> {
        // Lives longer than the locks: a policy is foreign code, and so is its destructor.
        let _before;
        let _one_at_a_time = self.changing.lock();
        let state = self.state();
        if mode.is_on() && state.mode().is_on() {
            _before = self.set_rules(state, mode);
            return Ok(());
        }
        let mut state = self.stop_the_world(state, patience)?;
        // STEP: change-mode
        // INVARIANT: [WORLD-1] that is what the line above waited for.
        _before = self.change(&mut state, mode);
        self.resume_the_world(state);
        Ok(())
    }

    /// Gives a lock that stays on other rules: nobody has to stop for that. The holder drops the lock
    /// once, and waiters look again how long to wait, so that the old rules end here.
    fn set_rules(&self, mut state: MutexGuard<'_, State>, rules: Mode) -> Mode {
        let before = self.change(&mut state, rules);
        state.holder().into_iter().for_each(|holder| holder.ask_to_drop());
        let _everybody_is_woken = state.call_next();
        state.threads.iter().for_each(|thread| thread.turn.notify_all());
        self.release(state);
        before
    }

    /// Gives the lock another mode, and returns the one before. Unless it is on before and after,
    /// whoever calls this has stopped the world.
    fn change(&self, state: &mut State, mode: Mode) -> Mode {
        let is_on = mode.is_on();
        let only_rules = is_on && state.policy.is_some();
        assert!(
            only_rules || (state.is_stopped && !state.turn.holds),
            "WORLD-1: the lock is switched on or off while nobody runs"
        );
        trace::emit(Kind::GilMode, self.id, u64::from(is_on) + u64::from(only_rules));
        let before = std::mem::replace(&mut state.policy, mode.into_policy());
        // ORDER: Relaxed; each thread's `resume` comes later and releases it, or the mutex for one
        // that is registered later.
        self.is_on.store(is_on, Ordering::Relaxed);
        before.map_or(Mode::Off, Mode::On)
    }

    fn stop_the_world<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        patience: Duration,
    ) -> Result<MutexGuard<'a, State>, Stalled> {
        trace::emit(Kind::GilStop, self.id, 0);
        // STEP: mark-stopped
        state.is_stopped = true;
        for thread in &state.threads {
            // Who still runs is looked for below, each time that somebody has left.
            let _runs = thread.stop();
        }
        // While the lock is on the one that runs is its holder.
        state.holder().into_iter().for_each(|holder| holder.ask_to_stop());
        let deadline_ns = clock::deadline_ns(patience);
        let mut ended = Wait::Woken;
        loop {
            // STEP: look-who-runs
            let Some(running) = state.running() else {
                return Ok(state);
            };
            if ended == Wait::TimedOut {
                let thread = running.name.clone();
                // INVARIANT: [WORLD-2]
                self.resume_the_world(state);
                return Err(Stalled { thread, waited: patience });
            }
            let left = Duration::from_nanos(deadline_ns.saturating_sub(clock::now_ns()));
            // STEP: sleep-until-halted, wake-up-halted
            (state, ended) = self.halted.wait_timeout(state, left);
        }
    }

    // INVARIANT: [WORLD-2] called by everybody who has called `stop_the_world`.
    fn resume_the_world(&self, mut state: MutexGuard<'_, State>) {
        trace::emit(Kind::GilResume, self.id, 0);
        state.is_stopped = false;
        // Everybody looks for themselves; this only says for whom a free lock is kept.
        let _everybody_is_woken = state.call_next();
        for thread in &state.threads {
            thread.resume();
            // STEP: wake-everybody
            thread.turn.notify_all();
        }
        self.release(state);
    }

    /// Sleeps until the world goes on.
    pub(super) fn wait_until_resumed(&self, me: &Thread) {
        let mut state = self.again();
        // STEP: wait-until-resumed
        while state.is_stopped {
            state = me.turn.wait(state);
        }
    }

    /// Makes `thread` known, so that the world can be stopped without forgetting it.
    pub(super) fn register(&self, thread: &Arc<Thread>) {
        let mut state = self.again();
        if state.is_stopped {
            let stopped = thread.stop();
            assert_eq!(stopped, Stopped::Already, "a thread is registered before it attaches");
        }
        state.threads.push(Arc::clone(thread));
    }

    /// Forgets a thread that never attaches again, but not what it has counted.
    pub(super) fn retire(&self, thread: &Arc<Thread>) {
        let mut state = self.state();
        state.retire(thread);
        self.release(state);
    }

    /// Forbids `thread` to run attached ever again.
    pub(super) fn refuse(&self, thread: &Thread) {
        let state = self.state();
        thread.refuse();
        thread.turn.notify_all();
        self.release(state);
    }

    /// Returns what every thread does at this moment, and what it has counted.
    pub(super) fn reports(&self) -> Vec<ThreadReport> {
        self.read(State::reports)
    }
}

impl State {
    /// Returns a thread that runs attached: the holder, or one of several while the lock is off.
    fn running(&self) -> Option<&Arc<Thread>> {
        self.holder().or_else(|| self.threads.iter().find(|thread| thread.is_attached()))
    }

    fn reports(&self) -> Vec<ThreadReport> {
        let report = |thread: &Arc<Thread>| ThreadReport {
            name: thread.name.clone(),
            number: thread.number,
            standing: match thread {
                thread if thread.is_attached() => Standing::Running,
                thread if self.turn.holds && self.was_last_held_by(thread) => Standing::Running,
                thread if self.is_waiting(thread) => Standing::Waiting,
                _ => Standing::Detached,
            },
            counters: thread.tally.counters(),
            waits: thread.tally.histogram(),
        };
        self.threads.iter().map(report).collect()
    }
}
