//! Our own locks under load, in a form that the sanitizers can follow.
//!
//! Stress is smoke, not evidence: the evidence is in the models. What this adds is real threads,
//! real preemption and the sanitizers' eyes. Threads are started and joined one by one, because
//! `ThreadSanitizer` does not see through `std::thread::scope`.
//!
//! `TRAINYARD_STRESS` multiplies the turns; 1 if not set.
#![expect(unsafe_code, reason = "plain data that the global lock alone protects is the point")]

use std::cell::UnsafeCell;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use trainyard::handle;
use trainyard::sys::prim::{Condvar, Mutex};
use trainyard::threads::{Gil, Mode, ThreadPool};

fn turns(base: u64) -> u64 {
    let factor = std::env::var("TRAINYARD_STRESS").ok().and_then(|text| text.parse().ok());
    base * factor.unwrap_or(1)
}

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

/// Loses counts (and `ThreadSanitizer` reports a race) if `try_state` locks without comparing.
#[test]
fn stress_a_mutex_loses_no_count() {
    let count = Arc::new(Mutex::new(0));
    let shared = Arc::clone(&count);
    in_threads(4, move |_| (0..turns(20_000)).for_each(|_| *shared.lock() += 1));
    assert_eq!(*count.lock(), 4 * turns(20_000));
}

/// Hangs if `Condvar::notify` does not move the count on.
#[test]
fn stress_a_token_goes_round_through_a_condition() {
    let ring = Arc::new((Mutex::new(0_u64), Condvar::new()));
    let rounds = turns(2_000);
    in_threads(3, move |me| {
        for _ in 0..rounds {
            let mut turn = ring.0.lock();
            while *turn % 3 != me as u64 {
                turn = ring.1.wait(turn);
            }
            *turn += 1;
            drop(turn);
            ring.1.notify_all();
        }
    });
}

/// A value that only the holder of the global lock touches, without any other protection.
struct UnderTheLock(UnsafeCell<u64>);

// SAFETY: the tests touch the value only while they are attached to one lock that is on.
unsafe impl Sync for UnderTheLock {}

impl UnderTheLock {
    fn add(&self) {
        // SAFETY: the caller is attached, and so is no other thread at this moment.
        unsafe { *self.0.get() += 1 };
    }
}

/// Loses counts (and `ThreadSanitizer` reports a race) if `take` does not wait.
#[test]
fn stress_the_global_lock_protects_plain_data_across_forced_switches() {
    let gil = Gil::new(Mode::timed(Duration::from_micros(50)));
    let data = Arc::new(UnderTheLock(UnsafeCell::new(0)));
    let shared = Arc::clone(&data);
    in_threads(4, move |_| {
        gil.attach(|at| {
            for _ in 0..turns(50_000) {
                shared.add();
                at.checkpoint();
            }
        });
    });
    let data = Arc::into_inner(data).expect("every thread is joined");
    assert_eq!(data.0.into_inner(), 4 * turns(50_000));
}

#[test]
fn stress_every_job_is_answered_once() {
    for mode in [Mode::timed(Duration::from_micros(50)), Mode::Off] {
        let pool = ThreadPool::builder().workers(3).gil(Gil::new(mode)).build().expect("threads");
        let answers = pool.map(0..turns(2_000), |at, n| {
            at.checkpoint();
            n
        });
        let answers: Vec<u64> = answers.into_iter().map(|n| n.expect("no job fails")).collect();
        assert!(answers.into_iter().eq(0..turns(2_000)));
    }
}

#[test]
fn stress_a_promise_and_its_handle_meet() {
    for n in 0..turns(500) {
        let (promise, handle) = handle::job();
        let thread = thread::spawn(move || promise.fulfil(Ok(n)));
        assert_eq!(handle.join().expect("it is fulfilled"), n);
        thread.join().expect("fulfilling does not panic");
    }
}
