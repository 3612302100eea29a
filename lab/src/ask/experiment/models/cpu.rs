//! Computing: which models of concurrency help a program that computes.

use super::arms::{self, BARE};
use crate::ask::experiment::kit::prelude::*;
use lab_core::terms::contender::Model;

pub(super) const DESIGN: Design = Design::new(include_str!("cpu.md"), cells, arms::measure)
    .twin(include_str!("cpu.py"), |python, cell| python.has_tasks() && by_lock(python, cell))
    .relations(&[
        counting(
            "never-two-at-once",
            &that(|[tasks, threads]| is(tasks.max(threads), 1)).if_two_processors(BARE[1]),
        )
        .of_ours()
        .wrong(unlock),
        timing(
            "one-processor-is-busy",
            &that(|busy: [f64; 2]| most(&busy) <= ONE_CPU).if_two_processors(BARE[1]),
        )
        .wrong(unlock),
        timing(
            "processes-gain-a-processor",
            &that(|[gained, bare, _]| processes_gain(gained, bare))
                .skipped(|[_, bare, busy]| no_second_processor(bare, busy)),
        )
        .wrong(|cell| {
            if cell.label == PROCESSES {
                cell.set("threads", 1);
            }
        }),
    ]);

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
fn processes_gain(gained: f64, bare: f64) -> bool {
    gains_as_bare(gained, bare) || gained - 1.0 >= (bare - 1.0) / 3.0
}
