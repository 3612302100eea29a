//! `x = x + 1` in two tasks: a task can be interrupted where it awaits, which a reader can see, and
//! nowhere else.

use std::cell::Cell as Shared;
use std::rc::Rc;

use crate::ask::experiment::kit::prelude::*;
use trainyard::coop::{self, join_all, yield_now};

pub(super) const DESIGN: Design = Design::new(include_str!("await_in_the_middle.md"), measure)
    .twin(include_str!("await_in_the_middle.py"), |python, _| python.has_tasks())
    .relations(&[
        counting("no-await-loses-nothing", &that(|[lost]| is(lost, 0))),
        counting("an-await-loses-every-second", &that(|[lost]| is(lost, 1_000))),
        counting("a-lock-cures", &that(|[lost]| is(lost, 0))),
    ]);

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
