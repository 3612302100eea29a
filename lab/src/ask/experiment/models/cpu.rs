//! Computing: which models of concurrency help a program that computes.

use super::arms::{self, BARE};
use crate::ask::experiment::kit::prelude::*;
use lab_core::terms::contender::Model;

/// Sums, in tasks, threads and processes.
pub const EXPERIMENT: Experiment = Experiment {
    name: "cpu",
    group: Group::Models,
    title: "computing sums on two processors, in each model",
    question: "A program computes 20 sums, one after another. Three others do the same with two \
               tasks and more, with 2 threads under a global lock, and with 2 processes. The \
               machine has two processors. Which of them are faster?",
    choices: &[
        "all three: each has at least two trains of thought",
        "threads and processes, not the tasks: a loop has one thread",
        "the processes alone",
        "none: a sum is a sum",
    ],
    answer: 2,
    method: "The contenders of `compare cpu`, one round each; a second round is recorded, and \
             shows how many ran at the same instant. In CPython the same with digits of pi, for a \
             set time. Beside them plain threads without any lock, to see what the machine has to \
             give.",
    cells,
    ours: arms::measure,
    twin: Some(include_str!("cpu.py")),
    plays: |python, cell| python.has_tasks() && by_lock(python, cell),
    columns: &[
        Column { figure: "calls_per_s", title: "done/s", unit: Unit::Count },
        Column { figure: "cpus_busy", title: "CPUs busy", unit: Unit::Plain },
        Column { figure: "at_once_max", title: "at once", unit: Unit::Count },
        Column { figure: "memory_bytes", title: "memory", unit: Unit::Bytes },
        Column { figure: "lines", title: "+ lines", unit: Unit::Count },
    ],
    relations: &[
        counting("never-two-at-once")
            .says("at no instant do two tasks run, or two threads under the lock.")
            .of_ours()
            .claims(
                &that(
                    "{at_once_max in 20 tasks} and {at_once_max in 2 threads} at once",
                    |[tasks, threads]| is(tasks.max(threads), 1),
                )
                .if_two_processors(BARE[1]),
            )
            .wrong("the lock off", unlock),
        timing("one-processor-is-busy")
            .says("tasks, and threads under the lock, keep one processor busy.")
            .claims(&special(
                |cell| cell.is(&[TASKS, THREADS, BARE[1]]),
                |results, who| match one_processor(results, who, TASKS, BARE[1])? {
                    Check::Holds(_) => one_processor(results, who, THREADS, BARE[1]),
                    other => Some(other),
                },
            ))
            .wrong("the lock off", unlock),
        timing("processes-gain-a-processor")
            .says("a second process gains a third, at least, of what a second plain thread does.")
            .claims(&special(|cell| cell.is(&[SYNC, PROCESSES, BARE[0], BARE[1]]), processes_gain))
            .wrong("one process", |cell| {
                if cell.label == PROCESSES {
                    cell.set("threads", 1);
                }
            }),
    ],
    explain: Told(
        "Beside one after another the tasks did {calls_per_s in 20 tasks / one after another}, the \
         threads {calls_per_s in 2 threads / one after another}, the processes {calls_per_s in 2 \
         processes / one after another} (two plain threads without any lock, beside one: \
         {calls_per_s in 2 bare threads / 1 bare thread}). Tasks share a thread, and threads share \
         a lock: while one of them computes none of the others does, and there is nothing that \
         they could do meanwhile, for nobody waits. Each process has a lock of its own. That costs \
         {lines in 2 processes} lines, a start-up, and memory.",
    ),
    read: &[
        "lab/core/src/work/cpu/sync.rs, threads.rs, coop.rs, procs.rs: the four programs",
        "trainyard compare cpu: the same with more rounds, strips and verdicts",
        "trainyard experiment run ways-out: what else there is",
    ],
};

/// What to do about it in the guided tour.
pub const LESSON: Lesson = Lesson {
    look: Activity {
        command: "timeline cpu --model threads --gil both --workers 2",
        says: "the same work twice, on one scale: with the lock the lanes take turns, without it \
               they do not.",
    },
    change: Activity {
        command: "compare cpu --gil on --switch-interval 100us --runs 1",
        says: "many more hand-offs, and no more work done.",
    },
    make: "Find the number of workers that is best for computing on this machine, with `trainyard \
           sweep cpu -P workers 1 8`.",
};

const SYNC: &str = "one after another";
const TASKS: &str = "20 tasks";
const THREADS: &str = "2 threads";
const PROCESSES: &str = "2 processes";

fn cells(scale: Scale) -> Vec<Cell> {
    let ours = [
        (SYNC, Model::Sync, 1),
        (TASKS, Model::Coop, 20),
        (THREADS, Model::Threads, 2),
        (PROCESSES, Model::Procs, 2),
    ];
    arms::computing(scale, &ours)
}

fn unlock(cell: &mut Cell) {
    if cell.label == THREADS {
        cell.lock = Lock::Off;
    }
}

/// A round of the quick scale is over in a tenth of a second, and its processes talk for a part of it.
fn processes_gain(results: &Results, who: &Contender) -> Option<Check> {
    let gained = gain(results, who, [SYNC, PROCESSES])?;
    let bare_gained = gain(results, &Contender::Ours, BARE)?;
    Some(match gains_as_bare(results, who, [SYNC, PROCESSES], BARE)? {
        Check::Fails(figures) => Check::that(gained - 1.0 >= (bare_gained - 1.0) / 3.0, figures),
        other => other,
    })
}
