//! The trains as tasks: one is switched out where its program says `await`, and nowhere else.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::run::{Job, Outcome, Trouble, machine, variables};
use super::serial::{does_not_end, turns_max};
use super::waits::{Verdict, Waits};
use crate::terms::error::Result;
use crate::work::arm::Unit;
use trainyard::coop;
use trainyard::vm::{Pause, Place, Program};

/// What all tasks of a run share.
struct Shared {
    program: Program,
    memory: Vec<Cell<i64>>,
    waits: Waits,
    turns_max: u64,
}

pub(super) fn run(job: &Job<'_>) -> Result<Outcome> {
    let memory = job.program.words().iter().map(|_| Cell::new(0)).collect();
    let (program, waits) = (job.program.clone(), Waits::new(job.trains));
    let shared = Rc::new(Shared { program, memory, waits, turns_max: turns_max(job.rounds) });
    let ends = coop::run(async {
        let train = |number| coop::spawn(train(Rc::clone(&shared), number));
        coop::join_all((0..job.trains).map(train)).await
    });
    let ends: std::result::Result<Vec<_>, _> = ends.into_iter().collect();
    let values = variables(job.program).map(|(at, _)| shared.memory[at].get()).collect();
    Ok(Outcome { values, trouble: ends?.into_iter().flatten().next(), ..Outcome::default() })
}

async fn train(shared: Rc<Shared>, number: usize) -> Option<Trouble> {
    let _unit = Unit::begin(number as u64);
    let Shared { program, memory, waits, turns_max } = &*shared;
    let mut machine = machine(program, number);
    let mut left = *turns_max;
    loop {
        let pause = machine.run(program, &memory[..], |place| {
            left -= u64::from(place != Place::Operation);
            if left > 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        match pause {
            Ok(Pause::Blocked { lock, .. }) => {
                let mut verdict = waits.blocked(number, lock, &memory[..]);
                while verdict == Verdict::TryAgain {
                    coop::yield_now().await;
                    verdict = waits.try_again(number, &mut machine, program, &memory[..]);
                }
                if verdict == Verdict::Deadlock {
                    return Some(Trouble::Deadlock);
                }
            }
            Ok(Pause::Awaiting) => coop::yield_now().await,
            Ok(Pause::Ended) => return None,
            Ok(Pause::Stopped) => {
                machine.give_locks_back(program, &memory[..]);
                return Some(Trouble::Failed(does_not_end(number)));
            }
            Err(error) => return Some(Trouble::Failed(error.to_string())),
        }
    }
}
