//! A crash: whom it takes along, in a thread and in a worker process.

use std::os::unix::process::ExitStatusExt;

use super::Workers;
use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("crash.md"), measure)
    .twin(include_str!("crash.py"), |python, _| python.version >= (3, 4, 0))
    .relations(&[
        counting("a-thread-takes-the-program", &that(|[crashed, _]| is(crashed, 1))),
        counting(
            "a-worker-takes-its-own-job",
            &that(|[answered, lost, goes_on]| is(answered, 9) && is(lost, 1) && is(goes_on, 1)),
        )
        .of_ours(),
        counting(
            "cpythons-pool-breaks",
            &that(|[crashed, lost, theirs, ours]| {
                is(crashed, 0) && lost >= 1.0 && is(theirs, 0) && is(ours, 1)
            }),
        )
        .of_each_python(),
    ]);

fn measure(cell: &Cell) -> Result<Figures> {
    if program::is_inside(cell) {
        return be_the_program(cell);
    }
    let (told, status) = program::run("crash", cell, &["answered", "lost", "goes_on"])?;
    let signal = status.and_then(|status| status.signal());
    Ok(told.with_count("crashed", signal.is_some()))
}

/// The job that crashes is the third.
fn job(number: u64) -> u64 {
    if number == 2 {
        std::process::abort();
    }
    number
}

/// Submits the jobs, and then one more; says what becomes of each.
fn be_the_program(cell: &Cell) -> Result<Figures> {
    let workers = Workers::start(cell.word("workers"), 2)?;
    let jobs = cell.count("jobs") as u64;
    let handles: Vec<_> = (0..jobs).map(|number| workers.submit(job, number)).collect();
    for (number, handle) in (0..).zip(handles) {
        let is_right = handle.join().is_ok_and(|answer| answer == number);
        program::tell(if is_right { "answered" } else { "lost" });
    }
    if workers.submit(job, jobs).join().is_ok() {
        program::tell("goes_on");
    }
    Ok(Figures::default())
}
