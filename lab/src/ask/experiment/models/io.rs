//! Waiting: which models of concurrency help a program that waits for a network.

use super::arms;
use crate::ask::experiment::kit::prelude::*;
use lab_core::terms::contender::Model;

/// Pages from a server that takes its time.
pub const EXPERIMENT: Experiment = Experiment {
    name: "io",
    group: Group::Models,
    title: "fetching pages from a slow server, in each model",
    question: "A program fetches 12 pages from a server that takes 30 ms for each: 360 ms, one \
               after another. Three others do the same with 4 threads under a global lock, with \
               one loop of tasks, and with 4 processes. Which of them are faster?",
    choices: &[
        "the processes alone: the lock lets one thread run, and a loop is one thread",
        "threads and processes, not the loop: it has one thread",
        "all three, the loop the most",
        "none: the server sets the pace",
    ],
    answer: 2,
    method: "The contenders of `compare io`, one round each: a page is fetched over HTTP from a \
             server in another process, which answers 30 ms after it was asked. A second round is \
             recorded, and shows how many requests were under way at once.",
    cells,
    ours: arms::measure,
    twin: None,
    plays: |_, _| false,
    columns: &[
        Column { figure: "wall_s", title: "all\npages", unit: Unit::Seconds },
        Column { figure: "in_flight_max", title: "requests\nat once", unit: Unit::Count },
        Column { figure: "cpus_busy", title: "CPUs\nbusy", unit: Unit::Plain },
        Column { figure: "startup_s", title: "start-up", unit: Unit::Seconds },
        Column { figure: "memory_bytes", title: "memory", unit: Unit::Bytes },
        Column { figure: "lines", title: "+ lines", unit: Unit::Count },
    ],
    relations: &[
        counting("as-many-requests-as-trains")
            .says(
                "1, 4, 4 and 12 requests are under way at once: one for each thread, process, \
                 task.",
            )
            .of_ours()
            .claims(&that(
                "{in_flight_max in one after another}, {in_flight_max in 4 threads}, \
                 {in_flight_max in 4 processes} and {in_flight_max in 12 tasks}",
                |[sync, threads, processes, tasks]| {
                    is(sync, 1) && is(threads, 4) && is(processes, 4) && is(tasks, 12)
                },
            ))
            .wrong("one after another in all of them", |cell| cell.set("model", "sync")),
        timing("waiting-overlaps")
            .says(
                "4 threads and 4 processes are at least twice as fast as one after another, the \
                 loop at least four times.",
            )
            .of_ours()
            .claims(&that(
                "{wall_s in one after another / 4 threads}, {wall_s in one after another / 4 \
                 processes} and {wall_s in one after another / 12 tasks}",
                |[threads, processes, tasks]| threads >= 2.0 && processes >= 2.0 && tasks >= 4.0,
            ))
            .wrong("one after another in all of them", |cell| cell.set("model", "sync")),
    ],
    explain: Told(
        "One after another took {wall_s in one after another}, and the processor was busy for \
         {percent cpus_busy in one after another} of that: the program waits. Whoever waits needs \
         no lock, so 4 threads wait for 4 pages at once ({wall_s in one after another / 4 \
         threads}), and so do 4 processes ({wall_s in one after another / 4 processes}). The loop \
         asks for all at once and waits for all of them in one place ({wall_s in one after another \
         / 12 tasks}), with {lines in 12 tasks} lines that the sequential program has not. More \
         threads would wait for more pages; see what each takes in three-names.",
    ),
    read: &[
        "lab/core/src/work/io/sync.rs, threads.rs, coop.rs, procs.rs: the four programs",
        "trainyard compare io: the same with more rounds, strips and verdicts",
    ],
};

/// What to do about it in the guided tour.
pub const LESSON: Lesson = Lesson {
    look: Activity {
        command: "timeline io --model threads --workers 5",
        says: "five lanes that wait side by side: in the time of one wait all five are served.",
    },
    change: Activity {
        command: "timeline io --model coop",
        says: "one lane, and all requests in flight: the loop works for a moment each time an \
               answer comes.",
    },
    make: "Make the server slower with `trainyard compare io --latency 20ms --runs 1`, and predict \
           each row before you look.",
};

fn cells(_: Scale) -> Vec<Cell> {
    let ours = [
        ("one after another", Model::Sync, 1),
        ("4 threads", Model::Threads, 4),
        ("12 tasks", Model::Coop, 12),
        ("4 processes", Model::Procs, 4),
    ];
    arms::waiting(12, 0.03, &ours)
}
