//! How many of each one can have.
//!
//! "How many tasks can I have?" is asked of every runtime. The honest answer is a table: what they
//! take when they do nothing but wait, at sizes that go up by tens.

use super::trains;
use crate::ask::experiment::kit::prelude::*;

/// Ten, a thousand, a million.
pub const EXPERIMENT: Experiment = Experiment {
    name: "how-many",
    group: Group::Models,
    title: "how many tasks, threads and processes one can have",
    question: "A server has to keep 100 000 connections, most of which wait. It could give each a \
               task, or a thread. How much memory do 100 000 tasks take that only wait?",
    choices: &[
        "a few hundred bytes each: less than 100 MB",
        "as much as threads: each needs a stack",
        "1 GB: 10 kB each",
        "it cannot be done: a loop has a few thousand at most",
    ],
    answer: 0,
    method: "So many tasks, threads or processes are started, each adds 1 to a variable and waits \
             until all are there. Then the time is taken, and the memory that has become private. A \
             size that a limit of this machine does not allow is left out, with the limit's name.",
    cells,
    ours: trains::measure,
    twin: Some(trains::TWIN),
    plays,
    columns: &[
        Column { figure: "alive", title: "alive\nat once", unit: Unit::Count },
        Column { figure: "started_s", title: "start,\nall", unit: Unit::Seconds },
        Column { figure: "start_s", title: "each", unit: Unit::Seconds },
        Column { figure: "memory_all_bytes", title: "memory,\nall", unit: Unit::Bytes },
        Column { figure: "memory_bytes", title: "each", unit: Unit::Bytes },
    ],
    relations: &[
        counting("all-are-alive-at-once")
            .says("as many are alive at once as were asked for.")
            .claims(&special(|_| true, all_are_alive))
            .wrong("half as many", |cell| cell.set("count", cell.count("count") / 2)),
        counting("a-task-is-small")
            .says("a task takes less than a tenth of the memory of a thread.")
            .claims(&special(|cell| cell.is(&[TASKS, THREADS]), a_task_is_small))
            .wrong("threads instead of tasks", |cell| {
                cell.set("model", "threads");
                cell.set("count", 1_000);
            }),
        timing("a-task-starts-sooner")
            .says("a task takes less than half of a thread's time to start.")
            .claims(&special(|cell| cell.is(&[TASKS, THREADS]), a_task_starts_sooner))
            .wrong("threads instead of tasks", |cell| {
                cell.set("model", "threads");
                cell.set("count", 1_000);
            }),
    ],
    explain: By(explain),
    read: &[
        "src/coop/kernel/task.rs: what a task that waits consists of",
        "lab/src/ask/experiment/models/room.rs: the limits, by name",
    ],
};

const TASKS: &str = "100 000 tasks";
const THREADS: &str = "1 000 threads";
const PROCESSES: &str = "8 processes";

/// The sizes of each model; those of the second list on the full scale alone.
const SIZES: [(&str, &[usize], &[usize]); 3] = [
    ("tasks", &[10, 1_000, 100_000], &[1_000_000]),
    ("threads", &[10, 1_000], &[10_000]),
    ("processes", &[2, 8], &[50, 200]),
];

fn label(model: &str, count: usize) -> String {
    format!("{} {model}", grouped(count as u64))
}

/// Every size, whatever the scale.
fn sizes() -> impl Iterator<Item = (&'static str, usize, Scale)> {
    SIZES.into_iter().flat_map(|(model, quick, full)| {
        let of = move |scale| move |&count: &usize| (model, count, scale);
        quick.iter().map(of(Scale::Quick)).chain(full.iter().map(of(Scale::Full)))
    })
}

fn cells(scale: Scale) -> Vec<Cell> {
    let here = sizes().filter(|(_, _, least)| scale == Scale::Full || *least == Scale::Quick);
    here.map(|(model, count, _)| trains::cell(label(model, count), model, count)).collect()
}

/// A task of asyncio takes a kilobyte or two, a process of Python's megabytes: what shows nothing
/// new is left out.
fn plays(python: &Python, cell: &Cell) -> bool {
    let count_max = match cell.word("model") {
        "tasks" => 100_000,
        "threads" => 1_000,
        _ => 8,
    };
    python.has_tasks() && cell.count("count") <= count_max
}

fn all_are_alive(results: &Results, who: &Contender) -> Option<Check> {
    let alive: Vec<(String, usize, u64)> = sizes()
        .filter_map(|(model, count, _)| {
            let label = label(model, count);
            let alive = results.count(who, &label, "alive")?;
            Some((label, count, alive))
        })
        .collect();
    let fewer = alive.iter().find(|(_, count, alive)| *alive < *count as u64);
    let (label, _, alive) = fewer.or(alive.last())?;
    Some(Check::that(fewer.is_none(), format!("{label}: {} alive", grouped(*alive))))
}

fn a_task_is_small(results: &Results, who: &Contender) -> Option<Check> {
    let of = |cell| results.of(who, cell, "memory_bytes");
    let (task, thread) = (of(TASKS)?, of(THREADS)?);
    Some(Check::that(10.0 * task < thread, format!("{} and {}", bytes(task), bytes(thread))))
}

fn a_task_starts_sooner(results: &Results, who: &Contender) -> Option<Check> {
    let of = |cell| results.of(who, cell, "start_s");
    let (task, thread) = (of(TASKS)?, of(THREADS)?);
    Some(Check::that(2.0 * task < thread, format!("{} and {}", seconds(task), seconds(thread))))
}

fn explain(results: &Results) -> Option<String> {
    let ours = |cell, figure| results.ours(cell, figure);
    let million = label("tasks", 1_000_000);
    let million = ours(&million, "memory_all_bytes").zip(ours(&million, "started_s"));
    let million = million.map_or_else(String::new, |(all, started_s)| {
        format!(" A million took {} and {}.", bytes(all), seconds(started_s))
    });
    Some(format!(
        "{TASKS} that wait took {}, {} each, and were there after {}.{million} A thread that waits took {}: \
         pages of its stack, and what the allocator keeps for it. What the kernel keeps for it is not counted here. A process took {}. So one can have tasks by the million, threads by the \
         thousand, processes by the hundred; and all the same one wants no more of them than there is \
         to wait for.",
        bytes(ours(TASKS, "memory_all_bytes")?),
        bytes(ours(TASKS, "memory_bytes")?),
        seconds(ours(TASKS, "started_s")?),
        bytes(ours(THREADS, "memory_bytes")?),
        bytes(ours(PROCESSES, "memory_bytes")?)
    ))
}
