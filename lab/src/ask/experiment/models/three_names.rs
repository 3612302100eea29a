//! Three names for one thing: a train of thought, as a task, as a thread, as a process.
//!
//! From far away they are the same: instructions that run in order. From near, each is made of
//! something else, and that decides what it costs and what it can do.

use super::trains;
use crate::ask::experiment::kit::prelude::*;

/// What a task, a thread and a process are made of.
pub const EXPERIMENT: Experiment = Experiment {
    name: "three-names",
    group: Group::Models,
    title: "a task, a thread, a process: what each is made of, and costs",
    question: "A program adds 1 to a global variable: in 1 000 tasks, in 100 threads, in 4 processes, \
               which are then all alive at the same time. What is the variable in the program that \
               has started them?",
    choices: &[
        "1 000, 100 and 4: each has added 1",
        "1 000, 100 and 0: each process has added to a variable of its own",
        "1 000, 0 and 0: a thread has its own variables too",
        "0 in all three, until they end",
    ],
    answer: 1,
    method: "1 000 tasks of one loop, 100 threads of a pool and 4 processes of a pool each add 1 to a \
             global variable, note on which thread they run, and stay. When the last has begun the \
             time is taken, and the memory that has become private to them; then all end.",
    cells,
    ours: trains::measure,
    twin: Some(trains::TWIN),
    plays: |python, _| python.has_tasks(),
    columns: &[
        Column { figure: "threads", title: "threads", unit: Unit::Count },
        Column { figure: "processes", title: "procs", unit: Unit::Count },
        Column { figure: "sum", title: "sum", unit: Unit::Count },
        Column { figure: "start_s", title: "start,\neach", unit: Unit::Seconds },
        Column { figure: "memory_bytes", title: "memory,\neach", unit: Unit::Bytes },
        Column { figure: "virtual_bytes", title: "address\nspace", unit: Unit::Bytes },
    ],
    relations: &[
        counting("tasks-share-a-thread")
            .says("1 000 tasks run on one thread, and add to one variable.")
            .claims(&special(
                |cell| cell.label == TASKS,
                |results, who| made_of(results, who, TASKS, [1, 1, 1_000]),
            ))
            .wrong("threads", |cell| cell.set("model", "threads")),
        counting("threads-share-a-memory")
            .says("100 threads are threads of one process, and add to one variable.")
            .claims(&special(
                |cell| cell.label == THREADS,
                |results, who| made_of(results, who, THREADS, [100, 1, 100]),
            ))
            .wrong("tasks", |cell| cell.set("model", "tasks")),
        counting("processes-share-neither")
            .says("4 processes have a thread and a memory each: the variable here is still 0.")
            .claims(&special(
                |cell| cell.label == PROCESSES,
                |results, who| made_of(results, who, PROCESSES, [4, 4, 0]),
            ))
            .wrong("threads", |cell| cell.set("model", "threads")),
        counting("each-takes-more-memory")
            .says(
                "a thread takes more than twice the memory of a task, a process that of a thread.",
            )
            .claims(&special(|_| true, |results, who| grows(results, who, "memory_bytes", bytes)))
            .wrong("all threads", |cell| cell.set("model", "threads")),
        timing("each-starts-later")
            .says(
                "a thread takes more than twice as long to start as a task, a process as a thread.",
            )
            .claims(&special(|_| true, |results, who| grows(results, who, "start_s", seconds)))
            .wrong("all threads", |cell| cell.set("model", "threads")),
    ],
    explain: By(explain),
    read: &[
        "src/coop/kernel/task.rs: a task is a future in a table",
        "src/threads/kernel/pool.rs: a thread is the system's",
        "src/procs/kernel/child.rs: a process is the program once more",
    ],
};

/// What to do about it in the guided tour.
pub const LESSON: Lesson = Lesson {
    look: Activity {
        command: "compare io --runs 1 --requests 40",
        says: "the columns memory and start-up: what each kind of train costs before it has done anything.",
    },
    change: Activity {
        command: "compare io --runs 1 --requests 40 --workers 50",
        says: "fifty of each: what grows for threads and processes, and what does not for tasks.",
    },
    make: "How many could this machine have? `trainyard experiment run how-many --quick` goes up to where it ends.",
};

const TASKS: &str = "1 000 tasks";
const THREADS: &str = "100 threads";
const PROCESSES: &str = "4 processes";

fn cells(_: Scale) -> Vec<Cell> {
    vec![
        trains::cell(TASKS, "tasks", 1_000),
        trains::cell(THREADS, "threads", 100),
        trains::cell(PROCESSES, "processes", 4),
    ]
}

/// Threads, processes, and the sum that the program sees.
fn made_of(results: &Results, who: &Contender, cell: &str, expected: [u64; 3]) -> Option<Check> {
    let count = |figure| results.count(who, cell, figure);
    let found = [count("threads")?, count("processes")?, count("sum")?];
    let [threads, processes, sum] = found.map(grouped);
    let figures = format!("Threads {threads}, processes {processes}, sum {sum}");
    Some(Check::that(found == expected, figures))
}

fn grows(
    results: &Results,
    who: &Contender,
    figure: &str,
    shown: fn(f64) -> String,
) -> Option<Check> {
    let of = |cell| results.of(who, cell, figure);
    let (task, thread, process) = (of(TASKS)?, of(THREADS)?, of(PROCESSES)?);
    let figures = format!("{}, {} and {}", shown(task), shown(thread), shown(process));
    Some(Check::that(thread > 2.0 * task && process > 2.0 * thread, figures))
}

fn explain(results: &Results) -> Option<String> {
    let start = |cell| results.ours(cell, "start_s").map(seconds);
    let memory = |cell| results.ours(cell, "memory_bytes").map(bytes);
    Some(format!(
        "A task is an object on the heap: {} to start, {}, and all of them run on one thread. A thread \
         has a stack and a place in the kernel's tables: {} and {}, of {} of addresses. A process has \
         a memory of its own, with the program in it once more: {} and {}. What they share goes \
         the other way: tasks share all and see where they are switched, threads share all and do \
         not, and what a process adds to a variable nobody else sees: the sum is {} here.",
        start(TASKS)?,
        memory(TASKS)?,
        start(THREADS)?,
        memory(THREADS)?,
        results.ours(THREADS, "virtual_bytes").map(bytes)?,
        start(PROCESSES)?,
        memory(PROCESSES)?,
        results.ours(PROCESSES, "sum")?
    ))
}
