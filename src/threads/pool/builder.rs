//! How a pool is described before it is made.

use std::fmt;
use std::io;
use std::thread;

use super::ThreadPool;
use super::roster::{Initializer, Plan, Shared};
use crate::sys::{Why, blocking};
use crate::threads::kernel::gil::Gil;
use crate::threads::kernel::policy::Mode;

/// How many threads a pool has at most, if nothing is said: `ThreadPoolExecutor`'s rule. Enough to
/// keep the processors busy while four jobs wait for something, and not too many on a large machine.
const SPARE: usize = 4;
const DEFAULT_MAX: usize = 32;

/// Describes a pool before its threads are started.
#[must_use = "a builder starts nothing until `build`"]
pub struct Builder {
    size: Size,
    name: String,
    stack_size: Option<usize>,
    scope: Scope,
    initializer: Option<Initializer>,
}

/// How many threads, and when they are started.
#[derive(Clone, Copy, Debug)]
enum Size {
    OnDemand(usize),
    AtOnce(usize),
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

impl Builder {
    pub(super) fn new() -> Self {
        let processors = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            size: Size::OnDemand(DEFAULT_MAX.min(processors + SPARE)),
            name: "worker".to_owned(),
            stack_size: None,
            scope: Scope::PerPool(Gil::new(Mode::default())),
            initializer: None,
        }
    }

    /// So many threads, all of which [`build`](Self::build) starts, and whose initializers it waits for.
    ///
    /// # Panics
    ///
    /// Panics if `workers` is 0: nothing would ever run.
    pub fn workers(mut self, workers: usize) -> Self {
        self.size = Size::AtOnce(at_least_one(workers));
        self
    }

    /// At most so many threads, each of which is started by a job that no thread is idle for; defaults
    /// to four more than processors, and to 32 at most. `ThreadPoolExecutor`'s `max_workers`.
    ///
    /// # Panics
    ///
    /// Panics if `workers` is 0: nothing would ever run.
    pub fn max_workers(mut self, workers: usize) -> Self {
        self.size = Size::OnDemand(at_least_one(workers));
        self
    }

    /// The threads' name, which a number is added to; defaults to "worker".
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// How many bytes the stack of each thread has; defaults to 2 MiB.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
        self
    }

    /// The lock; defaults to a new one that is on, with CPython's rules.
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
    ///
    /// If it panics in a thread that is started on demand the pool is broken: every job that has not
    /// begun, and every later one, is answered with
    /// [`JobError::PoolBroken`](crate::handle::JobError::PoolBroken).
    pub fn initializer(mut self, initializer: impl Fn() + Send + Sync + 'static) -> Self {
        self.initializer = Some(Box::new(initializer));
        self
    }

    /// Makes the pool. With [`workers`](Self::workers) its threads are started, and have run their
    /// initializers; otherwise none is started yet.
    ///
    /// # Errors
    ///
    /// Fails for a zero byte in the threads' name. With [`workers`](Self::workers) it also fails if a
    /// thread cannot be started, or an initializer panics; the threads that were started are joined
    /// first.
    pub fn build(self) -> io::Result<ThreadPool> {
        let (Size::OnDemand(workers) | Size::AtOnce(workers)) = self.size;
        let gils = (0..workers).map(|_| self.scope.gil()).collect();
        let (name, stack_size) = (self.name, self.stack_size);
        let plan = Plan { name, stack_size, gils, initializer: self.initializer };
        // What is wrong with the name is said here, and not by the first job.
        drop(plan.thread(0)?);
        let pool = ThreadPool { shared: Shared::new(plan) };
        if let Size::AtOnce(_) = self.size {
            blocking(Why::Job, || pool.shared.start_all())?;
        }
        Ok(pool)
    }
}

fn at_least_one(workers: usize) -> usize {
    assert!(workers > 0, "a pool needs at least one worker");
    workers
}

impl fmt::Debug for Builder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Builder");
        debug.field("size", &self.size).field("name", &self.name);
        debug.finish_non_exhaustive()
    }
}
