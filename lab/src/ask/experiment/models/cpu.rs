//! Computing: which models of concurrency help a program that computes.

use super::arms;
use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("cpu.md"), arms::measure)
    .twin(include_str!("cpu.py"), |python, cell| python.has_tasks() && by_lock(python, cell))
    .relations(&[
        counting(
            "never-two-at-once",
            &that(|[tasks, threads]| is(tasks.max(threads), 1)).if_two_processors("2 bare threads"),
        )
        .of_ours(),
        timing(
            "one-processor-is-busy",
            &that(|busy: [f64; 2]| most(&busy) <= ONE_CPU)
                .shown(|[tasks, threads]| {
                    format!("{:.2} busy", if tasks > ONE_CPU { tasks } else { threads })
                })
                .if_two_processors("2 bare threads"),
        ),
        timing(
            "processes-gain-a-processor",
            &that(|[gained, bare, _]| processes_gain(gained, bare))
                .skipped(|[_, bare, busy]| no_second_processor(bare, busy)),
        ),
    ]);

/// A round of the quick scale is over in a tenth of a second, and its processes talk for a part of it.
fn processes_gain(gained: f64, bare: f64) -> bool {
    gains_as_bare(gained, bare) || gained - 1.0 >= (bare - 1.0) / 3.0
}
