//! `x = x + 1` in two tasks: where a task can be interrupted, and where it cannot.
//!
//! The notes' claim about tasks: a task is never interrupted in the middle of a statement, "unless
//! that statement is marked". The mark is the await, and a reader can see it.

use std::cell::Cell as Shared;
use std::rc::Rc;

use crate::ask::experiment::kit::prelude::*;
use trainyard::coop::{self, join_all, yield_now};

/// Tasks lose an update where an await stands in its middle, and nowhere else.
pub const EXPERIMENT: Experiment = Experiment {
    name: "await-in-the-middle",
    group: Group::Tasks,
    title: "x = x + 1 in two tasks, with and without an await in it",
    question: "Two tasks of one loop add 1 to the same x, a thousand times each, and take turns \
               after each addition. No lock protects x. Then the same with an await between the \
               reading of x and the writing. What is lost?",
    choices: &[
        "nothing in either: tasks run one at a time",
        "some updates in both, each time others",
        "nothing without the await in the middle; with it every second update, each time the same",
        "everything, once two tasks share a variable without a lock",
    ],
    answer: 2,
    method: "Two tasks of one loop, each adding 1 to one variable. In the first setting the await \
             that lets the other run stands after the statement, in the second between the reading \
             and the writing. In the third it stands there too, but under a lock for tasks: six \
             lines, a flag and an await.",
    cells,
    ours: measure,
    twin: Some(include_str!("await_in_the_middle.py")),
    plays: |python, _| python.has_tasks(),
    columns: &[
        Column { figure: "lost_share", title: "lost", unit: Unit::Percent },
        Column { figure: "lost", title: "updates\nlost", unit: Unit::Count },
        Column { figure: "x", title: "x in\nthe end", unit: Unit::Count },
    ],
    relations: &[
        counting("no-await-loses-nothing")
            .says("without an await in the middle x is exact.")
            .claims(&special(
                |cell| cell.label == AFTER,
                |results, who| lost_exactly(results, who, AFTER, 0),
            ))
            .wrong("the await in the middle", |cell| cell.set("await", "middle")),
        counting("an-await-loses-every-second")
            .says("with an await in the middle exactly half of the updates are lost.")
            .claims(&special(
                |cell| cell.label == MIDDLE,
                |results, who| lost_exactly(results, who, MIDDLE, TURNS),
            ))
            .wrong("the await after the statement", |cell| cell.set("await", "after")),
        counting("a-lock-cures")
            .says("with a lock around the three steps x is exact again.")
            .claims(&special(
                |cell| cell.label == LOCKED,
                |results, who| lost_exactly(results, who, LOCKED, 0),
            ))
            .wrong("the same without the lock", |cell| cell.set("await", "middle")),
    ],
    explain: By(explain),
    read: &[
        "src/coop/kernel/scheduler.rs: a poll runs from one await to the next",
        "examples/switch_in_the_middle.rs: the same, beside threads",
    ],
};

/// What to do about it in the guided tour.
pub const LESSON: Lesson = Lesson {
    look: Activity {
        command: "race await-in-the-middle --model coop",
        says: "half of the updates are lost, each time the same ones: nothing here is chance.",
    },
    change: Activity {
        command: "race 'x = x + 1' --model coop",
        says: "without the await in the middle nothing is lost, and there is no lock.",
    },
    make: "Put the await somewhere else in a program of your own, and predict the outcome before `trainyard race` tells it.",
};

const AFTER: &str = "await after it";
const MIDDLE: &str = "await in its middle";
const LOCKED: &str = "the same, locked";
/// Of each of the two tasks.
const TURNS: u64 = 1_000;

fn cells(_: Scale) -> Vec<Cell> {
    let cell = |label, place| Cell::plain(label).with("turns", TURNS).with("await", place);
    vec![cell(AFTER, "after"), cell(MIDDLE, "middle"), cell(LOCKED, "locked")]
}

fn measure(cell: &Cell) -> Result<Figures> {
    let (turns, place) = (cell.count("turns"), cell.word("await"));
    let (x, lock) = (Rc::new(Shared::new(0)), Rc::new(Lock::default()));
    let task = || add(Rc::clone(&x), Rc::clone(&lock), turns, place.to_owned());
    let ended = coop::run(async { join_all([coop::spawn(task()), coop::spawn(task())]).await });
    ended.into_iter().collect::<std::result::Result<Vec<()>, _>>()?;
    let (x, expected) = (x.get(), 2 * turns as u64);
    let figures = Figures::default().with_count("x", x).with_count("lost", expected - x);
    Ok(figures.with("lost_share", 1.0 - to_f64(x) / to_f64(expected)))
}

/// One of the tasks: `x = x + 1`, over and over, with an await somewhere.
async fn add(x: Rc<Shared<u64>>, lock: Rc<Lock>, turns: usize, place: String) {
    for _ in 0..turns {
        match place.as_str() {
            "after" => {
                x.set(x.get() + 1);
                yield_now().await;
            }
            "middle" => add_slowly(&x).await,
            _ => {
                lock.take().await;
                add_slowly(&x).await;
                lock.give_back();
            }
        }
    }
}

async fn add_slowly(x: &Shared<u64>) {
    let value = x.get();
    yield_now().await;
    x.set(value + 1);
}

/// A lock for tasks. Who finds it taken lets others run, and looks again; a real one would wait to
/// be woken.
#[derive(Default)]
struct Lock {
    is_taken: Shared<bool>,
}

impl Lock {
    async fn take(&self) {
        // Nothing runs between the look and the taking: there is no await between them.
        while self.is_taken.replace(true) {
            yield_now().await;
        }
    }

    fn give_back(&self) {
        self.is_taken.set(false);
    }
}

fn lost_exactly(results: &Results, who: &Contender, cell: &str, expected: u64) -> Option<Check> {
    let lost = results.count(who, cell, "lost")?;
    let figures = format!("{} of {} lost", grouped(lost), grouped(2 * TURNS));
    Some(Check::that(lost == expected, figures))
}

fn explain(results: &Results) -> Option<String> {
    let lost = |cell| results.ours(cell, "lost_share").map(percent);
    Some(format!(
        "A task is interrupted where it awaits, and nowhere else: {} of the updates are lost with the \
         await after the statement. With the await in its middle both tasks read the same x before \
         either writes: {}, in every run the same. So two tasks need no lock for what stands between two \
         awaits; whoever puts an await there needs one again (with it: {}). With threads nobody can \
         see where the interruption falls.",
        lost(AFTER)?,
        lost(MIDDLE)?,
        lost(LOCKED)?
    ))
}
