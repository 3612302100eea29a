//! One real run: the trains of a program on threads, in tasks or in processes, and what came out.
//!
//! Threads run under the lock of [`trainyard::threads`], on or off; before each instruction they stand
//! at a check point of the kind that the instruction is, and the lock's placement decides whether it
//! is one. A train that finds one of the program's own locks taken gives the global lock up, as
//! Python's do.
//!
//! Read next `tasks`, `processes`; then [`record`](mod@super::record).

use std::ops::ControlFlow;
use std::sync::RwLock;
use std::sync::atomic::AtomicI64;
use std::thread;
use std::time::{Duration, Instant};

use super::puzzle::Start;
use super::serial::{does_not_end, turns_max};
use super::setting::{Runner, to_threads};
use super::waits::{Verdict, Waits};
use super::{processes, schedule, tasks};
use crate::terms::error::{LabError, Result};
use crate::work::arm::Unit;
use trainyard::sys::rusage::{Whose, usage};
use trainyard::sys::{Why, affinity};
use trainyard::threads::{Attached, Gil, Mode};
use trainyard::vm::{Machine, Memory, Pause, Place, Program, WordKind};

/// What is run, and how.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// The program, repeated as often as it is to be done.
    pub program: &'a Program,
    /// Its text and how often it is repeated, for processes, which compile it themselves.
    pub text: &'a str,
    /// See `text`.
    pub rounds: u32,
    /// How many trains.
    pub trains: usize,
    /// Who runs them.
    pub runner: Runner,
    /// The processors that they may use; none means all.
    pub cpus: &'a [usize],
    /// How long a thread waits before it asks for the lock.
    pub switch_interval: Duration,
    /// When the trains begin.
    pub start: Start,
}

/// What came out of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The value of each variable; where nothing is shared, of each train one after another.
    pub values: Vec<i64>,
    /// Why it did not end as it should.
    pub trouble: Option<Trouble>,
    /// How often the lock was given up because another train had asked for it.
    pub forced_switches: u64,
    /// How often the system took the processor away from a train.
    pub involuntary_switches: u64,
    /// Of threads, added up.
    pub processor_time: Duration,
    /// From the first thread's start to the last one's end.
    pub duration: Duration,
}

/// What can happen to trains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Some wait for each other's locks.
    Deadlock,
    /// One could not go on.
    Failed(String),
}

/// Runs the trains.
///
/// # Errors
///
/// A thread or a process cannot be started, a processor is not there.
pub fn run(job: &Job<'_>) -> Result<Outcome> {
    // In a thread of its own: what it and its children may use is decided there.
    thread::scope(|scope| {
        let conductor = scope.spawn(|| {
            if !job.cpus.is_empty() {
                affinity::restrict_to(job.cpus)
                    .map_err(|why| LabError::BadInput(format!("--affinity: {why}")))?;
            }
            match job.runner {
                Runner::LockOn(_) | Runner::LockOff => on_threads(job),
                Runner::Coop => tasks::run(job),
                Runner::Procs => processes::run(job),
            }
        });
        conductor.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Which of the program's words are variables.
pub fn variables(program: &Program) -> impl Iterator<Item = (usize, &str)> {
    let words = program.words().iter().enumerate();
    words.filter(|(_, word)| word.kind == WordKind::Variable).map(|(at, word)| (at, &*word.name))
}

pub(super) fn machine(program: &Program, number: usize) -> Machine {
    Machine::new(program, u32::try_from(number).expect("trains are counted in thousands"))
}

fn on_threads(job: &Job<'_>) -> Result<Outcome> {
    let gil = gil(job);
    let memory: Vec<AtomicI64> = job.program.words().iter().map(|_| AtomicI64::new(0)).collect();
    let waits = Waits::new(job.trains);
    let train = |number: usize| {
        let trouble = gil.attach(|at| drive(job, number, &memory[..], &waits, at));
        // The thread began with its train, so this is all of its life.
        (trouble, usage(Whose::Thread).unwrap_or_default())
    };
    let (mut outcome, begin) = (Outcome::default(), Instant::now());
    for (trouble, usage) in spawn_trains(job, &train)? {
        outcome.trouble = outcome.trouble.or(trouble);
        outcome.involuntary_switches += usage.involuntary_switches;
        outcome.processor_time += usage.user + usage.system;
    }
    outcome.duration = begin.elapsed();
    outcome.values = variables(job.program).map(|(at, _)| memory[..].load(at)).collect();
    outcome.forced_switches = gil.counters().forced_switches;
    Ok(outcome)
}

/// The lock that a job asks for.
pub(super) fn gil(job: &Job<'_>) -> Gil {
    let Runner::LockOn(checks) = job.runner else { return Gil::new(Mode::Off) };
    let gil = Gil::new(Mode::timed(job.switch_interval));
    gil.set_placement(checks.placement());
    gil
}

/// Runs `train` in a thread for each number, and returns what they return.
pub(super) fn spawn_trains<R: Send>(
    job: &Job<'_>,
    train: &(impl Fn(usize) -> R + Sync),
) -> Result<Vec<R>> {
    // Whoever reads waits for the writer; when that one leaves, all go at once. It leaves also if
    // not all of them can be started.
    let gate = RwLock::new(());
    let gated = |number| {
        if job.start == Start::Together {
            drop(gate.read());
        }
        let _unit = Unit::begin(number as u64);
        train(number)
    };
    thread::scope(|scope| {
        let closed = gate.write();
        let spawn = |number| {
            // A machine needs next to nothing; thousands of threads must fit.
            let builder = thread::Builder::new().name(schedule::name(number)).stack_size(STACK_LEN);
            builder.spawn_scoped(scope, move || gated(number))
        };
        let handles: Vec<_> = (0..job.trains).map(spawn).collect();
        drop(closed);
        let joined = handles.into_iter().map(|handle| {
            let handle = handle.map_err(|why| LabError::failed("a train", why))?;
            Ok(handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        joined.collect()
    })
}

const STACK_LEN: usize = 256 * 1024;

/// One train on a thread, from its beginning to its end.
fn drive<M: Memory + ?Sized>(
    job: &Job<'_>,
    number: usize,
    memory: &M,
    waits: &Waits,
    at: &mut Attached<'_>,
) -> Option<Trouble> {
    let program = job.program;
    let mut machine = machine(program, number);
    let mut left = turns_max(job.rounds);
    loop {
        let pause = machine.run(program, memory, |place| {
            at.checkpoint_at(to_threads(place));
            // Most instructions are operations, and pay for nothing more than this question.
            if place == Place::Operation {
                return ControlFlow::Continue(());
            }
            left -= 1;
            if left > 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        match pause {
            Ok(Pause::Blocked { lock, .. }) => {
                let mut verdict = waits.blocked(number, lock, memory);
                while verdict == Verdict::TryAgain {
                    at.detach(Why::Lock, thread::yield_now);
                    verdict = waits.try_again(number, &mut machine, program, memory);
                }
                if verdict == Verdict::Deadlock {
                    return Some(Trouble::Deadlock);
                }
            }
            Ok(Pause::Ended) => return None,
            // A thread cannot await: it goes on.
            Ok(Pause::Awaiting) => {}
            Ok(Pause::Stopped) => {
                machine.give_locks_back(program, memory);
                return Some(Trouble::Failed(does_not_end(number)));
            }
            Err(error) => return Some(Trouble::Failed(error.to_string())),
        }
    }
}
