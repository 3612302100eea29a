//! The group `processes`: what a process has for itself, what that costs, and what it saves.
//!
//! Each experiment is one file; its twin in Python, if it has one, lies beside it. What is done in
//! processes is done in threads too, by the same functions.

pub mod chunk_size;
pub mod copy_on_write;
pub mod crash;
pub mod fork_trap;
pub mod ipc_cost;
pub mod start_methods;
pub mod what_a_process_owns;

use crate::ask::experiment::kit::experiment::Experiment;
use lab_core::terms::error::{LabError, Result};
use trainyard::procs::{Pool, Wire};
use trainyard::threads::{Gil, Mode, ThreadPool};

/// In the order in which they are best met.
pub const EXPERIMENTS: &[&Experiment] = &[
    &what_a_process_owns::EXPERIMENT,
    &start_methods::EXPERIMENT,
    &fork_trap::EXPERIMENT,
    &ipc_cost::EXPERIMENT,
    &chunk_size::EXPERIMENT,
    &copy_on_write::EXPERIMENT,
    &crash::EXPERIMENT,
];

/// Why a cell is left out.
fn never_forked() -> LabError {
    LabError::NoRoom("our pool starts the program anew, and never forks it".to_owned())
}

fn process_pool(workers: usize) -> Result<Pool> {
    let pool = Pool::builder().workers(workers).build();
    pool.map_err(|why| LabError::failed("the pool of processes", why))
}

/// Without a global lock: it is processes that are looked at.
fn thread_pool(workers: usize) -> Result<ThreadPool> {
    let pool = ThreadPool::builder().workers(workers).gil(Gil::new(Mode::Off)).build();
    pool.map_err(|why| LabError::failed("the pool of threads", why))
}

/// Runs `job` for each of `arguments` in a pool of processes.
fn in_processes<A: Wire, R: Wire + Send + 'static>(
    workers: usize,
    job: fn(A) -> R,
    arguments: Vec<A>,
) -> Result<Vec<R>> {
    let answers: std::result::Result<_, _> = process_pool(workers)?.map(job, arguments).collect();
    Ok(answers?)
}

/// The same in a pool of threads.
fn in_threads<A: Send + 'static, R: Send + 'static>(
    workers: usize,
    job: fn(A) -> R,
    arguments: Vec<A>,
) -> Result<Vec<R>> {
    let answers = thread_pool(workers)?.map(arguments, move |_, argument| job(argument));
    Ok(answers.into_iter().collect::<std::result::Result<_, _>>()?)
}
