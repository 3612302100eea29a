//! A schedule, done: the same instructions in the same order, on tape.

use super::run::{Ending, Trouble};
use super::schedule::{Schedule, Turn, name};
use super::tape::Tape;
use super::train::{machine, memory, values};
use crate::terms::error::{LabError, Result};
use trainyard::vm::{Machine, Pause, Program};

/// More than this in one turn without a number is a loop without end.
const STEPS_MAX: u64 = 100_000_000;

/// What a schedule led to.
#[derive(Debug)]
pub struct Replayed {
    /// What the trains did, and what was lost.
    pub tape: Tape,
    pub ending: Ending,
}

/// Does what the schedule says; then whoever is not at its end goes on to it, in order.
/// Fails if it names a train that does not exist, lets one go on that is at its end or has to wait,
/// or if a train does not end.
pub fn replay(program: &Program, trains: usize, schedule: &Schedule) -> Result<Replayed> {
    let memory = memory(program);
    let mut machines: Vec<Machine> = (0..trains).map(|number| machine(program, number)).collect();
    let mut tape = Tape::default();
    let rest = (0..trains).chain(0..trains).map(|train| Turn { train, steps: None });
    for (number, turn) in schedule.turns.iter().copied().chain(rest).enumerate() {
        let refuse = |says: &str| {
            Err(LabError::BadInput(format!("turn {}, {}: {says}", number + 1, name(turn.train))))
        };
        let Some(machine) = machines.get_mut(turn.train) else {
            return refuse(&format!("there are {trains} trains; see --threads"));
        };
        let mut left = turn.steps.unwrap_or(STEPS_MAX);
        while left > 0 && machine.next(program).is_some() {
            match tape.step(turn.train, machine, program, &memory) {
                Ok(Pause::Blocked { .. }) => break,
                Ok(_) => left -= 1,
                Err(error) => {
                    let ending = Err(Trouble::Failed(error.to_string()));
                    return Ok(Replayed { tape, ending });
                }
            }
        }
        match turn.steps {
            Some(_) if left > 0 => {
                return refuse(&format!("it ends or waits with {left} instructions to go"));
            }
            None if left == 0 => return refuse("it does not end"),
            _ => {}
        }
    }
    let are_done = machines.iter().all(|machine| machine.next(program).is_none());
    let ending = if are_done { Ok(values(program, &memory)) } else { Err(Trouble::Deadlock) };
    Ok(Replayed { tape, ending })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::race::puzzle::PUZZLES;

    fn done(text: &str, schedule: &str) -> Result<Replayed> {
        let program = Program::compile(text).unwrap();
        replay(&program, 2, &Schedule::parse(schedule).unwrap())
    }

    #[test]
    fn a_schedule_decides_how_a_program_ends_and_whether_an_update_is_lost() {
        let (_, _, locks) = PUZZLES[3];
        let value = |x| Ok(vec![x]);
        for (text, schedule, expected) in [
            ("x = x + 1", "AB", value(2)),
            ("x = x + 1", "A2B6A4", value(1)),
            // What the schedule leaves open, the trains do in order.
            ("x = x + 1", "A2B", value(1)),
            ("x = x + 1", "B1", value(2)),
            (locks, "AB", value(2)),
            (locks, "A8BA", Err(Trouble::Deadlock)),
        ] {
            let Replayed { tape, ending } = done(text, schedule).unwrap();
            assert_eq!(tape.lost.is_some(), ending == value(1), "{text}: {schedule}");
            assert_eq!(ending, expected, "{text}: {schedule}");
        }
        let tape = done("x = x + 1", "A2B6A4").unwrap().tape;
        let lost = tape.lost.unwrap();
        assert_eq!((tape.culprit(), lost.load.value), (Some(0), Some(0)));
        assert_eq!((lost.found, lost.stored, lost.missed), (1, 1, 1));
        assert_eq!((tape.schedule.to_string(), tape.steps), ("A2B6A4".to_owned(), 12));
    }

    #[test]
    fn a_schedule_that_cannot_be_done_is_refused() {
        for (schedule, says) in [
            ("A2C1", "turn 2, train C: there are 2 trains; see --threads"),
            ("A7", "turn 1, train A: it ends or waits with 1 instructions to go"),
            ("A6A1", "turn 2, train A: it ends or waits with 1 instructions to go"),
        ] {
            assert_eq!(done("x = x + 1", schedule).unwrap_err().to_string(), says);
        }
    }
}
