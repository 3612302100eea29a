//! Where jobs wait for a worker, and workers for a job.
//!
//! Jobs wait in the shared queue of a [`Spread`], under one mutex. A worker that finds no job
//! *searches*: it looks for a while, as waking a thread takes longer than most pauses between two jobs
//! last. Then it is *idle*: it sleeps until it is *called*.
//!
//! # Why no wake-up is lost
//!
//! Whoever pushes a job looks, under the mutex, for somebody who will see it. One of three:
//!
//! - A worker searches. It looks at the queue under the mutex once more before it is idle, and so
//!   finds the job. If more are left than what it takes, it calls an idle worker.
//! - None searches, and one is idle: it is called. It is no longer idle from that moment on, although
//!   it still sleeps: the next push calls another, and a burst of jobs calls each worker once. When it
//!   has woken up it also calls another if jobs are left.
//! - None searches and none is idle: all of them run jobs, or have been called. Each looks at the
//!   queue, and at those of the others, under the mutex, before it searches and before it is idle.
//!
//! By SPREAD-1 a job enters through the shared queue, and in that same turn an idle worker is called,
//! unless one searches.
//!
//! A thread that wakes up without having been called sleeps again: `called` counts those that were.
//!
//! # Invariants
//!
//! - **WORK-1** While a job is queued, and a worker is idle, a worker searches, or has been called.
//!
//! Read next: [`pool`](super).

use super::job::Job;
use super::spread::{Jobs, Spread};
use crate::sys::prim::{AtomicBool, Condvar, Mutex, MutexGuard, Ordering, Spin};
use crate::sys::{Why, blocking};

/// Jobs and workers.
pub(super) struct WorkQueue {
    state: Mutex<State>,
    has_news: News,
    /// A worker was called, or the queue is closed.
    changed: Condvar,
    spread: Spread,
    search: Spin,
}

/// What `State` says of `jobs` and `is_closed`, for a worker that searches. On a cache line of its own:
/// each look would take away the one that a push needs.
#[repr(align(64))]
struct News(AtomicBool);

/// Guarded by `WorkQueue::state`.
#[derive(Default)]
struct State {
    jobs: Jobs,
    is_closed: bool,
    /// How many workers sleep and have not been called.
    idle: usize,
    /// How many workers have been called and have not woken up.
    called: usize,
    /// A worker searches. One is enough: it calls others.
    is_searched: bool,
}

/// Whether as many workers will look for a job as jobs are queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lookers {
    Enough,
    PerhapsTooFew,
}

/// Whether a worker has to be woken.
#[must_use = "a worker that is called and not woken sleeps over a job"]
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Nobody,
    One,
}

impl State {
    /// How many workers search, or sleep.
    fn looking(&self) -> usize {
        self.idle + self.called + usize::from(self.is_searched)
    }

    fn lookers(&self) -> Lookers {
        // What workers have taken along is not counted here: that takes their mutexes.
        let are_enough = !self.jobs.may_be_spread() && self.jobs.shared() <= self.looking();
        if are_enough { Lookers::Enough } else { Lookers::PerhapsTooFew }
    }

    /// Calls an idle worker, if nobody searches.
    fn call_idle(&mut self) -> Call {
        if self.idle == 0 || self.is_searched {
            return Call::Nobody;
        }
        self.idle -= 1;
        self.called += 1;
        Call::One
    }
}

impl WorkQueue {
    pub(super) fn new(workers: usize) -> Self {
        Self {
            state: Mutex::default(),
            has_news: News(AtomicBool::new(false)),
            changed: Condvar::new(),
            spread: Spread::new(workers),
            search: Spin::new(),
        }
    }

    pub(super) fn workers(&self) -> usize {
        self.spread.workers()
    }

    /// Queues a job; gives it back if the queue is closed.
    pub(super) fn push(&self, job: Job) -> Result<Lookers, Job> {
        let mut state = self.state.lock();
        if state.is_closed {
            return Err(job);
        }
        // STEP: queue-job
        state.jobs.push(job);
        self.note_news(&state);
        // INVARIANT: [WORK-1]
        let call = state.call_idle();
        let lookers = state.lookers();
        drop(state);
        self.wake(call);
        Ok(lookers)
    }

    /// How many workers will look for a job before they run one: those that search, or sleep.
    pub(super) fn idle(&self) -> usize {
        self.state.lock().looking()
    }

    /// Tells whether more jobs are queued than will be looked for, if `starting` further workers are on
    /// their way.
    pub(super) fn lacks_worker(&self, starting: usize) -> bool {
        let state = self.state.lock();
        self.spread.len(&state.jobs) > state.looking() + starting
    }

    /// Takes out all jobs that match, wherever they are queued.
    pub(super) fn take_out(&self, matches: impl Fn(&Job) -> bool) -> Vec<Job> {
        let mut state = self.state.lock();
        let taken = self.spread.take_out(&mut state.jobs, matches);
        self.note_news(&state);
        taken
    }

    /// Takes no more jobs. Those that are queued still run.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.is_closed = true;
        self.note_news(&state);
        drop(state);
        self.changed.notify_all();
    }

    /// Takes the next job for a worker; `None` once the queue is closed and empty.
    pub(super) fn next(&self, worker: usize) -> Option<Job> {
        if self.spread.is_time_to_steal(worker)
            && let Some(job) = self.spread.steal(&mut self.state.lock().jobs, worker)
        {
            return Some(job);
        }
        let ready = self.spread.take_own(worker);
        // A worker that need not wait need not give the global lock up.
        let ready = ready.or_else(|| self.take(&mut self.state.lock(), worker));
        ready.or_else(|| blocking(Why::Queue, || self.wait_for_job(worker)))
    }

    fn take(&self, state: &mut State, worker: usize) -> Option<Job> {
        let job = self.spread.take(&mut state.jobs, worker)?;
        self.note_news(state);
        Some(job)
    }

    fn wait_for_job(&self, worker: usize) -> Option<Job> {
        let mut state = self.state.lock();
        loop {
            let job = self.take(&mut state, worker);
            if let Some(job) = job.or_else(|| self.spread.steal(&mut state.jobs, worker)) {
                // INVARIANT: [WORK-1] whoever pushed more may have relied on us.
                self.call_for_more(state);
                return Some(job);
            }
            if state.is_closed {
                return None;
            }
            state = if state.is_searched { self.sleep(state) } else { self.search(state) };
        }
    }

    /// Calls an idle worker, if jobs are left.
    fn call_for_more(&self, mut state: MutexGuard<'_, State>) {
        let call =
            if self.spread.is_empty(&mut state.jobs) { Call::Nobody } else { state.call_idle() };
        drop(state);
        self.wake(call);
    }

    /// Looks for a job for a while, and sleeps if none comes.
    fn search<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.is_searched = true;
        drop(state);
        // ORDER: Relaxed; a hint, looked at again under the mutex.
        self.search.until(|| self.has_news.0.load(Ordering::Relaxed));
        let mut state = self.state.lock();
        state.is_searched = false;
        if self.spread.is_empty(&mut state.jobs) && !state.is_closed {
            self.sleep(state)
        } else {
            state
        }
    }

    /// Sleeps until called.
    fn sleep<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.idle += 1;
        while state.called == 0 && !state.is_closed {
            state = self.changed.wait(state);
        }
        // Whoever wakes up is one of those that were called, or else one of the idle whom `close` woke.
        if state.called > 0 {
            state.called -= 1;
        } else {
            state.idle -= 1;
        }
        state
    }

    fn wake(&self, call: Call) {
        if call == Call::One {
            self.changed.notify_one();
        }
    }

    /// Keeps the hint that a searching worker looks at. A look is cheaper than a change.
    fn note_news(&self, state: &State) {
        let has_news = state.is_closed || state.jobs.shared() > 0;
        // ORDER: Relaxed; a hint, changed under the mutex.
        if self.has_news.0.load(Ordering::Relaxed) != has_news {
            self.has_news.0.store(has_news, Ordering::Relaxed);
        }
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use loom::sync::Arc;
    use loom::thread;

    use super::super::closure::Closure;
    use super::*;

    fn bounded() -> loom::model::Builder {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = model.preemption_bound.or(Some(2));
        model
    }

    /// What a worker takes until the queue is closed.
    fn take_all(queue: &WorkQueue, worker: usize) -> u32 {
        let mut taken = 0;
        while queue.next(worker).is_some() {
            taken += 1;
        }
        taken
    }

    /// Nobody closes the queue: both pushes may have relied on the one that searches.
    ///
    /// Fails ("deadlock") if `wait_for_job` does not call another when more is queued.
    #[test]
    fn loom_a_worker_that_searched_calls_another_for_the_second_job() {
        bounded().check(|| {
            let queue = Arc::new(WorkQueue::new(2));
            let work = |worker| {
                let queue = Arc::clone(&queue);
                thread::spawn(move || assert!(queue.next(worker).is_some()))
            };
            let workers = [work(0), work(1)];
            for _ in 0..2 {
                assert!(queue.push(Job::Helper(Closure::new(|_| ()))).is_ok());
            }
            workers.into_iter().for_each(|worker| worker.join().unwrap());
            let state = queue.state.lock();
            assert_eq!((state.looking(), state.is_searched), (0, false));
        });
    }

    /// Fails if a job is lost, or `close` leaves a worker asleep, or counted as idle.
    #[test]
    fn loom_every_job_is_taken_and_every_worker_ends() {
        bounded().check(|| {
            let queue = Arc::new(WorkQueue::new(2));
            let work = |worker| {
                let queue = Arc::clone(&queue);
                thread::spawn(move || take_all(&queue, worker))
            };
            let (first, second) = (work(0), work(1));
            for _ in 0..2 {
                assert!(queue.push(Job::Helper(Closure::new(|_| ()))).is_ok());
            }
            queue.close();
            assert_eq!(first.join().unwrap() + second.join().unwrap(), 2);
            assert_eq!(queue.idle(), 0);
        });
    }

    /// Nobody closes the queue: each of two jobs must wake the worker up by itself.
    ///
    /// Fails ("deadlock") if `push` calls nobody, or `sleep` does not see that it was called.
    #[test]
    fn loom_a_worker_that_is_idle_is_called_for_each_job() {
        bounded().check(|| {
            let queue = Arc::new(WorkQueue::new(1));
            let workers = Arc::clone(&queue);
            let worker = thread::spawn(move || (0..2).all(|_| workers.next(0).is_some()));
            for _ in 0..2 {
                assert!(queue.push(Job::Helper(Closure::new(|_| ()))).is_ok());
            }
            assert!(worker.join().unwrap());
        });
    }
}
