//! Computing in a pool of processes.
//!
//! A job is a plain function: it travels as an address in the program that both processes run.
//! Its argument and its answer are encoded, sent and decoded.

use super::{Input, compute, inputs};
use crate::terms::error::Result;
use crate::work::arm::{Arm, Setup};
use trainyard::procs::{Pool, Postcard};

/// A process runs a sum; nothing is shared, so nothing need be locked.
#[derive(Debug)]
pub struct Procs {
    inputs: Vec<Input>,
    pool: Pool,
}

impl Arm for Procs {
    type Answer = u128;

    fn start(setup: &Setup) -> Result<Self> {
        Ok(Self { inputs: inputs(setup.params.kernel), pool: setup.process_pool(|_| ())? })
    }

    fn round(&mut self) -> Result<Vec<u128>> {
        let answers = self.pool.map(sum, self.inputs.iter().map(|&input| Postcard(input)));
        Ok(answers.into_iter().collect::<std::result::Result<_, _>>()?)
    }

    fn workers(&self) -> Option<&Pool> {
        Some(&self.pool)
    }
}

fn sum(Postcard(input): Postcard<Input>) -> u128 {
    compute(input)
}
