//! How workers come to be: threads, copies, and programs started anew.
//!
//! A thread shares everything, a fork is a copy, and a program started anew shares nothing and
//! takes the longest. Ours has no fork, because of what [`fork_trap`](super::fork_trap) shows.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Workers;
use crate::ask::experiment::kit::prelude::*;

/// What a worker begins with, and when.
pub const EXPERIMENT: Experiment = Experiment {
    name: "start-methods",
    group: Group::Processes,
    title: "what a worker begins with, and how long that takes",
    question: "A program sets a global to 1, and starts a worker that reads it. The worker is a \
               thread, a forked child, or the program started anew. Which of them find 1?",
    choices: &[
        "the thread alone",
        "the thread and the forked child",
        "all three",
        "none: each worker begins with what the program began with",
    ],
    answer: 1,
    method: "A global is set to 1, a pool of one worker is made, and its first job reads the \
             global; several times, each with a new pool; the time shown is the shortest. The \
             worker is a thread, the program started anew (spawn), a fork of it, or a fork of a \
             server that was started before (forkserver). Ours has the first two. In Python the \
             global is one of a module of the standard library.",
    cells,
    ours: measure,
    twin: Some(include_str!("start_methods.py")),
    plays: |python, _| python.version >= (3, 4, 0),
    columns: &[
        Column { figure: "finds", title: "finds", unit: Unit::Count },
        Column { figure: "start_s", title: "first answer\nafter", unit: Unit::Seconds },
    ],
    relations: &[
        counting("a-thread-finds-it")
            .says("a thread finds what the program has set.")
            .claims(&that("It finds {finds in thread}", |[found]| is(found, 1)))
            .wrong("the program started anew", |cell| cell.set("worker", "spawn")),
        counting("a-new-program-does-not")
            .says("the program started anew does not.")
            .claims(&that("It finds {finds in spawn}", |[found]| is(found, 0)))
            .wrong("a thread", |cell| cell.set("worker", "thread")),
        counting("a-forked-child-does")
            .says("a forked child of this CPython finds it; ours, started anew, does not.")
            .of_each_python()
            .claims(&that(
                "Theirs finds {finds in fork}, ours {our finds in spawn}",
                |[theirs, ours]| is(theirs, 1) && is(ours, 0),
            ))
            .wrong("ours is a thread", |cell| cell.set("worker", "thread")),
        timing("a-thread-is-there-first")
            .says("the program started anew takes five times as long as a thread, at least.")
            .claims(&that(
                "{start_s in thread} and {start_s in spawn}, {start_s in spawn / thread}",
                |[_, _, times]| times >= 5.0,
            ))
            .wrong("a thread in both", |cell| cell.set("worker", "thread")),
    ],
    explain: Told(
        "A thread is there after {start_s in thread}, and finds {finds in thread}: it has the \
         program's memory. The program started anew is there after {start_s in spawn}, and finds \
         {finds in spawn}: it has been through none of what the program did. A forked child would \
         be a copy, and find 1; run it with --python. That is convenient, and a trap: what is \
         copied includes locks that are held and buffers that are half written. So what a worker \
         needs is better sent to it, as an argument or by an initializer.",
    ),
    read: &[
        "src/procs/kernel/spawn.rs: one start, step by step",
        "src/sys/process.rs: what the child does between fork and exec",
        "docs.python.org/3/library/multiprocessing.html: contexts and start methods",
    ],
};

fn cells(_: Scale) -> Vec<Cell> {
    let cell = |worker| Cell::plain(worker).with("worker", worker).with("starts", 10);
    let workers = ["thread", "spawn", "fork", "forkserver"];
    workers.map(|worker| cell(worker).with("starts_in_python", 3)).into()
}

static GLOBAL: AtomicUsize = AtomicUsize::new(0);

fn find(_: ()) -> usize {
    GLOBAL.load(Ordering::Relaxed) // ORDER: Relaxed; set before the worker was started.
}

fn measure(cell: &Cell) -> Result<Figures> {
    GLOBAL.store(1, Ordering::Relaxed); // ORDER: Relaxed; see `find`.
    let (mut found, mut took_s) = (0, Vec::new());
    for _ in 0..cell.count("starts") {
        let stopwatch = Stopwatch::start();
        let worker = Workers::start(cell.word("worker"), 1)?;
        found = worker.submit(find, ()).join()?;
        took_s.push(stopwatch.seconds());
    }
    // The quickest: what else the machine does is not asked.
    let start_s = took_s.into_iter().fold(f64::INFINITY, f64::min);
    Ok(Figures::default().with_count("finds", found).with("start_s", start_s))
}
