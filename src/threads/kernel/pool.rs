//! Threads that run jobs: the counterpart of `ThreadPoolExecutor`.
//!
//! # The life of one job
//!
//! 1. [`ThreadPool::submit`] makes the two ends of a promise and queues the job.
//! 2. A worker that waits for work wakes up and takes it. Waiting is a blocking call, so a
//!    worker that waits does not hold the global lock.
//! 3. The worker, attached to the lock, runs the job. A panic is caught here and nowhere else.
//! 4. The promise is fulfilled, which wakes whoever joins or awaits.
//!
//! # Invariants
//!
//! - **POOL-1** A job that was queued is run, cancelled, or answered with `Shutdown`: never lost.
//! - **POOL-2** A job's panic ends the job and not its thread.
//!
//! # Not here
//!
//! Starting threads on demand: `ThreadPoolExecutor` starts one for a job that finds no idle
//! thread, ours starts all at once so that start-up can be measured apart. Stealing: a worker
//! that waits for a job sleeps, and never runs another job inside it.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use super::attach::Attached;
use super::gil::Gil;
use super::policy::Mode;
use crate::handle::{JobError, JobHandle, JobResult, Promise, Start, job};
use crate::sys::prim::{Condvar, Mutex};
use crate::sys::{Why, blocking, limits};
use crate::trace::{self, Kind};

/// A job, together with the promise that it will fulfil.
type Job = Box<dyn FnOnce(&mut Attached<'_>) + Send>;
type Initializer = Arc<dyn Fn() + Send + Sync>;

/// A set of threads that run jobs under one global lock.
///
/// Dropping the pool lets the queued jobs run, then joins the threads, as leaving Python's
/// `with ThreadPoolExecutor(…)` does.
pub struct ThreadPool {
    shared: Arc<Shared>,
    threads: Vec<thread::JoinHandle<()>>,
    /// Each worker's lock; the same one, or each its own.
    gils: Vec<Gil>,
}

struct Shared {
    /// How many threads there are to be.
    workers: usize,
    queue: Mutex<Queue>,
    /// The queue has a job, or is closed.
    changed: Condvar,
    /// The last thread is ready. Apart from the other: that one would wake, for each thread that
    /// is, all that were before, and a thousand threads would take ten seconds to start.
    started: Condvar,
}

/// Guarded by `Shared::queue`.
#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    is_closed: bool,
    /// How many threads wait for a job. Nobody to wake: no system call.
    idle: usize,
    /// How many threads have run their initializer.
    ready: usize,
    /// What an initializer panicked with.
    failure: Option<Box<dyn Any + Send>>,
}

impl ThreadPool {
    /// Begins to describe a pool.
    pub fn builder() -> Builder {
        let scope = Scope::PerPool(Gil::new(Mode::default()));
        Builder { workers: None, name: "worker".to_owned(), scope, initializer: None }
    }

    /// Returns the lock that the pool's jobs run under; the first worker's, if each has its own.
    pub fn gil(&self) -> &Gil {
        &self.gils[0]
    }

    /// Returns each worker's lock: the same one, or each its own.
    pub fn gils(&self) -> &[Gil] {
        &self.gils
    }

    /// Returns how many threads the pool has.
    pub fn workers(&self) -> usize {
        self.threads.len()
    }

    /// Queues `program`, which will run attached to the pool's lock.
    ///
    /// After [`close`](Self::close) the job is not run: its answer is [`JobError::Shutdown`].
    pub fn submit<T, F>(&self, program: F) -> JobHandle<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Attached<'_>) -> T + Send + 'static,
    {
        let (promise, handle) = job();
        self.shared.push(Box::new(move |at| run(promise, program, at)));
        handle
    }

    /// Runs `program` for every item, and returns the answers in the order of the items.
    pub fn map<I, T, F>(&self, items: I, program: F) -> Vec<JobResult<T>>
    where
        I: IntoIterator,
        I::Item: Send + 'static,
        T: Send + 'static,
        F: Fn(&mut Attached<'_>, I::Item) -> T + Send + Sync + 'static,
    {
        let program = Arc::new(program);
        let submit = |item| {
            let program = Arc::clone(&program);
            self.submit(move |at| program(at, item))
        };
        let handles: Vec<_> = items.into_iter().map(submit).collect();
        handles.into_iter().map(JobHandle::join).collect()
    }

    /// Takes no more jobs. Those that are queued still run.
    pub fn close(&self) {
        self.shared.queue.lock().is_closed = true;
        self.shared.changed.notify_all();
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        self.close();
        blocking(Why::Job, || {
            let this = thread::current().id();
            // A thread cannot wait for itself: the last job may own the pool.
            for thread in self.threads.drain(..).filter(|thread| thread.thread().id() != this) {
                // INVARIANT: [POOL-2] the thread's own code does not panic, a job's is caught.
                thread.join().expect("POOL-2: a job's panic does not end its thread");
            }
        });
    }
}

impl fmt::Debug for ThreadPool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("ThreadPool");
        debug.field("workers", &self.workers()).field("gil", self.gil()).finish_non_exhaustive()
    }
}

impl Shared {
    fn push(&self, job: Job) {
        let mut queue = self.queue.lock();
        if queue.is_closed {
            drop(queue);
            // INVARIANT: [POOL-1] the promise inside answers `Shutdown` when it is dropped, and
            // its waker is foreign code, so not under the lock.
            drop(job);
            return;
        }
        queue.jobs.push_back(job);
        let awaited = queue.idle > 0;
        drop(queue);
        if awaited {
            self.changed.notify_one();
        }
    }

    /// Takes the next job; `None` once the pool is closed and the queue empty.
    fn pop(&self) -> Option<Job> {
        // A worker that need not wait need not give the global lock up.
        let ready = self.queue.lock().jobs.pop_front();
        ready.or_else(|| blocking(Why::Lock, || self.wait_for_job()))
    }

    /// Says that one more thread has run its initializer.
    fn report(&self, initialized: thread::Result<()>) {
        let mut queue = self.queue.lock();
        queue.ready += 1;
        queue.failure = queue.failure.take().or(initialized.err());
        let is_last = queue.ready == self.workers;
        drop(queue);
        if is_last {
            self.started.notify_all();
        }
    }

    /// Sleeps until all threads have run their initializers.
    fn wait_until_ready(&self) -> io::Result<()> {
        let mut queue = self.queue.lock();
        while queue.ready < self.workers {
            queue = self.started.wait(queue);
        }
        let Some(payload) = queue.failure.take() else { return Ok(()) };
        drop(queue);
        let error = JobError::panicked(payload);
        Err(io::Error::other(format!("an initializer failed: {error}")))
    }

    fn wait_for_job(&self) -> Option<Job> {
        let mut queue = self.queue.lock();
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                return Some(job);
            }
            if queue.is_closed {
                return None;
            }
            queue.idle += 1;
            queue = self.changed.wait(queue);
            queue.idle -= 1;
        }
    }
}

fn run<T, F>(promise: Promise<T>, program: F, at: &mut Attached<'_>)
where
    F: FnOnce(&mut Attached<'_>) -> T,
{
    if promise.start() == Start::Cancelled {
        return;
    }
    let id = promise.id().0;
    trace::emit(Kind::ThreadJobBegin, id, 0);
    let answer = catch_unwind(AssertUnwindSafe(|| program(at)));
    trace::emit(Kind::ThreadJobEnd, id, 0);
    promise.fulfil(answer.map_err(JobError::panicked));
}

/// What one thread of the pool does all its life.
fn work(shared: &Shared, gil: &Gil, initializer: Option<&Initializer>) {
    trace::emit(Kind::ThreadStart, 0, 0);
    gil.attach(|at| {
        let run_once = || initializer.map_or((), |initializer| initializer());
        shared.report(catch_unwind(AssertUnwindSafe(run_once)));
        while let Some(job) = shared.pop() {
            // INVARIANT: [POOL-2] a job's own panic was caught in `run`; this one is of a callback,
            // a waker, or the destructor of an answer that nobody takes.
            drop(catch_unwind(AssertUnwindSafe(|| job(at))));
            // As CPython's eval breaker between two jobs: many short ones must not keep the lock.
            at.checkpoint();
        }
    });
    trace::emit(Kind::ThreadEnd, 0, 0);
}

/// Which threads share a lock.
enum Scope {
    /// All threads of the pool, and whoever else has this lock.
    PerPool(Gil),
    /// Each thread has its own.
    PerWorker(Mode),
}

impl Scope {
    fn gil(&self) -> Gil {
        match self {
            Self::PerPool(gil) => gil.clone(),
            Self::PerWorker(mode) => Gil::new(mode.clone()),
        }
    }
}

/// Describes a pool before its threads are started.
#[must_use = "a builder starts nothing until `build`"]
pub struct Builder {
    workers: Option<usize>,
    name: String,
    scope: Scope,
    initializer: Option<Initializer>,
}

impl Builder {
    /// How many threads; as many as processors if not said.
    ///
    /// # Panics
    ///
    /// Panics if `workers` is 0: nothing would ever run.
    pub fn workers(mut self, workers: usize) -> Self {
        assert!(workers > 0, "a pool needs at least one worker");
        self.workers = Some(workers);
        self
    }

    /// The threads' name, which a number is added to; "worker" if not said.
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// The lock; a new one that is on, with CPython's rules, if not said.
    pub fn gil(mut self, gil: Gil) -> Self {
        self.scope = Scope::PerPool(gil);
        self
    }

    /// Gives each thread a lock of its own, in this mode: CPython's sub-interpreters (PEP 684).
    ///
    /// The threads run beside each other, and what one lock protects no other does: what they share
    /// needs locks, as with the lock off. A check point costs the same as ever.
    pub fn gil_per_worker(mut self, mode: Mode) -> Self {
        self.scope = Scope::PerWorker(mode);
        self
    }

    /// Runs once in each thread, attached, before its first job: for what a thread must own
    /// itself, such as the notes' session per thread.
    pub fn initializer(mut self, initializer: impl Fn() + Send + Sync + 'static) -> Self {
        self.initializer = Some(Arc::new(initializer));
        self
    }

    /// Starts the threads, and waits until each has run its initializer.
    ///
    /// # Errors
    ///
    /// Fails if a thread cannot be started, also for a zero byte in its name, or an initializer
    /// panics; the threads that were started are joined first.
    pub fn build(self) -> io::Result<ThreadPool> {
        let workers = match self.workers {
            Some(workers) => workers,
            None => thread::available_parallelism()?.get(),
        };
        let gils = (0..workers).map(|_| self.scope.gil()).collect();
        let (changed, started) = (Condvar::new(), Condvar::new());
        let shared = Arc::new(Shared { workers, queue: Mutex::default(), changed, started });
        let mut pool = ThreadPool { shared, threads: Vec::with_capacity(workers), gils };
        for number in 0..workers {
            let (shared, gil) = (Arc::clone(&pool.shared), pool.gils[number].clone());
            let initializer = self.initializer.clone();
            let thread = named(&format!("{}-{number}", self.name))?
                .spawn(move || work(&shared, &gil, initializer.as_ref()))
                .map_err(limits::of_a_thread)?;
            pool.threads.push(thread);
        }
        blocking(Why::Job, || pool.shared.wait_until_ready())?;
        Ok(pool)
    }
}

/// A thread about to be started. The kernel's names end at a zero byte, so none may hold one; std
/// panics at it.
pub(in crate::threads) fn named(name: &str) -> io::Result<thread::Builder> {
    if name.contains('\0') {
        let why = format!("a thread cannot be started: there is a zero byte in its name, {name:?}");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    Ok(thread::Builder::new().name(name.to_owned()))
}

impl fmt::Debug for Builder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Builder");
        debug.field("workers", &self.workers).field("name", &self.name);
        debug.finish_non_exhaustive()
    }
}
