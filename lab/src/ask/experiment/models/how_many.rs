//! How many of each one can have: what they take when they do nothing but wait, at sizes that go up
//! by tens.

use super::trains;
use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("how_many.md"), trains::measure)
    .twin(trains::TWIN, |python, cell| python.has_tasks() && is_small(cell))
    .relations(&[
        counting("all-are-alive-at-once", &special(|_| true, all_are_alive))
            .wrong(|cell| cell.set("count", cell.count("count") / 2)),
        counting("a-task-is-small", &that(|[task, thread]| 10.0 * task < thread)).wrong(be_threads),
        timing("a-task-starts-sooner", &that(|[task, thread]| 2.0 * task < thread))
            .wrong(be_threads),
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

fn be_threads(cell: &mut Cell) {
    cell.set("model", "threads");
    cell.set("count", 1_000);
}

/// Shows a cell in which some are missing, or else the last. Its label says how many there should be.
fn all_are_alive(results: &Results, who: &Contender) -> Option<Check> {
    let cells = results.measured.iter().filter(|one| one.contender == *who).filter_map(|one| {
        let digits: String = one.cell.chars().filter(char::is_ascii_digit).collect();
        let (alive, wanted) = (results.count(who, &one.cell, "alive")?, digits.parse().ok()?);
        Some((alive >= wanted, format!("{}: {} alive", one.cell, grouped(alive))))
    });
    let (holds, figures) = cells.reduce(|one, next| if one.0 { next } else { one })?;
    Some(Check::that(holds, figures))
}
