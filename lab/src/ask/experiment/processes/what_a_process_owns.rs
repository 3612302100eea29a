//! What a process owns: a number, a memory, open files; and what a thread of it has of its own.

use std::fs::{self, File};
use std::os::fd::{AsFd, AsRawFd};

use super::Workers;
use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("what_a_process_owns.md"), measure)
    .twin(include_str!("what_a_process_owns.py"), |python, _| python.version >= (3, 4, 0))
    .relations(&[
        counting("threads-share-the-global", &that(|[here]| is(here, 40))),
        counting("processes-have-their-own", &that(|[here, there]| is(here, 0) && there >= 10.0)),
        counting("another-number", &that(|[elsewhere]| is(elsewhere, 4))),
        counting("a-new-program-has-no-file", &that(|[open]| is(open, 0))).of_ours(),
        counting("a-forked-one-has", &that(|[theirs, ours]| theirs > 0.0 && is(ours, 0)))
            .of_each_python(),
    ]);

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
    let failed = |why: io::Error| LabError::failed("the cell", why);
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
