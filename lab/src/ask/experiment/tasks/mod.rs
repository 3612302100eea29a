//! The group `tasks`: what a loop does for its tasks, and what it cannot do.

mod await_in_the_middle;
mod blocking_call;
mod file_io;
mod how_a_task_wakes;
mod neighbour;
mod starved_loop;
mod timers_on_time;
mod trace_cost;

use crate::ask::experiment::kit::experiment::Design;

/// In the order in which they are best met.
pub(crate) const DESIGNS: &[Design] = &[
    await_in_the_middle::DESIGN,
    starved_loop::DESIGN,
    blocking_call::DESIGN,
    file_io::DESIGN,
    how_a_task_wakes::DESIGN,
    timers_on_time::DESIGN,
    trace_cost::DESIGN,
];
