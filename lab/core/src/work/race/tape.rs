//! The tape: what each train did, instruction by instruction, and the first update that was lost.
//!
//! An instruction is done and noted in one act, under one lock if there are several threads, so the
//! order on the tape is the order in which it happened, and [`super::replay`] makes the same happen
//! again. That costs as much as several instructions: a recorded run is never measured.
//!
//! An update is lost where a train stores a variable that another has stored since its own load,
//! and changed: the result knows nothing of what it overwrites. A recording ends there.

use std::collections::VecDeque;
use std::sync::atomic::AtomicI64;

use super::schedule::{Schedule, name};
use crate::text::numbers::grouped;
use trainyard::vm::{Instruction, Machine, Memory, Pause, Program, RuntimeError};

/// Of a longer turn the first and the last instructions are kept, as many of each.
const EDGE: usize = 8;
/// The turns that are kept with instructions. Of the others only the length is.
const TURNS_MAX: usize = 24;
/// A recording that has not seen anything by then ends: it takes seconds.
const STEPS_MAX: u64 = 20_000_000;
/// A deadlock of two trains is made in two turns; a few more say where they came from.
const TURNS_AT_END: usize = 3;

/// A train, and one instruction that it did, or what stands for several that are left out.
pub type Cell = (usize, String);

#[derive(Debug, Default)]
pub struct Tape {
    pub schedule: Schedule,
    /// The last turns, with the lines that are kept of each.
    turns: VecDeque<Vec<Line>>,
    /// The first update that was lost.
    pub(super) lost: Option<Lost>,
    /// How many instructions there are in all.
    pub(super) steps: u64,
    /// For each word: how often it was stored.
    stores: Vec<u64>,
    /// For each train and word: its last load, if it has not stored since, and how often the
    /// variable had been stored by then.
    loads: Vec<Vec<Option<(Line, u64)>>>,
}

/// One instruction that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    train: usize,
    /// How many instructions there had been before it, of all trains.
    step: u64,
    function: usize,
    instruction: Instruction,
    pub(super) value: Option<i64>,
}

/// An update that was lost: a train `stored` where it would have `found` another value than its
/// `load` had, because the variable had been stored since, `missed` times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lost {
    word: usize,
    pub(super) load: Line,
    pub(super) found: i64,
    pub(super) stored: i64,
    pub(super) missed: u64,
}

impl Tape {
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
        let (stored, found) = match instruction {
            Instruction::StoreGlobal(word) => (machine.top(), memory.load(word as usize)),
            _ => (None, 0),
        };
        let pause = machine.step(program, memory)?;
        if matches!(pause, Pause::Blocked { .. }) {
            return Ok(pause);
        }
        let mut line = Line { train, step: self.steps, function, instruction, value: stored };
        match instruction {
            Instruction::LoadGlobal(word) => {
                line.value = machine.top();
                let seen = *at(&mut self.stores, word as usize);
                *at(at(&mut self.loads, train), word as usize) = Some((line, seen));
            }
            Instruction::StoreGlobal(word) => self.store(line, word as usize, found),
            _ => {}
        }
        self.note(line);
        Ok(pause)
    }

    fn note(&mut self, line: Line) {
        self.steps += 1;
        self.schedule.add(line.train, 1);
        match self.turns.back_mut() {
            Some(turn) if turn[0].train == line.train => {
                turn.push(line);
                if turn.len() > 2 * EDGE {
                    turn.remove(EDGE);
                }
            }
            _ => self.turns.push_back(vec![line]),
        }
        if self.turns.len() > TURNS_MAX {
            self.turns.pop_front();
        }
    }

    fn store(&mut self, line: Line, word: usize, found: i64) {
        let count = at(&mut self.stores, word);
        let now = *count;
        *count += 1;
        let load = at(at(&mut self.loads, line.train), word).take();
        if let (Some((load, seen)), Some(stored), None) = (load, line.value, self.lost)
            && seen != now
            && load.value != Some(found)
        {
            self.lost = Some(Lost { word, load, found, stored, missed: now - seen });
        }
    }

    pub fn culprit(&self) -> Option<usize> {
        self.lost.map(|lost| lost.load.train)
    }

    /// Tells the whole tape, or as much as was kept.
    pub fn whole(&self, program: &Program) -> Vec<Cell> {
        self.told(None, 0, program)
    }

    /// Tells how an update was lost, from the load of what was stored too late; where none was, the
    /// last turns.
    pub fn end(&self, program: &Program) -> Vec<Cell> {
        match self.lost {
            Some(lost) => self.told(Some(lost.load), 0, program),
            None => self.told(None, self.turns.len().saturating_sub(TURNS_AT_END), program),
        }
    }

    /// Tells what was lost, in a sentence.
    pub fn loss(&self, program: &Program) -> Option<String> {
        let Lost { word, load, found, stored, missed } = self.lost?;
        let variable = &program.words()[word].name;
        let lost = match missed {
            1 => format!("A store of {variable} is lost"),
            more => format!("{} stores of {variable} are lost", grouped(more)),
        };
        let train = name(load.train);
        let [loaded, found, stored] = [load.value?, found, stored].map(signed);
        Some(format!(
            "{lost}: {train} had loaded {loaded}, did not see that it had become {found}, and \
             stored {stored}."
        ))
    }

    /// Tells the turns from number `first` on, and of these what came after `begin`.
    fn told(&self, begin: Option<Line>, first: usize, program: &Program) -> Vec<Cell> {
        let turns = self.turns.iter().skip(first);
        let lines = turns.flat_map(|turn| turn.iter().map(|line| (*line, *line == turn[0])));
        let after = lines.filter(|(line, _)| begin.is_none_or(|begin| line.step > begin.step));
        let mut told: Vec<Cell> = begin.iter().map(|line| line.told(program)).collect();
        let mut last = begin;
        for (line, begins_turn) in after {
            // Where whole turns are missing, others had some of them.
            let of_all = if begins_turn { ", of all" } else { "" };
            let missing = last.map_or(0, |last| line.step - last.step - 1);
            if let Some(last) = last.filter(|_| missing > 0) {
                told.push((last.train, format!("... {} more{of_all} ...", grouped(missing))));
            }
            told.push(line.told(program));
            last = Some(line);
        }
        told
    }
}

/// The element of a table that grows as it is asked for.
fn at<T: Default + Clone>(table: &mut Vec<T>, place: usize) -> &mut T {
    if table.len() <= place {
        table.resize(place + 1, T::default());
    }
    &mut table[place]
}

/// `-1 000 000`.
pub fn signed(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(value.unsigned_abs()))
}

impl Line {
    fn told(&self, program: &Program) -> Cell {
        let what = program.describe(self.function, self.instruction);
        (self.train, self.value.map_or(what.clone(), |value| format!("{what} ({value})")))
    }
}
