//! The group `tasks`: what a loop does for its tasks, and what it cannot do.

mod await_in_the_middle;
mod blocking_call;
mod file_io;
mod how_a_task_wakes;
mod neighbour;
mod starved_loop;
mod timers_on_time;
mod trace_cost;

use crate::ask::experiment::kit::prelude::{Design, designs};

/// In the order in which they are best met.
pub(crate) const DESIGNS: &[Design] = designs! {
    await_in_the_middle, starved_loop, blocking_call, file_io, how_a_task_wakes,
    timers_on_time, trace_cost
};
