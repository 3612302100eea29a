//! Three names for instructions that run in order: a task, a thread, a process. Each is made of
//! something else, and that decides what it costs and what it can do.

use super::trains;
use crate::ask::experiment::kit::prelude::*;

/// What a task, a thread and a process are made of.
pub const EXPERIMENT: Experiment = Experiment {
    name: "three-names",
    group: Group::Models,
    title: "a task, a thread, a process: what each is made of, and costs",
    question: "A program adds 1 to a global variable: in 1 000 tasks, in 100 threads, in 4 \
               processes, which are then all alive at the same time. What is the variable in the \
               program that has started them?",
    choices: &[
        "1 000, 100 and 4: each has added 1",
        "1 000, 100 and 0: each process has added to a variable of its own",
        "1 000, 0 and 0: a thread has its own variables too",
        "0 in all three, until they end",
    ],
    answer: 1,
    method: "1 000 tasks of one loop, 100 threads of a pool and 4 processes of a pool each add 1 \
             to a global variable, note on which thread they run, and stay. When the last has \
             begun the time is taken, and the memory that has become private to them; then all \
             end.",
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
            .claims(&that(
                "Threads {grouped threads in 1 000 tasks}, processes {grouped processes in 1 000 \
                 tasks}, sum {grouped sum in 1 000 tasks}",
                |[threads, processes, sum]| is(threads, 1) && is(processes, 1) && is(sum, 1_000),
            ))
            .wrong("threads", |cell| cell.set("model", "threads")),
        counting("threads-share-a-memory")
            .says("100 threads are threads of one process, and add to one variable.")
            .claims(&that(
                "Threads {grouped threads in 100 threads}, processes {grouped processes in 100 \
                 threads}, sum {grouped sum in 100 threads}",
                |[threads, processes, sum]| is(threads, 100) && is(processes, 1) && is(sum, 100),
            ))
            .wrong("tasks", |cell| cell.set("model", "tasks")),
        counting("processes-share-neither")
            .says("4 processes have a thread and a memory each: the variable here is still 0.")
            .claims(&that(
                "Threads {grouped threads in 4 processes}, processes {grouped processes in 4 \
                 processes}, sum {grouped sum in 4 processes}",
                |[threads, processes, sum]| is(threads, 4) && is(processes, 4) && is(sum, 0),
            ))
            .wrong("threads", |cell| cell.set("model", "threads")),
        counting("each-takes-more-memory")
            .says(
                "a thread takes more than twice the memory of a task, a process that of a thread.",
            )
            .claims(&that(
                "{memory_bytes in 1 000 tasks}, {memory_bytes in 100 threads} and {memory_bytes in \
                 4 processes}",
                each_doubles,
            ))
            .wrong("all threads", |cell| cell.set("model", "threads")),
        timing("each-starts-later")
            .says(
                "a thread takes more than twice as long to start as a task, a process as a thread.",
            )
            .claims(&that(
                "{start_s in 1 000 tasks}, {start_s in 100 threads} and {start_s in 4 processes}",
                each_doubles,
            ))
            .wrong("all threads", |cell| cell.set("model", "threads")),
    ],
    explain: Told(
        "A task is an object on the heap: {start_s in 1 000 tasks} to start, {memory_bytes in 1 \
         000 tasks}, and all of them run on one thread. A thread has a stack and a place in the \
         kernel's tables: {start_s in 100 threads} and {memory_bytes in 100 threads}, of \
         {virtual_bytes in 100 threads} of addresses. A process has a memory of its own, with the \
         program in it once more: {start_s in 4 processes} and {memory_bytes in 4 processes}. What \
         they share goes the other way: tasks share all and see where they are switched, threads \
         share all and do not, and what a process adds to a variable nobody else sees: the sum is \
         {sum in 4 processes} here.",
    ),
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
        says: "the columns memory and start-up: what each kind of train costs before it has done \
               anything.",
    },
    change: Activity {
        command: "compare io --runs 1 --requests 40 --workers 50",
        says: "fifty of each: what grows for threads and processes, and what does not for tasks.",
    },
    make: "How many could this machine have? `trainyard experiment run how-many --quick` goes up \
           to where it ends.",
};

fn cells(_: Scale) -> Vec<Cell> {
    vec![
        trains::cell("1 000 tasks", "tasks", 1_000),
        trains::cell("100 threads", "threads", 100),
        trains::cell("4 processes", "processes", 4),
    ]
}

fn each_doubles([task, thread, process]: [f64; 3]) -> bool {
    thread > 2.0 * task && process > 2.0 * thread
}
