//! The two ends of a job, in two threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use trainyard::handle::{self, JobError, Start};

use crate::runner::tests;
use crate::turns;
use crate::unguarded::Unguarded;

tests![
    stress_an_answer_brings_what_was_written_before_it,
    stress_a_job_is_started_or_cancelled_never_both,
    stress_a_callback_is_called_once_whoever_comes_first,
    stress_a_wait_that_gives_up_takes_no_answer_away,
];

/// `ThreadSanitizer` reports a race if `finish` sets the phase without the lock.
fn stress_an_answer_brings_what_was_written_before_it() {
    for n in 0..turns(500) {
        let (promise, handle) = handle::job();
        let data = Arc::new(Unguarded::default());
        let shared = Arc::clone(&data);
        let thread = thread::spawn(move || {
            shared.set(n);
            promise.fulfil(Ok(()));
        });
        handle.join().expect("it is fulfilled");
        assert_eq!(data.get(), n);
        thread.join().expect("fulfilling does not panic");
    }
}

/// Fails if `start` answers `Run` to a job that is done.
fn stress_a_job_is_started_or_cancelled_never_both() {
    for _ in 0..turns(500) {
        let (promise, handle) = handle::job();
        let thread = thread::spawn(move || {
            let start = promise.start();
            promise.fulfil(Ok(()));
            start
        });
        let cancelled = handle.cancel();
        let start = thread.join().expect("neither starting nor fulfilling panics");
        assert_eq!(cancelled, start == Start::Cancelled);
        match handle.join() {
            Ok(()) => assert!(!cancelled),
            Err(error) => assert!(cancelled && matches!(error, JobError::Cancelled), "{error}"),
        }
    }
}

/// Fails if `on_done` looks at the phase before it takes the lock.
fn stress_a_callback_is_called_once_whoever_comes_first() {
    let calls = Arc::new(AtomicU64::new(0));
    for n in 0..turns(500) {
        let (promise, handle) = handle::job();
        let thread = thread::spawn(move || promise.fulfil(Ok(n)));
        let counter = Arc::clone(&calls);
        handle.on_done(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        thread.join().expect("fulfilling does not panic");
        assert_eq!(calls.load(Ordering::Relaxed), n + 1);
    }
}

/// Fails if `take_result` leaves `Taken` behind where there was no answer yet.
fn stress_a_wait_that_gives_up_takes_no_answer_away() {
    for n in 0..turns(200) {
        let (promise, mut handle) = handle::job();
        let thread = thread::spawn(move || promise.fulfil(Ok(n)));
        let answer = loop {
            if let Some(answer) = handle.join_timeout(Duration::from_micros(n % 50)) {
                break answer;
            }
        };
        assert_eq!(answer.expect("it is fulfilled"), n);
        thread.join().expect("fulfilling does not panic");
    }
}
