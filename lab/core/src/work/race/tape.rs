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
//!    train stored is overwritten by a result that knows nothing of it. The tape ends here.

use std::collections::VecDeque;

use super::schedule::Schedule;
use trainyard::vm::{Instruction, Machine, Memory, Pause, Program, RuntimeError};

/// Of a longer turn its first and last instructions are kept, as many of each.
pub(super) const EDGE: usize = 8;
/// The turns that are kept with instructions. Of the others only the length is.
const STRETCHES_MAX: usize = 24;

/// What was noted.
#[derive(Debug, Default)]
pub struct Tape {
    /// The last turns.
    pub stretches: VecDeque<Stretch>,
    /// All turns.
    pub schedule: Schedule,
    /// The first update that was lost, at which a recording ends.
    pub lost: Option<Lost>,
    /// How many instructions there are in all.
    pub steps: u64,
    /// For each word: how often it was stored.
    stores: Vec<u64>,
    /// For each train and word: its last load, if it has not stored since.
    loads: Vec<Vec<Option<Load>>>,
}

/// A load, and how often its variable had been stored by then.
#[derive(Clone, Copy, Debug)]
struct Load {
    stores: u64,
    step: u64,
    line: Line,
    value: i64,
}

/// One train's turn.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Whose.
    pub train: usize,
    /// How many instructions there had been before it, of all trains.
    pub begin: u64,
    /// How many instructions.
    pub steps: u64,
    /// The first of them.
    pub first: Vec<Line>,
    /// The last of the rest.
    pub last: VecDeque<Line>,
}

/// One instruction that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The function that it is in.
    pub function: usize,
    /// The instruction.
    pub instruction: Instruction,
    /// What was loaded or stored.
    pub value: Option<i64>,
}

/// An update that was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Who overwrote it.
    pub train: usize,
    /// Which variable.
    pub word: usize,
    /// How many instructions there had been before the train loaded it, of all trains.
    pub load_step: u64,
    /// That load.
    pub load: Line,
    /// What the train had loaded.
    pub loaded: i64,
    /// What was there when it stored.
    pub found: i64,
    /// What it stored.
    pub stored: i64,
    /// How often the variable was stored in between.
    pub stores: u64,
}

impl Tape {
    /// Lets a train do one instruction, and notes it; one at which it has to wait was not done.
    ///
    /// # Errors
    ///
    /// As [`Machine::run`].
    pub fn step<M: Memory + ?Sized>(
        &mut self,
        train: usize,
        machine: &mut Machine,
        program: &Program,
        memory: &M,
    ) -> Result<Pause, RuntimeError> {
        let (function, _) = machine.place();
        let Some(instruction) = machine.next(program) else { return Ok(Pause::Ended) };
        let (top, found) = (machine.top(), found(instruction, memory));
        let pause = machine.step(program, memory)?;
        if matches!(pause, Pause::Blocked { .. }) {
            return Ok(pause);
        }
        let value = match instruction {
            Instruction::LoadGlobal(_) => machine.top(),
            Instruction::StoreGlobal(_) => top,
            _ => None,
        };
        let (step, line) = (self.steps, Line { function, instruction, value });
        self.note(train, line);
        match (instruction, value) {
            (Instruction::LoadGlobal(word), Some(value)) => {
                let stores = *at(&mut self.stores, word as usize);
                let load = Load { stores, step, line, value };
                *at(at(&mut self.loads, train), word as usize) = Some(load);
            }
            (Instruction::StoreGlobal(word), Some(value)) => {
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
            self.stretches.push_back(Stretch {
                train,
                begin,
                steps: 0,
                first: Vec::new(),
                last: VecDeque::new(),
            });
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

    fn store(&mut self, train: usize, word: usize, value: i64, found: i64) {
        let count = at(&mut self.stores, word);
        let now = *count;
        *count += 1;
        let Some(load) = at(at(&mut self.loads, train), word).take() else { return };
        if load.stores == now || load.value == found || self.lost.is_some() {
            return;
        }
        self.lost = Some(Lost {
            train,
            word,
            load_step: load.step,
            load: load.line,
            loaded: load.value,
            found,
            stored: value,
            stores: now - load.stores,
        });
    }
}

/// What a store is about to overwrite.
fn found<M: Memory + ?Sized>(instruction: Instruction, memory: &M) -> i64 {
    match instruction {
        Instruction::StoreGlobal(word) => memory.load(word as usize),
        _ => 0,
    }
}

/// The element of a table that grows as it is asked for.
fn at<T: Default + Clone>(table: &mut Vec<T>, place: usize) -> &mut T {
    if table.len() <= place {
        table.resize(place + 1, T::default());
    }
    &mut table[place]
}
