//! The group `models`: one problem for threads, tasks and processes, and what each makes of it.

mod arms;
mod cpu;
mod footprint;
mod how_many;
mod io;
mod pipeline;
mod room;
mod three_names;
mod trains;
mod ways_out;

use crate::ask::experiment::kit::prelude::{Design, designs};

/// In the order in which they are best met.
pub(crate) const DESIGNS: &[Design] = designs! {
    three_names, io, cpu, ways_out, pipeline, how_many
};
