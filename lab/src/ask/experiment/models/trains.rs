//! So many tasks, threads or processes, all alive at once: what they run on, and what they take.
//!
//! Each adds 1 to a global variable, notes where it runs, and stays. That shows what the three
//! words mean: tasks share a thread, threads share a memory, processes share neither.

use std::cell::Cell as Local;
use std::fs;
use std::future::pending;

use super::footprint::{Footprint, footprint, of_each};
use super::room;
use crate::ask::experiment::kit::prelude::*;
use trainyard::coop::{self, yield_now};
use trainyard::procs::Pool;
use trainyard::threads::{Gil, Mode, ThreadPool};

/// The same in Python.
pub(super) const TWIN: &str = include_str!("trains.py");

/// Two hundred processes start in two seconds, on two processors that others use too.
const HELLO_TIMEOUT: Duration = Duration::from_mins(1);
/// Processes that started one after the other are alike; this many are looked at.
const LOOKED_AT: usize = 16;

/// What every train adds 1 to.
static GLOBAL: AtomicU64 = AtomicU64::new(0);
/// How many threads of this process trains have run on.
static THREADS: AtomicU64 = AtomicU64::new(0);
thread_local! {
    static IS_NOTED: Local<bool> = const { Local::new(false) };
}

/// What a train does first.
fn note() {
    // ORDER: Relaxed; plain counters, read when all trains have ended or answered.
    if !IS_NOTED.replace(true) {
        THREADS.fetch_add(1, Ordering::Relaxed);
    }
    GLOBAL.fetch_add(1, Ordering::Relaxed);
}

/// Starts the cell's trains, looks at them while all are alive, and lets them end.
pub(super) fn measure(cell: &Cell) -> Result<Figures> {
    let (model, count) = (cell.word("model"), cell.count("count"));
    room::check(model, count)?;
    match model {
        "tasks" => tasks(count),
        "threads" => threads(count),
        _ => processes(count),
    }
}

fn tasks(count: usize) -> Result<Figures> {
    coop::run(async {
        let (before, stopwatch) = (footprint("self")?, Stopwatch::start());
        for _ in 0..count {
            // Detached: they are dropped with the loop.
            drop(coop::spawn(async {
                note();
                pending::<()>().await;
            }));
        }
        // ORDER: Relaxed; as in `note`.
        while GLOBAL.load(Ordering::Relaxed) < count as u64 {
            yield_now().await;
        }
        let took_s = stopwatch.seconds();
        let each = of_each(before, footprint("self")?, count);
        // The one that counts is one too.
        let alive = coop::tasks().len() - 1;
        Ok(figures(count, took_s, each).with_count("alive", alive))
    })
}

fn threads(count: usize) -> Result<Figures> {
    let (before, stopwatch) = (footprint("self")?, Stopwatch::start());
    // The lock is off: thousands of threads that end at once would all be in line for it, and each
    // looks after every switch interval whether it is its turn.
    let pool = ThreadPool::builder().workers(count).gil(Gil::new(Mode::Off));
    let pool = pool.initializer(note).build().map_err(refused)?;
    let took_s = stopwatch.seconds();
    let each = of_each(before, footprint("self")?, count);
    let alive = fs::read_dir("/proc/self/task").map_or(0, Iterator::count).saturating_sub(1);
    drop(pool);
    Ok(figures(count, took_s, each).with_count("alive", alive))
}

fn processes(count: usize) -> Result<Figures> {
    let stopwatch = Stopwatch::start();
    let pool = Pool::builder().workers(count).initializer(note).hello_timeout(HELLO_TIMEOUT);
    let pool = pool.build().map_err(|why| LabError::failed("the pool", why))?;
    let took_s = stopwatch.seconds();
    let pids = pool.pids();
    let prints = pids.iter().take(LOOKED_AT).map(footprint).collect::<Result<Vec<_>>>()?;
    let sum = prints.iter().fold([0.0; 2], |sum, one| [sum[0] + one[0], sum[1] + one[1]]);
    let each = of_each([0.0; 2], sum, prints.len().max(1));
    let (figures, all) = (figures(count, took_s, each), pids.len());
    Ok(figures.with_count("alive", all).with_count("threads", all).with_count("processes", all))
}

/// The system's word for too many, whichever limit it was.
fn refused(why: io::Error) -> LabError {
    match why.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory => {
            LabError::NoRoom(format!("the system has refused one more: {why}"))
        }
        _ => LabError::failed("the pool", why),
    }
}

/// Also what this process knows of its trains; those in others add to variables of their own.
fn figures(count: usize, took_s: f64, [private, addresses]: Footprint) -> Figures {
    // ORDER: Relaxed; as in `note`.
    let [threads, sum] = [&THREADS, &GLOBAL].map(|count| count.load(Ordering::Relaxed));
    Figures::default()
        .with("started_s", took_s)
        .with("start_s", took_s / to_f64(count))
        .with("memory_bytes", private)
        .with("memory_all_bytes", private * to_f64(count))
        .with("virtual_bytes", addresses)
        .with_count("threads", threads)
        .with_count("processes", 1)
        .with_count("sum", sum)
}
