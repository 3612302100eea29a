//! Waiting: which models of concurrency help a program that waits for a network.

use super::arms;
use crate::ask::experiment::kit::prelude::*;
use lab_core::terms::contender::Model;

pub(super) const DESIGN: Design = Design::new(include_str!("io.md"), cells, arms::measure)
    .relations(&[
        counting(
            "as-many-requests-as-trains",
            &that(|[sync, threads, processes, tasks]| {
                is(sync, 1) && is(threads, 4) && is(processes, 4) && is(tasks, 12)
            }),
        )
        .of_ours()
        .wrong(|cell| cell.set("model", "sync")),
        timing(
            "waiting-overlaps",
            &that(|[threads, processes, tasks]| threads >= 2.0 && processes >= 2.0 && tasks >= 4.0),
        )
        .of_ours()
        .wrong(|cell| cell.set("model", "sync")),
    ]);

fn cells(_: Scale) -> Vec<Cell> {
    let ours = [
        ("one after another", Model::Sync, 1),
        ("4 threads", Model::Threads, 4),
        ("12 tasks", Model::Coop, 12),
        ("4 processes", Model::Procs, 4),
    ];
    arms::waiting(12, 0.03, &ours)
}
