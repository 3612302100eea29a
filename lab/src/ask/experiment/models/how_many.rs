//! How many of each one can have: what they take when they do nothing but wait, at sizes that go up
//! by tens.

use super::trains;
use crate::ask::experiment::kit::prelude::*;
use crate::ask::experiment::kit::quantity::written;

pub(super) const DESIGN: Design = Design::new(include_str!("how_many.md"), trains::measure)
    .twin(trains::TWIN, |python, cell| python.has_tasks() && is_small(cell))
    .relations(&[
        counting(
            "all-are-alive-at-once",
            &that(|alive: [f64; 11]| missing(alive).is_none()).shown(shown),
        ),
        counting("a-task-is-small", &that(|[task, thread]| 10.0 * task < thread)),
        timing("a-task-starts-sooner", &that(|[task, thread]| 2.0 * task < thread)),
    ]);

/// Larger ones are for the full scale alone, and show nothing new in a CPython: a task of asyncio
/// takes a kilobyte or two, a process megabytes.
fn is_small(cell: &Cell) -> bool {
    let small_max = match cell.word("model") {
        "tasks" => 100_000,
        "threads" => 1_000,
        _ => 8,
    };
    cell.count("count") <= small_max
}

/// In the order in which they are seen; each says how many there should be.
const CELLS: [&str; 11] = [
    "10 tasks",
    "1 000 tasks",
    "100 000 tasks",
    "1 000 000 tasks",
    "10 threads",
    "1 000 threads",
    "10 000 threads",
    "2 processes",
    "8 processes",
    "50 processes",
    "200 processes",
];

/// The cells that were measured, and how many were alive there.
fn measured(alive: [f64; 11]) -> impl Iterator<Item = (&'static str, f64)> {
    CELLS.into_iter().zip(alive).filter(|(_, alive)| !alive.is_nan())
}

fn missing(alive: [f64; 11]) -> Option<(&'static str, f64)> {
    measured(alive).find(|(cell, alive)| {
        let wanted = cell.chars().filter_map(|digit| digit.to_digit(10));
        *alive < f64::from(wanted.fold(0, |number, digit| 10 * number + digit))
    })
}

/// A cell in which some are missing, or else the last.
fn shown(alive: [f64; 11]) -> String {
    let (cell, alive) = missing(alive).or(measured(alive).last()).unwrap_or_default();
    format!("{cell}: {} alive", written("grouped", "alive", alive))
}
