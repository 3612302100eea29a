//! A task that only counts its turns: what it sees is what every other task of the loop gets.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use crate::ask::experiment::kit::figures::Figures;
use trainyard::coop::{self, JoinHandle, yield_now};
use trainyard::sys::clock;

/// How often the neighbour came to run while somebody worked.
#[derive(Default)]
pub(super) struct Neighbour {
    is_over: Cell<bool>,
    turns: Cell<u64>,
    last_ns: Cell<u64>,
    longest_ns: Cell<u64>,
}

impl Neighbour {
    /// Starts the task that counts, lets it run once, and counts from then on.
    pub(super) async fn start() -> (Rc<Self>, JoinHandle<()>) {
        let neighbour = Rc::new(Self::default());
        let counts = Rc::clone(&neighbour);
        let task = coop::spawn(async move {
            while !counts.is_over.get() {
                counts.turn();
                yield_now().await;
            }
        });
        yield_now().await;
        neighbour.turns.set(0);
        neighbour.longest_ns.set(0);
        neighbour.last_ns.set(clock::now_ns());
        (neighbour, task)
    }

    /// Says how often it came to run since the start, and ends it.
    pub(super) fn end(&self) -> Figures {
        let turns = self.turns.get();
        self.turn();
        self.is_over.set(true);
        let longest = Duration::from_nanos(self.longest_ns.get());
        Figures::default().with_count("turns", turns).with("longest_s", longest.as_secs_f64())
    }

    fn turn(&self) {
        let now_ns = clock::now_ns();
        let waited_ns = now_ns - self.last_ns.replace(now_ns);
        self.longest_ns.set(self.longest_ns.get().max(waited_ns));
        self.turns.set(self.turns.get() + 1);
    }
}
