//! A tape, drawn: one column for each train, time runs downwards.

use super::render::spaced;
use std::collections::BTreeSet;

use lab_core::text::numbers::grouped;
use lab_core::work::race::schedule::name;
use lab_core::work::race::tape::{Line, Lost, Stretch, Tape};
use trainyard::vm::Program;

/// More columns are not read.
const COLUMNS_MAX: usize = 4;

/// A deadlock of two trains is made in two turns; a few more say where they came from.
const TURNS_AT_END: usize = 3;

/// One instruction, or what stands for several that are left out, in its train's column.
type Cell = (usize, String);

/// Draws the whole tape, or as much as was kept.
pub fn whole(tape: &Tape, program: &Program) -> String {
    let cells = tape.stretches.iter().flat_map(|stretch| cells(stretch, program)).collect();
    draw(cells, tape.lost.map(|lost| lost.train))
}

/// Draws how an update was lost: from the load of what was stored too late.
pub fn how_lost(tape: &Tape, lost: &Lost, program: &Program) -> String {
    let mut drawn = vec![(lost.train, text(&lost.load, program))];
    let behind = lost.load_step + 1;
    let kept = tape.stretches.front().map_or(behind, |first| first.begin);
    if kept > behind {
        let more = grouped(kept - behind);
        drawn.push((lost.train, format!("... {more} more, of all ...")));
    }
    for stretch in tape.stretches.iter().filter(|stretch| stretch.begin + stretch.steps > behind) {
        drawn.extend(cells(&from(stretch, behind), program));
    }
    draw(drawn, Some(lost.train))
}

/// The rest of a turn, from the instruction that has so many before it.
fn from(stretch: &Stretch, step: u64) -> Stretch {
    let gone = step.saturating_sub(stretch.begin);
    // Few of a turn's lines are kept, so what is gone can be counted in them or is more than all.
    let gone_lines = usize::try_from(gone).unwrap_or(usize::MAX);
    let first = stretch.first.iter().skip(gone_lines).copied().collect();
    let steps = stretch.steps - gone;
    let kept = usize::try_from(steps).unwrap_or(usize::MAX);
    let last = stretch.last.iter().skip(stretch.last.len().saturating_sub(kept)).copied().collect();
    Stretch { begin: stretch.begin + gone, steps, first, last, ..*stretch }
}

/// Draws the last turns.
pub fn end(tape: &Tape, program: &Program) -> String {
    let turns = tape.stretches.iter().skip(tape.stretches.len().saturating_sub(TURNS_AT_END));
    draw(turns.flat_map(|stretch| cells(stretch, program)).collect(), None)
}

/// What was lost, in a sentence.
pub fn sentence(lost: &Lost, program: &Program) -> String {
    let variable = &program.words()[lost.word].name;
    let stores = match lost.stores {
        1 => "A store".to_owned(),
        more => format!("{} stores", grouped(more)),
    };
    let verb = if lost.stores == 1 { "is" } else { "are" };
    format!(
        "{stores} of {variable} {verb} lost: {} had loaded {}, did not see that it had become {}, \
         and stored {}.",
        name(lost.train),
        spaced(lost.loaded),
        spaced(lost.found),
        spaced(lost.stored)
    )
}

/// Draws the columns of some trains: of `culprit`, and of those that had the last turns.
fn draw(mut cells: Vec<Cell>, culprit: Option<usize>) -> String {
    let mut trains: Vec<usize> = culprit.into_iter().collect();
    let mut others = BTreeSet::new();
    for &(train, _) in cells.iter().rev() {
        if trains.len() < COLUMNS_MAX && !trains.contains(&train) {
            trains.push(train);
        }
        others.insert(train);
    }
    trains.sort_unstable();
    others.retain(|train| !trains.contains(train));
    cells.retain(|(train, _)| trains.contains(train));
    let width = |train: usize| {
        let own = cells.iter().filter(|(of, _)| *of == train).map(|(_, cell)| cell.chars().count());
        own.chain([name(train).len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = trains.iter().map(|&train| width(train)).collect();
    let row = |of: &dyn Fn(usize) -> String| {
        let row = trains.iter().zip(&widths).map(|(&train, &width)| {
            let cell = of(train);
            format!("  {cell:width$}")
        });
        format!("{}\n", row.collect::<String>().trim_end())
    };
    let mut drawn = row(&name);
    for (train, cell) in &cells {
        drawn += &row(&|column| if column == *train { cell.clone() } else { String::new() });
    }
    match others.len() {
        0 => drawn,
        1 => drawn + "  (1 more train is not drawn)\n",
        more => drawn + &format!("  ({more} more trains are not drawn)\n"),
    }
}

fn text(line: &Line, program: &Program) -> String {
    let what = program.describe(line.function, line.instruction);
    line.value.map_or(what.clone(), |value| format!("{what} ({value})"))
}

/// A turn's lines, with what was left out between its first and its last.
fn cells(stretch: &Stretch, program: &Program) -> Vec<Cell> {
    let kept = (stretch.first.len() + stretch.last.len()) as u64;
    let more = stretch.steps.saturating_sub(kept);
    let gap = (more > 0).then(|| format!("... {} more ...", grouped(more)));
    let first = stretch.first.iter().map(|line| text(line, program));
    let last = stretch.last.iter().map(|line| text(line, program));
    first.chain(gap).chain(last).map(|cell| (stretch.train, cell)).collect()
}
