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
mod locks;
mod rings;
#[path = "../support/runner.rs"]
mod runner;
mod unguarded;
mod wakes;
mod workers;

use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

fn main() -> ExitCode {
    trainyard::procs::init();
    runner::run(&[locks::TESTS, rings::TESTS, jobs::TESTS, wakes::TESTS, workers::TESTS])
}

/// Scales a number of turns.
fn turns(base: u64) -> u64 {
    let factor = std::env::var("TRAINYARD_STRESS").ok().and_then(|text| text.parse().ok());
    base * factor.unwrap_or(1)
}

/// Runs `body` in `count` threads, each with its number, and waits for all of them.
fn in_threads(count: usize, body: impl Fn(usize) + Send + Sync + 'static) {
    let body = Arc::new(body);
    let start = |number| {
        let body = Arc::clone(&body);
        thread::spawn(move || body(number))
    };
    let threads: Vec<_> = (0..count).map(start).collect();
    for thread in threads {
        thread.join().expect("no thread of this test panics");
    }
}
