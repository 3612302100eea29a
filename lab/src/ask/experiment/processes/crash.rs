//! A crash: whom it takes along, in a thread and in a worker process.
//!
//! An exception, or a panic, ends a job. A crash (a bad pointer in a C library, the kernel's
//! out-of-memory killer) ends a process, with every thread in it.

use super::Workers;
use crate::ask::experiment::kit::prelude::*;

/// One job of ten crashes.
pub const EXPERIMENT: Experiment = Experiment {
    name: "crash",
    group: Group::Processes,
    title: "one job of ten crashes, in threads and in processes",
    question: "Ten jobs are given to a pool of two workers. The third one crashes its process, as \
               a bug in a C library would. How many of the other nine answers come, if the workers \
               are processes of ours?",
    choices: &[
        "none: the program crashes",
        "the two before it: then the pool is broken",
        "eight: the dead worker's next job is lost too",
        "all nine",
    ],
    answer: 3,
    method: "A program of its own gives ten jobs to a pool of two threads, or two processes. The \
             third job aborts. Then, if there still is a program, it gives the pool one job more. \
             It tells of each answer through a pipe, and somebody outside counts until it has \
             ended. In Python the pools are those of concurrent.futures.",
    cells,
    ours: measure,
    twin: Some(include_str!("crash.py")),
    plays: |python, _| python.version >= (3, 4, 0),
    columns: &[
        Column { figure: "answered", title: "answers", unit: Unit::Count },
        Column { figure: "lost", title: "jobs\nlost", unit: Unit::Count },
        Column { figure: "goes_on", title: "pool\ngoes on", unit: Unit::Count },
        Column { figure: "crashed", title: "program\ncrashed", unit: Unit::Count },
        Column { figure: "hung", title: "or\nhung", unit: Unit::Count },
    ],
    relations: &[
        counting("a-thread-takes-the-program")
            .says("a job that crashes in a thread takes the whole program with it.")
            .claims(&that(
                "The program {did not crash|crashed crashed in threads}, after {answered in \
                 threads} answers of 10",
                |[crashed, _]| is(crashed, 1),
            ))
            .wrong("in processes", |cell| cell.set("workers", "processes")),
        counting("a-worker-takes-its-own-job")
            .says(
                "a job that crashes in a worker process takes nothing but itself: nine answers \
                   come, and the pool goes on.",
            )
            .of_ours()
            .claims(&that(
                "{answered in processes} answers, {lost in processes} lost, and the pool {does \
                 not go on|goes on goes_on in processes}",
                |[answered, lost, goes_on]| is(answered, 9) && is(lost, 1) && is(goes_on, 1),
            ))
            .wrong("in threads", |cell| cell.set("workers", "threads")),
        counting("cpythons-pool-breaks")
            .says(
                "the program survives in this CPython too, but its pool takes no more jobs; ours \
                   does.",
            )
            .of_each_python()
            .claims(&that(
                "{silent crashed in processes}{lost in processes} jobs lost; jobs after that: \
                 {goes_on in processes} there, {our goes_on in processes} in ours",
                |[crashed, lost, theirs, ours]| {
                    is(crashed, 0) && lost >= 1.0 && is(theirs, 0) && is(ours, 1)
                },
            ))
            .wrong("in threads, in ours", |cell| cell.set("workers", "threads")),
    ],
    explain: Told(
        "In threads the program crashed, after {answered in threads} answers: threads share a \
         memory, so there is nothing that could go on when it is broken. In processes {answered in \
         processes} answers came and {lost in processes} was lost, the one whose worker died; \
         another worker took its place. The parent's memory was never in danger. CPython's \
         executor is more careful: when a worker dies it declares the pool broken, every job that \
         is not done is lost, and it takes no more. Its older Pool replaces the worker, loses the \
         job, and whoever waits for the answer waits for ever.",
    ),
    read: &[
        "src/procs/kernel/supervisor.rs: who notices that a worker has died, and what follows",
        "docs.python.org/3/library/concurrent.futures.html: BrokenProcessPool",
    ],
};

fn cells(_: Scale) -> Vec<Cell> {
    let cell = |workers| Cell::plain(workers).with("workers", workers).with("jobs", 10);
    ["threads", "processes"].map(cell).into()
}

fn measure(cell: &Cell) -> Result<Figures> {
    if program::is_inside(cell) {
        return be_the_program(cell);
    }
    let ended = program::run(EXPERIMENT.name, cell, program::TIME_MAX)?;
    Ok(Figures::default()
        .with_count("answered", ended.count("answer"))
        .with_count("lost", ended.count("lost"))
        .with_count("goes_on", ended.count("goes_on"))
        .with_count("crashed", ended.has_crashed()))
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
        program::tell(if is_right { "answer" } else { "lost" });
    }
    if workers.submit(job, jobs).join().is_ok() {
        program::tell("goes_on");
    }
    Ok(Figures::default())
}
