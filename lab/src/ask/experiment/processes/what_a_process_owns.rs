//! What a process owns: a number, a memory, open files; and what a thread of it has of its own.

use std::fs::{self, File};
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicU64, Ordering};

use super::Workers;
use crate::ask::experiment::kit::prelude::*;

/// The same four jobs in threads and in processes.
pub const EXPERIMENT: Experiment = Experiment {
    name: "what-a-process-owns",
    group: Group::Processes,
    title: "a global and an open file, in threads and in processes",
    question: "A program has a global that is 0, and a file open. Four jobs each add 10 to the \
               global, in a pool of two processes. What is the global in the program afterwards?",
    choices: &["40", "20: each process has added two tens", "10", "0"],
    answer: 3,
    method: "A program opens a file and makes a pool of two workers, threads or processes. Four \
             jobs each add 10 to a global, and say in which process they are, what they find in \
             the global, and whether the file is open there. In Python the processes are forked: \
             copies of the program at that moment.",
    cells,
    ours: measure,
    twin: Some(include_str!("what_a_process_owns.py")),
    plays: |python, _| python.version >= (3, 4, 0),
    columns: &[
        Column { figure: "global_here", title: "global\nhere", unit: Unit::Count },
        Column { figure: "global_there_max", title: "at most,\nin a job", unit: Unit::Count },
        Column { figure: "elsewhere", title: "jobs in another\nprocess", unit: Unit::Count },
        Column { figure: "file_is_open", title: "jobs that have\nthe file", unit: Unit::Count },
    ],
    relations: &[
        counting("threads-share-the-global")
            .says("what jobs add in threads, the program has: 40.")
            .claims(&that("It is {global_here in threads}", |[here]| is(here, 40)))
            .wrong("in processes", |cell| cell.set("workers", "processes")),
        counting("processes-have-their-own")
            .says(
                "what jobs add in processes, the program has not: 0, though jobs saw 10 at least.",
            )
            .claims(&that(
                "{global_here in processes} here, and up to {global_there_max in processes} there",
                |[here, there]| is(here, 0) && there >= 10.0,
            ))
            .wrong("in threads", |cell| cell.set("workers", "threads")),
        counting("another-number")
            .says("all four jobs in processes are in another process than the program.")
            .claims(&that("{elsewhere in processes} of 4", |[elsewhere]| is(elsewhere, 4)))
            .wrong("in threads", |cell| cell.set("workers", "threads")),
        counting("a-new-program-has-no-file")
            .says("no job has the program's file open in a process that was started anew.")
            .of_ours()
            .claims(&that("{file_is_open in processes} of 4 have it", |[open]| is(open, 0)))
            .wrong("in threads", |cell| cell.set("workers", "threads")),
        counting("a-forked-one-has")
            .says("a job has it in this CPython, which forks, and not in ours, which starts anew.")
            .of_each_python()
            .claims(&that(
                "{file_is_open in processes} there, {our file_is_open in processes} in ours",
                |[theirs, ours]| theirs > 0.0 && is(ours, 0),
            ))
            .wrong("in threads, in ours", |cell| cell.set("workers", "threads")),
    ],
    explain: Told(
        "In threads the four tens add up to {global_here in threads}, in the program's own global. \
         In processes the program's global is still {global_here in processes}: a worker has a \
         memory of its own, in which it saw up to {global_there_max in processes}. The open file \
         is there for {file_is_open in threads} of the jobs in threads, and for {file_is_open in \
         processes} of those in processes: ours are the program started anew, with nothing but its \
         standard streams and the socket over which jobs come. A process that is forked, as \
         Python's on Linux before 3.14, begins as a copy, and has the open files of its parent \
         too; but what it changes in its memory, nobody else sees either.",
    ),
    read: &[
        "src/procs/mod.rs: what a worker has",
        "src/sys/process.rs: what is closed between fork and exec",
        "examples/procs_story.rs: the same as a story",
    ],
};

/// What to do about it in the guided tour.
pub const LESSON: Lesson = Lesson {
    look: Activity {
        command: "race 'x = x + 1' --model procs",
        says: "each process has an x of its own, and nothing is lost, because nothing is shared.",
    },
    change: Activity {
        command: "timeline cpu --model procs --workers 2",
        says: "two lanes that never wait for each other, and between two jobs the time it takes to talk.",
    },
    make: "Crash one: `cargo run --release --example procs_story` shows what a worker takes along when it dies.",
};

fn cells(_: Scale) -> Vec<Cell> {
    let cell = |workers| Cell::plain(workers).with("workers", workers).with("jobs", 4);
    ["threads", "processes"].map(cell).into()
}

/// Each process has its own.
static GLOBAL: AtomicU64 = AtomicU64::new(0);

/// A job: adds to the global, and looks around. The file is `file`, as descriptor `number`.
fn look_around((number, file): (i32, String)) -> (u32, u64, bool) {
    // ORDER: Relaxed; a plain counter.
    let global = GLOBAL.fetch_add(10, Ordering::Relaxed) + 10;
    let open = fs::read_link(format!("/proc/self/fd/{number}"));
    (std::process::id(), global, open.is_ok_and(|open| open.display().to_string() == file))
}

fn measure(cell: &Cell) -> Result<Figures> {
    let failed = |why: std::io::Error| LabError::failed("the cell", why);
    // The program that runs, also when its file was replaced.
    let file = File::open("/proc/self/exe").map_err(failed)?;
    let number = file.as_fd().as_raw_fd();
    let path = fs::read_link(format!("/proc/self/fd/{number}")).map_err(failed)?;
    let argument = (number, path.display().to_string());
    let jobs = vec![argument; cell.count("jobs")];
    let seen = Workers::start(cell.word("workers"), 2)?.map(look_around, jobs)?;
    let here = std::process::id();
    let global_there = seen.iter().map(|(_, global, _)| *global).max().unwrap_or(0);
    Ok(Figures::default()
        .with_count("global_here", GLOBAL.load(Ordering::Relaxed)) // ORDER: a plain counter.
        .with_count("global_there_max", global_there)
        .with_count("elsewhere", seen.iter().filter(|(pid, ..)| *pid != here).count())
        .with_count("file_is_open", seen.iter().filter(|(.., open)| *open).count()))
}
