//! The group `lock`: what a global interpreter lock does, and what it does not.

mod c_library;
mod ccbench;
mod convoy;
mod fairness;
mod interval;
mod lost_updates;
mod scaling;
mod sub_interpreters;
mod the_articles_race;

use crate::ask::experiment::kit::prelude::*;
use trainyard::threads::{Gil, Placement};

/// In the order in which they are best met.
pub(crate) const DESIGNS: &[Design] = designs! {
    scaling, convoy, interval, c_library, ccbench, fairness, sub_interpreters, lost_updates,
    the_articles_race
};

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
