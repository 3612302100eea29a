//! The switch interval: what a short one costs, and what a long one costs.

use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("interval.md"), echo::serve_or_compute)
    .notes(costs_work)
    .twin(include_str!("interval.py"), by_lock)
    .relations(&[
        timing("long-is-slow-to-answer", &that(|[long, short]| long >= 10.0 * short)),
        timing("short-switches-often", &that(|[short, long]| short >= 2.0 * long)).of_ours(),
    ]);

/// Of the work at 5 ms: what is done at 0.1 ms, if it costs little.
const LITTLE_LOST: f64 = 0.9;

fn costs_work(results: &Results) -> Option<Figures> {
    let done = |cell| results.ours(cell, "calls_per_s");
    let is_little = done("2 compute, 0.1 ms")? >= LITTLE_LOST * done("2 compute, 5 ms")?;
    Some(Figures::default().with_count("costs_work", !is_little))
}
