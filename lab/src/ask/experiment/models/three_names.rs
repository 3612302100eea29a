//! Three names for instructions that run in order: a task, a thread, a process. Each is made of
//! something else, and that decides what it costs and what it can do.

use super::trains;
use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("three_names.md"), trains::measure)
    .twin(trains::TWIN, |python, _| python.has_tasks())
    .relations(&[
        counting(
            "tasks-share-a-thread",
            &that(|[threads, processes, sum]| is(threads, 1) && is(processes, 1) && is(sum, 1_000)),
        ),
        counting(
            "threads-share-a-memory",
            &that(|[threads, processes, sum]| is(threads, 100) && is(processes, 1) && is(sum, 100)),
        ),
        counting(
            "processes-share-neither",
            &that(|[threads, processes, sum]| is(threads, 4) && is(processes, 4) && is(sum, 0)),
        ),
        counting("each-takes-more-memory", &that(each_doubles)),
        timing("each-starts-later", &that(each_doubles)),
    ]);

fn each_doubles([task, thread, process]: [f64; 3]) -> bool {
    thread > 2.0 * task && process > 2.0 * thread
}
