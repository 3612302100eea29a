//! ccbench: throughput, latency and bandwidth, for three kinds of task.
//!
//! The method and the names are those of `Tools/ccbench`, which Antoine Pitrou wrote in 2010 to
//! measure his new lock. Four changes: percentiles of enough samples instead of a mean of twenty in
//! whole milliseconds; one clock instead of two; a shorter pause between questions than its 100 ms;
//! and the old lock beside the new one in one run.

use crate::ask::experiment::kit::prelude::*;

/// Throughput, latency, bandwidth.
pub const EXPERIMENT: Experiment = Experiment {
    name: "ccbench",
    group: Group::Lock,
    title: "the lock of before 3.2 and the one since, by three kinds of task",
    question: "Until 3.1 CPython dropped its lock every hundred ticks of bytecode; since 3.2 a \
               thread that waits asks for it after 5 ms. Which of the two lets a waiting thread in \
               sooner?",
    choices: &[
        "the new one, always: it was written for that",
        "the old one, always: a hundred ticks take microseconds",
        "the old one beside bytecode, the new one beside long calls into C",
    ],
    answer: 2,
    method: "Three kinds of task: pi is bytecode alone, regex a long call that keeps the lock, bz2 \
             a long call that gives it up. Throughput: threads repeat the task for a time. \
             Latency: a server's main thread answers questions, with a pause between them, beside \
             threads that do the task. Bandwidth: packets of 1 024 bytes, without a pause, beside \
             pi.",
    cells,
    ours: echo::serve_or_compute,
    twin: Some(include_str!("ccbench.py")),
    plays: by_lock,
    columns: &[
        Column { figure: "calls_per_s", title: "calls/s", unit: Unit::Count },
        Column { figure: "p50_s", title: "half\nwithin", unit: Unit::Seconds },
        Column { figure: "p95_s", title: "95 %\nwithin", unit: Unit::Seconds },
        Column { figure: "answers_per_s", title: "packets/s", unit: Unit::Count },
    ],
    relations: &[
        timing("ticks-are-quick-beside-bytecode")
            .says("with ticks, an answer beside pi takes less than a fifth of 5 ms.")
            .claims(&that("{p50_s in ticks, asked, pi 1}", |[p50_s]| p50_s < INTERVAL_S / 5.0))
            .wrong("the timed lock instead", |cell| cell.lock = Lock::TIMED),
        timing("ticks-are-slow-beside-long-calls")
            .says("with ticks, an answer beside regex takes ten times as long as one beside pi.")
            .claims(&that(
                "{p50_s in ticks, asked, regex 1} and {p50_s in ticks, asked, pi 1}",
                |[regex, pi]| regex >= 10.0 * pi,
            ))
            .wrong("a call that gives the lock up instead of regex", |cell| {
                let task = if cell.word("task") == "regex" { "bz2" } else { "pi" };
                cell.set("task", task);
            }),
        timing("ticks-starve-beside-long-calls")
            .says(
                "beside 4 threads that do regex, 95 % of the answers come within a time that is \
                   at least twice as long with ticks as with the timed lock.",
            )
            .of_ours()
            .claims(&that(
                "{p95_s in ticks, asked, regex 4} and {p95_s in timed, asked, regex 4}",
                |[ticks, timed]| ticks >= 2.0 * timed,
            ))
            .wrong("the timed lock in both", |cell| cell.lock = Lock::TIMED),
        timing("timed-is-an-interval")
            .says(
                "with the timed lock, an answer takes one to two switch intervals beside pi and \
                   beside regex.",
            )
            .claims(&that(
                "{p50_s in timed, asked, pi 1} and {p50_s in timed, asked, regex 1}",
                |both: [f64; 2]| {
                    both.iter().all(|p50_s| (INTERVAL_S..=2.0 * INTERVAL_S).contains(p50_s))
                },
            ))
            .wrong("the lock off", |cell| cell.lock = Lock::Off),
        timing("released-is-free")
            .says("beside bz2 an answer takes less than half of 5 ms, with either lock.")
            .claims(&special(|cell| cell.is(&BESIDE_BZ2), released_is_free))
            .wrong("a call that keeps the lock instead of bz2", |cell| cell.set("task", "regex")),
    ],
    explain: Told(
        "Beside bytecode half of the answers come within {p50_s in ticks, asked, pi 1} under the \
         old lock, within {p50_s in timed, asked, pi 1} under the new one; beside one thread in \
         long calls that keep the lock, within {p50_s in ticks, asked, regex 1} and {p50_s in \
         timed, asked, regex 1}. Beside 4 such threads 95 % come within {p95_s in ticks, asked, \
         regex 4} under the old one, within {p95_s in timed, asked, regex 4} under the new one. \
         The old one is dropped every hundred ticks and at once asked for again by the thread \
         that dropped it, so that the one who waits must be quicker than the one who is already \
         there: cheap when ticks are short, and costly when each try takes calls of a \
         millisecond. The new one is handed over when an interval has passed. Beside calls that \
         give the lock up ({p50_s in ticks, asked, bz2 1} and {p50_s in timed, asked, bz2 1}) \
         there is nothing to wait for.",
    ),
    read: &[
        "lab/core/src/work/task.rs: the three kinds of task",
        "https://github.com/python/cpython/tree/3.10/Tools/ccbench",
    ],
};

const BESIDE_BZ2: [&str; 2] = ["ticks, asked, bz2 1", "timed, asked, bz2 1"];
const LOCKS: [(&str, Lock); 2] = [("ticks", Lock::TICKS), ("timed", Lock::TIMED)];

fn cells(scale: Scale) -> Vec<Cell> {
    let duration_s = scale.pick(0.2, 1.0);
    let answers = scale.pick(20, 60);
    let (few, many) = (&[1, 2][..], &[1, 2, 3, 4][..]);
    let mut cells = Vec::new();
    for (name, lock) in LOCKS {
        for task in Task::ALL {
            for &threads in scale.pick(few, many) {
                let label = format!("{name}, {}, {threads}", task.name());
                cells.push(Cell::computing(label, lock, threads, task, duration_s));
            }
        }
    }
    for (name, lock) in LOCKS {
        cells.push(Cell::serving(format!("{name}, asked alone"), lock, 0, Task::Pi, answers));
        for task in Task::ALL {
            // Four threads, for the worst of the answers.
            let crowd = if task == Task::Regex { &[1, 4][..] } else { &few[..1] };
            for &hogs in scale.pick(crowd, many) {
                let label = format!("{name}, asked, {} {hogs}", task.name());
                cells.push(Cell::serving(label, lock, hogs, task, answers));
            }
        }
    }
    for (name, lock) in LOCKS {
        for &hogs in scale.pick(&[0, 1][..], &[0, 1, 2, 3, 4]) {
            let label = format!("{name}, packets, pi {hogs}");
            let mut cell = Cell::serving(label, lock, hogs, Task::Pi, answers);
            cell.probe = Some(Probe::Bandwidth);
            cells.push(cell.with("duration_s", duration_s));
        }
    }
    cells
}

/// A CPython has one of the two locks.
fn released_is_free(results: &Results, who: &Contender) -> Option<Check> {
    let p50_s = |cell| results.of(who, cell, "p50_s");
    let slowest_s = BESIDE_BZ2.into_iter().filter_map(p50_s).reduce(f64::max)?;
    Some(Check::that(slowest_s < INTERVAL_S / 2.0, format!("{} at most", seconds(slowest_s))))
}
