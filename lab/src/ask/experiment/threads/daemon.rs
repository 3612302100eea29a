//! Daemon threads: what is done, and what is not, when the program ends.
//!
//! Python does not wait for a daemon: it is "just killed wherever it is". Its work stops in the
//! middle, and what should clean up does not run.

use std::sync::mpsc;
use std::time::Duration;

use crate::ask::experiment::kit::prelude::*;
use trainyard::threads;

/// A thread that is waited for, and one that is not.
pub const EXPERIMENT: Experiment = Experiment {
    name: "daemon",
    group: Group::Threads,
    title: "a daemon thread ends with the program, wherever it is",
    question: "A program starts a thread that does eight pieces of work, and whose last act is to \
               clean up. When two are done, main returns. How many pieces does the thread do if it \
               is a daemon, and how many if it is not?",
    choices: &[
        "two, and all eight: the program waits for a thread that is no daemon",
        "two in both: when main returns the program is over",
        "all eight in both: a daemon goes on in the background",
        "two, but it cleans up; and all eight",
    ],
    answer: 0,
    method: "A program of its own starts one thread, a daemon or not, and its main returns as soon \
             as the thread has done two pieces. Each later piece takes 100 ms. The thread tells of \
             each piece through a pipe, and so does what should clean up: a destructor, in Python \
             a `finally`. Somebody outside counts until the program has ended.",
    cells,
    ours: measure,
    twin: Some(include_str!("daemon.py")),
    plays: by_lock,
    columns: &[
        Column { figure: "pieces", title: "pieces\ndone", unit: Unit::Count },
        Column { figure: "cleaned", title: "cleaned\nup", unit: Unit::Count },
        Column { figure: "has_ended", title: "program\nended", unit: Unit::Count },
    ],
    relations: &[
        counting("a-thread-is-waited-for")
            .says("a thread that is no daemon does all its work, and cleans up.")
            .claims(&that(
                "{pieces in thread} pieces of 8 were done, and {nobody|it cleaned in thread} \
                 cleaned up{silent has_ended in thread}",
                |[pieces, cleaned, ended]| is(pieces, 8) && is(cleaned, 1) && is(ended, 1),
            ))
            .wrong("it is a daemon", |cell| cell.set("kind", "daemon")),
        counting("a-daemon-is-cut-off")
            .says("a daemon does not do all its work, and nobody cleans up.")
            .claims(&that(
                "{pieces in daemon} pieces of 8 were done, and {nobody|it cleaned in daemon} \
                 cleaned up{silent has_ended in daemon}",
                |[pieces, cleaned, ended]| pieces < 8.0 && is(cleaned, 0) && is(ended, 1),
            ))
            .wrong("it is no daemon", |cell| cell.set("kind", "thread")),
    ],
    explain: Told(
        "The thread that is no daemon did {pieces in thread} pieces, though main had returned \
         after two: the program waited for it. The daemon did {pieces in daemon}, and nobody \
         cleaned up after it: the program ended, and the thread with it, in the middle of a piece. \
         A daemon is for work that may be lost; whoever holds a file, a lock or a transaction is \
         no daemon. (In Rust every thread is one, unless somebody joins it: `threads::run` does.)",
    ),
    read: &[
        "src/threads/program.rs: a main that waits for its threads",
        "examples/daemon_threads.rs: a file that is half written",
        "docs.python.org/3/library/threading.html: \"Daemon threads are abruptly stopped\"",
    ],
};

fn cells(_: Scale) -> Vec<Cell> {
    let cell = |kind| Cell::new(kind, Lock::TIMED).with("kind", kind).with("pieces", 8);
    ["thread", "daemon"].map(|kind| cell(kind).with("first", 2).with("piece_s", 0.1)).into()
}

fn measure(cell: &Cell) -> Result<Figures> {
    if program::is_inside(cell) {
        return be_the_program(cell);
    }
    let ended = program::run(EXPERIMENT.name, cell, program::TIME_MAX)?;
    Ok(Figures::default()
        .with_count("pieces", ended.count("piece"))
        .with_count("cleaned", ended.count("cleaned"))
        .with_count("has_ended", ended.status.is_some_and(|status| status.success())))
}

/// The program: its main is the closure.
fn be_the_program(cell: &Cell) -> Result<Figures> {
    let (pieces, first) = (cell.count("pieces"), cell.count("first"));
    let takes = Duration::from_secs_f64(cell.number("piece_s"));
    threads::run(|| {
        let gil = hogs::gil(cell);
        let (sender, first_are_done) = mpsc::channel();
        let do_pieces = |pieces, takes| {
            for _ in 0..pieces {
                pause(takes);
                program::tell("piece");
            }
        };
        let work = move || {
            let _cleans_up = CleansUp;
            do_pieces(first, Duration::ZERO);
            sender.send(()).expect("main waits for it");
            do_pieces(pieces - first, takes);
        };
        let started = match cell.word("kind") {
            "daemon" => threads::spawn_daemon(&gil, "worker", move |_| work()),
            _ => threads::spawn(&gil, "worker", move |_| work()).map(drop),
        };
        started.map_err(|why| LabError::failed("the thread", why))?;
        first_are_done.recv().map_err(|why| LabError::failed("the thread", why))
    })?;
    Ok(Figures::default())
}

/// What a thread should do at its end.
struct CleansUp;

impl Drop for CleansUp {
    fn drop(&mut self) {
        program::tell("cleaned");
    }
}
