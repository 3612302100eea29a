//! `x = x + 1` in two tasks: a task can be interrupted where it awaits, which a reader can see, and
//! nowhere else.

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
            .claims(&that("{grouped lost in await after it} of 2 000 lost", |[lost]| is(lost, 0)))
            .wrong("the await in the middle", |cell| cell.set("await", "middle")),
        counting("an-await-loses-every-second")
            .says("with an await in the middle exactly half of the updates are lost.")
            .claims(&that("{grouped lost in await in its middle} of 2 000 lost", |[lost]| {
                is(lost, 1_000)
            }))
            .wrong("the await after the statement", |cell| cell.set("await", "after")),
        counting("a-lock-cures")
            .says("with a lock around the three steps x is exact again.")
            .claims(&that("{grouped lost in the same, locked} of 2 000 lost", |[lost]| is(lost, 0)))
            .wrong("the same without the lock", |cell| cell.set("await", "middle")),
    ],
    explain: Told(
        "A task is interrupted where it awaits, and nowhere else: {lost_share in await after it} \
         of the updates are lost with the await after the statement. With the await in its middle \
         both tasks read the same x before either writes: {lost_share in await in its middle}, in \
         every run the same. So two tasks need no lock for what stands between two awaits; whoever \
         puts an await there needs one again (with it: {lost_share in the same, locked}). With \
         threads nobody can see where the interruption falls.",
    ),
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
    make: "Put the await somewhere else in a program of your own, and predict the outcome before \
           `trainyard race` tells it.",
};

/// Of each of the two tasks.
const TURNS: u64 = 1_000;

fn cells(_: Scale) -> Vec<Cell> {
    let cell = |label, place| Cell::plain(label).with("turns", TURNS).with("await", place);
    vec![
        cell("await after it", "after"),
        cell("await in its middle", "middle"),
        cell("the same, locked", "locked"),
    ]
}

#[derive(Default)]
struct Both {
    x: Shared<u64>,
    is_locked: Shared<bool>,
}

fn measure(cell: &Cell) -> Result<Figures> {
    let (turns, both) = (cell.count("turns"), Rc::new(Both::default()));
    let task = || coop::spawn(add(Rc::clone(&both), turns, cell.word("await").to_owned()));
    let ended = coop::run(async { join_all([task(), task()]).await });
    ended.into_iter().collect::<std::result::Result<(), _>>()?;
    let (x, expected) = (both.x.get(), 2 * turns as u64);
    let figures = Figures::default().with_count("x", x).with_count("lost", expected - x);
    Ok(figures.with("lost_share", 1.0 - to_f64(x) / to_f64(expected)))
}

/// One of the tasks: `x = x + 1`, over and over, with an await somewhere.
async fn add(both: Rc<Both>, turns: usize, place: String) {
    for _ in 0..turns {
        match place.as_str() {
            "after" => {
                both.x.set(both.x.get() + 1);
                yield_now().await;
            }
            "middle" => add_slowly(&both.x).await,
            _ => {
                // A lock for tasks: between the look and the taking stands no await. A real one
                // would sleep until it is woken.
                while both.is_locked.replace(true) {
                    yield_now().await;
                }
                add_slowly(&both.x).await;
                both.is_locked.set(false);
            }
        }
    }
}

async fn add_slowly(x: &Shared<u64>) {
    let value = x.get();
    yield_now().await;
    x.set(value + 1);
}
