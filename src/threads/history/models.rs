//! The flaw of step 3, that step 4 has cured it, and that the short ways of step 5 lose nothing: all
//! of it lies in the order of threads' steps, so the models try every order. `ci/loom.sh` runs them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use loom::cell::UnsafeCell as Watched;

use super::{CheckPoint, GlobalLock, Thread, forced_switching, one_word, timed};

const A: Thread = Thread(1);
const B: Thread = Thread(2);

/// Runs A, who passes one check point, beside B and a timer, in every order with two
/// preemptions; tells whether A ever took the lock straight back.
///
/// Fails ("causality violation") if `take` does not wait while the lock is taken.
fn is_ever_taken_back<L: GlobalLock + 'static>(
    make: impl Fn() -> L + Send + Sync + 'static,
    fire_timeouts: impl Fn(&L) + Copy + Send + Sync + 'static,
) -> bool {
    let mut model = loom::model::Builder::new();
    // Two is what tokio's continuous integration uses; three threads unbounded take minutes.
    model.preemption_bound = model.preemption_bound.or(Some(2));
    let seen = Arc::new(AtomicBool::new(false));
    let is_seen = Arc::clone(&seen);
    model.check(move || {
        let shared = loom::sync::Arc::new((make(), Watched::new(0)));
        let (theirs, timer) = (shared.clone(), shared.clone());
        let other = loom::thread::spawn(move || {
            theirs.0.take(B);
            theirs.1.with_mut(|_| ());
            theirs.0.leave(B);
        });
        let timer = loom::thread::spawn(move || fire_timeouts(&timer.0));
        shared.0.take(A);
        shared.1.with_mut(|_| ());
        let before = shared.0.switches();
        if shared.0.checkpoint(A) == CheckPoint::Dropped && shared.0.switches() == before {
            // ORDER: Relaxed; loom runs one order at a time, in one thread.
            is_seen.store(true, Ordering::Relaxed);
        }
        shared.1.with_mut(|_| ());
        shared.0.leave(A);
        other.join().unwrap();
        timer.join().unwrap();
    });
    seen.load(Ordering::Relaxed)
}

/// The flaw of step 3.
#[test]
fn loom_without_forced_switching_a_releaser_may_take_the_lock_straight_back() {
    let make = || timed::Lock::new(Duration::ZERO);
    assert!(is_ever_taken_back(make, timed::Lock::fire_timeouts));
}

/// The law of step 4. Fails if `leave` does not wait for `switched`, and ("deadlock") if `take`
/// does not notify it.
#[test]
fn loom_with_forced_switching_a_releaser_never_takes_the_lock_straight_back() {
    let make = || forced_switching::Lock::new(Duration::ZERO);
    assert!(!is_ever_taken_back(make, forced_switching::Lock::fire_timeouts));
}

/// The law of step 4, kept. Fails ("deadlock") if `leave_alone` frees a lock that is waited for, and
/// ("causality violation") if it does so Relaxed.
#[test]
fn loom_with_one_word_a_releaser_never_takes_the_lock_straight_back() {
    let make = || one_word::Lock::new(Duration::ZERO);
    assert!(!is_ever_taken_back(make, one_word::Lock::fire_timeouts));
}

/// Fails ("deadlock") if `take` opens the short ways while another thread waits.
#[test]
fn loom_with_one_word_each_of_two_waiters_gets_the_lock() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = model.preemption_bound.or(Some(2));
    model.check(|| {
        let shared = loom::sync::Arc::new((one_word::Lock::new(Duration::ZERO), Watched::new(0)));
        let visit = |shared: &(one_word::Lock, Watched<i32>), me| {
            shared.0.take(me);
            shared.1.with_mut(|_| ());
            shared.0.leave(me);
        };
        shared.0.take(A);
        let others = [B, Thread(3)].map(|me| {
            let theirs = shared.clone();
            loom::thread::spawn(move || visit(&theirs, me))
        });
        shared.0.leave(A);
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}
