//! The group `models`: one problem for threads, tasks and processes, and what each makes of it.
//!
//! Each experiment is one file; its twin in Python lies beside it.

mod arms;
pub mod cpu;
mod footprint;
pub mod how_many;
pub mod io;
pub mod pipeline;
mod room;
pub mod three_names;
mod trains;
pub mod ways_out;

use crate::ask::experiment::kit::experiment::Experiment;

/// In the order in which they are best met.
pub const EXPERIMENTS: &[&Experiment] = &[
    &three_names::EXPERIMENT,
    &io::EXPERIMENT,
    &cpu::EXPERIMENT,
    &ways_out::EXPERIMENT,
    &pipeline::EXPERIMENT,
    &how_many::EXPERIMENT,
];
