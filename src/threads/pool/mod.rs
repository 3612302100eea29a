//! Threads that run jobs: the counterpart of `ThreadPoolExecutor`.
//!
//! # The life of one job
//!
//! 1. [`ThreadPool::submit`] makes a block that both ends of the job share, with its program in it,
//!    and queues it. If no worker will look for it, and there may be more, one is started (`roster`).
//! 2. A worker takes it (`work_queue`). While a worker waits for one it does not
//!    hold the global lock: that is a blocking call.
//! 3. The worker, attached to the lock, runs the job. Its panic is caught there.
//! 4. The job is done, which wakes whoever joins or awaits.
//!
//! # Invariants
//!
//! - **POOL-1** A job that was queued is run, cancelled, or answered with `Shutdown` or `PoolBroken`:
//!   never lost.
//! - **POOL-2** A job's panic ends the job and not its thread.
//!
//! Read in this order: `job`, one job; `spread` and `work_queue`, where jobs wait for a worker and
//! workers for a job; this file; `roster`, when threads are started; [`scope`], jobs that borrow; `map`,
//! one program for many items; [`map_lazy`], the same, read while it runs; `builder`.
//!
//! # Not here
//!
//! Running another job while a worker waits for one: a worker that waits sleeps. (A pool that steals
//! work inside a join runs whatever it finds, under whatever locks the waiting job holds: rayon#592.)

mod builder;
mod closure;
mod job;
mod map;
pub mod map_lazy;
mod roster;
pub mod scope;
mod spread;
mod work_queue;

use std::fmt;
use std::sync::Arc;

pub use self::builder::Builder;

use self::job::Job;
use self::roster::Shared;
use super::kernel::attach::Attached;
use super::kernel::gil::Gil;
use crate::handle::crew::Crew;
use crate::handle::{JobError, JobHandle};
use crate::sys::{Why, blocking};

/// A set of threads that run jobs under one global lock.
///
/// Dropping the pool lets the queued jobs run, then joins the threads, as leaving Python's
/// `with ThreadPoolExecutor(…)` does.
pub struct ThreadPool {
    shared: Arc<Shared>,
}

/// What becomes of jobs that have not begun when a pool is shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancel {
    /// They run.
    Nothing,
    /// They are cancelled: Python's `cancel_futures=True`.
    Queued,
}

impl ThreadPool {
    /// Begins to describe a pool.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Returns the lock that the pool's jobs run under; the first worker's, if each has its own.
    pub fn gil(&self) -> &Gil {
        &self.gils()[0]
    }

    /// Returns each worker's lock: the same one, or each its own.
    pub fn gils(&self) -> &[Gil] {
        &self.shared.plan.gils
    }

    /// Returns how many threads the pool has, or may have if they are started on demand.
    pub fn workers(&self) -> usize {
        self.shared.queue.workers()
    }

    /// Returns how many threads were started.
    pub fn started(&self) -> usize {
        self.shared.crew.workers()
    }

    /// Returns how many threads have nothing to do, at this moment.
    pub fn idle(&self) -> usize {
        self.shared.queue.idle()
    }

    /// Queues `program`, which will run attached to the pool's lock.
    ///
    /// A thread is started if none is idle, and there may be more; a job for which that fails waits for
    /// those that run, and if none does its answer is [`JobError::PoolBroken`]. After
    /// [`close`](Self::close) the job is not run: its answer is [`JobError::Shutdown`].
    pub fn submit<T, F>(&self, program: F) -> JobHandle<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Attached<'_>) -> T + Send + 'static,
    {
        let (job, handle) = Job::answering(self.shared.crew.id, program);
        self.shared.enqueue(job);
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
        self.shared.enqueue(Job::bare(program));
    }

    /// Takes no more jobs. Those that are queued still run. Python's `shutdown(wait=False)`.
    pub fn close(&self) {
        self.shared.queue.close();
    }

    /// Cancels every job that has not begun: its answer is [`JobError::Cancelled`].
    ///
    /// A [`scope`](Self::scope) or a [`map`](Self::map) that somebody waits in goes on.
    pub fn cancel_queued(&self) {
        for job in self.shared.queue.take_out(|job| !matches!(job, Job::Helper(_))) {
            job.refuse(JobError::Cancelled);
        }
    }

    /// Takes no more jobs, and waits until all have ended: Python's `shutdown`.
    ///
    /// It may be called again, by several threads at once. Called by one of the pool's own jobs it does
    /// not wait, as that job would have to end first. Without waiting: [`close`](Self::close), and
    /// [`cancel_queued`](Self::cancel_queued) after it.
    ///
    /// # Example
    ///
    /// ```
    /// use trainyard::handle::JobError;
    /// use trainyard::threads::{Cancel, ThreadPool};
    ///
    /// let pool = ThreadPool::builder().max_workers(1).build()?;
    /// let (end, ends) = std::sync::mpsc::channel::<()>();
    /// let (runs, running) = std::sync::mpsc::channel();
    /// let first = pool.submit(move |_| runs.send(()).map(|()| ends.iter().count()));
    /// let second = pool.submit(|_| 2);
    /// running.recv()?; // the first has begun
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| pool.shutdown(Cancel::Queued));
    ///     assert!(matches!(second.join(), Err(JobError::Cancelled)));
    ///     drop(end);
    /// });
    /// assert!(first.is_finished());
    /// assert!(matches!(pool.submit(|_| ()).join(), Err(JobError::Shutdown)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shutdown(&self, cancel: Cancel) {
        self.close();
        if cancel == Cancel::Queued {
            self.cancel_queued();
        }
        if Crew::is_mine(self.shared.crew.id) {
            return;
        }
        // Who has queued a job just now may be about to start its thread.
        self.shared.grow();
        blocking(Why::Job, || self.shared.wait_until_ended());
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        self.close();
        blocking(Why::Job, || self.shared.join_threads());
    }
}

impl fmt::Debug for ThreadPool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("ThreadPool");
        debug.field("workers", &self.workers()).field("gil", self.gil()).finish_non_exhaustive()
    }
}
