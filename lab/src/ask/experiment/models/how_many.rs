//! How many of each one can have: what they take when they do nothing but wait, at sizes that go up
//! by tens.

use super::trains;
use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("how_many.md"), cells, trains::measure)
    .twin(trains::TWIN, |python, cell| python.has_tasks() && is_small(cell))
    .relations(&[
        counting("all-are-alive-at-once", &special(|_| true, all_are_alive))
            .wrong(|cell| cell.set("count", cell.count("count") / 2)),
        counting("a-task-is-small", &that(|[task, thread]| 10.0 * task < thread)).wrong(be_threads),
        timing("a-task-starts-sooner", &that(|[task, thread]| 2.0 * task < thread))
            .wrong(be_threads),
    ]);

/// The sizes of each model. Those above the first figure are for the full scale alone, and show
/// nothing new in a CPython: a task of asyncio takes a kilobyte or two, a process megabytes.
const SIZES: [(&str, usize, &[usize]); 3] = [
    ("tasks", 100_000, &[10, 1_000, 100_000, 1_000_000]),
    ("threads", 1_000, &[10, 1_000, 10_000]),
    ("processes", 8, &[2, 8, 50, 200]),
];

fn is_small(cell: &Cell) -> bool {
    let (model, count) = (cell.word("model"), cell.count("count"));
    SIZES.iter().any(|(name, small_max, _)| *name == model && count <= *small_max)
}

fn cells(scale: Scale) -> Vec<Cell> {
    let sizes = SIZES.into_iter().flat_map(|(model, _, counts)| {
        let label = move |count| format!("{} {model}", grouped(count as u64));
        counts.iter().map(move |&count| trains::cell(label(count), model, count))
    });
    sizes.filter(|cell| scale == Scale::Full || is_small(cell)).collect()
}

fn be_threads(cell: &mut Cell) {
    cell.set("model", "threads");
    cell.set("count", 1_000);
}

/// Shows a cell in which some are missing, or else the last.
fn all_are_alive(results: &Results, who: &Contender) -> Option<Check> {
    let cells = cells(Scale::Full).into_iter().filter_map(|cell| {
        let alive = results.count(who, &cell.label, "alive")?;
        let holds = alive >= cell.count("count") as u64;
        Some((holds, format!("{}: {} alive", cell.label, grouped(alive))))
    });
    let (holds, figures) = cells.reduce(|one, next| if one.0 { next } else { one })?;
    Some(Check::that(holds, figures))
}
