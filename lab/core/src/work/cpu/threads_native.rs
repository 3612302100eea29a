//! Computing in a pool of threads that give the lock up while they compute.
//!
//! This is the notes' "writing some of your code in a different language": a library in C that
//! does not touch Python's objects runs beside the threads that do.

use super::{Input, compute, inputs};
use crate::terms::error::Result;
use crate::work::arm::{Arm, Setup};
use trainyard::sys::Why;
use trainyard::threads::{Gil, ThreadPool};

/// A thread takes the lock for a job, and gives it up around the job's loop.
#[derive(Debug)]
pub struct ThreadsNative {
    inputs: Vec<Input>,
    pool: ThreadPool,
}

impl Arm for ThreadsNative {
    type Answer = u128;

    fn start(setup: &Setup) -> Result<Self> {
        Ok(Self { inputs: inputs(setup.params.kernel), pool: setup.thread_pool(|| ())? })
    }

    fn round(&mut self) -> Result<Vec<u128>> {
        let answers = self
            .pool
            .map(self.inputs.clone(), |at, input| at.detach(Why::Native, || compute(input)));
        Ok(answers.into_iter().collect::<std::result::Result<_, _>>()?)
    }

    fn gils(&self) -> &[Gil] {
        self.pool.gils()
    }
}
