//! The group `threads`: what threads share, what goes wrong with it, and what helps.

mod daemon;
mod deadlock;
mod pool_size;
mod session_per_thread;
mod strategies;
mod what_is_the_lock;
mod who_waits_for_what;

use std::sync::atomic::AtomicUsize;

use crate::ask::experiment::kit::prelude::*;

/// In the order in which they are best met.
pub(crate) const DESIGNS: &[Design] = designs! {
    what_is_the_lock, who_waits_for_what, pool_size, session_per_thread, strategies, deadlock,
    daemon
};

/// Calls that are under way at the same time. ORDER: Relaxed, all of them; plain counters.
#[derive(Default)]
struct InFlight {
    now: AtomicUsize,
    max: AtomicUsize,
    all: AtomicUsize,
}

impl InFlight {
    fn during<R>(&self, call: impl FnOnce() -> R) -> R {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.max.fetch_max(now, Ordering::Relaxed);
        self.all.fetch_add(1, Ordering::Relaxed);
        let answer = call();
        self.now.fetch_sub(1, Ordering::Relaxed);
        answer
    }

    /// How many there were, under the name `all`, and how many at most at once.
    fn figures(self, all: &str) -> Figures {
        let figures = Figures::default().with_count(all, self.all.into_inner());
        figures.with_count("in_flight_max", self.max.into_inner())
    }
}
