//! The group `tasks`: what a loop does for its tasks, and what it cannot do.
//!
//! Each experiment is one file; its twin in Python lies beside it.

pub mod await_in_the_middle;
pub mod blocking_call;
pub mod file_io;
pub mod how_a_task_wakes;
mod neighbour;
pub mod starved_loop;
pub mod timers_on_time;
pub mod trace_cost;

use crate::ask::experiment::kit::experiment::Experiment;
use crate::ask::experiment::kit::figures::Results;

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

/// A sentence about the first CPython that was measured in `cell`, and its `figure`.
fn theirs(
    results: &Results,
    cell: &str,
    figure: &str,
    say: impl FnOnce(String, f64) -> String,
) -> String {
    let first = results.pythons(cell, figure).next();
    first.map_or_else(String::new, |(who, value)| say(who.name(), value))
}
