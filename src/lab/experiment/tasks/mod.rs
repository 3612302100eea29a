//! The group `tasks`: what a loop does for its tasks, and what it cannot do.
//!
//! Each experiment is one file; its twin in Python lies beside it.

pub mod await_in_the_middle;
pub mod blocking_call;
pub mod neighbour;
pub mod starved_loop;

use super::Experiment;

/// In the order in which they are best met.
pub const EXPERIMENTS: &[&Experiment] =
    &[&await_in_the_middle::EXPERIMENT, &starved_loop::EXPERIMENT, &blocking_call::EXPERIMENT];
