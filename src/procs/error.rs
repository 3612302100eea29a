//! Why there is no pool.

use std::fmt;
use std::io;

/// Why a pool could not be made. New reasons may be added.
#[derive(Debug)]
#[non_exhaustive]
pub enum PoolError {
    /// The program has not called [`init`](super::init): its workers would run all of `main`.
    NotInitialised,
    /// This process is a worker, and workers have no pools.
    InsideWorker,
    /// A pool of no workers would never answer.
    NoWorkers,
    /// The system refused what a pool needs: a descriptor, memory, a thread.
    System(io::Error),
    /// A worker could not be started, or ended before it was ready.
    Broken {
        /// What became of it.
        reason: String,
    },
}

impl fmt::Display for PoolError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInitialised => formatter.write_str(
                "a process pool starts this program again for each worker, and the program would \
                 not notice; add this as the first line of main: trainyard::procs::init();",
            ),
            Self::InsideWorker => {
                formatter.write_str("a worker process cannot have a process pool of its own")
            }
            Self::NoWorkers => formatter.write_str("a process pool needs at least one worker"),
            Self::System(error) => write!(formatter, "a process pool cannot be made: {error}"),
            Self::Broken { reason } => write!(formatter, "the process pool is broken: {reason}"),
        }
    }
}

impl std::error::Error for PoolError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for PoolError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}
