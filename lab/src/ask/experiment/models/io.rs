//! Waiting: which models of concurrency help a program that waits for a network.

use super::arms;
use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("io.md"), arms::measure).relations(&[
    counting(
        "as-many-requests-as-trains",
        &that(|[sync, threads, processes, tasks]| {
            is(sync, 1) && is(threads, 4) && is(processes, 4) && is(tasks, 12)
        }),
    )
    .of_ours(),
    timing(
        "waiting-overlaps",
        &that(|[threads, processes, tasks]| threads >= 2.0 && processes >= 2.0 && tasks >= 4.0),
    )
    .of_ours(),
]);
