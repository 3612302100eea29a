//! The group `processes`: what a process has for itself, what that costs, and what it saves.
//! What is done in processes is done in threads too, by the same functions.

mod chunk_size;
mod copy_on_write;
mod crash;
mod fork_trap;
mod ipc_cost;
mod start_methods;
mod what_a_process_owns;

use crate::ask::experiment::kit::prelude::*;
use trainyard::handle::{JobError, JobHandle};
use trainyard::procs::{Pool, Wire};
use trainyard::threads::{Gil, Mode};

/// In the order in which they are best met.
pub(crate) const DESIGNS: &[Design] = designs! {
    what_a_process_owns, start_methods, fork_trap, ipc_cost, chunk_size, copy_on_write, crash
};

/// What can be sent to a thread and to a process.
trait Sent: Wire + Send + 'static {}

impl<T: Wire + Send + 'static> Sent for T {}

/// Workers of one kind: both kinds do the same jobs.
enum Workers {
    /// Without a global lock: it is processes that are looked at.
    Threads(ThreadPool),
    Processes(Pool),
}

impl Workers {
    /// Starts `count` workers of the kind that a cell names; one with forks is left out.
    fn start(kind: &str, count: usize) -> Result<Self> {
        match kind {
            "thread" | "threads" => hogs::pool(count, Gil::new(Mode::Off)).map(Self::Threads),
            "process" | "processes" | "spawn" => {
                let pool = Pool::builder().workers(count).build();
                let pool = pool.map_err(|why| LabError::failed("the pool of processes", why));
                pool.map(Self::Processes)
            }
            _ => {
                let why = "our pool starts the program anew, and never forks it";
                Err(LabError::NoRoom(why.to_owned()))
            }
        }
    }

    fn submit<A: Sent, R: Sent>(&self, job: fn(A) -> R, argument: A) -> JobHandle<R> {
        match self {
            Self::Threads(pool) => pool.submit(move |_| job(argument)),
            Self::Processes(pool) => pool.submit(job, argument),
        }
    }

    /// Runs `job` for each of `arguments`, and waits for the answers.
    fn map<A: Sent, R: Sent>(&self, job: fn(A) -> R, arguments: Vec<A>) -> Result<Vec<R>> {
        let answers: std::result::Result<_, JobError> = match self {
            Self::Threads(pool) => {
                pool.map(arguments, move |_, one| job(one)).into_iter().collect()
            }
            Self::Processes(pool) => pool.map(job, arguments).collect(),
        };
        Ok(answers?)
    }
}
