//! The group `lock`: what a global interpreter lock does, and what it does not.
//!
//! Each experiment is one file; its twin in Python lies beside it.

pub mod c_library;
pub mod ccbench;
pub mod convoy;
pub mod fairness;
pub mod interval;
pub mod lost_updates;
pub mod scaling;
pub mod sub_interpreters;
pub mod the_articles_race;

use crate::ask::experiment::kit::cell::Cell;
use crate::ask::experiment::kit::experiment::Experiment;
use crate::ask::experiment::kit::hogs;
use trainyard::threads::{Gil, Placement};

/// In the order in which they are best met.
pub const EXPERIMENTS: &[&Experiment] = &[
    &scaling::EXPERIMENT,
    &convoy::EXPERIMENT,
    &interval::EXPERIMENT,
    &c_library::EXPERIMENT,
    &ccbench::EXPERIMENT,
    &fairness::EXPERIMENT,
    &sub_interpreters::EXPERIMENT,
    &lost_updates::EXPERIMENT,
    &the_articles_race::EXPERIMENT,
];

/// The lock of `cell`, which may be asked for at its `places`.
fn gil_asked_at_places(cell: &Cell) -> Gil {
    let gil = hogs::gil(cell);
    gil.set_placement(match cell.word("places") {
        "operations" => Placement::EveryOperation,
        "back-edges" => Placement::BackEdgesAndCalls,
        _ => Placement::Never,
    });
    gil
}
