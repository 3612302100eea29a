//! What the pool's users and its supervisor share: an inbox, and what became of the pool.
//!
//! # The life of one submit
//!
//! 1. A thread pushes its job into the inbox, under the lock.
//! 2. If the inbox was empty, it rings the bell, which the supervisor polls.
//! 3. The supervisor silences the bell and takes everything.
//!
//! # Why no job is left lying
//!
//! The supervisor silences the bell *before* it takes the inbox. A job that comes before the taking
//! is taken. One that comes after it finds the inbox empty, and rings a bell that stays audible.
//! A job that did not ring found another in the inbox, whose ring is not silenced yet or whose
//! taking is still to come: that taking finds both.

use std::collections::VecDeque;

use super::job::Job;
use crate::handle::JobError;
use crate::procs::death::Death;
use crate::sys::bell::Bell;
use crate::sys::prim::{Condvar, Mutex, MutexGuard};
use crate::sys::{Why, blocking};

/// Deaths that are remembered; older ones are forgotten.
const DEATHS_MAX: usize = 1024;

/// What happens to the jobs of a pool that is shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shutdown {
    /// All of them are finished first, however long that takes.
    Finish,
    /// Those in the queue are dropped; those that run get the pool's grace, then are ended.
    Cancel,
}

/// How far the pool has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Its workers are on their way.
    #[default]
    Starting,
    /// It takes jobs.
    Open,
    /// It takes no more.
    Ending,
    /// Its workers are gone.
    Ended,
}

/// Guarded by [`Shared::lock`].
#[derive(Default)]
pub(crate) struct State {
    pub(crate) phase: Phase,
    pub(crate) broken: Option<String>,
    pub(crate) shutdown: Option<Shutdown>,
    pub(crate) inbox: Vec<Job>,
    /// The processes of the workers that are ready, by slot.
    pub(crate) pids: Vec<Option<u32>>,
    pub(crate) deaths: VecDeque<Death>,
}

/// What the pool's users and its supervisor share.
pub(crate) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    pub(super) bell: Bell,
}

impl Shared {
    pub(crate) fn new(workers: usize) -> std::io::Result<Self> {
        let state = State { pids: vec![None; workers], ..State::default() };
        Ok(Self { state: Mutex::new(state), changed: Condvar::new(), bell: Bell::new()? })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Leaves jobs for the supervisor, or answers them if the pool takes none.
    pub(crate) fn push(&self, jobs: Vec<Job>) {
        let mut state = self.lock();
        if state.phase > Phase::Open {
            let error = state.refusal();
            drop(state);
            return jobs.into_iter().for_each(|job| job.finish(Err(error())));
        }
        let was_empty = state.inbox.is_empty();
        state.inbox.extend(jobs);
        drop(state);
        if was_empty {
            self.bell.ring();
        }
    }

    /// Asks the supervisor to end the pool; a stronger request overrides a weaker one.
    pub(crate) fn request(&self, shutdown: Shutdown) {
        let mut state = self.lock();
        state.shutdown = state.shutdown.max(Some(shutdown));
        state.phase = state.phase.max(Phase::Ending);
        drop(state);
        self.bell.ring();
    }

    /// Changes the state and wakes whoever waits for a change.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let answer = change(&mut self.lock());
        self.changed.notify_all();
        answer
    }

    /// Answers what came in last, and lets go whoever waits for the end.
    ///
    /// A `reason` says that the end was not asked for.
    pub(crate) fn end(&self, reason: Option<&str>) {
        let (error, jobs) = self.change(|state| {
            if let Some(reason) = reason {
                state.broken.get_or_insert(reason.to_owned());
            }
            state.phase = Phase::Ended;
            (state.refusal(), std::mem::take(&mut state.inbox))
        });
        for job in jobs {
            job.finish(Err(error()));
        }
    }

    /// Sleeps until the pool has left `phase` and those before it.
    pub(crate) fn wait_past(&self, phase: Phase) {
        blocking(Why::Lock, || {
            let mut state = self.lock();
            while state.phase <= phase {
                state = self.changed.wait(state);
            }
        });
    }
}

impl State {
    /// Returns what the jobs of a pool that ends are answered with.
    pub(super) fn refusal(&self) -> impl Fn() -> JobError + use<> {
        let broken = self.broken.clone();
        move || match &broken {
            Some(reason) => JobError::PoolBroken { reason: reason.clone() },
            None => JobError::Shutdown,
        }
    }

    pub(super) fn note_death(&mut self, death: Death) {
        if self.deaths.len() == DEATHS_MAX {
            self.deaths.pop_front();
        }
        self.deaths.push_back(death);
    }
}
