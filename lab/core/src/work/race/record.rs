//! A real run once more, on tape, until an update is lost or the trains wait for each other.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::AtomicI64;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::run::{Job, gil, machine, spawn_trains};
use super::setting::{Model, to_threads};
use super::tape::Tape;
use super::waits::{Verdict, Waits};
use crate::terms::error::Result;
use trainyard::coop;
use trainyard::sys::{Why, affinity};
use trainyard::threads::Attached;
use trainyard::vm::{Pause, Program};

/// A recording that has not seen anything by then ends: it takes seconds.
const STEPS_MAX: u64 = 20_000_000;

/// What was recorded.
#[derive(Debug)]
pub struct Recording {
    /// What the trains did.
    pub tape: Tape,
    /// Whether the trains ended up waiting for each other.
    pub is_deadlock: bool,
}

/// Runs the trains until something goes wrong; `None` if nothing did, or if they share nothing.
///
/// # Errors
///
/// As [`run`](super::run::run).
pub fn record(job: &Job<'_>) -> Result<Option<Recording>> {
    let recording = match job.runner.model() {
        Model::Threads => thread::scope(|scope| {
            let conductor = scope.spawn(|| on_threads(job));
            conductor.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })?,
        Model::Coop => in_tasks(job)?,
        Model::Procs => return Ok(None),
    };
    let has_news = recording.is_deadlock || recording.tape.lost.is_some();
    Ok(has_news.then_some(recording))
}

fn is_over(tape: &Tape) -> bool {
    tape.lost.is_some() || tape.steps >= STEPS_MAX
}

fn on_threads(job: &Job<'_>) -> Result<Recording> {
    if !job.cpus.is_empty() {
        // `run` has done the same before us, so it can be done.
        drop(affinity::restrict_to(job.cpus));
    }
    let (gil, tape, waits) = (gil(job), Mutex::new(Tape::default()), Waits::new(job.trains));
    let memory: Vec<AtomicI64> = job.program.words().iter().map(|_| AtomicI64::new(0)).collect();
    let shared = Shared { program: job.program, memory: &memory, tape: &tape, waits: &waits };
    let verdicts = spawn_trains(job, &|number| gil.attach(|at| drive(&shared, number, at)))?;
    let is_deadlock = verdicts.contains(&Verdict::Deadlock);
    Ok(Recording { tape: tape.into_inner().unwrap_or_else(PoisonError::into_inner), is_deadlock })
}

/// What all threads of a recording share.
struct Shared<'a> {
    program: &'a Program,
    memory: &'a [AtomicI64],
    tape: &'a Mutex<Tape>,
    waits: &'a Waits,
}

fn drive(shared: &Shared<'_>, number: usize, at: &mut Attached<'_>) -> Verdict {
    let Shared { program, memory, tape, waits } = *shared;
    let mut machine = machine(program, number);
    while let Some(instruction) = machine.next(program) {
        at.checkpoint_at(to_threads(instruction.place()));
        let pause = {
            let mut tape = tape.lock().unwrap_or_else(PoisonError::into_inner);
            if is_over(&tape) {
                break;
            }
            tape.step(number, &mut machine, program, memory)
        };
        match pause {
            Ok(Pause::Blocked { lock, .. }) => {
                if waits.blocked(number, lock, memory) == Verdict::Deadlock {
                    return Verdict::Deadlock;
                }
                at.detach(Why::Lock, thread::yield_now);
            }
            Ok(_) => waits.goes_on(number),
            Err(_) => break,
        }
    }
    Verdict::GoOn
}

/// What all tasks of a recording share.
struct Tasks {
    program: Program,
    memory: Vec<Cell<i64>>,
    tape: RefCell<Tape>,
    waits: Waits,
}

fn in_tasks(job: &Job<'_>) -> Result<Recording> {
    let shared = Rc::new(Tasks {
        program: job.program.clone(),
        memory: job.program.words().iter().map(|_| Cell::new(0)).collect(),
        tape: RefCell::default(),
        waits: Waits::new(job.trains),
    });
    let train = |number| coop::spawn(task(Rc::clone(&shared), number));
    let verdicts = coop::run(async { coop::join_all((0..job.trains).map(train)).await });
    let verdicts: std::result::Result<Vec<_>, _> = verdicts.into_iter().collect();
    let is_deadlock = verdicts?.contains(&Verdict::Deadlock);
    Ok(Recording { tape: shared.tape.take(), is_deadlock })
}

async fn task(shared: Rc<Tasks>, number: usize) -> Verdict {
    let Tasks { program, memory, tape, waits } = &*shared;
    let mut machine = machine(program, number);
    while !is_over(&tape.borrow()) {
        let pause = tape.borrow_mut().step(number, &mut machine, program, &memory[..]);
        match pause {
            Ok(Pause::Blocked { lock, .. }) => {
                if waits.blocked(number, lock, &memory[..]) == Verdict::Deadlock {
                    return Verdict::Deadlock;
                }
                coop::yield_now().await;
            }
            Ok(Pause::Awaiting) => coop::yield_now().await,
            Ok(Pause::Stopped) => waits.goes_on(number),
            Ok(Pause::Ended) | Err(_) => break,
        }
    }
    Verdict::GoOn
}
