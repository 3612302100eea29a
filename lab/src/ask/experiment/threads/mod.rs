//! The group `threads`: what threads share, what goes wrong with it, and what helps.
//!
//! Each experiment is one file; its twin in Python, if it has one, lies beside it.

pub mod daemon;
pub mod deadlock;
pub mod pool_size;
pub mod session_per_thread;
pub mod strategies;
pub mod what_is_the_lock;
pub mod who_waits_for_what;

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::ask::experiment::kit::experiment::Experiment;
use crate::ask::experiment::kit::figures::Figures;

/// In the order in which they are best met.
pub const EXPERIMENTS: &[&Experiment] = &[
    &what_is_the_lock::EXPERIMENT,
    &who_waits_for_what::EXPERIMENT,
    &pool_size::EXPERIMENT,
    &session_per_thread::EXPERIMENT,
    &strategies::EXPERIMENT,
    &deadlock::EXPERIMENT,
    &daemon::EXPERIMENT,
];

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
