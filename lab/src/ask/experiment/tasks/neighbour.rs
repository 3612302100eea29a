//! A task that only counts its turns: it sees what every other task of the loop gets.

use std::cell::Cell;
use std::rc::Rc;

use crate::ask::experiment::kit::prelude::*;
use lab_core::terms::error::Result;
use trainyard::coop::{self, yield_now};
use trainyard::sys::clock;

/// What it sees.
#[derive(Default)]
struct Neighbour {
    is_over: Cell<bool>,
    turns: Cell<u64>,
    last_ns: Cell<u64>,
    longest_ns: Cell<u64>,
}

impl Neighbour {
    fn turn(&self) {
        let now_ns = clock::now_ns();
        let waited_ns = now_ns - self.last_ns.replace(now_ns);
        self.longest_ns.set(self.longest_ns.get().max(waited_ns));
        self.turns.set(self.turns.get() + 1);
    }
}

/// Does `work` beside such a task. Answers with what came of it, and how often the task ran.
pub(super) async fn beside<T>(work: impl Future<Output = T>) -> Result<(T, Figures)> {
    let neighbour = Rc::new(Neighbour::default());
    let counts = Rc::clone(&neighbour);
    let task = coop::spawn(async move {
        while !counts.is_over.get() {
            counts.turn();
            yield_now().await;
        }
    });
    // It runs once, and counts from then on.
    yield_now().await;
    neighbour.turns.set(0);
    neighbour.longest_ns.set(0);
    neighbour.last_ns.set(clock::now_ns());
    let done = work.await;
    let turns = neighbour.turns.get();
    neighbour.turn();
    neighbour.is_over.set(true);
    task.await?;
    let longest_s = Duration::from_nanos(neighbour.longest_ns.get()).as_secs_f64();
    Ok((done, Figures::default().with_count("turns", turns).with("longest_s", longest_s)))
}
