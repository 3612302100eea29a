//! A tape, drawn: one column for each train, time runs downwards.

use super::render::spaced;
use std::collections::VecDeque;

use super::schedule::name;
use super::tape::{Line, Lost, Stretch, Tape};
use crate::lab::render::numbers::grouped;
use crate::vm::{Instruction, Program};

/// More columns are not read.
const COLUMNS_MAX: usize = 4;

/// A deadlock of two trains is made in two turns; a few more say where they came from.
const TURNS_AT_END: usize = 3;

/// Draws the whole tape, or as much as was kept.
pub fn whole(tape: &Tape, program: &Program) -> String {
    draw(&tape.stretches.iter().cloned().collect::<Vec<_>>(), program)
}

/// Draws how an update was lost: from the load of what was stored too late.
pub fn how_lost(tape: &Tape, lost: &Lost, program: &Program) -> String {
    let is_load = |line: &Line| matches!(line.instruction, Instruction::LoadGlobal(word) if word as usize == lost.word);
    let stretches: Vec<Stretch> = tape.stretches.iter().cloned().collect();
    // The last turn has the store; the load is in one before it.
    let before = stretches.len().saturating_sub(1);
    let has_load =
        |stretch: &Stretch| stretch.train == lost.train && lines(stretch).iter().any(is_load);
    let Some(from) = stretches[..before].iter().rposition(has_load) else {
        return draw(&stretches[before.saturating_sub(2)..], program);
    };
    let mut shown = stretches[from..].to_vec();
    let all = lines(&shown[0]);
    let load = all.iter().rposition(is_load).unwrap_or(0);
    let kept = all[load..].to_vec();
    shown[0] = Stretch { steps: kept.len() as u64, first: kept, last: VecDeque::new(), ..shown[0] };
    draw(&shown, program)
}

/// Draws the last turns.
pub fn end(tape: &Tape, program: &Program) -> String {
    let stretches: Vec<Stretch> = tape.stretches.iter().cloned().collect();
    draw(&stretches[stretches.len().saturating_sub(TURNS_AT_END)..], program)
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

/// The lines that were kept of a turn.
fn lines(stretch: &Stretch) -> Vec<Line> {
    stretch.first.iter().chain(&stretch.last).copied().collect()
}

fn draw(stretches: &[Stretch], program: &Program) -> String {
    let mut trains: Vec<usize> = stretches.iter().map(|stretch| stretch.train).collect();
    trains.sort_unstable();
    trains.dedup();
    trains.truncate(COLUMNS_MAX);
    let cells: Vec<(usize, String)> = stretches
        .iter()
        .filter(|stretch| trains.contains(&stretch.train))
        .flat_map(|stretch| cells(stretch, program).into_iter().map(|cell| (stretch.train, cell)))
        .collect();
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
    drawn
}

/// A turn's lines, with what was left out between its first and its last.
fn cells(stretch: &Stretch, program: &Program) -> Vec<String> {
    let text = |line: &Line| {
        let what = program.describe(line.function, line.instruction);
        line.value.map_or(what.clone(), |value| format!("{what} ({value})"))
    };
    let kept = (stretch.first.len() + stretch.last.len()) as u64;
    let more = stretch.steps.saturating_sub(kept);
    let gap = (more > 0).then(|| format!("... {} more ...", grouped(more)));
    let (first, last) = (stretch.first.iter().map(text), stretch.last.iter().map(text));
    first.chain(gap).chain(last).collect()
}
