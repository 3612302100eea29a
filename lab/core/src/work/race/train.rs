//! One train of a run: it goes on until others have to have a turn.
//!
//! Who the others are, and how they get it, is for whoever runs the train: a thread gives the lock
//! up, a task yields, and where there are no others nothing happens. Read after [`super::run`].

use std::ops::ControlFlow;
use std::sync::atomic::AtomicI64;

use super::run::{Trouble, variables};
use super::schedule::name;
use super::tape::Tape;
use super::waits::Waits;
use crate::text::numbers::grouped;
use trainyard::sys::prim::Mutex;
use trainyard::vm::{Machine, Memory, Pause, Place, Program, RuntimeError};

/// Back edges and calls of a train before we say that it does not end: a few seconds.
const TURNS_MAX: u64 = 100_000_000;
/// A round that needs more of them is a loop of its own.
const TURNS_A_ROUND: u64 = 16;

/// The same for a program that is to be repeated so often.
pub(super) fn turns_max(rounds: u32) -> u64 {
    TURNS_MAX.max(u64::from(rounds) * TURNS_A_ROUND)
}

pub(super) fn does_not_end(number: usize) -> String {
    let turns = grouped(TURNS_MAX);
    format!("{} does not end within {turns} turns of its loops", name(number))
}

pub(super) fn machine(program: &Program, number: usize) -> Machine {
    Machine::new(program, u32::try_from(number).expect("trains are counted in thousands"))
}

/// The words that trains share, before the first begins.
pub(super) fn memory(program: &Program) -> Vec<AtomicI64> {
    program.words().iter().map(|_| AtomicI64::new(0)).collect()
}

pub(super) fn values(program: &Program, memory: &[AtomicI64]) -> Vec<i64> {
    variables(program).map(|(at, _)| memory.load(at)).collect()
}

/// What the trains of one run share.
pub(super) struct Shared {
    pub(super) program: Program,
    pub(super) memory: Vec<AtomicI64>,
    pub(super) waits: Waits,
    /// How many turns of its loops a train may take.
    pub(super) turns_max: u64,
    /// Where each instruction is noted; `None`: trains run at full speed.
    pub(super) tape: Option<Mutex<Tape>>,
}

pub(super) struct Train<'a> {
    shared: &'a Shared,
    number: usize,
    machine: Machine,
    is_waiting: bool,
    /// How many turns of its loops it may still take.
    pub(super) turns_left: u64,
}

/// Why a train does not go on.
#[must_use = "a train that is not over has to go on"]
pub(super) enum Halt {
    /// A lock is taken: its owner has to run before it is free.
    Blocked,
    /// The program says `await`.
    Awaiting,
    /// It is at its end, or in trouble.
    Over(Option<Trouble>),
}

impl Shared {
    pub(super) fn new(program: &Program, trains: usize, turns_max: u64) -> Self {
        let (memory, waits) = (memory(program), Waits::new(trains));
        Self { program: program.clone(), memory, waits, turns_max, tape: None }
    }

    pub(super) fn values(&self) -> Vec<i64> {
        values(&self.program, &self.memory)
    }
}

impl<'a> Train<'a> {
    pub(super) fn new(shared: &'a Shared, number: usize) -> Self {
        let (machine, turns_left) = (machine(&shared.program, number), shared.turns_max);
        Self { shared, number, machine, is_waiting: false, turns_left }
    }

    /// Goes on. At a `checkpoint`, before each instruction, another thread may get the lock.
    pub(super) fn go_on(&mut self, mut checkpoint: impl FnMut(Place)) -> Halt {
        let Shared { program, memory, waits, tape, .. } = self.shared;
        loop {
            let pause = match tape {
                Some(tape) => self.step_on(tape, &mut checkpoint),
                // It tries again: the one instruction at which it stands.
                None if self.is_waiting => self.machine.step(program, &memory[..]),
                None => self.run(&mut checkpoint),
            };
            let is_blocked = matches!(pause, Ok(Pause::Blocked { .. }));
            if std::mem::replace(&mut self.is_waiting, is_blocked) && !is_blocked {
                waits.goes_on(self.number);
            }
            match pause {
                Ok(Pause::Stopped) if self.turns_left > 0 => {}
                Ok(Pause::Stopped) => {
                    self.machine.give_locks_back(program, &memory[..]);
                    return Halt::Over(Some(Trouble::Failed(does_not_end(self.number))));
                }
                Ok(Pause::Blocked { lock, .. }) => {
                    let deadlock = waits.blocked(self.number, lock, memory);
                    return deadlock.map_or(Halt::Blocked, |it| Halt::Over(Some(it)));
                }
                Ok(Pause::Awaiting) => return Halt::Awaiting,
                Ok(Pause::Ended) => return Halt::Over(None),
                Err(error) => return Halt::Over(Some(Trouble::Failed(error.to_string()))),
            }
        }
    }

    /// At full speed.
    fn run(&mut self, mut checkpoint: impl FnMut(Place)) -> Result<Pause, RuntimeError> {
        let Shared { program, memory, .. } = self.shared;
        let turns_left = &mut self.turns_left;
        self.machine.run(program, &memory[..], |place| {
            checkpoint(place);
            // Most instructions are operations, and pay for nothing more than this question.
            if place == Place::Operation {
                return ControlFlow::Continue(());
            }
            *turns_left -= 1;
            if *turns_left > 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    }

    /// One instruction, noted.
    fn step_on(
        &mut self,
        tape: &Mutex<Tape>,
        mut checkpoint: impl FnMut(Place),
    ) -> Result<Pause, RuntimeError> {
        let Shared { program, memory, .. } = self.shared;
        if let Some(next) = self.machine.next(program) {
            checkpoint(next.place());
        }
        let mut tape = tape.lock();
        if tape.is_over() {
            return Ok(Pause::Ended);
        }
        tape.step(self.number, &mut self.machine, program, memory)
    }
}
