//! How many of each one can have: what they take when they do nothing but wait, at sizes that go up
//! by tens.

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
             until all are there. Then the time is taken, and the memory that has become private. \
             A size that a limit of this machine does not allow is left out, with the limit's \
             name.",
    cells,
    ours: trains::measure,
    twin: Some(trains::TWIN),
    plays: |python, cell| python.has_tasks() && is_small(cell),
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
            .claims(&that(
                "{memory_bytes in 100 000 tasks} and {memory_bytes in 1 000 threads}",
                |[task, thread]| 10.0 * task < thread,
            ))
            .wrong("threads instead of tasks", be_threads),
        timing("a-task-starts-sooner")
            .says("a task takes less than half of a thread's time to start.")
            .claims(&that(
                "{start_s in 100 000 tasks} and {start_s in 1 000 threads}",
                |[task, thread]| 2.0 * task < thread,
            ))
            .wrong("threads instead of tasks", be_threads),
    ],
    explain: By(explain),
    read: &[
        "src/coop/kernel/task.rs: what a task that waits consists of",
        "lab/src/ask/experiment/models/room.rs: the limits, by name",
    ],
};

/// The sizes of each model. Those above the first figure are for the full scale alone, and show
/// nothing new in a CPython: a task of asyncio takes a kilobyte or two, a process megabytes.
const SIZES: [(&str, usize, &[usize]); 3] = [
    ("tasks", 100_000, &[10, 1_000, 100_000, 1_000_000]),
    ("threads", 1_000, &[10, 1_000, 10_000]),
    ("processes", 8, &[2, 8, 50, 200]),
];

fn is_small(cell: &Cell) -> bool {
    let (model, count) = (cell.word("model"), cell.count("count"));
    SIZES.iter().any(|(name, small_max, _)| *name == model && count <= *small_max)
}

fn cells(scale: Scale) -> Vec<Cell> {
    let sizes = SIZES.into_iter().flat_map(|(model, _, counts)| {
        let label = move |count| format!("{} {model}", grouped(count as u64));
        counts.iter().map(move |&count| trains::cell(label(count), model, count))
    });
    sizes.filter(|cell| scale == Scale::Full || is_small(cell)).collect()
}

fn be_threads(cell: &mut Cell) {
    cell.set("model", "threads");
    cell.set("count", 1_000);
}

/// Shows a cell in which some are missing, or else the last.
fn all_are_alive(results: &Results, who: &Contender) -> Option<Check> {
    let cells = cells(Scale::Full).into_iter().filter_map(|cell| {
        let alive = results.count(who, &cell.label, "alive")?;
        let holds = alive >= cell.count("count") as u64;
        Some((holds, format!("{}: {} alive", cell.label, grouped(alive))))
    });
    let (holds, figures) = cells.reduce(|one, next| if one.0 { next } else { one })?;
    Some(Check::that(holds, figures))
}

fn explain(results: &Results) -> Option<String> {
    let tasks = Told(
        "100 000 tasks that wait took {memory_all_bytes in 100 000 tasks}, {memory_bytes in 100 \
         000 tasks} each, and were there after {started_s in 100 000 tasks}.",
    );
    let million = Told(
        " A million took {memory_all_bytes in 1 000 000 tasks} and {started_s in 1 000 000 tasks}.",
    );
    let others = Told(
        " A thread that waits took {memory_bytes in 1 000 threads}: pages of its stack, and what \
         the allocator keeps for it. What the kernel keeps for it is not counted here. A process \
         took {memory_bytes in 8 processes}. So one can have tasks by the million, threads by the \
         thousand, processes by the hundred; and all the same one wants no more of them than there \
         is to wait for.",
    );
    let million = million.say(results).unwrap_or_default();
    Some(tasks.say(results)? + &million + &others.say(results)?)
}
