//! What the two ends of a job share: its state, its answer, and who waits.
//!
//! Read next: [`crew`](super::crew).

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use super::arrivals::{Arrivals, Outcome};
use super::contained::contained;
use super::crew::{CrewId, Joining, WouldDeadlock};
use super::{JobError, JobId, JobResult, Start};
use crate::sys::clock;
use crate::sys::prim::{AtomicBool, Condvar, Mutex, Ordering, Spin};

/// Whom a job tells that it is done.
pub(super) enum OnDone {
    Call(Box<dyn FnOnce() + Send>),
    /// A thread that waits for several jobs, of which this one has that place.
    Tell(Arc<Arrivals>, usize),
}

impl OnDone {
    /// Foreign code may run in it.
    fn run(self, outcome: Outcome) {
        match self {
            Self::Call(callback) => contained(callback),
            Self::Tell(arrivals, place) => arrivals.tell(place, outcome),
        }
    }
}

/// Where threads look for a while whether their job is done. One place for all of them: a job does not
/// live long enough to learn.
static JOINS: Spin = Spin::new();

/// What only the pool knows of a job; to a handle it is opaque.
pub(super) type Opaque = dyn Send + Sync;

/// Both ends of a job, and `work`, which belongs to the pool's.
pub(crate) struct Shared<T, W: ?Sized = Opaque> {
    pub(super) id: JobId,
    /// Whose workers run it.
    crew: CrewId,
    pub(super) state: Mutex<State<T>>,
    /// What `State::phase` says, for a thread that spins or only asks.
    is_done: AtomicBool,
    done: Condvar,
    pub(crate) work: W,
}

/// Guarded by `Shared::state`.
pub(super) struct State<T> {
    pub(super) phase: Phase<T>,
    pub(super) waker: Option<Waker>,
    pub(super) on_done: Vec<OnDone>,
    /// A worker of the job's own pool sleeps until it is done; see [`Joining`].
    joiner: Option<Joining>,
}

pub(super) enum Phase<T> {
    Queued,
    Running,
    Done(JobResult<T>),
    Taken,
}

/// Which jobs [`Shared::finish`] may end.
#[derive(Clone, Copy)]
pub(crate) enum Only {
    Always,
    IfQueued,
}

impl<T, W> Shared<T, W> {
    /// Makes a job that counts as queued from here on, and that `crew` will run.
    pub(crate) fn new(crew: CrewId, work: W) -> Arc<Self> {
        let id = JobId::next();
        let state = State { phase: Phase::Queued, waker: None, on_done: Vec::new(), joiner: None };
        let (state, is_done, done) = (Mutex::new(state), AtomicBool::new(false), Condvar::new());
        Arc::new(Self { id, crew, state, is_done, done, work })
    }
}

impl<T, W: ?Sized> Shared<T, W> {
    pub(crate) fn id(&self) -> JobId {
        self.id
    }

    /// Marks the job as running, unless it was cancelled.
    pub(crate) fn start(&self) -> Start {
        let mut state = self.state.lock();
        match state.phase {
            Phase::Queued | Phase::Running => {
                state.phase = Phase::Running;
                Start::Run
            }
            Phase::Done(_) | Phase::Taken => Start::Cancelled,
        }
    }

    /// Ends the job if it has not ended, and returns whether this call did it.
    pub(crate) fn finish(&self, only: Only, result: JobResult<T>) -> bool {
        let mut state = self.state.lock();
        // INVARIANT: [HANDLE-1] the phase becomes Done only here, under the lock.
        match (&state.phase, only) {
            (Phase::Queued, _) | (Phase::Running, Only::Always) => {}
            (Phase::Running, Only::IfQueued) | (Phase::Done(_) | Phase::Taken, _) => return false,
        }
        self.id.note_done(result.is_err());
        let outcome = outcome(&result);
        state.phase = Phase::Done(result);
        // ORDER: Relaxed; a hint. Who sees it takes the answer under the lock.
        self.is_done.store(true, Ordering::Relaxed);
        // INVARIANT: [CREW-1] under the lock, so that nobody counts who may go on.
        drop(state.joiner.take());
        let (waker, on_done) = (state.waker.take(), std::mem::take(&mut state.on_done));
        drop(state);
        // INVARIANT: [HANDLE-2] the lock is released by now.
        self.done.notify_all();
        if waker.is_none() && on_done.is_empty() {
            return true;
        }
        // Threads first: a callback may take long, or wait for one of them.
        let is_thread = |whom: &OnDone| matches!(whom, OnDone::Tell(..));
        let (threads, callbacks): (Vec<_>, Vec<_>) = on_done.into_iter().partition(is_thread);
        for whom in threads {
            whom.run(outcome);
        }
        // Each is foreign code, and one that panics must not silence the others.
        if let Some(waker) = waker {
            contained(|| waker.wake());
        }
        for whom in callbacks {
            whom.run(outcome);
        }
        true
    }

    /// Lets the job tell `arrivals` that it is done, which it does at once if it is.
    pub(super) fn watch(&self, arrivals: &Arc<Arrivals>, place: usize) {
        let mut state = self.state.lock();
        let outcome = match &state.phase {
            Phase::Done(result) => outcome(result),
            // Nobody knows any more.
            Phase::Taken => Outcome::Ended,
            Phase::Queued | Phase::Running => {
                state.on_done.push(OnDone::Tell(Arc::clone(arrivals), place));
                return;
            }
        };
        drop(state);
        arrivals.tell(place, outcome);
    }

    /// Takes back what [`watch`](Self::watch) has left here, if the job has not told.
    pub(super) fn forget(&self, arrivals: &Arc<Arrivals>) {
        let is_theirs = |whom: &OnDone| matches!(whom, OnDone::Tell(theirs, _) if Arc::ptr_eq(theirs, arrivals));
        self.state.lock().on_done.retain(|whom| !is_theirs(whom));
    }

    /// Takes the answer if there is one.
    pub(super) fn take(&self) -> Option<JobResult<T>> {
        self.state.lock().take_result()
    }

    /// Sleeps until the job is done and takes its answer, or until `deadline_ns` has passed.
    pub(super) fn wait(&self, deadline_ns: Option<u64>) -> Option<JobResult<T>> {
        if deadline_ns.is_none_or(|deadline_ns| deadline_ns > clock::now_ns()) {
            // ORDER: Relaxed; see `finish`.
            JOINS.until(|| self.is_done.load(Ordering::Relaxed));
        }
        let mut state = self.state.lock();
        if deadline_ns.is_none() && state.note_joiner(self.crew).is_err() {
            return Some(Err(JobError::WouldDeadlock));
        }
        loop {
            if let Some(result) = state.take_result() {
                return Some(result);
            }
            let Some(deadline_ns) = deadline_ns else {
                state = self.done.wait(state);
                continue;
            };
            let left_ns = deadline_ns.saturating_sub(clock::now_ns());
            if left_ns == 0 {
                return None;
            }
            (state, _) = self.done.wait_timeout(state, Duration::from_nanos(left_ns));
        }
    }
}

/// A job that was cancelled has not failed, as in `concurrent.futures`.
fn outcome<T>(result: &JobResult<T>) -> Outcome {
    match result {
        Ok(_) | Err(JobError::Cancelled) => Outcome::Ended,
        Err(_) => Outcome::Failed,
    }
}

impl<T> State<T> {
    /// Counts this thread as waiting, if it works for the pool that runs the job, and must wait.
    fn note_joiner(&mut self, crew: CrewId) -> Result<(), WouldDeadlock> {
        if matches!(self.phase, Phase::Queued | Phase::Running) {
            self.joiner = Joining::begin(crew)?;
        }
        Ok(())
    }

    /// Takes the answer if there is one; panics if it was taken before.
    pub(super) fn take_result(&mut self) -> Option<JobResult<T>> {
        match std::mem::replace(&mut self.phase, Phase::Taken) {
            Phase::Done(result) => Some(result),
            Phase::Taken => panic!("the job's answer was taken already"),
            before => {
                self.phase = before;
                None
            }
        }
    }
}
