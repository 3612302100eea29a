//! The two ends of a job, in two threads that come together for each job anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use trainyard::handle::{self, JobError, JobHandle, Promise, Start};
use trainyard::sys::prim::Mutex;

use crate::runner::tests;
use crate::unguarded::Unguarded;
use crate::{StartLine, turns};

tests![
    stress_an_answer_brings_what_was_written_before_it,
    stress_a_job_is_started_or_cancelled_never_both,
    stress_a_callback_is_called_once_whoever_comes_first,
    stress_a_wait_that_gives_up_takes_no_answer_away,
];

/// Makes `count` jobs and brings the two ends of each together: `worker` gets the promises in a
/// thread of its own, `owner` the handles in this one, both at the same moment.
fn bring_together<T: Send + 'static>(
    count: u64,
    worker: impl Fn(u64, Promise<T>) + Send + 'static,
    owner: impl Fn(u64, JobHandle<T>),
) {
    let (promises, handles): (Vec<_>, Vec<_>) = (0..count).map(|_| handle::job()).unzip();
    let line = Arc::new(StartLine::default());
    let their_line = Arc::clone(&line);
    let thread = thread::spawn(move || {
        for (n, promise) in (0..).zip(promises) {
            their_line.line_up_pair(n);
            worker(n, promise);
        }
    });
    for (n, handle) in (0..).zip(handles) {
        line.line_up_pair(n);
        owner(n, handle);
    }
    thread.join().expect("no worker of these tests panics");
}

/// `ThreadSanitizer` reports a race if the phase changes outside of the lock, or the lock orders
/// nothing (`Mutex::unlock` with Relaxed).
fn stress_an_answer_brings_what_was_written_before_it() {
    let data = Arc::new(Unguarded::default());
    let shared = Arc::clone(&data);
    let worker = move |n, promise: Promise<()>| {
        shared.set(n);
        promise.fulfil(Ok(()));
    };
    let owner = |n, handle: JobHandle<()>| {
        handle.join().expect("it is fulfilled");
        assert_eq!(data.get(), n);
    };
    bring_together(turns(5_000), worker, owner);
}

/// Fails if `start` answers `Run` to a job that is done.
fn stress_a_job_is_started_or_cancelled_never_both() {
    let starts = Arc::new(Mutex::new(None));
    let shared = Arc::clone(&starts);
    let worker = move |_, promise: Promise<()>| {
        *shared.lock() = Some(promise.start());
        promise.fulfil(Ok(()));
    };
    let owner = |_, handle: JobHandle<()>| {
        let cancelled = handle.cancel();
        match handle.join() {
            Ok(()) => assert!(!cancelled),
            Err(error) => assert!(cancelled && matches!(error, JobError::Cancelled), "{error}"),
        }
        let start = loop {
            match starts.lock().take() {
                Some(start) => break start,
                None => thread::yield_now(),
            }
        };
        assert_eq!(cancelled, start == Start::Cancelled);
    };
    bring_together(turns(5_000), worker, owner);
}

/// Fails if `on_done` adds a callback without looking whether the job has ended.
fn stress_a_callback_is_called_once_whoever_comes_first() {
    let calls = Arc::new(AtomicU64::new(0));
    let owner = |_, handle: JobHandle<()>| {
        let calls = Arc::clone(&calls);
        handle.on_done(move || {
            calls.fetch_add(1, Ordering::Relaxed);
        });
    };
    bring_together(turns(3_000), |_, promise| promise.fulfil(Ok(())), owner);
    assert_eq!(calls.load(Ordering::Relaxed), turns(3_000));
}

/// Fails if `take_result` leaves `Taken` behind where there was no answer yet.
fn stress_a_wait_that_gives_up_takes_no_answer_away() {
    let owner = |n, mut handle: JobHandle<u64>| {
        let answer = loop {
            if let Some(answer) = handle.join_timeout(Duration::from_nanos(n % 5_000)) {
                break answer;
            }
        };
        assert_eq!(answer.expect("it is fulfilled"), n);
    };
    bring_together(turns(500), |n, promise| promise.fulfil(Ok(n)), owner);
}
