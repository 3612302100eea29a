//! Sub-interpreters: a lock for each worker.
//!
//! Since 3.12 each interpreter in a process may have a lock of its own (PEP 684). Then threads of
//! different interpreters run at the same time; the price is that they share no objects.

use crate::ask::experiment::kit::prelude::*;
use trainyard::threads::ThreadPool;

/// One lock for all, or one for each.
pub const EXPERIMENT: Experiment = Experiment {
    name: "sub-interpreters",
    group: Group::Lock,
    title: "one lock for all workers, or one for each",
    question: "Two workers of a pool compute, and each has a global lock of its own: as many \
               interpreters as workers. Every lock is on. Do they run at the same time?",
    choices: &["no: a global lock is on", "yes: nobody waits for a lock that only one thread uses"],
    answer: 1,
    method: "A pool of one worker and one of two compute digits of pi for a set time: under one \
             lock, and under a lock for each worker. For comparison, plain threads without a lock.",
    cells,
    ours: measure,
    twin: Some(include_str!("sub_interpreters.py")),
    plays,
    columns: &[
        Column { figure: "calls_per_s", title: "done/s", unit: Unit::Count },
        Column { figure: "cpus_busy", title: "CPUs busy", unit: Unit::Plain },
        Column { figure: "contended", title: "had to wait", unit: Unit::Count },
    ],
    relations: &[
        counting("own-locks-are-free")
            .says("a worker with a lock of its own never finds it taken.")
            .of_ours()
            .claims(&that("{contended in own locks, 2 workers} times", |[times]| is(times, 0)))
            .wrong("one lock for all", |cell| cell.set("scope", "shared")),
        timing("own-locks-gain-a-processor")
            .says("two workers with a lock each do about what two plain threads do.")
            .claims(&AsBare { cells: OWN, bare: BARE })
            .wrong("one lock for all", |cell| cell.set("scope", "shared")),
        timing("one-lock-is-one-at-a-time")
            .says("two workers under one lock keep one processor busy.")
            .claims(&OneProcessor { cell: SHARED[1], bare: BARE[1] })
            .wrong("a lock for each", |cell| cell.set("scope", "own")),
    ],
    explain: Told(
        "Two workers under one lock do {calls_per_s in one lock, 2 workers / one lock, 1 worker} \
         what one does, with a lock each {calls_per_s in own locks, 2 workers / own lock, 1 \
         worker} (two plain threads: {calls_per_s in no lock, 2 threads / no lock, 1 thread}). \
         Under one lock a worker found it taken {contended in one lock, 2 workers} times, with \
         its own never. A lock costs those who share it; what it protects must not be shared \
         either, so interpreters copy what they send each other.",
    ),
    read: &[
        "src/threads/kernel/pool.rs: Builder::gil_per_worker",
        "PEP 684: a per-interpreter GIL",
    ],
};

const SHARED: [&str; 2] = ["one lock, 1 worker", "one lock, 2 workers"];
const OWN: [&str; 2] = ["own lock, 1 worker", "own locks, 2 workers"];
const BARE: [&str; 2] = ["no lock, 1 thread", "no lock, 2 threads"];

fn cells(scale: Scale) -> Vec<Cell> {
    let duration_s = scale.pick(0.3, 1.0);
    let cells = |labels, lock, scope| {
        let cells = Cell::one_and_two(labels, lock, Task::Pi, duration_s);
        cells.map(|cell| cell.with("scope", scope))
    };
    let shared = cells(SHARED, Lock::TIMED, "shared");
    [shared, cells(OWN, Lock::TIMED, "own"), cells(BARE, Lock::Bare, "none")].concat()
}

/// A lock for each interpreter came with 3.12.
fn plays(python: &Python, cell: &Cell) -> bool {
    by_lock(python, cell) && (cell.word("scope") != "own" || python.version >= (3, 12, 0))
}

fn measure(cell: &Cell) -> Result<Figures> {
    if cell.lock == Lock::Bare {
        return hogs::throughput(cell);
    }
    let (workers, task) = (cell.count("threads"), Task::named(cell.word("task")));
    let pool = ThreadPool::builder().workers(workers);
    let pool = match cell.word("scope") {
        "own" => pool.gil_per_worker(hogs::mode(cell.lock)),
        _ => pool.gil(hogs::gil(cell)),
    };
    let pool = pool.build().map_err(|why| LabError::failed("the pool", why))?;
    let clock = Clock::start(cell);
    let figures = hogs::measured(|| {
        let turns = pool.map(0..workers, move |at, _| clock.repeat(|| task.call(at)));
        turns.into_iter().map(|turns| turns.expect("a task does not panic")).collect()
    })?;
    Ok(figures.and(hogs::counted(pool.gils())))
}
