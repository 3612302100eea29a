//! How workers come to be: threads, copies, and programs started anew.
//!
//! A thread is there at once and shares everything. A fork is a copy. A program started anew shares
//! nothing, and takes the longest. CPython has the last two, and a server that forks; ours has the
//! last one, because of what [`fork_trap`](super::fork_trap) shows.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{never_forked, process_pool, thread_pool};
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
    method: "A global is set to 1, a pool of one worker is made, and its first job reads the global; \
             several times, each with a new pool; the time shown is the shortest. The worker is a thread, the program started anew \
             (spawn), a fork of it, or a fork of a server that was started before (forkserver). \
             Ours has the first two. In Python the global is one of a module of the standard \
             library.",
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
            .claims(&special(
                |cell| cell.label == THREAD,
                |results, who| finds(results, who, THREAD, 1),
            ))
            .wrong("the program started anew", |cell| cell.set("worker", SPAWN)),
        counting("a-new-program-does-not")
            .says("the program started anew does not.")
            .claims(&special(
                |cell| cell.label == SPAWN,
                |results, who| finds(results, who, SPAWN, 0),
            ))
            .wrong("a thread", make_it_a_thread),
        counting("a-forked-child-does")
            .says("a forked child of this CPython finds it; ours, started anew, does not.")
            .of_each_python()
            .claims(&special(|cell| cell.label == SPAWN || cell.label == FORK, a_forked_child_does))
            .wrong("ours is a thread", make_it_a_thread),
        timing("a-thread-is-there-first")
            .says("the program started anew takes five times as long as a thread, at least.")
            .claims(&special(
                |cell| cell.label == THREAD || cell.label == SPAWN,
                a_thread_is_there_first,
            ))
            .wrong("a thread in both", make_it_a_thread),
    ],
    explain: By(explain),
    read: &[
        "src/procs/kernel/spawn.rs: one start, step by step",
        "src/sys/process.rs: what the child does between fork and exec",
        "docs.python.org/3/library/multiprocessing.html: contexts and start methods",
    ],
};

const THREAD: &str = "thread";
const SPAWN: &str = "spawn";
const FORK: &str = "fork";
const FORKSERVER: &str = "forkserver";

fn cells(_: Scale) -> Vec<Cell> {
    let cell = |worker| {
        let cell = Cell::plain(worker).with("worker", worker);
        cell.with("starts", 10).with("starts_in_python", 3)
    };
    [THREAD, SPAWN, FORK, FORKSERVER].map(cell).into()
}

fn make_it_a_thread(cell: &mut Cell) {
    cell.set("worker", THREAD);
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
        let since_s = || stopwatch.seconds();
        match cell.word("worker") {
            THREAD => {
                let pool = thread_pool(1)?;
                found = pool.submit(|_| find(())).join()?;
                took_s.push(since_s());
            }
            SPAWN => {
                let pool = process_pool(1)?;
                found = pool.submit(find, ()).join()?;
                took_s.push(since_s());
            }
            _ => return Err(never_forked()),
        }
    }
    // The quickest: what else the machine does is not asked.
    let start_s = took_s.into_iter().fold(f64::INFINITY, f64::min);
    Ok(Figures::default().with_count("finds", found).with("start_s", start_s))
}

fn finds(results: &Results, who: &Contender, cell: &str, expected: u64) -> Option<Check> {
    let found = results.count(who, cell, "finds")?;
    Some(Check::that(found == expected, format!("It finds {found}")))
}

fn a_forked_child_does(results: &Results, who: &Contender) -> Option<Check> {
    let found = |who, cell| results.count(who, cell, "finds");
    let (theirs, ours) = (found(who, FORK)?, found(&Contender::Ours, SPAWN)?);
    let figures = format!("Theirs finds {theirs}, ours {ours}");
    Some(Check::that((theirs, ours) == (1, 0), figures))
}

fn a_thread_is_there_first(results: &Results, who: &Contender) -> Option<Check> {
    let start_s = |cell| results.of(who, cell, "start_s");
    let (thread_s, spawn_s) = (start_s(THREAD)?, start_s(SPAWN)?);
    let figures =
        format!("{} and {}, {}", seconds(thread_s), seconds(spawn_s), ratio(spawn_s / thread_s));
    Some(Check::that(spawn_s >= 5.0 * thread_s, figures))
}

fn explain(results: &Results) -> Option<String> {
    let start_s = |cell| results.ours(cell, "start_s").map(seconds);
    Some(format!(
        "A thread is there after {}, and finds {}: it has the program's memory. The program started \
         anew is there after {}, and finds {}: it has been through none of what the program did. A \
         forked child would be a copy, and find 1; run it with --python. That is convenient, and a \
         trap: what is copied includes locks that are held and buffers that are half written. So \
         what a worker needs is better sent to it, as an argument or by an initializer.",
        start_s(THREAD)?,
        results.ours(THREAD, "finds")?,
        start_s(SPAWN)?,
        results.ours(SPAWN, "finds")?
    ))
}
