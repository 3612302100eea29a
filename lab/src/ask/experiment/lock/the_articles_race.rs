//! The article's own race, which never races.
//!
//! Real Python's article on threading (first edition, 2018) shows a lost update with 5 000 tasks,
//! each adding 1 to a global a hundred times. It loses none, unless the machine is so busy that the
//! system interrupts a task for longer than a switch interval.

use std::sync::atomic::{AtomicU64, Ordering};

use super::gil_asked_at_places;
use crate::ask::experiment::kit::prelude::*;
use trainyard::threads::{Attached, Place};

/// Short tasks do not race.
pub const EXPERIMENT: Experiment = Experiment {
    name: "the-articles-race",
    group: Group::Lock,
    title: "5 000 tasks add to one counter, and nothing is lost",
    question: "5 000 tasks in a pool of threads each do `counter += 1` a hundred times. A switch \
               may fall into the middle of a `+=`, between the load and the store, and then \
               updates are lost. Is the counter 500 000 in the end?",
    choices: &[
        "no: with so many threads some updates are lost, and each time others",
        "yes, for `+=` is one operation",
        "yes, because each task is over long before anybody asks for the lock",
    ],
    answer: 2,
    method: "The article's tasks, each on a thread of its own, as its pool of 5 000 threads does \
             it on CPython 3.6. The lock may be asked for between any two of the steps of a `+=`: \
             a load, an addition, a store. Then the same with four tasks, each of which lasts for \
             several switch intervals.",
    cells,
    ours: measure,
    twin: Some(include_str!("the_articles_race.py")),
    plays,
    columns: &[
        Column { figure: "lost_share", title: "lost", unit: Unit::Percent },
        Column { figure: "lost", title: "updates\nlost", unit: Unit::Count },
        Column { figure: "task_p50_s", title: "a task\ntakes", unit: Unit::Seconds },
        Column { figure: "taken", title: "lock\ntaken", unit: Unit::Count },
        Column { figure: "forced_switches", title: "forced", unit: Unit::Count },
    ],
    relations: &[
        timing("the-article-loses-nothing")
            .says("after the article's 5 000 tasks the counter is exact.")
            .claims(&special(|cell| cell.label == ARTICLE, the_article_loses_nothing))
            .wrong("four tasks of millions", make_long),
        timing("a-task-is-shorter-than-an-interval")
            .says("half of the tasks are over in a tenth of a switch interval.")
            .claims(&that_by(
                "{task_p50_s in 5 000 tasks of 100}",
                |[took_s]| took_s < SHORT_S,
                |[took_s]| format!("{} of {}", seconds(took_s), seconds(INTERVAL_S)),
            ))
            .wrong("four tasks of millions", make_long),
        timing("long-tasks-lose")
            .says("four tasks that last lose updates.")
            .claims(&that("{lost in 4 tasks of millions} updates lost", |[lost]| lost > 0.0))
            .wrong("a check point after each `+=` alone, as since CPython 3.10", |cell| {
                cell.set("places", "back-edges");
            }),
    ],
    explain: Told(
        "The counter lost {lost in 5 000 tasks of 100} updates in the article's tasks. The lock \
         was taken {taken in 5 000 tasks of 100} times there, and {forced_switches in 5 000 tasks \
         of 100} times because somebody had asked: half of the tasks are over within {task_p50_s \
         in 5 000 tasks of 100}, each gives the lock up at its end, and each time it changes \
         hands whoever waits begins a new interval of 5 ms. The four tasks of {task_p50_s in 4 \
         tasks of millions} each were asked {forced_switches in 4 tasks of millions} times, and \
         lost {lost_share in 4 tasks of millions} of their updates. The race is there in both; a \
         test that has never failed proves nothing.",
    ),
    read: &[
        "src/threads/kernel/policy.rs: Place and Placement",
        "https://github.com/realpython/materials, concurrency-overview/race_condition.py",
    ],
};

const SHORT_S: f64 = INTERVAL_S / 10.0;
const ARTICLE: &str = "5 000 tasks of 100";

fn cells(_: Scale) -> Vec<Cell> {
    let cell = |label| {
        let cell = Cell::new(label, Lock::TIMED).with("places", "operations").with("tasks", 5_000);
        cell.with("increments", 100).with("increments_in_python", 100)
    };
    let mut long = cell("4 tasks of millions");
    make_long(&mut long);
    vec![cell(ARTICLE), long]
}

fn make_long(cell: &mut Cell) {
    cell.set("tasks", 4);
    // An interpreter takes thirty times as long for one.
    cell.set("increments", 20_000_000);
    cell.set("increments_in_python", 500_000);
}

/// A `+=` has its check points inside up to 3.9, and none since. No CPython has placements to set.
fn plays(python: &Python, cell: &Cell) -> bool {
    by_lock(python, cell) && (cell.label == ARTICLE || python.version < (3, 10, 0))
}

#[expect(clippy::unnecessary_wraps, reason = "as other experiments, which can fail")]
fn measure(cell: &Cell) -> Result<Figures> {
    let (tasks, increments) = (cell.count("tasks"), cell.count("increments"));
    let (gil, counter) = (gil_asked_at_places(cell), AtomicU64::new(0));
    let took_s = in_threads(tasks, |_| {
        gil.attach(|at| {
            let stopwatch = Stopwatch::start();
            (0..increments).for_each(|_| increment(&counter, at));
            stopwatch.seconds()
        })
    });
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
fn the_article_loses_nothing(results: &Results, who: &Contender) -> Option<Check> {
    let lost = results.of(who, ARTICLE, "lost")?;
    let figure = |name| results.of(who, ARTICLE, name);
    let (half_s, longest_s) = (figure("task_p50_s")?, figure("task_max_s")?);
    if lost > 0.0 && half_s < SHORT_S && longest_s > INTERVAL_S {
        return Some(Check::Skipped(format!(
            "A task was interrupted: half of them took {}, but one {}, which is longer than an \
             interval, and {lost} updates were lost",
            seconds(half_s),
            seconds(longest_s)
        )));
    }
    Some(Check::that(lost == 0.0, format!("{lost} updates lost")))
}
