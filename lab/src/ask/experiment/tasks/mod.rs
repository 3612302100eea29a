//! The group `tasks`: what a loop does for its tasks, and what it cannot do.
//!
//! Each experiment is one file; its twin in Python lies beside it.

pub mod await_in_the_middle;
pub mod blocking_call;
pub mod file_io;
pub mod how_a_task_wakes;
pub mod neighbour;
pub mod starved_loop;
pub mod timers_on_time;
pub mod trace_cost;

use crate::ask::experiment::kit::experiment::Experiment;

/// In the order in which they are best met.
pub const EXPERIMENTS: &[&Experiment] = &[
    &await_in_the_middle::EXPERIMENT,
    &starved_loop::EXPERIMENT,
    &blocking_call::EXPERIMENT,
    &file_io::EXPERIMENT,
    &how_a_task_wakes::EXPERIMENT,
    &timers_on_time::EXPERIMENT,
    &trace_cost::EXPERIMENT,
];
