//! The article's own race, which never races.

use super::gil_asked_at_places;
use crate::ask::experiment::kit::prelude::*;
use trainyard::threads::{Attached, Place};

pub(super) const DESIGN: Design = Design::new(include_str!("the_articles_race.md"), measure)
    .twin(include_str!("the_articles_race.py"), plays)
    .relations(&[
        timing(
            "the-article-loses-nothing",
            &that(|[lost, ..]: [f64; 3]| is(lost, 0)).skipped(interrupted),
        ),
        timing("a-task-is-shorter-than-an-interval", &that(|[took_s]| took_s < SHORT_S)),
        timing("long-tasks-lose", &that(|[lost]| lost > 0.0)),
    ]);

const SHORT_S: f64 = INTERVAL_S / 10.0;
const ARTICLE: &str = "5 000 tasks of 100";

/// A `+=` has its check points inside up to 3.9, and none since. No CPython has placements to set.
fn plays(python: &Python, cell: &Cell) -> bool {
    by_lock(python, cell) && (cell.label == ARTICLE || python.version < (3, 10, 0))
}

fn measure(cell: &Cell) -> Result<Figures> {
    let (tasks, increments) = (cell.count("tasks"), cell.count("increments"));
    let (gil, counter) = (gil_asked_at_places(cell), AtomicU64::new(0));
    let took_s = in_threads(tasks, |_| {
        gil.attach(|at| {
            let stopwatch = Stopwatch::start();
            (0..increments).for_each(|_| increment(&counter, at));
            stopwatch.seconds()
        })
    })?;
    let at = |share| percentile(&took_s, share).unwrap_or(f64::NAN);
    Ok(Figures::lost((tasks * increments) as u64, counter.into_inner())
        .with("task_p50_s", at(0.5))
        .with("task_max_s", at(1.0))
        .with_count("taken", gil.counters().acquisitions)
        .with_count("forced_switches", gil.counters().forced_switches))
}

/// What `counter += 1` in a loop is made of, with a check point between any two of its steps.
fn increment(counter: &AtomicU64, at: &mut Attached<'_>) {
    // ORDER: Relaxed, both; that another's store falls between them is what is looked for.
    let value = counter.load(Ordering::Relaxed);
    at.checkpoint_at(Place::Operation);
    let sum = value + 1;
    at.checkpoint_at(Place::Operation);
    counter.store(sum, Ordering::Relaxed);
    at.checkpoint_at(Place::BackEdge);
}

/// The system may take the processor from whoever has the lock, for longer than an interval: then
/// somebody does ask, and the article is right for once.
fn interrupted([lost, half_s, longest_s]: [f64; 3]) -> Option<String> {
    (lost > 0.0 && half_s < SHORT_S && longest_s > INTERVAL_S).then(|| {
        format!(
            "A task was interrupted: half of them took {}, but one {}, which is longer than an \
             interval, and {lost} updates were lost",
            seconds(half_s),
            seconds(longest_s)
        )
    })
}
