//! Waiting for several jobs: the counterparts of `concurrent.futures.wait` and `as_completed`.
//!
//! Both take whatever has a [`JobHandle`] in it: handles, references to them, `Arc`s. Of a job that is
//! named twice, by two references, the second is dropped. The jobs may be of different pools.
//!
//! The thread sleeps in one place (`arrivals`), whichever job it is that ends next.
//!
//! # Not here
//!
//! [`JobError::WouldDeadlock`](super::JobError::WouldDeadlock): if no worker is left to run the jobs
//! of its own pool that a worker waits for here, it sleeps until its timeout, as in Python.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::fmt;
use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::arrivals::{Arrivals, AtFailure};
use super::{JobHandle, deadline_ns};

/// What [`wait`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitFor {
    /// The end of one job, however it ends: Python's `FIRST_COMPLETED`.
    First,
    /// The end of one job that fails, or of all: Python's `FIRST_EXCEPTION`. A job that was cancelled
    /// has not failed, and of one whose answer was taken nobody knows any more.
    FirstError,
    /// The end of all of them: Python's `ALL_COMPLETED`.
    All,
}

/// What [`wait`] was given, in two parts, each in the order in which it was given.
#[derive(Debug)]
pub struct DoneAndNotDone<H> {
    /// Jobs that have ended, however they did.
    pub done: Vec<H>,
    /// Jobs that are still queued, or run.
    pub not_done: Vec<H>,
}

/// Sleeps until as many of the jobs are done as `until` says, or until `timeout` has passed.
///
/// A thread that holds a global lock gives it up meanwhile, unless it need not wait. No job is
/// cancelled, and a wait for no jobs is over at once.
///
/// # Example: the first of two answers
///
/// ```
/// use trainyard::handle::{self, WaitFor};
///
/// let (promise, quick) = handle::job();
/// let (never, slow) = handle::job::<u32>();
/// std::thread::spawn(move || promise.fulfil(Ok(42)));
/// let both = handle::wait([&quick, &slow], WaitFor::First, None);
/// assert_eq!((both.done[0].id(), both.not_done[0].id()), (quick.id(), slow.id()));
/// assert_eq!(quick.join()?, 42);
/// # drop(never);
/// # Ok::<(), handle::JobError>(())
/// ```
pub fn wait<T, H: Borrow<JobHandle<T>>>(
    handles: impl IntoIterator<Item = H>,
    until: WaitFor,
    timeout: Option<Duration>,
) -> DoneAndNotDone<H> {
    let deadline_ns = timeout.map(deadline_ns);
    let handles = without_duplicates(handles);
    let (wanted, at_failure) = match until {
        WaitFor::First => (handles.len().min(1), AtFailure::GoOn),
        WaitFor::FirstError => (handles.len(), AtFailure::Stop),
        WaitFor::All => (handles.len(), AtFailure::GoOn),
    };
    let arrivals = Arc::new(Arrivals::new(wanted, at_failure));
    watch(&handles, &arrivals);
    arrivals.wait(deadline_ns);
    for handle in &handles {
        handle.borrow().shared.forget(&arrivals);
    }
    let (done, not_done) = handles.into_iter().partition(|handle| handle.borrow().is_finished());
    DoneAndNotDone { done, not_done }
}

/// Returns the jobs as they end: first those that are done already, then each when it is.
///
/// The iterator sleeps until the next is done, and a thread that holds a global lock gives it up
/// meanwhile. `timeout` counts from this call on, for all of them.
///
/// # Errors
///
/// When the timeout has passed the iterator says so once, and ends. Handles of jobs that are not done
/// are given back by [`AsCompleted::into_rest`].
///
/// # Cancel behaviour
///
/// Dropping the iterator drops the handles that it still has, which detaches their jobs. Those that it
/// has returned are the caller's.
///
/// # Example
///
/// ```
/// use trainyard::handle::as_completed;
/// use trainyard::threads::{Gil, Mode, ThreadPool};
///
/// let pool = ThreadPool::builder().workers(2).gil(Gil::new(Mode::Off)).build()?;
/// let (pass, gate) = std::sync::mpsc::channel();
/// let slow = pool.submit(move |_| gate.recv().is_ok());
/// let quick = pool.submit(move |_| pass.send(()).is_ok());
/// for job in as_completed([slow, quick], None) {
///     assert!(job?.join()?);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn as_completed<T, H: Borrow<JobHandle<T>>>(
    handles: impl IntoIterator<Item = H>,
    timeout: Option<Duration>,
) -> AsCompleted<T, H> {
    let deadline_ns = timeout.map(deadline_ns);
    let handles = without_duplicates(handles);
    let arrivals = Arc::new(Arrivals::new(1, AtFailure::GoOn));
    watch(&handles, &arrivals);
    let (left, handles) = (handles.len(), handles.into_iter().map(Some).collect());
    AsCompleted { handles, left, arrivals, deadline_ns, has_timed_out: false, answer: PhantomData }
}

/// Jobs as they end; see [`as_completed`].
#[must_use = "an iterator waits for nothing until it is asked"]
pub struct AsCompleted<T, H: Borrow<JobHandle<T>>> {
    /// By their place; `None` once returned.
    handles: Vec<Option<H>>,
    /// How many have not been returned.
    left: usize,
    arrivals: Arc<Arrivals>,
    deadline_ns: Option<u64>,
    has_timed_out: bool,
    answer: PhantomData<fn() -> T>,
}

impl<T, H: Borrow<JobHandle<T>>> AsCompleted<T, H> {
    /// Gives back the handles that have not been returned, in the order in which they were given.
    pub fn into_rest(mut self) -> Vec<H> {
        self.forget();
        self.handles.drain(..).flatten().collect()
    }

    /// Has the jobs that are left tell nobody.
    fn forget(&self) {
        let left = self.handles.iter().flatten();
        left.for_each(|handle| handle.borrow().shared.forget(&self.arrivals));
    }
}

impl<T, H: Borrow<JobHandle<T>>> Iterator for AsCompleted<T, H> {
    type Item = Result<H, TimedOut>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 || self.has_timed_out {
            return None;
        }
        let Some(place) = self.arrivals.take(self.deadline_ns) else {
            self.has_timed_out = true;
            return Some(Err(TimedOut { unfinished: self.left, of: self.handles.len() }));
        };
        self.left -= 1;
        self.handles[place].take().map(Ok)
    }
}

impl<T, H: Borrow<JobHandle<T>>> FusedIterator for AsCompleted<T, H> {}

impl<T, H: Borrow<JobHandle<T>>> Drop for AsCompleted<T, H> {
    fn drop(&mut self) {
        self.forget();
    }
}

/// The time for all of the jobs has passed, and some are not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut {
    /// How many were not returned.
    pub unfinished: usize,
    /// How many there were.
    pub of: usize,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} (of {}) jobs unfinished when the time was up",
            self.unfinished, self.of
        )
    }
}

impl std::error::Error for TimedOut {}

impl<T, H: Borrow<JobHandle<T>>> fmt::Debug for AsCompleted<T, H> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AsCompleted").field("left", &self.left).finish_non_exhaustive()
    }
}

fn without_duplicates<T, H: Borrow<JobHandle<T>>>(handles: impl IntoIterator<Item = H>) -> Vec<H> {
    let mut seen = HashSet::new();
    handles.into_iter().filter(|handle| seen.insert(handle.borrow().id())).collect()
}

fn watch<T, H: Borrow<JobHandle<T>>>(handles: &[H], arrivals: &Arc<Arrivals>) {
    for (place, handle) in handles.iter().enumerate() {
        handle.borrow().shared.watch(arrivals, place);
    }
}
