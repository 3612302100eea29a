//! ccbench: throughput, latency and bandwidth, for three kinds of task.
//!
//! The method and the names are those of `Tools/ccbench`, which Antoine Pitrou wrote in 2010 to
//! measure his new lock. Four changes: percentiles of enough samples instead of a mean of twenty in
//! whole milliseconds; one clock instead of two; a shorter pause between questions than its 100 ms;
//! and the old lock beside the new one in one run.

use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design =
    Design::new(include_str!("ccbench.md"), cells, echo::serve_or_compute)
        .twin(include_str!("ccbench.py"), by_lock)
        .relations(&[
            timing("ticks-are-quick-beside-bytecode", &that(|[p50_s]| p50_s < INTERVAL_S / 5.0))
                .wrong(|cell| cell.lock = Lock::TIMED),
            timing("ticks-are-slow-beside-long-calls", &that(|[regex, pi]| regex >= 10.0 * pi))
                .wrong(|cell| {
                    let task = if cell.word("task") == "regex" { "bz2" } else { "pi" };
                    cell.set("task", task);
                }),
            timing("ticks-starve-beside-long-calls", &that(|[ticks, timed]| ticks >= 2.0 * timed))
                .of_ours()
                .wrong(|cell| cell.lock = Lock::TIMED),
            timing(
                "timed-is-an-interval",
                &that(|both: [f64; 2]| {
                    both.iter().all(|p50_s| (INTERVAL_S..=2.0 * INTERVAL_S).contains(p50_s))
                }),
            )
            .wrong(|cell| cell.lock = Lock::Off),
            timing(
                "released-is-free",
                &that(|both: [f64; 2]| most(&both) < INTERVAL_S / 2.0)
                    .shown(|both| format!("{} at most", seconds(most(&both)))),
            )
            .wrong(|cell| cell.set("task", "regex")),
        ]);

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
