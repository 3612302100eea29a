//! So many tasks, threads or processes, all alive at once: what they run on, and what they take.
//!
//! Each of them does the same: adds 1 to a global variable, notes where it runs, and stays. What is
//! told apart by that is what the three words mean: tasks share a thread, threads share a memory,
//! processes share neither.

use std::collections::HashSet;
use std::fs;
use std::future::pending;
use std::io;
use std::ops::Add;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use super::footprint::Footprint;
use super::room::Need;
use crate::ask::experiment::kit::cell::Cell;
use crate::ask::experiment::kit::figures::{Figures, to_f64};
use lab_core::terms::error::{LabError, Result};
use trainyard::coop::{self, yield_now};
use trainyard::procs::Pool;
use trainyard::sys::clock;
use trainyard::threads::{Gil, Mode, ThreadPool};

/// The same in Python.
pub const TWIN: &str = include_str!("trains.py");

/// Two hundred processes start in two seconds, on two processors that others use too.
const HELLO_TIMEOUT: Duration = Duration::from_mins(1);
/// Processes that started one after the other are alike; this many are looked at.
const LOOKED_AT: usize = 16;

/// What every train adds 1 to.
static GLOBAL: AtomicU64 = AtomicU64::new(0);
/// The threads that trains have run on, in this process.
static THREADS: Mutex<Option<HashSet<ThreadId>>> = Mutex::new(None);

/// What a train does first.
fn note() {
    let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    threads.get_or_insert_default().insert(thread::current().id());
    drop(threads);
    GLOBAL.fetch_add(1, Ordering::Relaxed); // ORDER: Relaxed; a plain counter.
}

fn sum() -> u64 {
    GLOBAL.load(Ordering::Relaxed) // ORDER: Relaxed; read when all have ended or answered.
}

/// A cell with `count` trains of one `model`: tasks, threads or processes.
pub fn cell(label: impl Into<String>, model: &str, count: usize) -> Cell {
    Cell::plain(label).with("model", model).with("count", count)
}

/// Starts the cell's trains, looks at them while all are alive, and lets them end.
///
/// # Errors
///
/// [`LabError::NoRoom`] if this machine has none for so many.
pub fn measure(cell: &Cell) -> Result<Figures> {
    let count = cell.count("count");
    let need = |name, kernel_threads, mappings, descriptors, bytes| {
        Need { name, count: count as u64, kernel_threads, mappings, descriptors, bytes }.check()
    };
    // A thread has a stack, its guard page, and at times an arena of the allocator's. What a train
    // takes of memory, rounded up: what this experiment measures.
    match cell.word("model") {
        "tasks" => need("tasks", 0, 0, 0, 2_000).and_then(|()| tasks(count)),
        "threads" => need("threads", 1, 3, 0, 100_000).and_then(|()| threads(count)),
        _ => need("processes", 1, 2, 6, 4_000_000).and_then(|()| processes(count)),
    }
}

fn tasks(count: usize) -> Result<Figures> {
    coop::run(async {
        let before = Footprint::own()?;
        let begun_ns = clock::now_ns();
        for _ in 0..count {
            // Detached: they are dropped with the loop.
            drop(coop::spawn(async {
                note();
                pending::<()>().await;
            }));
        }
        while sum() < count as u64 {
            yield_now().await;
        }
        let took = Duration::from_nanos(clock::now_ns() - begun_ns);
        let taken = Footprint::own()? - before;
        // The one that counts is one too.
        let alive = coop::tasks().len() - 1;
        Ok(figures(count, took, taken).with_count("alive", alive).and(census(1)))
    })
}

fn threads(count: usize) -> Result<Figures> {
    let before = Footprint::own()?;
    let begun_ns = clock::now_ns();
    // The lock is off: thousands of threads that end at once would all be in line for it, and each
    // looks after every switch interval whether it is its turn.
    let pool = ThreadPool::builder().workers(count).gil(Gil::new(Mode::Off));
    let pool = pool.initializer(note).build().map_err(refused)?;
    let took = Duration::from_nanos(clock::now_ns() - begun_ns);
    let taken = Footprint::own()? - before;
    let alive = fs::read_dir("/proc/self/task").map_or(0, Iterator::count).saturating_sub(1);
    let figures = figures(count, took, taken).with_count("alive", alive);
    drop(pool);
    Ok(figures.and(census(1)))
}

fn processes(count: usize) -> Result<Figures> {
    let begun_ns = clock::now_ns();
    let pool = Pool::builder().workers(count).initializer(note).hello_timeout(HELLO_TIMEOUT);
    let pool = pool.build().map_err(|why| LabError::failed("the pool", why))?;
    let took = Duration::from_nanos(clock::now_ns() - begun_ns);
    let pids = pool.pids();
    let prints = pids.iter().take(LOOKED_AT).map(|&pid| Footprint::of(pid));
    let prints = prints.collect::<Result<Vec<Footprint>>>()?;
    let taken = average(&prints) * to_f64(count);
    let figures = figures(count, took, taken).with_count("alive", pids.len());
    Ok(figures.with_count("threads", pids.len()).and(census(pids.len() as u64)))
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

fn average(prints: &[Footprint]) -> Footprint {
    let sum = prints.iter().copied().fold(Footprint::default(), Add::add);
    sum * (1.0 / to_f64(prints.len()).max(1.0))
}

fn figures(count: usize, took: Duration, taken: Footprint) -> Figures {
    let took_s = took.as_secs_f64();
    let each = taken * (1.0 / to_f64(count));
    Figures::default()
        .with("started_s", took_s)
        .with("start_s", took_s / to_f64(count))
        .with("memory_bytes", each.private_bytes)
        .with("memory_all_bytes", taken.private_bytes)
        .with("virtual_bytes", each.virtual_bytes)
}

/// What this process knows of its trains; those in others added to variables of their own.
fn census(processes: u64) -> Figures {
    let threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    let here = threads.as_ref().map_or(0, HashSet::len) as u64;
    let figures = Figures::default().with_count("processes", processes).with_count("sum", sum());
    if here > 0 { figures.with_count("threads", here) } else { figures }
}
