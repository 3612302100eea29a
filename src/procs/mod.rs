//! The process pool: functions that run in other processes of the same program.
//!
//! A process has its own memory, its own descriptors and, in Python, its own interpreter with its
//! own global lock: so processes truly run at once. What that costs can be read here: the program
//! is started once more for each worker, every argument and answer is written out and read back,
//! and a variable that a job changes is not the parent's. And what it gives besides speed: a worker
//! that dies takes one job with it, and nothing else.
//!
//! # The life of one job
//!
//! ```text
//!  submit --(1)--> inbox --(2)--> queue --(3)--> socket ==(4)==> worker runs it
//!                                   ^                                 |
//!                                   +--(6) worker died before it      |
//!  join  <--------------------------------(5) answer, or worker died--+
//! ```
//!
//! 1. [`Pool::submit`] writes down which function, and the argument: a frame.
//! 2. The supervisor's bell rings; it takes what is in the inbox.
//! 3. A worker is free: the job is started, and cannot be cancelled any more.
//! 4. The worker, which runs the same program, finds the function at the same offset.
//! 5. Its answer comes back as a frame, or the worker ends without one: `WorkerDied`.
//! 6. A job that the dead worker had not begun is given to another.
//!
//! # What a worker has
//!
//! Its parent's environment and working folder, its stdout and stderr, the standard signals, and no
//! other descriptor. Its stdin is empty, so that it never takes a line away from its parent. It is
//! in a process group of its own: a Ctrl-C reaches the parent alone. A process that a job starts is
//! the job's to end: it outlives the worker, and a parent that was killed.
//!
//! # One line to add
//!
//! ```
//! trainyard::procs::init(); // the first line of main; a worker never gets beyond it
//! ```
//!
//! A pool starts the program that it is in. Without that line the worker would run all of `main`,
//! make a pool itself, and so on without end; CPython asks for `if __name__ == "__main__":` for the
//! same reason. Here a program that forgets it gets an error that quotes it, before any process is
//! started. Tests and benches that use a pool need a `main` of their own (`harness = false`).
//!
//! # Not here
//!
//! Pools inside workers: a worker gets an error, so no tree of processes can grow. Other
//! start methods than [`StartMethod::Spawn`]; a server that forks workers faster, as CPython's
//! default does, is to come, and the enum has room for it. Workers that are recycled after a number
//! of jobs.
//!
//! The counterparts in Python are `concurrent.futures.ProcessPoolExecutor`, which breaks for good
//! when one worker dies, and `multiprocessing.Pool`, whose caller then waits for ever.
//!
//! Read next: `kernel`, whose page gives the order; then [`pool`](Pool).

mod call;
mod death;
mod error;
mod kernel;
mod pool;
#[cfg(feature = "serde")]
mod postcard;
mod types;

use std::sync::atomic::{AtomicBool, Ordering};

pub use death::Death;
pub use error::PoolError;
#[doc(hidden)]
pub use kernel::frame::fuzz_frame;
pub use kernel::job::JobOptions;
pub use kernel::shared::Shutdown;
pub use kernel::spawn::StartMethod;
pub use kernel::wire::{Reader, Wire, WireError, Writer};
pub use pool::{Builder, Map, Pool};
#[cfg(feature = "serde")]
pub use postcard::Postcard;
#[cfg(feature = "serde")]
#[doc(hidden)]
pub use postcard::fuzz_answer;

static INITIALISED: AtomicBool = AtomicBool::new(false);

/// The first line of `main` of a program that uses a [`Pool`].
///
/// In a process that was started to be a worker it never returns: it runs jobs, and ends the
/// process when there are no more. In any other process it only notes that it was called.
///
/// # Example
///
/// ```
/// trainyard::procs::init();
/// // ... the program
/// ```
pub fn init() {
    kernel::child::enter_if_worker();
    // ORDER: Relaxed; a flag that publishes nothing else.
    INITIALISED.store(true, Ordering::Relaxed);
}

/// Checks that this process may have pools: it called [`init`], and it is no worker.
fn check_may_have_pools() -> Result<(), PoolError> {
    if kernel::child::is_worker() {
        return Err(PoolError::InsideWorker);
    }
    // ORDER: Relaxed; see `init`.
    INITIALISED.load(Ordering::Relaxed).then_some(()).ok_or(PoolError::NotInitialised)
}
