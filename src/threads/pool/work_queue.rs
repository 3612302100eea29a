//! Where jobs wait for a worker, and workers for a job.
//!
//! One queue, in the order in which jobs came. A worker that finds it long takes several jobs in one
//! turn, and keeps the rest in a queue of its own, from which others steal: no job waits behind a long
//! one while a worker has nothing to do, or for long while they are busy. Only then can a job begin before
//! one that came earlier.
//!
//! A worker that finds no job *searches*: it looks for a while, as waking a thread takes longer than
//! most pauses between two jobs last. Then it is *idle*: it sleeps until it is *called*.
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
//! A job gets into a worker's own queue under the mutex, out of the shared one. So whoever has looked
//! into all of them under the mutex, and is idle, is called before a job gets anywhere.
//!
//! A thread that wakes up without having been called sleeps again: `called` counts those that were.
//!
//! # Invariants
//!
//! - **WORK-1** While a job is queued, and a worker is idle, a worker searches, or has been called.
//! - **WORK-2** Lock order: the shared queue, then a worker's own; never two workers' own.
//!
//! Read next: [`pool`](super).

use std::collections::VecDeque;

use super::job::Job;
use crate::sys::prim::{AtomicBool, AtomicU32, Condvar, Mutex, MutexGuard, Ordering, Spin};
use crate::sys::{Why, blocking};

/// How many jobs a worker takes in one turn at most.
const BATCH_MAX: usize = 32;

/// At every so many jobs a worker looks into the others' queues first: or, as long as the shared queue
/// is not empty, jobs that a worker has taken along with a long one would wait for its end.
const LOOK_AROUND: u32 = 64;

/// Jobs and workers.
pub(super) struct WorkQueue {
    state: Mutex<State>,
    has_news: News,
    /// A worker was called, or the queue is closed.
    changed: Condvar,
    own: Vec<Own>,
    search: Spin,
}

/// A worker's own queue, on a cache line that no other worker writes to while it has jobs.
#[repr(align(64))]
#[derive(Default)]
struct Own {
    jobs: Mutex<VecDeque<Job>>,
    /// How many jobs the worker has taken. Only it writes this.
    taken: AtomicU32,
}

/// What `State` says of `jobs` and `is_closed`, for a worker that searches. On a cache line of its own:
/// each look would take away the one that a push needs.
#[repr(align(64))]
struct News(AtomicBool);

/// Guarded by `WorkQueue::state`.
#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    is_closed: bool,
    /// How many workers sleep and have not been called.
    idle: usize,
    /// How many workers have been called and have not woken up.
    called: usize,
    /// A worker searches. One is enough: it calls others.
    is_searched: bool,
    /// A worker's own queue may have jobs. Most pools never take several at once, and need not look
    /// through a thousand queues.
    are_spread: bool,
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
            own: (0..workers).map(|_| Own::default()).collect(),
            search: Spin::new(),
        }
    }

    pub(super) fn workers(&self) -> usize {
        self.own.len()
    }

    /// Queues a job; gives it back if the queue is closed.
    pub(super) fn push(&self, job: Job) -> Result<(), Job> {
        let mut state = self.state.lock();
        if state.is_closed {
            return Err(job);
        }
        // STEP: queue-job
        state.jobs.push_back(job);
        self.note_news(&state);
        // INVARIANT: [WORK-1]
        let call = state.call_idle();
        drop(state);
        self.wake(call);
        Ok(())
    }

    /// How many workers will look for a job before they run one: those that search, or sleep.
    pub(super) fn idle(&self) -> usize {
        self.state.lock().looking()
    }

    /// Tells whether more jobs are queued than will be looked for, if `starting` further workers are on
    /// their way.
    pub(super) fn lacks_worker(&self, starting: usize) -> bool {
        let state = self.state.lock();
        let spread = if state.are_spread { &self.own[..] } else { &[] };
        // INVARIANT: [WORK-2] one after another.
        let spread: usize = spread.iter().map(|own| own.jobs.lock().len()).sum();
        state.jobs.len() + spread > state.looking() + starting
    }

    /// Takes out all jobs that are so, wherever they are queued.
    pub(super) fn take_out(&self, are_so: impl Fn(&Job) -> bool) -> Vec<Job> {
        let mut state = self.state.lock();
        let mut taken = Vec::new();
        let mut sift = |jobs: &mut VecDeque<Job>| {
            let (out, kept): (Vec<_>, Vec<_>) = jobs.drain(..).partition(&are_so);
            taken.extend(out);
            jobs.extend(kept);
        };
        sift(&mut state.jobs);
        // INVARIANT: [WORK-2] one after another.
        for own in &self.own {
            sift(&mut own.jobs.lock());
        }
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
        let own = &self.own[worker];
        // ORDER: Relaxed; nobody else writes it.
        let taken = own.taken.load(Ordering::Relaxed).wrapping_add(1);
        own.taken.store(taken, Ordering::Relaxed);
        if taken.is_multiple_of(LOOK_AROUND)
            && let Some(job) = self.steal(&mut self.state.lock(), worker)
        {
            return Some(job);
        }
        let ready = own.jobs.lock().pop_front();
        // A worker that need not wait need not give the global lock up.
        let ready = ready.or_else(|| self.take(&mut self.state.lock(), worker));
        ready.or_else(|| blocking(Why::Lock, || self.wait_for_job(worker)))
    }

    /// Takes a job, and more for the worker's own queue if there are many: so many that each worker
    /// could do so twice.
    fn take(&self, state: &mut State, worker: usize) -> Option<Job> {
        let job = state.jobs.pop_front()?;
        let share = if cfg!(loom) { 1 } else { 2 * self.workers() };
        let more = (state.jobs.len() / share).min(BATCH_MAX - 1);
        if more > 0 {
            state.are_spread = true;
            self.own[worker].jobs.lock().extend(state.jobs.drain(..more));
        }
        self.note_news(state);
        Some(job)
    }

    fn wait_for_job(&self, worker: usize) -> Option<Job> {
        let mut state = self.state.lock();
        loop {
            if let Some(job) =
                self.take(&mut state, worker).or_else(|| self.steal(&mut state, worker))
            {
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
        let call = if self.is_empty(&mut state) { Call::Nobody } else { state.call_idle() };
        drop(state);
        self.wake(call);
    }

    /// Takes the oldest job of another worker's own queue. Under the mutex.
    fn steal(&self, state: &mut State, thief: usize) -> Option<Job> {
        if !state.are_spread {
            return None;
        }
        // INVARIANT: [WORK-2] one after another.
        let others = (1..self.workers()).map(|step| (thief + step) % self.workers());
        others.map(|other| &self.own[other].jobs).find_map(|jobs| jobs.lock().pop_front())
    }

    /// Tells whether no job is queued anywhere. Under the mutex.
    fn is_empty(&self, state: &mut State) -> bool {
        if state.are_spread {
            state.are_spread = self.own.iter().any(|own| !own.jobs.lock().is_empty());
        }
        state.jobs.is_empty() && !state.are_spread
    }

    /// Looks for a job for a while, and sleeps if none comes.
    fn search<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.is_searched = true;
        drop(state);
        // ORDER: Relaxed; a hint, looked at again under the mutex.
        self.search.until(|| self.has_news.0.load(Ordering::Relaxed));
        let mut state = self.state.lock();
        state.is_searched = false;
        if self.is_empty(&mut state) && !state.is_closed { self.sleep(state) } else { state }
    }

    /// Sleeps until called.
    fn sleep<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.idle += 1;
        while state.called == 0 && !state.is_closed {
            state = self.changed.wait(state);
        }
        state.called = state.called.saturating_sub(1);
        state
    }

    fn wake(&self, call: Call) {
        if call == Call::One {
            self.changed.notify_one();
        }
    }

    /// Keeps the hint that a searching worker looks at. A look is cheaper than a change.
    fn note_news(&self, state: &State) {
        let has_news = state.is_closed || !state.jobs.is_empty();
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

    /// Fails ("deadlock") if `push` calls nobody, if `search` does not look again before it sleeps, or if
    /// `wait_for_job` does not call another when more is queued and `push` relied on a search.
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
                assert!(queue.push(Job::Helper(Box::new(|_| ()))).is_ok());
            }
            queue.close();
            assert_eq!(first.join().unwrap() + second.join().unwrap(), 2);
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
                assert!(queue.push(Job::Helper(Box::new(|_| ()))).is_ok());
            }
            assert!(worker.join().unwrap());
        });
    }
}
