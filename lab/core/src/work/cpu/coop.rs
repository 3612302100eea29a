//! Computing in tasks on one thread.
//!
//! A task runs until it awaits, and a sum awaits nothing: the tasks run whole, one after another.

use super::{Input, compute, inputs};
use crate::terms::error::{LabError, Result};
use crate::work::arm::{Arm, Setup};
use trainyard::coop::{Runtime, join_all, spawn};

/// A task for each sum.
#[derive(Debug)]
pub struct Coop {
    inputs: Vec<Input>,
    runtime: Runtime,
}

impl Arm for Coop {
    type Answer = u128;

    fn start(setup: &Setup) -> Result<Self> {
        let runtime = Runtime::new().map_err(|why| LabError::failed("the loop", why))?;
        Ok(Self { inputs: inputs(setup.params.kernel), runtime })
    }

    fn round(&mut self) -> Result<Vec<u128>> {
        let sum = |&input: &Input| spawn(async move { compute(input) });
        let inputs = &self.inputs;
        let answers = self.runtime.block_on(async { join_all(inputs.iter().map(sum)).await });
        answers.into_iter().map(|answer| answer.map_err(LabError::from)).collect()
    }
}
