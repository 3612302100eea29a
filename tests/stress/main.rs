//! Real threads under load, in a form that the sanitizers can follow.
//!
//! Stress is smoke, not evidence: the evidence is in the models. What this adds is real threads,
//! real preemption and the sanitizers' eyes. Two rules keep `ThreadSanitizer` from false reports:
//! threads are started and joined one by one, because it does not see through
//! `std::thread::scope`; and nothing here waits on a lock of std. [`runner`] says why libtest
//! is not used either.
//!
//! `TRAINYARD_STRESS` multiplies the turns; 1 if not set.

mod jobs;
mod kit;
mod locks;
mod rings;
#[path = "../support/runner.rs"]
mod runner;
mod unguarded;
mod wakes;
mod workers;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

fn main() -> ExitCode {
    trainyard::procs::init();
    let groups =
        [locks::TESTS, kit::TESTS, rings::TESTS, jobs::TESTS, wakes::TESTS, workers::TESTS];
    runner::run(&groups, |test| test())
}

/// Scales a number of turns.
fn turns(base: u64) -> u64 {
    let factor = std::env::var("TRAINYARD_STRESS").ok().and_then(|text| text.parse().ok());
    base * factor.unwrap_or(1)
}

/// Runs `body` in `count` threads, each with its number, and waits for all of them.
fn in_threads(count: usize, body: impl Fn(usize) + Send + Sync + 'static) {
    let shared = Arc::new((body, StartLine::default()));
    let start = |number| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            // Without it, the first has often ended when the last begins.
            shared.1.line_up(count);
            (shared.0)(number);
        })
    };
    let threads: Vec<_> = (0..count).map(start).collect();
    for thread in threads {
        thread.join().expect("no thread of this test panics");
    }
}

/// Lets threads begin together. It spins, because whoever sleeps wakes up late.
#[derive(Default)]
struct StartLine(AtomicUsize);

impl StartLine {
    /// Returns when `count` calls have come, counted from the beginning.
    fn line_up(&self, count: usize) {
        // ORDER: AcqRel and Acquire pair with each other: what was done before the line is done.
        // What is raced is behind the line, where this orders nothing.
        self.0.fetch_add(1, Ordering::AcqRel);
        while self.0.load(Ordering::Acquire) < count {
            thread::yield_now();
        }
    }

    /// Returns when two threads have come for the turn number `turn`.
    fn line_up_pair(&self, turn: u64) {
        let before = usize::try_from(turn).expect("the turns fit into memory") * 2;
        self.line_up(before + 2);
    }
}
