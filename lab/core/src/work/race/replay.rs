//! A schedule, done: the same instructions in the same order, on tape.

use std::cell::Cell;

use super::run::{machine, variables};
use super::schedule::{Schedule, Turn, name};
use super::search::Ending;
use super::tape::Tape;
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
/// [`LabError::BadInput`]: the schedule names a train that there is not, lets one go on that is at its
/// end or has to wait, or a train does not end.
pub fn replay(program: &Program, trains: usize, schedule: &Schedule) -> Result<Replayed> {
    let memory: Vec<Cell<i64>> = program.words().iter().map(|_| Cell::new(0)).collect();
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
            Ok(0) => {}
            Ok(_) if number >= written => {}
            Ok(left) => {
                return refuse(&format!("it ends or waits with {left} instructions to go"));
            }
            Err(Halt::TooLong) => return refuse("it does not end"),
            Err(Halt::Failed(says)) => return Ok(Replayed { tape, ending: Ending::Failed(says) }),
        }
    }
    let are_done = machines.iter().all(|machine| machine.next(program).is_none());
    let values = variables(program).map(|(at, _)| memory[at].get()).collect();
    let ending = if are_done { Ending::Values(values) } else { Ending::Deadlock };
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
    memory: &[Cell<i64>],
    tape: &mut Tape,
) -> std::result::Result<u64, Halt> {
    let wanted = turn.steps.unwrap_or(STEPS_MAX);
    for done in 0..wanted {
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

    fn check(text: &str, schedule: &str, ending: &Ending) -> Tape {
        let program = Program::compile(text).unwrap();
        let replayed = replay(&program, 2, &Schedule::parse(schedule).unwrap()).unwrap();
        assert_eq!(replayed.ending, *ending, "{text}: {schedule}");
        replayed.tape
    }

    #[test]
    fn the_same_program_keeps_and_loses_an_update_by_the_schedule() {
        let tape = check("x = x + 1", "AB", &Ending::Values(vec![2]));
        assert_eq!((tape.lost, tape.steps), (None, 12));
        let tape = check("x = x + 1", "A2B6A4", &Ending::Values(vec![1]));
        let lost = tape.lost.unwrap();
        assert_eq!(
            (lost.train, lost.loaded, lost.found, lost.stored, lost.stores),
            (0, 0, 1, 1, 1)
        );
        assert_eq!(tape.schedule.to_string(), "A2B6A4");
        // What the schedule leaves open, the trains do in order.
        check("x = x + 1", "A2B", &Ending::Values(vec![1]));
        check("x = x + 1", "B1", &Ending::Values(vec![2]));
    }

    #[test]
    fn trains_that_wait_for_each_other_are_a_deadlock() {
        let (_, _, text) = crate::work::race::puzzle::PUZZLES[3];
        check(text, "AB", &Ending::Values(vec![2]));
        check(text, "A8BA", &Ending::Deadlock);
    }

    #[test]
    fn a_schedule_that_cannot_be_done_is_refused() {
        let program = Program::compile("x = x + 1").unwrap();
        for (schedule, says) in [
            ("A2C1", "turn 2, train C: there are 2 trains; see --threads"),
            ("A7", "turn 1, train A: it ends or waits with 1 instructions to go"),
            ("A6A1", "turn 2, train A: it ends or waits with 1 instructions to go"),
        ] {
            let refused = replay(&program, 2, &Schedule::parse(schedule).unwrap()).unwrap_err();
            assert_eq!(refused.to_string(), says);
        }
    }
}
