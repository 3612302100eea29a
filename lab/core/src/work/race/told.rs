//! A tape in words: what each train did, line by line, and what was lost.
//!
//! Read after [`super::tape`].

use super::schedule::name;
use super::tape::{Line, Lost, Stretch, Tape};
use crate::text::numbers::grouped;
use trainyard::vm::Program;

/// A deadlock of two trains is made in two turns; a few more say where they came from.
const TURNS_AT_END: usize = 3;

/// A train, and one instruction that it did, or what stands for several that are left out.
pub type Cell = (usize, String);

impl Tape {
    /// Returns the train that overwrote an update, if one was lost.
    pub fn culprit(&self) -> Option<usize> {
        self.lost.map(|lost| lost.train)
    }

    /// Tells the whole tape, or as much as was kept.
    pub fn whole(&self, program: &Program) -> Vec<Cell> {
        self.stretches.iter().flat_map(|stretch| cells(stretch, program)).collect()
    }

    /// Tells how an update was lost, from the load of what was stored too late; where none was, the
    /// last turns.
    pub fn end(&self, program: &Program) -> Vec<Cell> {
        let Some(Lost { train, load, .. }) = self.lost else {
            let turns = self.stretches.iter().rev().take(TURNS_AT_END).rev();
            return turns.flat_map(|stretch| cells(stretch, program)).collect();
        };
        let mut told = vec![(train, text(&load.line, program))];
        let behind = load.step + 1;
        let kept = self.stretches.front().map_or(behind, |first| first.begin);
        if kept > behind {
            told.push((train, format!("... {} more, of all ...", grouped(kept - behind))));
        }
        let turns = self.stretches.iter().filter(|turn| turn.begin + turn.steps > behind);
        told.extend(turns.flat_map(|turn| cells(&from(turn, behind), program)));
        told
    }

    /// Tells what was lost, in a sentence.
    pub fn loss(&self, program: &Program) -> Option<String> {
        let Lost { train, word, load, found, stored, missed } = self.lost?;
        let variable = &program.words()[word].name;
        let lost = match missed {
            1 => format!("A store of {variable} is lost"),
            more => format!("{} stores of {variable} are lost", grouped(more)),
        };
        let train = name(train);
        let [loaded, found, stored] = [load.value, found, stored].map(spaced);
        Some(format!(
            "{lost}: {train} had loaded {loaded}, did not see that it had become {found}, and \
             stored {stored}."
        ))
    }
}

/// `-1 000 000`.
pub fn spaced(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(value.unsigned_abs()))
}

/// The rest of a turn, from the instruction that has so many before it.
fn from(turn: &Stretch, step: u64) -> Stretch {
    let gone = step.saturating_sub(turn.begin);
    // Few of a turn's lines are kept, so what is gone can be counted in them or is more than all.
    let gone_lines = usize::try_from(gone).unwrap_or(usize::MAX);
    let first = turn.first.iter().skip(gone_lines).copied().collect();
    let steps = turn.steps - gone;
    let kept = usize::try_from(steps).unwrap_or(usize::MAX);
    let last = turn.last.iter().skip(turn.last.len().saturating_sub(kept)).copied().collect();
    Stretch { begin: turn.begin + gone, steps, first, last, ..*turn }
}

/// A turn's lines, with what was left out between its first and its last.
fn cells(turn: &Stretch, program: &Program) -> Vec<Cell> {
    let more = turn.steps.saturating_sub((turn.first.len() + turn.last.len()) as u64);
    let gap = (more > 0).then(|| format!("... {} more ...", grouped(more)));
    let first = turn.first.iter().map(|line| text(line, program));
    let last = turn.last.iter().map(|line| text(line, program));
    first.chain(gap).chain(last).map(|cell| (turn.train, cell)).collect()
}

fn text(line: &Line, program: &Program) -> String {
    let what = program.describe(line.function, line.instruction);
    line.value.map_or(what.clone(), |value| format!("{what} ({value})"))
}
