//! One real run: the trains of a program on threads, in tasks or in processes, and what came out.
//!
//! Threads run under the lock of [`trainyard::threads`], on or off; before each instruction they
//! stand at a checkpoint of the kind that the instruction is, and the lock's placement decides
//! whether it is one. A train that finds one of the program's own locks taken gives the global lock
//! up, as Python's do. A task is switched out where its program says `await`, and nowhere else. A
//! process has variables of its own, so there is nothing to lose.
//!
//! A [recording](record) is the same on [`tape`](super::tape). Read next `train`.

use std::sync::{Arc, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use super::puzzle::{Puzzle, Start, compile};
use super::schedule::name;
use super::serial::of_one;
use super::setting::{Runner, to_threads};
use super::tape::Tape;
use super::train::{Halt, Shared, Train, turns_max};
use crate::terms::error::{LabError, Result};
use crate::terms::lock::Pace;
use crate::work::arm::Unit;
use trainyard::coop;
use trainyard::procs::Pool;
use trainyard::sys::prim::Mutex;
use trainyard::sys::rusage::{Whose, usage};
use trainyard::sys::{Why, affinity};
use trainyard::threads::{Attached, Gil, Mode};
use trainyard::vm::{Program, WordKind};

/// What is run, and how.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// What processes compile themselves.
    pub puzzle: &'a Puzzle,
    /// What it was compiled to.
    pub program: &'a Program,
    pub rounds: u32,
    pub trains: usize,
    pub runner: Runner,
    /// The processors that they may use; none means all.
    pub cpus: &'a [usize],
    /// How long a hold of the lock lasts.
    pub pace: Pace,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The value of each variable; where nothing is shared, of each train one after another.
    pub values: Vec<i64>,
    /// Why it did not end as it should.
    pub trouble: Option<Trouble>,
    /// How often the lock was given up because another train had asked for it, or after its ticks.
    pub forced_switches: u64,
    /// How often the system took the processor away from a train.
    pub involuntary_switches: u64,
    /// Of threads, added up.
    pub processor_time: Duration,
    /// From the first thread's start to the last one's end.
    pub duration: Duration,
}

/// How trains end: with these values of the variables, or in trouble.
pub type Ending = std::result::Result<Vec<i64>, Trouble>;

/// What can happen to trains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Some wait for each other's locks.
    Deadlock,
    /// One could not go on.
    Failed(String),
}

/// Which of the program's words are variables.
pub(super) fn variables(program: &Program) -> impl Iterator<Item = (usize, &str)> {
    let words = program.words().iter().enumerate();
    words.filter(|(_, word)| word.kind == WordKind::Variable).map(|(at, word)| (at, &*word.name))
}

pub fn names(program: &Program) -> Vec<String> {
    variables(program).map(|(_, name)| name.to_owned()).collect()
}

pub fn run(job: &Job<'_>) -> Result<Outcome> {
    conduct(job, &Arc::new(Shared::new(job.program, job.trains, turns_max(job.rounds))))
}

/// Runs the trains on tape, until an update is lost or they wait for each other; `None` if neither
/// happens, or if they share nothing.
pub fn record(job: &Job<'_>) -> Result<Option<Tape>> {
    if job.runner == Runner::Procs {
        return Ok(None);
    }
    let mut shared = Shared::new(job.program, job.trains, turns_max(job.rounds));
    shared.tape = Some(Mutex::default());
    let shared = Arc::new(shared);
    conduct(job, &shared)?;
    let Some(tape) = &shared.tape else { return Ok(None) };
    let tape = std::mem::take(&mut *tape.lock());
    let has_news = tape.lost.is_some() || shared.waits.is_deadlock();
    Ok(has_news.then_some(tape))
}

/// Runs the trains from a thread of its own: what it and its children may use is decided there.
fn conduct(job: &Job<'_>, shared: &Arc<Shared>) -> Result<Outcome> {
    let conductor = || {
        if !job.cpus.is_empty() {
            affinity::restrict_to(job.cpus)
                .map_err(|why| LabError::BadInput(format!("--affinity: {why}")))?;
        }
        match job.runner {
            Runner::LockOn(_) | Runner::LockOff => on_threads(job, shared),
            Runner::Coop => in_tasks(job, shared),
            Runner::Procs => in_processes(job),
        }
    };
    thread::scope(|scope| {
        scope.spawn(conductor).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn on_threads(job: &Job<'_>, shared: &Shared) -> Result<Outcome> {
    let gils = gils(job);
    let train = |number: usize| {
        let trouble = gils[number % gils.len()].attach(|at| on_thread(shared, number, at));
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
    outcome.values = shared.values();
    for counters in gils.iter().map(Gil::counters) {
        outcome.forced_switches += counters.forced_switches + counters.tick_drops;
    }
    Ok(outcome)
}

/// The lock of all trains, or one for each.
fn gils(job: &Job<'_>) -> Vec<Gil> {
    let Runner::LockOn(rules) = job.runner else { return vec![Gil::new(Mode::Off)] };
    let count = if rules.per_worker { job.trains } else { 1 };
    (0..count).map(|_| rules.gil(job.pace)).collect()
}

/// A machine needs next to nothing; thousands of threads must fit.
const STACK_LEN: usize = 256 * 1024;

/// Runs `train` in a thread for each number, and returns what they return.
fn spawn_trains<R: Send>(job: &Job<'_>, train: &(impl Fn(usize) -> R + Sync)) -> Result<Vec<R>> {
    // Whoever reads waits for the writer; when that one leaves, all go at once. It leaves also if
    // not all of them can be started.
    let gate = RwLock::new(());
    let gated = |number| {
        if job.puzzle.start == Start::Together {
            drop(gate.read());
        }
        let _unit = Unit::begin(number as u64);
        train(number)
    };
    thread::scope(|scope| {
        let closed = gate.write();
        let spawn = |number| {
            let builder = thread::Builder::new().name(name(number)).stack_size(STACK_LEN);
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

fn on_thread(shared: &Shared, number: usize, at: &mut Attached<'_>) -> Option<Trouble> {
    let mut train = Train::new(shared, number);
    loop {
        match train.go_on(|place| at.checkpoint_at(to_threads(place))) {
            Halt::Blocked => at.detach(Why::Lock, thread::yield_now),
            // A thread cannot await: it goes on.
            Halt::Awaiting => {}
            Halt::Over(trouble) => return trouble,
        }
    }
}

fn in_tasks(job: &Job<'_>, shared: &Arc<Shared>) -> Result<Outcome> {
    let train = |number| coop::spawn(in_task(Arc::clone(shared), number));
    let ends = coop::run(async { coop::join_all((0..job.trains).map(train)).await });
    let ends: std::result::Result<Vec<_>, _> = ends.into_iter().collect();
    let trouble = ends?.into_iter().flatten().next();
    Ok(Outcome { values: shared.values(), trouble, ..Outcome::default() })
}

async fn in_task(shared: Arc<Shared>, number: usize) -> Option<Trouble> {
    let _unit = Unit::begin(number as u64);
    let mut train = Train::new(&shared, number);
    loop {
        match train.go_on(|_| ()) {
            Halt::Blocked | Halt::Awaiting => coop::yield_now().await,
            Halt::Over(trouble) => return trouble,
        }
    }
}

fn in_processes(job: &Job<'_>) -> Result<Outcome> {
    let failed = |why: String| LabError::failed("the processes", why);
    let pool =
        Pool::builder().workers(job.trains).build().map_err(|why| failed(why.to_string()))?;
    let numbers = (0..job.trains).filter_map(|number| u32::try_from(number).ok());
    let work = numbers.map(|number| (job.puzzle.text.clone(), job.rounds, number));
    let mut outcome = Outcome::default();
    for answer in pool.map(in_process, work) {
        match answer.map_err(|why| failed(why.to_string()))? {
            Ok(values) => outcome.values.extend(values),
            Err(says) => outcome.trouble = Some(Trouble::Failed(says)),
        }
    }
    Ok(outcome)
}

/// Compiles the text in a worker, and returns the values that the variables have there.
fn in_process((text, rounds, number): (String, u32, u32)) -> std::result::Result<Vec<i64>, String> {
    let values =
        compile(&text, rounds).and_then(|program| of_one(&program, rounds, number as usize));
    values.map_err(|error| error.to_string())
}
