//! Threads that run jobs: the counterpart of `ThreadPoolExecutor`.
//!
//! # The life of one job
//!
//! 1. [`ThreadPool::submit`] makes a block that both ends of the job share, with its program in it,
//!    and queues it.
//! 2. A worker takes it (`work_queue`). While a worker waits for one it does not
//!    hold the global lock: that is a blocking call.
//! 3. The worker, attached to the lock, runs the job. Its panic is caught there.
//! 4. The job is done, which wakes whoever joins or awaits.
//!
//! # Invariants
//!
//! - **POOL-1** A job that was queued is run, cancelled, or answered with `Shutdown`: never lost.
//! - **POOL-2** A job's panic ends the job and not its thread.
//!
//! Read in this order: `job`, one job; `work_queue`, where jobs wait for a worker and workers for a
//! job; this file; [`scope`], jobs that borrow; `map`, one program for many items.
//!
//! # Not here
//!
//! Running another job while a worker waits for one: a worker that waits sleeps. (A pool that steals
//! work inside a join runs whatever it finds, under whatever locks the waiting job holds: rayon#592.)

mod job;
mod map;
pub mod scope;
mod work_queue;

use std::any::Any;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use self::job::{Answering, Bare, Job};
use self::work_queue::WorkQueue;
use super::kernel::attach::Attached;
use super::kernel::gil::Gil;
use super::kernel::policy::Mode;
use crate::handle::contained::{contained, discard};
use crate::handle::crew::Crew;
use crate::handle::{JobError, JobHandle};
use crate::sys::prim::{Condvar, Mutex};
use crate::sys::{Why, blocking, limits};
use crate::trace::{self, Kind};

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

/// What the pool and its threads share.
struct Shared {
    crew: Arc<Crew>,
    queue: WorkQueue,
    start_up: Mutex<StartUp>,
    /// The last thread is ready.
    started: Condvar,
}

/// Guarded by `Shared::start_up`.
#[derive(Default)]
struct StartUp {
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
        let (job, handle) = Answering::new(self.shared.crew.id, program);
        self.shared
            .queue
            .push(Job::Answering(job))
            .unwrap_or_else(|job| job.refuse(JobError::Shutdown));
        handle
    }

    /// Queues `program`, whose end nobody waits for; its panic is reported by the panic hook alone.
    ///
    /// Half the work of [`submit`](Self::submit), as there is no handle. After
    /// [`close`](Self::close) it is dropped.
    pub fn spawn<F>(&self, program: F)
    where
        F: FnOnce(&mut Attached<'_>) + Send + 'static,
    {
        let job = Job::Bare(Bare::new(Box::new(program)));
        self.shared.queue.push(job).unwrap_or_else(|job| job.refuse(JobError::Shutdown));
    }

    /// Takes no more jobs. Those that are queued still run.
    pub fn close(&self) {
        self.shared.queue.close();
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
    /// Says that one more thread has run its initializer.
    fn report(&self, initialized: thread::Result<()>) {
        let mut start_up = self.start_up.lock();
        start_up.ready += 1;
        let mut payload = initialized.err();
        if start_up.failure.is_none() {
            start_up.failure = payload.take();
        }
        let is_last = start_up.ready == self.queue.workers();
        drop(start_up);
        if is_last {
            self.started.notify_all();
        }
        // Its destructor is foreign code, so not under the lock.
        payload.into_iter().for_each(discard);
    }

    /// Sleeps until all threads have run their initializers.
    fn wait_until_ready(&self) -> io::Result<()> {
        let mut start_up = self.start_up.lock();
        while start_up.ready < self.queue.workers() {
            start_up = self.started.wait(start_up);
        }
        let Some(payload) = start_up.failure.take() else { return Ok(()) };
        drop(start_up);
        let error = JobError::panicked(payload);
        let told = io::Error::other(format!("an initializer failed: {error}"));
        contained(|| drop(error));
        Err(told)
    }
}

/// What one thread of the pool does all its life.
fn work(shared: &Shared, number: usize, gil: &Gil, initializer: Option<&Initializer>) {
    trace::emit(Kind::ThreadStart, 0, 0);
    shared.crew.enlist();
    gil.attach(|at| {
        let run_once = || initializer.map_or((), |initializer| initializer());
        shared.report(catch_unwind(AssertUnwindSafe(run_once)));
        while let Some(job) = shared.queue.next(number) {
            // INVARIANT: [POOL-2] an answering job catches its own panic; this one is of a bare one,
            // or of the destructor of an answer that nobody takes.
            contained(|| job.run(at));
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
        let shared = Arc::new(Shared {
            crew: Crew::new(workers),
            queue: WorkQueue::new(workers),
            start_up: Mutex::default(),
            started: Condvar::new(),
        });
        let mut pool = ThreadPool { shared, threads: Vec::with_capacity(workers), gils };
        for number in 0..workers {
            let (shared, gil) = (Arc::clone(&pool.shared), pool.gils[number].clone());
            let initializer = self.initializer.clone();
            let thread = named(&format!("{}-{number}", self.name))?
                .spawn(move || work(&shared, number, &gil, initializer.as_ref()))
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
