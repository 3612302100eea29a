//! Computing in a pool of threads, with the lock on or off.

use super::{Input, compute_attached, inputs_attached};
use crate::terms::error::Result;
use crate::work::arm::{Arm, Setup};
use trainyard::threads::{Gil, ThreadPool};

/// A thread runs a sum, and gives way at a checkpoint when another asks for the lock.
#[derive(Debug)]
pub struct Threads {
    inputs: Vec<Input>,
    pool: ThreadPool,
}

impl Arm for Threads {
    type Answer = u128;

    fn start(setup: &Setup) -> Result<Self> {
        Ok(Self { inputs: inputs_attached(setup), pool: setup.thread_pool(|| ())? })
    }

    fn round(&mut self) -> Result<Vec<u128>> {
        let answers = self.pool.map(self.inputs.clone(), |at, input| compute_attached(input, at));
        Ok(answers.into_iter().collect::<std::result::Result<_, _>>()?)
    }

    fn gils(&self) -> &[Gil] {
        self.pool.gils()
    }
}
