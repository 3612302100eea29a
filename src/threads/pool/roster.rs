//! The threads of a pool: when each is started, and who waits for them.
//!
//! # The life of one thread
//!
//! 1. It is started: by [`Builder::build`](super::Builder::build), or, on demand, by whoever has queued
//!    a job that no worker will look for ([`Shared::grow`]).
//! 2. It attaches to the lock, and runs the initializer.
//! 3. It *arrives*: from here on the queue knows where it is, and it takes jobs.
//! 4. The queue is closed and empty: it ends, and the last of them wakes whoever waits for the pool.
//!
//! An initializer that panics breaks the pool: it is closed, and what is queued is answered with
//! [`JobError::PoolBroken`].
//!
//! # Why no job waits while a thread may be started for it
//!
//! Whoever has queued a job looks, under the roster's mutex, whether more jobs are queued than workers
//! will look for one: those that search, are idle, or have been called, which the queue knows, and
//! those on their way between (1) and (3), which the roster knows. Each of them takes a job before it
//! runs one, so it answers for one. A thread arrives before it looks: for that moment nobody counts it,
//! and a thread too many may be started, but never one too few. (`tests/interleave/starts.rs` models
//! this, and two broken variants.) The queue says at each push whether it knows of enough lookers;
//! then nobody has to ask the roster.
//!
//! # Invariants
//!
//! - **ROSTER-1** Lock order: the roster, then the queue.
//! - **ROSTER-2** A thread that is on its way has no job.
//!
//! Read next: [`scope`](super::scope).

use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use super::job::Job;
use super::work_queue::{Lookers, WorkQueue};
use crate::handle::JobError;
use crate::handle::contained::contained;
use crate::handle::crew::Crew;
use crate::sys::limits;
use crate::sys::prim::{Condvar, Mutex, MutexGuard};
use crate::threads::kernel::gil::Gil;
use crate::threads::program::local;
use crate::threads::program::start::named;
use crate::trace::{self, Kind};

pub(super) type Initializer = Box<dyn Fn() + Send + Sync>;

/// What the pool and its threads share.
pub(super) struct Shared {
    pub(super) crew: Arc<Crew>,
    pub(super) queue: WorkQueue,
    pub(super) plan: Plan,
    roster: Mutex<Roster>,
    /// The last thread has arrived, or has ended.
    changed: Condvar,
}

/// How each thread is made.
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) stack_size: Option<usize>,
    /// Each worker's lock; the same one, or each its own.
    pub(super) gils: Vec<Gil>,
    pub(super) initializer: Option<Initializer>,
}

/// Guarded by `Shared::roster`.
#[derive(Default)]
struct Roster {
    /// How many threads are on their way.
    starting: usize,
    /// How many threads have not ended, those on their way included.
    living: usize,
    threads: Vec<thread::JoinHandle<()>>,
    /// What broke the pool: what the first initializer panicked with.
    failure: Option<String>,
    /// Why the last thread could not be started, while none runs.
    unstartable: Option<String>,
}

impl Roster {
    /// Tells whether more jobs are queued than threads will look for one.
    fn lacks_thread(&self, queue: &WorkQueue) -> bool {
        queue.lacks_worker(self.starting)
    }

    fn note_start(&mut self) {
        self.unstartable = None;
        self.starting += 1;
        self.living += 1;
    }

    fn note_arrival(&mut self) {
        self.starting -= 1;
    }
}

thread_local! {
    /// Which of its pool's workers this thread is.
    pub(super) static NUMBER: Cell<usize> = const { Cell::new(0) };
}

impl Shared {
    pub(super) fn new(plan: Plan) -> Arc<Self> {
        let queue = WorkQueue::new(plan.gils.len());
        let (roster, changed) = (Mutex::default(), Condvar::new());
        Arc::new(Self { crew: Crew::new(), queue, plan, roster, changed })
    }

    /// Queues a job, and starts a thread if no worker will look for it.
    pub(super) fn enqueue(self: &Arc<Self>, job: Job) {
        match self.queue.push(job) {
            Ok(Lookers::Enough) => {}
            Ok(Lookers::PerhapsTooFew) => self.grow(),
            // INVARIANT: [POOL-1]
            Err(job) => job.refuse(self.why_closed()),
        }
    }

    /// Why there is nobody to run a job.
    pub(super) fn why_closed(&self) -> JobError {
        let roster = self.roster.lock();
        let broken = roster.failure.clone().or_else(|| roster.unstartable.clone());
        drop(roster);
        broken.map_or(JobError::Shutdown, |reason| JobError::PoolBroken { reason })
    }

    /// Starts a thread if more jobs are queued than workers will look for one.
    ///
    /// If it cannot be started the jobs wait for those that run; if none runs, they are told.
    pub(super) fn grow(self: &Arc<Self>) {
        // A look at what changes seldom: the queue's own lines go to and fro.
        if self.crew.workers() == self.plan.gils.len() {
            return;
        }
        let mut roster = self.roster.lock();
        let may_grow = self.crew.workers() < self.queue.workers();
        // STEP: start-if-nobody-looks
        if !may_grow || !roster.lacks_thread(&self.queue) {
            return;
        }
        let Err(error) = self.start(&mut roster) else { return };
        if self.crew.workers() > 0 {
            return;
        }
        roster.unstartable = Some(error.to_string());
        // INVARIANT: [ROSTER-1] still under the roster: if another thread is started meanwhile, what is
        // queued then is for it.
        let lost = self.queue.take_out(|_| true);
        drop(roster);
        for job in lost {
            job.refuse(JobError::PoolBroken { reason: error.to_string() });
        }
    }

    /// Starts all threads, and waits until each has run its initializer.
    pub(super) fn start_all(self: &Arc<Self>) -> io::Result<()> {
        let mut roster = self.roster.lock();
        for _ in 0..self.queue.workers() {
            self.start(&mut roster)?;
        }
        while roster.starting > 0 {
            roster = self.changed.wait(roster);
        }
        roster.failure.clone().map_or(Ok(()), |reason| Err(io::Error::other(reason)))
    }

    fn start(self: &Arc<Self>, roster: &mut Roster) -> io::Result<()> {
        let number = self.crew.workers();
        self.crew.add_worker();
        let (builder, shared) = (self.plan.thread(number), Arc::clone(self));
        let thread = builder.and_then(|builder| {
            builder.spawn(move || shared.work(number)).map_err(limits::of_a_thread)
        });
        match thread {
            Ok(thread) => roster.threads.push(thread),
            Err(error) => {
                self.crew.remove_worker();
                return Err(error);
            }
        }
        roster.note_start();
        Ok(())
    }

    /// What one thread of the pool does all its life.
    fn work(&self, number: usize) {
        trace::emit(Kind::ThreadStart, 0, 0);
        self.crew.enlist();
        NUMBER.set(number);
        self.plan.gils[number].attach(|at| {
            let run_once =
                || self.plan.initializer.as_ref().map_or((), |initializer| initializer());
            self.arrive(catch_unwind(AssertUnwindSafe(run_once)));
            // STEP: take-job-or-sleep
            while let Some(job) = self.queue.next(number) {
                // INVARIANT: [POOL-2] an answering job catches its own panic; this one is of a bare one,
                // or of the destructor of an answer that nobody takes.
                contained(|| job.run(at));
                // As CPython's eval breaker between two jobs: many short ones must not keep the lock.
                at.checkpoint();
            }
            local::drop_all();
        });
        trace::emit(Kind::ThreadEnd, 0, 0);
        let mut roster = self.roster.lock();
        roster.living -= 1;
        self.tell_if(roster.living == 0, roster);
    }

    /// Says that a thread has run its initializer, and breaks the pool if that has panicked.
    fn arrive(&self, initialized: thread::Result<()>) {
        let error = initialized.err().map(JobError::panicked);
        let failure = error.as_ref().map(|error| match error {
            JobError::Panicked { message, .. } => format!("an initializer panicked: {message}"),
            _ => "an initializer panicked".to_owned(),
        });
        // Its destructor is foreign code, so not under the lock.
        contained(|| drop(error));
        let mut roster = self.roster.lock();
        // STEP: arrive-in-pool
        // INVARIANT: [ROSTER-2] before it looks for a job.
        roster.note_arrival();
        let has_failed = failure.is_some();
        roster.failure = roster.failure.take().or(failure);
        self.tell_if(roster.starting == 0, roster);
        if has_failed {
            self.queue.close();
            for job in self.queue.take_out(|_| true) {
                job.refuse(self.why_closed());
            }
        }
    }

    fn tell_if(&self, are_all: bool, roster: MutexGuard<'_, Roster>) {
        drop(roster);
        if are_all {
            self.changed.notify_all();
        }
    }

    /// Sleeps until all threads of a closed pool have ended.
    pub(super) fn wait_until_ended(&self) {
        let mut roster = self.roster.lock();
        while roster.living > 0 {
            roster = self.changed.wait(roster);
        }
        drop(roster);
        self.join_threads();
    }

    /// Joins all threads but this one: the last job may own the pool.
    pub(super) fn join_threads(&self) {
        let (threads, this) =
            (std::mem::take(&mut self.roster.lock().threads), thread::current().id());
        for thread in threads.into_iter().filter(|thread| thread.thread().id() != this) {
            // INVARIANT: [POOL-2] the thread's own code does not panic, a job's is caught.
            thread.join().expect("POOL-2: a job's panic does not end its thread");
        }
    }
}

impl Plan {
    /// A thread about to be started.
    pub(super) fn thread(&self, number: usize) -> io::Result<thread::Builder> {
        let builder = named(&format!("{}-{number}", self.name))?;
        Ok(match self.stack_size {
            Some(bytes) => builder.stack_size(bytes),
            None => builder,
        })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::{Cancel, ThreadPool};
    use super::*;

    /// As if it came between the two lines of a submit.
    ///
    /// Fails if `shutdown` does not look whether a thread has to be started.
    #[test]
    fn a_shutdown_waits_for_a_job_whose_thread_is_not_started_yet() {
        let pool = ThreadPool::builder().max_workers(1).build().unwrap();
        let (job, handle) = Job::answering(pool.shared.crew.id, |_| 7);
        assert!(pool.shared.queue.push(job).is_ok());
        pool.shutdown(Cancel::Nothing);
        assert!(handle.is_finished());
        assert_eq!(handle.join().unwrap(), 7);
    }

    /// No thread can be started here, but one runs, which the test is.
    #[test]
    fn a_job_whose_thread_cannot_be_started_waits_for_those_that_run() {
        let pool = ThreadPool::builder().max_workers(2).stack_size(1 << 50).build().unwrap();
        let shared = Arc::clone(&pool.shared);
        shared.crew.add_worker();
        shared.roster.lock().note_start();
        let jobs = [1, 2].map(|n| pool.submit(move |_| n));
        assert!(jobs.iter().all(|job| !job.is_finished()));
        pool.close();
        thread::spawn(move || shared.work(0)).join().unwrap();
        assert_eq!(jobs.map(|job| job.join().unwrap()), [1, 2]);
        assert_eq!(pool.started(), 1);
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use loom::sync::Arc;
    use loom::thread;

    use super::super::closure::Closure;
    use super::*;

    /// Fails if a thread arrives only when it has a job, or if jobs that a worker has taken along are not
    /// looked for.
    #[test]
    fn loom_each_of_two_jobs_has_a_thread_that_has_no_other() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = model.preemption_bound.or(Some(2));
        model.check(|| {
            let pool = Arc::new((WorkQueue::new(2), Mutex::new(Roster::default())));
            let mut threads = Vec::new();
            for number in 0..2 {
                assert!(pool.0.push(Job::Helper(Closure::new(|_| ()))).is_ok());
                let mut roster = pool.1.lock();
                if roster.lacks_thread(&pool.0) {
                    roster.note_start();
                    let pool = Arc::clone(&pool);
                    threads.push(thread::spawn(move || {
                        pool.1.lock().note_arrival();
                        assert!(pool.0.next(number).is_some());
                    }));
                }
            }
            assert_eq!(threads.len(), 2);
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
    }
}
