//! Computing, one after another.

use super::{Input, compute, inputs};
use crate::terms::error::Result;
use crate::work::arm::{Arm, Setup};

/// The plain loop that every other model is measured against.
#[derive(Debug)]
pub struct Sync {
    inputs: Vec<Input>,
}

impl Arm for Sync {
    type Answer = u128;

    fn start(setup: &Setup) -> Result<Self> {
        Ok(Self { inputs: inputs(setup.params.kernel) })
    }

    fn round(&mut self) -> Result<Vec<u128>> {
        Ok(self.inputs.iter().map(|&input| compute(input)).collect())
    }
}
