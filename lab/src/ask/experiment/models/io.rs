//! Waiting: which models of concurrency help a program that waits for a network.

use super::arms;
use crate::ask::experiment::kit::prelude::*;
use lab_core::terms::contender::Model;

/// Pages from a server that takes its time.
pub const EXPERIMENT: Experiment = Experiment {
    name: "io",
    group: Group::Models,
    title: "fetching pages from a slow server, in each model",
    question: "A program fetches 12 pages from a server that takes 30 ms for each: 360 ms, one after \
               another. Three others do the same with 4 threads under a global lock, with one loop \
               of tasks, and with 4 processes. Which of them are faster?",
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
            .claims(&special(|_| true, as_many_requests_as_trains))
            .wrong("one after another in all of them", |cell| cell.set("model", "sync")),
        timing("waiting-overlaps")
            .says("4 threads and 4 processes are at least twice as fast as one after another, the loop \
                   at least four times.")
            .of_ours()
            .claims(&special(|_| true, waiting_overlaps))
            .wrong("one after another in all of them", |cell| cell.set("model", "sync")),
    ],
    explain: By(explain),
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
        says: "one lane, and all requests in flight: the loop works for a moment each time an answer comes.",
    },
    make: "Make the server slower with `trainyard compare io --latency 20ms --runs 1`, and predict each row before you look.",
};

const SYNC: &str = "one after another";
const THREADS: &str = "4 threads";
const TASKS: &str = "12 tasks";
const PROCESSES: &str = "4 processes";
const PAGES: usize = 12;

fn cells(_: Scale) -> Vec<Cell> {
    let cell = |label, model, trains| arms::waiting(label, model, trains, PAGES, 0.03);
    vec![
        cell(SYNC, Model::Sync, 1),
        cell(THREADS, Model::Threads, 4),
        cell(TASKS, Model::Coop, PAGES),
        cell(PROCESSES, Model::Procs, 4),
    ]
}

fn as_many_requests_as_trains(results: &Results, who: &Contender) -> Option<Check> {
    let of = |cell| results.count(who, cell, "in_flight_max");
    let found = [of(SYNC)?, of(THREADS)?, of(PROCESSES)?, of(TASKS)?];
    let [sync, threads, processes, tasks] = found;
    let figures = format!("{sync}, {threads}, {processes} and {tasks}");
    Some(Check::that(found == [1, 4, 4, PAGES as u64], figures))
}

fn speedup(results: &Results, who: &Contender, cell: &str) -> Option<f64> {
    Some(results.of(who, SYNC, "wall_s")? / results.of(who, cell, "wall_s")?)
}

fn waiting_overlaps(results: &Results, who: &Contender) -> Option<Check> {
    let of = |cell| speedup(results, who, cell);
    let (threads, processes, tasks) = (of(THREADS)?, of(PROCESSES)?, of(TASKS)?);
    let figures = format!("{}, {} and {}", ratio(threads), ratio(processes), ratio(tasks));
    Some(Check::that(threads >= 2.0 && processes >= 2.0 && tasks >= 4.0, figures))
}

fn explain(results: &Results) -> Option<String> {
    let gained = |cell| speedup(results, &Contender::Ours, cell).map(ratio);
    Some(format!(
        "One after another took {}, and the processor was busy for {} of that: the program waits. Whoever \
         waits needs no lock, so 4 threads wait for 4 pages at once ({}), and so do 4 processes \
         ({}). The loop asks for all at once and waits for all of them in one place ({}), with {} lines that \
         the sequential program has not. More threads would wait for more pages; see what each takes in \
         three-names.",
        seconds(results.ours(SYNC, "wall_s")?),
        percent(results.ours(SYNC, "cpus_busy")?),
        gained(THREADS)?,
        gained(PROCESSES)?,
        gained(TASKS)?,
        results.ours(TASKS, "lines")?
    ))
}
