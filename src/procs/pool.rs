//! The pool as its users see it.
//!
//! Everything here is said in a few lines: a pool is a [`Supervisor`] in a thread of its own and
//! what it [shares](Shared) with its users. Read [`supervisor`](super::kernel::supervisor) for how
//! it works.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{JoinHandle, ThreadId};
use std::time::Duration;

use super::kernel::job::{Job, JobOptions, prepare};
use super::kernel::shared::{Phase, Shared, Shutdown};
use super::kernel::spawn::{Initializer, StartMethod, Starter};
use super::kernel::supervisor::{Policy, Supervisor};
use super::kernel::wire::Wire;
use super::{Death, PoolError};
use crate::handle::{JobHandle, JobResult};
use crate::sys::prim::Mutex;
use crate::sys::{Why, affinity, blocking, limits, process};

/// Several processes of this program that run functions for it.
///
/// # Cancel behaviour
///
/// Dropping the pool is [`shutdown(Cancel)`](Shutdown::Cancel): jobs in the queue are answered
/// with [`Shutdown`](crate::handle::JobError::Shutdown), those that run get the pool's grace, and
/// when the drop returns no process of the pool's is left. What a job has started itself is the
/// job's to end.
///
/// # Example: four functions in two processes
///
/// ```no_run
/// fn square(n: u64) -> u64 {
///     n * n
/// }
///
/// fn main() -> Result<(), trainyard::procs::PoolError> {
///     trainyard::procs::init();
///     let pool = trainyard::procs::Pool::builder().workers(2).build()?;
///     let squares: Result<Vec<u64>, _> = pool.map(square, 1..=4).collect();
///     assert_eq!(squares.unwrap(), [1, 4, 9, 16]);
///     Ok(())
/// }
/// ```
pub struct Pool {
    shared: Arc<Shared>,
    supervisor: Mutex<Option<JoinHandle<()>>>,
    supervisor_id: ThreadId,
    workers: usize,
}

impl Pool {
    /// Returns a builder with the defaults.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Runs `function(argument)` in a worker.
    ///
    /// The function is a plain one: a closure that captures nothing will do as well. It begins in
    /// another process, so what it changes there, it does not change here.
    pub fn submit<A, R>(&self, function: fn(A) -> R, argument: A) -> JobHandle<R>
    where
        A: Wire,
        R: Wire + Send + 'static,
    {
        self.submit_with(JobOptions::default(), function, argument)
    }

    /// As [`submit`](Self::submit), with options.
    #[expect(clippy::needless_pass_by_value, reason = "as `submit`; the caller needs it no more")]
    pub fn submit_with<A, R>(
        &self,
        options: JobOptions,
        function: fn(A) -> R,
        argument: A,
    ) -> JobHandle<R>
    where
        A: Wire,
        R: Wire + Send + 'static,
    {
        let (job, handle) = prepare(function, &argument, options);
        self.shared.push(job.into_iter().collect());
        handle
    }

    /// Runs `function` in the workers for each of `arguments`, and returns the answers in their
    /// order.
    ///
    /// All jobs are submitted before this returns. Dropping the iterator cancels those that have
    /// not started.
    pub fn map<A, R>(&self, function: fn(A) -> R, arguments: impl IntoIterator<Item = A>) -> Map<R>
    where
        A: Wire,
        R: Wire + Send + 'static,
    {
        let prepared = arguments
            .into_iter()
            .map(|argument| prepare(function, &argument, JobOptions::default()));
        let (jobs, handles): (Vec<Option<Job>>, Vec<JobHandle<R>>) = prepared.unzip();
        self.shared.push(jobs.into_iter().flatten().collect());
        Map { handles: handles.into_iter() }
    }

    /// Returns how many workers the pool keeps.
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// Returns the process numbers of the workers that are ready now.
    pub fn pids(&self) -> Vec<u32> {
        self.shared.lock().pids.iter().flatten().copied().collect()
    }

    /// Returns the deaths of workers that were not sent home, oldest first; the last 1 024.
    pub fn deaths(&self) -> Vec<Death> {
        self.shared.lock().deaths.iter().cloned().collect()
    }

    /// Ends the pool and waits until its last worker is gone.
    ///
    /// May be called from any thread and more than once. From a job's
    /// [`on_done`](JobHandle::on_done), which runs in the pool's own thread, it does not wait.
    pub fn shutdown(&self, how: Shutdown) {
        self.shared.request(how);
        if std::thread::current().id() == self.supervisor_id {
            return;
        }
        let supervisor = self.supervisor.lock().take();
        match supervisor {
            Some(supervisor) => {
                let joined = blocking(Why::Job, || supervisor.join());
                debug_assert!(joined.is_ok(), "the supervisor panicked");
            }
            // Another thread joins it already.
            None => self.shared.wait_past(Phase::Ending),
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shutdown(Shutdown::Cancel);
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Pool")
            .field("workers", &self.workers)
            .field("pids", &self.pids())
            .finish_non_exhaustive()
    }
}

/// The answers of [`Pool::map`], in the order of its arguments.
#[must_use = "dropped, it cancels the jobs that have not started"]
#[derive(Debug)]
pub struct Map<R> {
    handles: std::vec::IntoIter<JobHandle<R>>,
}

impl<R> Iterator for Map<R> {
    type Item = JobResult<R>;

    /// Sleeps until the next answer is there.
    fn next(&mut self) -> Option<Self::Item> {
        self.handles.next().map(JobHandle::join)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.handles.size_hint()
    }
}

impl<R> ExactSizeIterator for Map<R> {}

impl<R> Drop for Map<R> {
    fn drop(&mut self) {
        for handle in self.handles.by_ref() {
            handle.cancel();
        }
    }
}

/// What a pool is to be like.
#[derive(Clone, Debug)]
#[must_use = "a builder makes nothing before `build`"]
pub struct Builder {
    workers: usize,
    initializer: Option<Result<Initializer, String>>,
    start_method: StartMethod,
    policy: Policy,
}

impl Default for Builder {
    /// As many workers as there are processors, and the times below.
    fn default() -> Self {
        let policy = Policy {
            prefetch: 0,
            hello_timeout: Duration::from_secs(10),
            shutdown_grace: Duration::from_secs(2),
            kill_grace: Duration::from_millis(100),
        };
        let workers = affinity::allowed_cpus().map_or(1, |cpus| cpus.len());
        Self { workers, initializer: None, start_method: StartMethod::default(), policy }
    }
}

impl Builder {
    /// Sets how many workers the pool keeps; by default one for each processor it may use.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// Sets what each worker runs before its first job, for instance to open a connection.
    ///
    /// If it panics in one of them, the pool is broken: the others would not be any better.
    pub fn initializer(mut self, initializer: fn()) -> Self {
        self.initializer = Some(Initializer::plain(initializer));
        self
    }

    /// As [`initializer`](Self::initializer), with an argument that each worker gets: what
    /// `multiprocessing.Pool` calls `initargs`.
    #[expect(clippy::needless_pass_by_value, reason = "as `submit`; the caller needs it no more")]
    pub fn initializer_with<A: Wire>(mut self, initializer: fn(A), argument: A) -> Self {
        self.initializer = Some(Initializer::with(initializer, &argument));
        self
    }

    /// Sets how workers come to be.
    pub fn start_method(mut self, method: StartMethod) -> Self {
        self.start_method = method;
        self
    }

    /// Sets how many jobs may wait in a worker's socket behind the one that it runs; 0 by default.
    ///
    /// More saves the time between two jobs, which matters if they are shorter than some 100 µs.
    /// A job that waits there cannot be cancelled, and waits also while other workers are idle.
    pub fn prefetch(mut self, jobs: usize) -> Self {
        self.policy.prefetch = jobs;
        self
    }

    /// Sets how long a worker that was started may take to call [`init`](super::init); 10 s.
    pub fn hello_timeout(mut self, timeout: Duration) -> Self {
        self.policy.hello_timeout = timeout;
        self
    }

    /// Sets how long jobs may go on when the pool is dropped; 2 s by default.
    pub fn shutdown_grace(mut self, grace: Duration) -> Self {
        self.policy.shutdown_grace = grace;
        self
    }

    /// Sets how long a worker that was asked to end (SIGTERM) has before it is killed; 100 ms.
    pub fn kill_grace(mut self, grace: Duration) -> Self {
        self.policy.kill_grace = grace;
        self
    }

    /// Starts the workers, and returns when all of them are ready for jobs.
    ///
    /// # Errors
    ///
    /// Fails if the program has not called [`init`](super::init), if a worker ends before it is
    /// ready, or if the system has no room for what is needed. Nothing stays behind then.
    pub fn build(self) -> Result<Pool, PoolError> {
        super::check_may_have_pools()?;
        if self.workers == 0 {
            return Err(PoolError::NoWorkers);
        }
        process::keep_exit_statuses();
        let initializer =
            self.initializer.transpose().map_err(|reason| PoolError::Broken { reason })?;
        let shared = Arc::new(Shared::new(self.workers)?);
        let starter = Starter::new(self.start_method, initializer)?;
        let supervisor = Supervisor::new(Arc::clone(&shared), self.policy, starter, self.workers)?;
        let thread = std::thread::Builder::new().name("supervisor".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || supervise(supervisor, &shared)
        });
        let thread = thread.map_err(limits::of_a_thread)?;
        let supervisor_id = thread.thread().id();
        let supervisor = Mutex::new(Some(thread));
        let pool = Pool { shared, supervisor, supervisor_id, workers: self.workers };
        pool.shared.wait_past(Phase::Starting);
        let broken = pool.shared.lock().broken.clone();
        match broken {
            Some(reason) => Err(PoolError::Broken { reason }),
            None => Ok(pool),
        }
    }
}

/// The supervisor's thread. If it panicked, which would be a bug, nobody is to wait for ever.
fn supervise(supervisor: Supervisor, shared: &Shared) {
    let outcome = catch_unwind(AssertUnwindSafe(|| supervisor.run()));
    if outcome.is_err() {
        shared.end(Some("its supervisor panicked"));
    }
}
