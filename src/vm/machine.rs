//! The machine: one train's stack, and its place in the program.
//!
//! It knows no threads. Whoever runs it is asked before each instruction, with the [`Place`] that
//! the instruction is, and may do whatever belongs there before it answers: look at the eval
//! breaker and wait for a turn, note the instruction down, or stop.
//!
//! # The life of one instruction
//!
//! 1. It is fetched, and the watcher is asked. If the answer is to stop, nothing has happened.
//! 2. It works on the stack, and at most one word of the memory: it is one step for all others.
//!
//! The `hand` executes what concerns the stack and one variable, which is nearly everything.
//!
//! Read after [`super::instruction`]; read next `hand`, [`super::memory`].

mod hand;

use std::hash::{Hash, Hasher};
use std::ops::ControlFlow;

use super::error::{RuntimeError, Wrong};
use super::instruction::{Instruction, Place};
use super::memory::Memory;
use super::program::{Program, WordKind};

use hand::{Halt, Hand, RANGE_LEN};

/// CPython's default recursion limit.
const FRAMES_MAX: usize = 1000;

/// One train.
#[derive(Clone, Debug)]
pub struct Machine {
    train: i64,
    frame: Frame,
    /// Of the functions that wait for a function that they have called.
    callers: Vec<Frame>,
    /// Each function's local variables, and on top of them what it is computing.
    stack: Vec<i64>,
    /// How much of the stack is in use. What is above is room, and holds anything.
    top: usize,
}

/// Where a function is, and where its local variables begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Frame {
    function: usize,
    at: usize,
    base: usize,
}

/// Why a machine came to a halt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "a machine that is not at its end has to be run again"]
pub enum Pause {
    /// The program is at its end.
    Ended,
    /// The program lets other tasks run.
    Awaiting,
    /// A lock is taken: try again when its owner, a train's number, has given it back.
    Blocked {
        /// The lock's word.
        lock: usize,
        /// The train that has it.
        owner: i64,
    },
    /// The watcher said stop.
    Stopped,
}

impl Machine {
    /// Creates train number `train` at the beginning of `program`.
    pub fn new(program: &Program, train: u32) -> Self {
        let frame = Frame { function: 0, at: 0, base: 0 };
        let function = &program.functions[0];
        let (top, mut stack) = (function.locals.len(), vec![0; function.room]);
        // The compiler gives the train's number the first place.
        stack[0] = i64::from(train);
        Self { train: i64::from(train), frame, callers: Vec::new(), stack, top }
    }

    /// Returns the instruction that comes next; `None` at the end.
    pub fn next(&self, program: &Program) -> Option<Instruction> {
        program.functions[self.frame.function].code.get(self.frame.at).copied()
    }

    /// Returns the function in which the train is, and how many instructions stand before the next.
    pub fn place(&self) -> (usize, usize) {
        (self.frame.function, self.frame.at)
    }

    /// Returns the top of the stack.
    pub fn top(&self) -> Option<i64> {
        self.stack[self.frame.base..self.top].last().copied()
    }

    /// Does one instruction.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    pub fn step<M: Memory + ?Sized>(
        &mut self,
        program: &Program,
        memory: &M,
    ) -> Result<Pause, RuntimeError> {
        let mut is_first = true;
        self.run(program, memory, |_| {
            if std::mem::replace(&mut is_first, false) {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })
    }

    /// Goes on until the program ends or finds a lock taken; nobody else gets a turn.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    pub fn finish<M: Memory + ?Sized>(
        &mut self,
        program: &Program,
        memory: &M,
    ) -> Result<Pause, RuntimeError> {
        loop {
            match self.run(program, memory, |_| ControlFlow::Continue(()))? {
                Pause::Awaiting | Pause::Stopped => {}
                pause => return Ok(pause),
            }
        }
    }

    /// Goes on until there is a reason not to. `program` must be the one that the machine was made
    /// for, and `memory` must have its words.
    ///
    /// Before each instruction `watch` is asked; what it breaks at has not happened.
    ///
    /// # Errors
    ///
    /// A program that cannot go on. The machine stands before the instruction that failed, and has
    /// given its locks back, as Python's `with` does when an exception leaves it.
    ///
    /// # Panics
    ///
    /// Panics if the program or the memory is another one.
    pub fn run<M: Memory + ?Sized>(
        &mut self,
        program: &Program,
        memory: &M,
        mut watch: impl FnMut(Place) -> ControlFlow<()>,
    ) -> Result<Pause, RuntimeError> {
        loop {
            let function = &program.functions[self.frame.function];
            let Frame { at, base, .. } = self.frame;
            // A program that is at its end has nothing more to execute.
            if at == function.code.len() {
                return Ok(Pause::Ended);
            }
            let mut hand = Hand { at, top: self.top - base, stack: &mut self.stack[base..] };
            let halt = hand.run(&function.code, memory, &mut watch);
            (self.frame.at, self.top) = (hand.at, base + hand.top);
            let pause = match halt {
                Halt::Stopped => Ok(Some(Pause::Stopped)),
                Halt::At(instruction) => self.execute(instruction, program, memory),
                Halt::Wrong(wrong) => Err(wrong),
            };
            match pause {
                Ok(Some(pause)) => return Ok(pause),
                Ok(None) => {}
                Err(wrong) => {
                    self.give_locks_back(program, memory);
                    return Err(RuntimeError { line: function.lines[self.frame.at], wrong });
                }
            }
        }
    }
}

impl Machine {
    /// Executes an instruction that the hand leaves to the whole machine, and moves on to the next,
    /// unless there is a reason to stay.
    fn execute<M: Memory + ?Sized>(
        &mut self,
        instruction: Instruction,
        program: &Program,
        memory: &M,
    ) -> Result<Option<Pause>, Wrong> {
        let mut pause = None;
        match instruction {
            Instruction::UnaryNegative => {
                let value = &mut self.stack[self.top - 1];
                *value = value.checked_neg().ok_or(Wrong::Overflow)?;
            }
            Instruction::UnaryNot => {
                let value = &mut self.stack[self.top - 1];
                *value = i64::from(*value == 0);
            }
            Instruction::GetIter => self.get_iter()?,
            Instruction::Call(function) => {
                self.call(function as usize, program)?;
                return Ok(None);
            }
            Instruction::ReturnValue => {
                return Ok(self.leave(self.stack[self.top - 1], program));
            }
            Instruction::ReturnNone => return Ok(self.leave(0, program)),
            Instruction::BeforeWith(lock) => match memory.take(lock as usize, self.train + 1) {
                0 => {}
                owner if owner == self.train + 1 => return Err(Wrong::OwnLock),
                owner => {
                    return Ok(Some(Pause::Blocked { lock: lock as usize, owner: owner - 1 }));
                }
            },
            Instruction::WithExit(lock) => memory.free(lock as usize),
            Instruction::YieldValue => pause = Some(Pause::Awaiting),
            _ => unreachable!("[VM-2] the hand executes {instruction:?}"),
        }
        self.frame.at += 1;
        Ok(pause)
    }

    /// Leaves every `with` that the train is in, for whoever abandons it.
    pub fn give_locks_back<M: Memory + ?Sized>(&self, program: &Program, memory: &M) {
        let words = program.words().iter().enumerate();
        for (at, _) in words.filter(|(_, word)| word.kind == WordKind::Lock) {
            // Nobody else writes this train's number there, or takes it away.
            if memory.load(at) == self.train + 1 {
                memory.free(at);
            }
        }
    }

    /// Start, stop and step become a range: what changes with each turn is on top.
    fn get_iter(&mut self) -> Result<(), Wrong> {
        let range = &mut self.stack[self.top - RANGE_LEN..self.top];
        let [start, stop, by] = [range[0], range[1], range[2]];
        let left = range_len(start, stop, by).ok_or(Wrong::StepOfZero)?;
        range.copy_from_slice(&[by, start, left.cast_signed()]);
        Ok(())
    }

    fn call(&mut self, function: usize, program: &Program) -> Result<(), Wrong> {
        if self.callers.len() + 1 >= FRAMES_MAX {
            return Err(Wrong::Recursion);
        }
        let callee = &program.functions[function];
        self.callers.push(Frame { at: self.frame.at + 1, ..self.frame });
        let base = self.top - callee.parameters;
        self.frame = Frame { function, at: 0, base };
        self.top = base + callee.locals.len();
        if self.stack.len() < base + callee.room {
            self.stack.resize(base + callee.room, 0);
        }
        Ok(())
    }

    /// Returns to the caller; at the end of the train's own code, to nobody.
    fn leave(&mut self, value: i64, program: &Program) -> Option<Pause> {
        self.top = self.frame.base;
        let Some(caller) = self.callers.pop() else {
            self.frame.at = program.functions[0].code.len();
            return Some(Pause::Ended);
        };
        // The caller had room for the call's arguments, or for its value where there are none.
        self.stack[self.top] = value;
        self.top += 1;
        self.frame = caller;
        None
    }

    /// All that the future depends on: [VM-1](super#invariants).
    fn state(&self) -> (i64, Frame, &[Frame], &[i64]) {
        (self.train, self.frame, &self.callers, &self.stack[..self.top])
    }
}

impl PartialEq for Machine {
    fn eq(&self, other: &Self) -> bool {
        self.state() == other.state()
    }
}

impl Eq for Machine {}

impl Hash for Machine {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.state().hash(hasher);
    }
}

/// How many numbers a range has; `None` if it would stand still.
fn range_len(start: i64, stop: i64, by: i64) -> Option<u64> {
    let is_empty = if by > 0 { start >= stop } else { start <= stop };
    match (by, is_empty) {
        (0, _) => None,
        (_, true) => Some(0),
        _ => Some(start.abs_diff(stop).div_ceil(by.unsigned_abs())),
    }
}
