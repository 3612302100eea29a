//! A schedule, done: the same instructions in the same order, on tape.

use std::sync::atomic::AtomicI64;

use super::schedule::{Schedule, Turn, name};
use super::search::Ending;
use super::tape::Tape;
use super::train::{machine, memory, values};
use crate::terms::error::{LabError, Result};
use trainyard::vm::{Machine, Pause, Program};

/// What a schedule led to.
#[derive(Debug)]
pub struct Replayed {
    /// What the trains did, and what was lost.
    pub tape: Tape,
    /// How they ended.
    pub ending: Ending,
}

/// Does what the schedule says; then whoever is not at its end goes on to it, in order.
///
/// # Errors
///
/// [`LabError::BadInput`]: the schedule names a train that does not exist, lets one go on that is at
/// its end or has to wait, or a train does not end.
pub fn replay(program: &Program, trains: usize, schedule: &Schedule) -> Result<Replayed> {
    let memory = memory(program);
    let mut machines: Vec<Machine> = (0..trains).map(|number| machine(program, number)).collect();
    let mut tape = Tape::default();
    let rest = (0..trains).chain(0..trains).map(|train| Turn { train, steps: None });
    let written = schedule.turns.len();
    for (number, turn) in schedule.turns.iter().copied().chain(rest).enumerate() {
        let refuse = |says: &str| {
            Err(LabError::BadInput(format!("turn {}, {}: {says}", number + 1, name(turn.train))))
        };
        let Some(machine) = machines.get_mut(turn.train) else {
            return refuse(&format!("there are {trains} trains; see --threads"));
        };
        match run_turn(turn, machine, program, &memory, &mut tape) {
            Ok(left) if left > 0 && number < written => {
                return refuse(&format!("it ends or waits with {left} instructions to go"));
            }
            Ok(_) => {}
            Err(Halt::TooLong) => return refuse("it does not end"),
            Err(Halt::Failed(says)) => return Ok(Replayed { tape, ending: Ending::Failed(says) }),
        }
    }
    let are_done = machines.iter().all(|machine| machine.next(program).is_none());
    let ending = if are_done { Ending::Values(values(program, &memory)) } else { Ending::Deadlock };
    Ok(Replayed { tape, ending })
}

enum Halt {
    TooLong,
    Failed(String),
}

/// More than this in one turn without a number is a loop without end.
const STEPS_MAX: u64 = 100_000_000;

/// Returns how many instructions of the turn are left, because there were none to do.
fn run_turn(
    turn: Turn,
    machine: &mut Machine,
    program: &Program,
    memory: &[AtomicI64],
    tape: &mut Tape,
) -> std::result::Result<u64, Halt> {
    for done in 0..turn.steps.unwrap_or(STEPS_MAX) {
        let left = turn.steps.map_or(0, |steps| steps - done);
        if machine.next(program).is_none() {
            return Ok(left);
        }
        match tape.step(turn.train, machine, program, memory) {
            Ok(Pause::Blocked { .. }) => return Ok(left),
            Ok(_) => {}
            Err(error) => return Err(Halt::Failed(error.to_string())),
        }
    }
    if turn.steps.is_none() { Err(Halt::TooLong) } else { Ok(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tape, and the ending or the refusal.
    fn replayed(text: &str, schedule: &str) -> (Tape, std::result::Result<Ending, String>) {
        let program = Program::compile(text).unwrap();
        match replay(&program, 2, &Schedule::parse(schedule).unwrap()) {
            Ok(Replayed { tape, ending }) => (tape, Ok(ending)),
            Err(refused) => (Tape::default(), Err(refused.to_string())),
        }
    }

    #[test]
    fn a_schedule_decides_how_a_program_ends_and_one_that_cannot_be_done_is_refused() {
        let (_, _, locks) = crate::work::race::puzzle::PUZZLES[3];
        let (values, refused) =
            (|x| Ok(Ending::Values(vec![x])), |says: &str| Err(says.to_owned()));
        for (text, schedule, expected) in [
            ("x = x + 1", "AB", values(2)),
            ("x = x + 1", "A2B6A4", values(1)),
            // What the schedule leaves open, the trains do in order.
            ("x = x + 1", "A2B", values(1)),
            ("x = x + 1", "B1", values(2)),
            (locks, "AB", values(2)),
            (locks, "A8BA", Ok(Ending::Deadlock)),
            ("x = x + 1", "A2C1", refused("turn 2, train C: there are 2 trains; see --threads")),
            (
                "x = x + 1",
                "A7",
                refused("turn 1, train A: it ends or waits with 1 instructions to go"),
            ),
            (
                "x = x + 1",
                "A6A1",
                refused("turn 2, train A: it ends or waits with 1 instructions to go"),
            ),
        ] {
            assert_eq!(replayed(text, schedule).1, expected, "{text}: {schedule}");
        }
    }

    #[test]
    fn the_tape_knows_the_first_update_that_was_lost() {
        let (tape, _) = replayed("x = x + 1", "AB");
        assert_eq!((tape.lost, tape.steps), (None, 12));
        let (tape, _) = replayed("x = x + 1", "A2B6A4");
        let lost = tape.lost.unwrap();
        let figures = (lost.train, lost.load.value, lost.found, lost.stored, lost.missed);
        assert_eq!(figures, (0, 0, 1, 1, 1));
        assert_eq!(tape.schedule.to_string(), "A2B6A4");
    }
}
