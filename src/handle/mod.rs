//! One promise for both pools: the answer of a job that runs elsewhere.
//!
//! [`job`] makes the two ends. The pool keeps the [`Promise`] and fulfils it; the caller keeps the
//! [`JobHandle`], which a thread can [`join`](JobHandle::join) and a task can `.await`. Neither end
//! knows what is at the other, so a coop task can wait for a thread or for a process.
//!
//! # The life of one job
//!
//! ```text
//!            (1) job()          (2) start()          (3) fulfil()           (4) join, await
//!  nothing ------------> queued ------------> running ------------> done ------------------> taken
//!                          |                     |                    ^
//!                          +--(5) cancel() ------+--(6) dropped ------+
//! ```
//!
//! # Invariants
//!
//! - **HANDLE-1** A job is done exactly once: the first of (3), (5) and (6) wins.
//! - **HANDLE-2** Wakers and callbacks are called after the lock is released, never under it; the
//!   panic of one is caught, reported by the panic hook, and the next is called.
//! - **HANDLE-3** A promise that is dropped unfulfilled answers [`JobError::Shutdown`], so nobody
//!   waits for ever.
//!
//! # One allocation
//!
//! Both ends share one block, and a pool of threads keeps the job's program in the same block (the
//! last field of `shared`): a job costs one allocation. A handle knows nothing of the work; to
//! it the field is a `dyn` without methods.
//!
//! # Not here
//!
//! Several takers of one answer (`JobHandle` is not `Clone`), and stopping a job that runs: no
//! runtime can do that to a thread.
//!
//! The counterpart in Python is `concurrent.futures.Future`. Read next: `shared`; then
//! [`wait`](mod@wait), for several jobs at once.

mod arrivals;
pub(crate) mod contained;
pub(crate) mod crew;
pub mod error;
mod shared;
pub mod wait;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64 as Counter;
use std::task::{Context, Poll};
use std::time::Duration;

pub use error::JobError;
pub use wait::{AsCompleted, DoneAndNotDone, TimedOut, WaitFor, as_completed, wait};

pub(crate) use self::shared::{Only, Shared};

use self::crew::CrewId;
use self::shared::{OnDone, Phase};
use crate::sys::prim::Ordering;
use crate::sys::{Why, blocking, clock};
use crate::trace::{self, Kind};

/// A job's number, unique in its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

impl JobId {
    /// Returns a number that no other job of this process has.
    pub(crate) fn next() -> Self {
        Self::several(1)
    }

    /// Returns the first of `count` such numbers, one after another, which count as queued.
    pub(crate) fn several(count: usize) -> Self {
        static NEXT: Counter = Counter::new(1);
        // ORDER: Relaxed; a plain counter.
        let first = NEXT.fetch_add(count as u64, Ordering::Relaxed);
        if trace::is_armed() {
            (first..first + count as u64).for_each(|id| trace::emit(Kind::JobQueued, id, 0));
        }
        Self(first)
    }

    /// Says that the job is done.
    pub(crate) fn note_done(self, has_failed: bool) {
        trace::emit(Kind::JobDone, self.0, u64::from(has_failed));
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What a job answers.
pub type JobResult<T> = Result<T, JobError>;

/// Creates the two ends of a new job, which counts as queued from here on.
///
/// # Example: a thread fulfils what another waits for
///
/// ```
/// let (promise, handle) = trainyard::handle::job();
/// std::thread::spawn(move || promise.fulfil(Ok(6 * 7)));
/// assert_eq!(handle.join().unwrap(), 42);
/// ```
pub fn job<T>() -> (Promise<T>, JobHandle<T>) {
    let shared: Arc<Shared<T>> = Shared::new(CrewId::NONE, ());
    (Promise { shared: Some(Arc::clone(&shared)) }, JobHandle { shared })
}

/// What a pool does with a job whose turn has come.
#[must_use = "a cancelled job must not run"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Run it.
    Run,
    /// Its owner has cancelled it: drop it.
    Cancelled,
}

/// The pool's end of a job.
pub struct Promise<T> {
    /// `None` once fulfilled.
    shared: Option<Arc<Shared<T>>>,
}

impl<T> Promise<T> {
    /// Returns the job's number.
    ///
    /// # Panics
    ///
    /// Never: a promise has its job until it is consumed.
    pub fn id(&self) -> JobId {
        self.shared().id
    }

    /// Marks the job as running, unless it was cancelled. From here on it cannot be.
    ///
    /// A job that is tried again after its worker died may start a second time.
    pub fn start(&self) -> Start {
        self.shared().start()
    }

    /// Gives the answer to whoever waits, wakes them, and runs the callbacks in this thread.
    pub fn fulfil(mut self, result: JobResult<T>) {
        if let Some(shared) = self.shared.take() {
            shared.finish(Only::Always, result);
        }
    }

    fn shared(&self) -> &Arc<Shared<T>> {
        self.shared.as_ref().expect("HANDLE-1: only `fulfil` and `drop` take it, and both consume")
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        // INVARIANT: [HANDLE-3]
        if let Some(shared) = self.shared.take() {
            shared.finish(Only::Always, Err(JobError::Shutdown));
        }
    }
}

/// The caller's end of a job: wait for its answer, cancel it, or drop it and let it run.
///
/// # Cancel behaviour
///
/// Dropping the handle detaches: the job runs, and its answer is dropped. A pending `.await` may
/// be dropped and begun again.
#[must_use = "a handle that is dropped detaches its job, and the answer is lost"]
pub struct JobHandle<T> {
    shared: Arc<Shared<T>>,
}

impl<T> JobHandle<T> {
    pub(crate) fn of(shared: Arc<Shared<T>>) -> Self {
        Self { shared }
    }

    /// Returns the job's number.
    pub fn id(&self) -> JobId {
        self.shared.id
    }

    /// Sleeps until the job is done, and returns its answer.
    ///
    /// A thread that holds a global lock gives it up meanwhile, unless the job is done already.
    ///
    /// # Errors
    ///
    /// Says what became of a job that has no answer; see [`JobError`]. A worker is told
    /// [`JobError::WouldDeadlock`] if every other worker of its pool waits likewise.
    ///
    /// # Panics
    ///
    /// Panics if the answer was taken before, by [`join_timeout`](Self::join_timeout) or `.await`.
    pub fn join(self) -> JobResult<T> {
        // A job that is done is joined without giving the global lock up.
        let answer = self.shared.take();
        let answer = answer.or_else(|| blocking(Why::Job, || self.shared.wait(None)));
        answer.expect("a wait without a deadline ends with an answer")
    }

    /// As [`join`](Self::join), but gives up after `timeout` and returns `None`.
    ///
    /// # Panics
    ///
    /// Panics if the answer was taken before.
    pub fn join_timeout(&mut self, timeout: Duration) -> Option<JobResult<T>> {
        let deadline_ns = deadline_ns(timeout);
        let answer = self.shared.take();
        answer.or_else(|| {
            // Without time to wait this is a look, and a look keeps the global lock.
            let waits = !timeout.is_zero();
            waits.then(|| blocking(Why::Job, || self.shared.wait(Some(deadline_ns)))).flatten()
        })
    }

    /// Tells whether the job has ended, however it did.
    pub fn is_finished(&self) -> bool {
        matches!(self.shared.state.lock().phase, Phase::Done(_) | Phase::Taken)
    }

    /// Cancels the job if it has not started, and tells whether that worked.
    ///
    /// The answer of a cancelled job is [`JobError::Cancelled`].
    pub fn cancel(&self) -> bool {
        self.shared.finish(Only::IfQueued, Err(JobError::Cancelled))
    }

    /// Runs `callback` when the job is done: in the thread that ends it, or here and now if it
    /// has ended already.
    pub fn on_done(&self, callback: impl FnOnce() + Send + 'static) {
        let mut state = self.shared.state.lock();
        if matches!(state.phase, Phase::Done(_) | Phase::Taken) {
            drop(state);
            callback();
        } else {
            state.on_done.push(OnDone::Call(Box::new(callback)));
        }
    }
}

/// When a wait that begins now, and takes no longer than `timeout`, ends.
fn deadline_ns(timeout: Duration) -> u64 {
    let limit_ns = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
    clock::now_ns().saturating_add(limit_ns)
}

impl<T> Future for JobHandle<T> {
    type Output = JobResult<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.shared.state.lock();
        if let Some(result) = state.take_result() {
            return Poll::Ready(result);
        }
        if state.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            return Poll::Pending;
        }
        drop(state);
        // INVARIANT: [HANDLE-2] a waker's clone and its destructor are foreign code too.
        let waker = context.waker().clone();
        let mut state = self.shared.state.lock();
        if let Some(result) = state.take_result() {
            drop(state);
            drop(waker);
            return Poll::Ready(result);
        }
        let replaced = state.waker.replace(waker);
        drop(state);
        drop(replaced);
        Poll::Pending
    }
}

impl<T> fmt::Debug for JobHandle<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("JobHandle").field("id", &self.id()).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Promise<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Promise").field("id", &self.id()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
