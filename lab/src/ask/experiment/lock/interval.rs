//! The switch interval: what a short one costs, and what a long one costs.
//!
//! `sys.setswitchinterval` is the one knob of the lock since 3.2. Its default of 5 ms has not
//! changed since.

use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design =
    Design::new(include_str!("interval.md"), cells, echo::serve_or_compute)
        .notes(costs_work)
        .twin(include_str!("interval.py"), by_lock)
        .relations(&[
            timing("long-is-slow-to-answer", &that(|[long, short]| long >= 10.0 * short))
                .wrong(|cell| cell.lock = Lock::TIMED),
            timing("short-switches-often", &that(|[short, long]| short >= 2.0 * long))
                .of_ours()
                .wrong(|cell| cell.lock = Lock::TIMED),
        ]);

/// Of the work at 5 ms: what is done at 0.1 ms, if it costs little.
const LITTLE_LOST: f64 = 0.9;

fn cells(scale: Scale) -> Vec<Cell> {
    let intervals_ms = scale.pick(&[0.1, 5.0][..], &[0.1, 1.0, 5.0, 20.0]).iter();
    let (duration_s, answers) = scale.pick((0.3, 20), (1.0, 60));
    let computing =
        |label, lock, threads| Cell::computing(label, lock, threads, Task::Pi, duration_s);
    let two = |&ms| computing(format!("2 compute, {ms} ms"), Lock::timed_ms(ms), 2);
    let asked =
        |&ms| Cell::serving(format!("asked, {ms} ms"), Lock::timed_ms(ms), 1, Task::Pi, answers);
    let one = computing("1 thread computes".to_owned(), Lock::TIMED, 1);
    [one].into_iter().chain(intervals_ms.clone().map(two)).chain(intervals_ms.map(asked)).collect()
}

fn costs_work(results: &Results) -> Option<Figures> {
    let done = |cell| results.ours(cell, "calls_per_s");
    let is_little = done("2 compute, 0.1 ms")? >= LITTLE_LOST * done("2 compute, 5 ms")?;
    Some(Figures::default().with_count("costs_work", !is_little))
}
