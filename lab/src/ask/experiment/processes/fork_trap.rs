//! The fork trap: a child that begins as a copy has the parent's locks, and not their owners.
//!
//! `fork` copies the memory of a process, and one of its threads. A lock that another thread held
//! is held in the copy too, by nobody, so whoever asks for it waits for ever. Python has warned of
//! it since 3.12, and has not forked by default since 3.14.

use std::sync::{LazyLock, mpsc};
use std::thread;
use std::time::Duration;

use super::Workers;
use crate::ask::experiment::kit::prelude::*;
use trainyard::sys::prim::Mutex;

/// A lock that is held while a worker comes to be.
pub const EXPERIMENT: Experiment = Experiment {
    name: "fork-trap",
    group: Group::Processes,
    title: "a forked child waits for a lock whose owner it does not have",
    question: "A thread of a program holds a lock. Another thread of it starts a worker, whose job \
               takes the same lock; a tenth of a second later the first thread lets go of it. When \
               does the job get the lock, if the worker is a forked child?",
    choices: &[
        "at once: a child has a memory of its own, and a lock of its own",
        "after a tenth of a second",
        "never",
    ],
    answer: 2,
    method: "A thread takes a lock that is a global. A worker is started, as a thread, as the \
             program started anew, or as a fork; the thread holds the lock for 0.1 s more, and the \
             worker tries to take it, for two seconds at most. Ours cannot be forked: its pool \
             starts the program anew, because of this. In Python the lock is one that the standard \
             library has for itself, in `tempfile`.",
    cells,
    ours: measure,
    twin: Some(include_str!("fork_trap.py")),
    plays: |python, _| python.version >= (3, 4, 0),
    columns: &[
        Column { figure: "hung", title: "never\ngot it", unit: Unit::Count },
        Column { figure: "waited_s", title: "waited", unit: Unit::Seconds },
    ],
    relations: &[
        counting("others-get-the-lock")
            .says("a worker that is a thread, or a program started anew, gets the lock.")
            .claims(&that(
                "A thread {gets it|does not get it hung in thread}, a program started anew {gets \
                 it|does not get it hung in spawn}",
                |[thread, spawn]| is(thread + spawn, 0),
            ))
            .wrong("the owner never lets go of it", |cell| cell.set("held_s", 60.0)),
        counting("a-forked-child-never-does")
            .says("a forked child of this CPython never gets it; ours, started anew, does.")
            .of_each_python()
            .claims(&that(
                "Their forked child {got it|did not get it hung in fork} in two seconds, ours \
                 {our got it|did not get it hung in spawn}",
                |[theirs, ours]| is(theirs, 1) && is(ours, 0),
            ))
            .wrong("ours is a thread, and the owner never lets go of the lock", |cell| {
                cell.set("worker", "thread");
                cell.set("held_s", 60.0);
            }),
    ],
    explain: Told(
        "A thread waited {waited_s in thread}, until the owner let go of the lock. A worker that \
         is the program started anew waited {waited_s in spawn}: it has a lock of its own, which \
         nobody holds. A forked child has a copy, with the lock held, and nobody who could let go \
         of it: fork copies one thread, the one that called it. Run it with --python to see it \
         hang. The lock need not be yours: an allocator's or a logger's will do. So fork before \
         there are threads, or let a process fork that has none, which is what Python's forkserver \
         is; ours starts the program anew.",
    ),
    read: &[
        "src/procs/kernel/spawn.rs: why fork and exec",
        "stackoverflow.com/questions/64095876: \"multiprocessing fork() vs spawn()\"",
        "https://github.com/python/cpython/issues/84559: \"Change the default start method\"",
    ],
};

fn cells(_: Scale) -> Vec<Cell> {
    let cell = |worker| Cell::plain(worker).with("worker", worker).with("patience_s", 2.0);
    ["thread", "spawn", "fork"].map(|worker| cell(worker).with("held_s", 0.1)).into()
}

/// What the job wants.
static LOCK: LazyLock<Mutex<()>> = LazyLock::new(|| Mutex::new(()));

fn measure(cell: &Cell) -> Result<Figures> {
    let held = Duration::from_secs_f64(cell.number("held_s"));
    let (sender, is_held) = mpsc::channel();
    let (started, is_started) = mpsc::channel::<()>();
    // Nobody joins it: it may hold the lock for longer than anybody waits, and ends with the cell.
    thread::spawn(move || {
        let _lock = LOCK.lock();
        sender.send(()).expect("the cell waits for it");
        // Its sender is dropped when the worker is there.
        let _gone = is_started.recv();
        pause(held);
    });
    is_held.recv().map_err(|why| LabError::failed("the owner", why))?;
    let worker = Workers::start(cell.word("worker"), 1)?;
    drop(started);
    let waited_s = worker.submit(take_within, cell.number("patience_s")).join()?;
    let figures = Figures::default().with_count("hung", waited_s.is_none());
    Ok(match waited_s {
        Some(waited_s) => figures.with("waited_s", waited_s),
        None => figures,
    })
}

/// The job: takes the lock, and says how long that took; nothing if it has not got it in time.
fn take_within(patience_s: f64) -> Option<f64> {
    let stopwatch = Stopwatch::start();
    loop {
        let waited_s = stopwatch.seconds();
        if LOCK.try_lock().is_some() {
            return Some(waited_s);
        }
        if waited_s > patience_s {
            return None;
        }
        pause(Duration::from_millis(1));
    }
}
