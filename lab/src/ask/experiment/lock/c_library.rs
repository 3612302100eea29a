//! Code in another language: one library that keeps the lock, and one that gives it up.
//!
//! "Writing some of your code in a different language" is one of the three ways out that the notes
//! name. It is one only if the library says `Py_BEGIN_ALLOW_THREADS` around its work.

use crate::ask::experiment::kit::prelude::*;

/// Long calls that hold the lock, and long calls that release it.
pub const EXPERIMENT: Experiment = Experiment {
    name: "c-library",
    group: Group::Lock,
    title: "a library in C that keeps the lock, and one that gives it up",
    question: "Two threads spend all their time in a library that is written in C. Do they run at \
               the same time, under the global lock?",
    choices: &[
        "yes: the lock is for Python code",
        "no: the lock is for the whole process",
        "it depends on the library",
    ],
    answer: 2,
    method: "One call searches a text and keeps the lock, as CPython's re does. Another sorts a \
             block and gives the lock up meanwhile, as CPython's bz2 does. Each is called over and \
             over by one thread and by two; then by one thread, beside a server that answers \
             questions.",
    cells,
    ours: echo::serve_or_compute,
    twin: Some(include_str!("c_library.py")),
    plays: by_lock,
    columns: &[
        Column { figure: "calls_per_s", title: "calls/s", unit: Unit::Count },
        Column { figure: "cpus_busy", title: "CPUs busy", unit: Unit::Plain },
        Column { figure: "p50_s", title: "half within", unit: Unit::Seconds },
    ],
    relations: &[
        timing("keeping-is-one-at-a-time")
            .says("two threads in calls that keep the lock keep one processor busy.")
            .claims(&OneProcessor { cell: KEEPS[1], bare: BARE[1] })
            .wrong("calls that give the lock up", |cell| cell.set("task", "bz2")),
        timing("giving-up-gains-a-processor")
            .says("two threads in calls that give the lock up do about what two plain threads do.")
            .claims(&AsBare { cells: GIVES_UP, bare: BARE })
            .wrong("calls that keep the lock", keep_the_lock),
        timing("giving-up-lets-in")
            .says(
                "a server beside calls that give the lock up answers in less than half a switch \
                   interval.",
            )
            .claims(&that("{p50_s in asked beside gives up}", |[p50_s]| p50_s < INTERVAL_S / 2.0))
            .wrong("calls that keep the lock", keep_the_lock),
    ],
    explain: Told(
        "Two threads in calls that keep the lock do {calls_per_s in keeps, 2 threads / keeps, 1 \
         thread} what one does, in calls that give it up {calls_per_s in gives up, 2 threads / \
         gives up, 1 thread} (two plain threads: {calls_per_s in no lock, 2 threads / no lock, 1 \
         thread}). A server answers within {p50_s in asked beside keeps} beside the one, within \
         {p50_s in asked beside gives up} beside the other. A call that keeps the lock has no \
         check point inside: nobody gets in before it ends, whatever the switch interval says.",
    ),
    read: &[
        "src/threads/kernel/attach.rs: Attached::detach",
        "https://docs.python.org/3/c-api/init.html#releasing-the-gil-from-extension-code",
    ],
};

const KEEPS: [&str; 2] = ["keeps, 1 thread", "keeps, 2 threads"];
const GIVES_UP: [&str; 2] = ["gives up, 1 thread", "gives up, 2 threads"];
const BARE: [&str; 2] = ["no lock, 1 thread", "no lock, 2 threads"];

fn cells(scale: Scale) -> Vec<Cell> {
    let (duration_s, answers) = scale.pick((0.3, 20), (1.0, 60));
    let computing = |labels, lock, task| Cell::one_and_two(labels, lock, task, duration_s);
    let beside = |label, task| Cell::serving(label, Lock::TIMED, 1, task, answers);
    let mut cells = Vec::from(computing(KEEPS, Lock::TIMED, Task::Regex));
    cells.extend(computing(GIVES_UP, Lock::TIMED, Task::Bz2));
    cells.extend(computing(BARE, Lock::Bare, Task::Bz2));
    cells.push(beside("asked beside keeps", Task::Regex));
    cells.push(beside("asked beside gives up", Task::Bz2));
    cells
}

fn keep_the_lock(cell: &mut Cell) {
    if cell.lock != Lock::Bare {
        cell.set("task", "regex");
    }
}
