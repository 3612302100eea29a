//! The tape: what each train did, instruction by instruction, and the first update that was lost.
//!
//! An instruction is done and noted in one act, under one lock if there are several threads, so the
//! order on the tape is the order in which it happened, and [`super::replay`] makes the same happen
//! again. That costs as much as several instructions: a run that is recorded is never one that is
//! measured.
//!
//! # The life of one lost update
//!
//! 1. A train loads a variable. The tape notes how often the variable had been stored by then.
//! 2. Another train stores it.
//! 3. The first train stores it. The count has gone on and the value is another one: what the other
//!    train stored is overwritten by a result that knows nothing of it. A recording ends here.
//!
//! Read next `told`, where a tape becomes text.

use std::collections::VecDeque;
use std::sync::atomic::AtomicI64;

use super::schedule::Schedule;
use trainyard::vm::{Instruction, Machine, Memory, Pause, Program, RuntimeError};

/// Of a longer turn its first and last instructions are kept, as many of each.
const EDGE: usize = 8;
/// The turns that are kept with instructions. Of the others only the length is.
const STRETCHES_MAX: usize = 24;
/// A recording that has not seen anything by then ends: it takes seconds.
const STEPS_MAX: u64 = 20_000_000;

/// What was noted.
#[derive(Debug, Default)]
pub struct Tape {
    /// All turns.
    pub schedule: Schedule,
    /// The last turns.
    pub(super) stretches: VecDeque<Stretch>,
    /// The first update that was lost.
    pub(super) lost: Option<Lost>,
    /// How many instructions there are in all.
    pub(super) steps: u64,
    /// For each word: how often it was stored.
    stores: Vec<u64>,
    /// For each train and word: its last load, if it has not stored since.
    loads: Vec<Vec<Option<Load>>>,
}

/// A load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Load {
    /// How many instructions there had been before it, of all trains.
    pub(super) step: u64,
    pub(super) line: Line,
    pub(super) value: i64,
    /// How often the variable had been stored by then.
    seen: u64,
}

/// One train's turn.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    pub(super) train: usize,
    /// How many instructions there had been before it, of all trains.
    pub(super) begin: u64,
    /// How many instructions it has.
    pub(super) steps: u64,
    /// The first of them.
    pub(super) first: Vec<Line>,
    /// The last of the rest.
    pub(super) last: VecDeque<Line>,
}

/// One instruction that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) function: usize,
    pub(super) instruction: Instruction,
    /// What was loaded or stored.
    pub(super) value: Option<i64>,
}

/// An update that was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lost {
    /// Who overwrote it.
    pub(super) train: usize,
    /// Which variable.
    pub(super) word: usize,
    /// The load that had not seen it.
    pub(super) load: Load,
    /// What was there when the train stored.
    pub(super) found: i64,
    /// What it stored.
    pub(super) stored: i64,
    /// How often the variable had been stored since the load.
    pub(super) missed: u64,
}

impl Tape {
    /// Whether a recording ends here.
    pub(super) fn is_over(&self) -> bool {
        self.lost.is_some() || self.steps >= STEPS_MAX
    }

    /// Lets a train do one instruction, and notes it; one at which it has to wait was not done.
    pub(super) fn step(
        &mut self,
        train: usize,
        machine: &mut Machine,
        program: &Program,
        memory: &[AtomicI64],
    ) -> Result<Pause, RuntimeError> {
        let (function, _) = machine.place();
        let Some(instruction) = machine.next(program) else { return Ok(Pause::Ended) };
        let store = match instruction {
            Instruction::StoreGlobal(word) => machine.top().zip(Some(memory.load(word as usize))),
            _ => None,
        };
        let pause = machine.step(program, memory)?;
        if matches!(pause, Pause::Blocked { .. }) {
            return Ok(pause);
        }
        let value = match instruction {
            Instruction::LoadGlobal(_) => machine.top(),
            _ => store.map(|(value, _)| value),
        };
        let (step, line) = (self.steps, Line { function, instruction, value });
        self.note(train, line);
        match (instruction, value, store) {
            (Instruction::LoadGlobal(word), Some(value), _) => {
                let seen = *at(&mut self.stores, word as usize);
                let load = Load { step, line, value, seen };
                *at(at(&mut self.loads, train), word as usize) = Some(load);
            }
            (Instruction::StoreGlobal(word), _, Some((value, found))) => {
                self.store(train, word as usize, value, found);
            }
            _ => {}
        }
        Ok(pause)
    }

    fn note(&mut self, train: usize, line: Line) {
        let begin = self.steps;
        self.steps += 1;
        self.schedule.add(train, 1);
        if self.stretches.back().is_none_or(|stretch| stretch.train != train) {
            let (first, last) = (Vec::new(), VecDeque::new());
            self.stretches.push_back(Stretch { train, begin, steps: 0, first, last });
            if self.stretches.len() > STRETCHES_MAX {
                self.stretches.pop_front();
            }
        }
        let Some(stretch) = self.stretches.back_mut() else { return };
        stretch.steps += 1;
        if stretch.first.len() < EDGE {
            stretch.first.push(line);
            return;
        }
        if stretch.last.len() == EDGE {
            stretch.last.pop_front();
        }
        stretch.last.push_back(line);
    }

    fn store(&mut self, train: usize, word: usize, stored: i64, found: i64) {
        let count = at(&mut self.stores, word);
        let now = *count;
        *count += 1;
        let Some(load) = at(at(&mut self.loads, train), word).take() else { return };
        if load.seen != now && load.value != found && self.lost.is_none() {
            let missed = now - load.seen;
            self.lost = Some(Lost { train, word, load, found, stored, missed });
        }
    }
}

/// The element of a table that grows as it is asked for.
fn at<T: Default + Clone>(table: &mut Vec<T>, place: usize) -> &mut T {
    if table.len() <= place {
        table.resize(place + 1, T::default());
    }
    &mut table[place]
}
