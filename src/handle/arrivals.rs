//! Where jobs that one thread waits for say that they are done.
//!
//! # The life of one wait
//!
//! 1. The thread makes [`Arrivals`], says how many jobs it wants to see, and leaves its address with
//!    each job that is not done; one that is done arrives at once.
//! 2. A job that ends takes the address out, and tells its place. The one that makes it enough wakes
//!    the thread: waiting for all of a thousand jobs costs one wake-up.
//! 3. The thread takes its address back from jobs that are still not done.
//!
//! # Why no wake-up is lost
//!
//! Whether a job is done, and who is to be told, is under the job's lock: an address comes before the
//! end of the job, and is told, or it comes after, and the job arrives at once. What has arrived, and
//! how many are wanted, is under the lock here.
//!
//! Read next: [`wait`](mod@super::wait).

use std::collections::VecDeque;
use std::time::Duration;

use crate::sys::prim::{Condvar, Mutex, MutexGuard};
use crate::sys::{Why, blocking, clock};

/// How a job ended, as far as a wait wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// With an answer, or it was cancelled.
    Ended,
    /// With an error of its own.
    Failed,
}

/// Whether a job that failed is enough, however many are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AtFailure {
    Stop,
    GoOn,
}

/// Jobs that are done, of those that one thread waits for.
#[derive(Debug)]
pub(super) struct Arrivals {
    state: Mutex<State>,
    is_enough: Condvar,
    at_failure: AtFailure,
}

/// Guarded by `Arrivals::state`.
#[derive(Debug)]
struct State {
    /// The places of jobs that are done, in the order in which they ended.
    done: VecDeque<usize>,
    /// So many are enough.
    wanted: usize,
}

impl State {
    fn is_enough(&self) -> bool {
        self.done.len() >= self.wanted
    }
}

impl Arrivals {
    pub(super) fn new(wanted: usize, at_failure: AtFailure) -> Self {
        let state = Mutex::new(State { done: VecDeque::new(), wanted });
        Self { state, is_enough: Condvar::new(), at_failure }
    }

    /// Says that the job at `place` is done.
    pub(super) fn tell(&self, place: usize, outcome: Outcome) {
        let mut state = self.state.lock();
        state.done.push_back(place);
        if outcome == Outcome::Failed && self.at_failure == AtFailure::Stop {
            state.wanted = 0;
        }
        let is_enough = state.is_enough();
        drop(state);
        if is_enough {
            self.is_enough.notify_one();
        }
    }

    /// Sleeps until as many are done as are wanted, or until `deadline_ns` has passed.
    ///
    /// A thread that need not sleep, or has no time to, keeps the global lock.
    pub(super) fn wait(&self, deadline_ns: Option<u64>) {
        if !self.state.lock().is_enough() && !is_over(deadline_ns) {
            blocking(Why::Job, || drop(self.sleep(deadline_ns)));
        }
    }

    /// Takes the job that was done first of those that have not been taken; `None` if none is done when
    /// `deadline_ns` has passed.
    pub(super) fn take(&self, deadline_ns: Option<u64>) -> Option<usize> {
        let first = self.state.lock().done.pop_front();
        if first.is_some() || is_over(deadline_ns) {
            return first;
        }
        blocking(Why::Job, || self.sleep(deadline_ns).done.pop_front())
    }

    fn sleep(&self, deadline_ns: Option<u64>) -> MutexGuard<'_, State> {
        let mut state = self.state.lock();
        while !state.is_enough() {
            let Some(deadline_ns) = deadline_ns else {
                state = self.is_enough.wait(state);
                continue;
            };
            let left_ns = deadline_ns.saturating_sub(clock::now_ns());
            if left_ns == 0 {
                break;
            }
            (state, _) = self.is_enough.wait_timeout(state, Duration::from_nanos(left_ns));
        }
        state
    }
}

fn is_over(deadline_ns: Option<u64>) -> bool {
    deadline_ns.is_some_and(|deadline_ns| deadline_ns <= clock::now_ns())
}

#[cfg(all(test, loom))]
mod loom_models {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    /// Fails ("deadlock") if `tell` wakes nobody, or looks whether it is enough before it has told.
    #[test]
    fn loom_who_waits_for_all_is_woken_by_the_last() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = model.preemption_bound.or(Some(2));
        model.check(|| {
            let arrivals = Arc::new(Arrivals::new(2, AtFailure::GoOn));
            let jobs = [0, 1].map(|place| {
                let arrivals = Arc::clone(&arrivals);
                thread::spawn(move || arrivals.tell(place, Outcome::Ended))
            });
            arrivals.wait(None);
            assert!((0..2).all(|_| arrivals.take(None).is_some()));
            jobs.into_iter().for_each(|job| job.join().unwrap());
        });
    }
}
