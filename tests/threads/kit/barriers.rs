//! `Barrier`: item 22.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use trainyard::threads::{Barrier, BrokenBarrier, Gil, Mode};

use crate::support::{AN_HOUR, INTERVAL, eventually, panic_of, short};

/// Fails if two threads of a round have one number, or a round lets somebody pass before it is full.
#[test]
fn in_each_round_the_threads_have_the_numbers_from_0_and_none_is_ahead() {
    for mode in [Mode::timed(INTERVAL), Mode::Off] {
        let (gil, barrier, arrived) = (Gil::new(mode), Barrier::new(5), AtomicU32::new(0));
        let numbers = Mutex::new(vec![Vec::new(); 10]);
        let round = |round: u32| {
            arrived.fetch_add(1, Ordering::SeqCst);
            let number = barrier.wait().expect("nobody breaks it");
            assert!(arrived.load(Ordering::SeqCst) >= (round + 1) * 5, "a round was not full");
            numbers.lock().unwrap()[round as usize].push(number);
        };
        thread::scope(|scope| {
            for _ in 0..5 {
                scope.spawn(|| gil.attach(|_| (0..10).for_each(round)));
            }
        });
        for mut numbers in numbers.into_inner().unwrap() {
            numbers.sort_unstable();
            assert_eq!(numbers, [0, 1, 2, 3, 4]);
        }
    }
}

/// Fails if the action runs in each thread, or after some have gone on.
#[test]
fn the_action_runs_once_a_round_and_before_anybody_goes_on() {
    let rounds = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&rounds);
    let barrier = Barrier::with_action(3, move || {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let gil = short();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                gil.attach(|_| {
                    for round in 1..=10 {
                        barrier.wait().expect("nobody breaks it");
                        assert!([round, round + 1].contains(&rounds.load(Ordering::Relaxed)));
                    }
                });
            });
        }
    });
    assert_eq!(rounds.load(Ordering::Relaxed), 10);
}

/// Runs two threads that wait at a barrier for three, lets `act` break it, and returns what they got.
fn broken_by(act: impl FnOnce(&Barrier)) -> (Barrier, Vec<Result<usize, BrokenBarrier>>) {
    let (barrier, gil) = (Barrier::new(3), short());
    let got = thread::scope(|scope| {
        let waiters = [(); 2].map(|()| scope.spawn(|| gil.attach(|_| barrier.wait())));
        eventually("both wait", || barrier.waiting() == 2);
        act(&barrier);
        waiters.map(|waiter| waiter.join().unwrap()).to_vec()
    });
    (barrier, got)
}

#[test]
fn a_barrier_that_is_aborted_is_broken_for_all_until_it_is_reset() {
    let (barrier, got) = broken_by(Barrier::abort);
    assert_eq!(got, [Err(BrokenBarrier); 2]);
    assert!(barrier.is_broken());
    assert_eq!(barrier.wait(), Err(BrokenBarrier));
    barrier.reset();
    assert!(!barrier.is_broken() && barrier.waiting() == 0);
    thread::scope(|scope| {
        (0..3).for_each(|_| drop(scope.spawn(|| barrier.wait().expect("it is as new"))));
    });
}

#[test]
fn a_reset_breaks_the_barrier_for_those_who_wait_alone() {
    let (barrier, got) = broken_by(Barrier::reset);
    assert_eq!((got, barrier.is_broken()), (vec![Err(BrokenBarrier); 2], false));
    let barrier = Barrier::new(1);
    assert_eq!([barrier.wait(), barrier.wait()], [Ok(0), Ok(0)]);
}

/// Fails if the one that gives up breaks the barrier for itself alone.
#[test]
fn a_thread_that_comes_too_late_breaks_the_barrier_for_all() {
    let (barrier, gil) = (Barrier::new(3), short());
    thread::scope(|scope| {
        let patient = scope.spawn(|| gil.attach(|_| barrier.wait_timeout(AN_HOUR)));
        eventually("it waits", || barrier.waiting() == 1);
        assert_eq!(barrier.wait_timeout(INTERVAL), Err(BrokenBarrier));
        assert_eq!(patient.join().unwrap(), Err(BrokenBarrier));
    });
    assert!(barrier.is_broken());
}

/// Fails if the others of the round go on, or wait for ever.
#[test]
fn an_action_that_panics_breaks_the_barrier_and_panics_in_its_thread_alone() {
    let barrier = Barrier::with_action(2, || panic!("the action"));
    thread::scope(|scope| {
        let first = scope.spawn(|| barrier.wait());
        eventually("it waits", || barrier.waiting() == 1);
        assert!(catch_unwind(AssertUnwindSafe(|| barrier.wait())).is_err());
        assert_eq!(first.join().unwrap(), Err(BrokenBarrier));
    });
    assert!(barrier.is_broken() && barrier.wait().is_err());
}

#[test]
fn a_barrier_for_nobody_is_a_mistake() {
    let says = panic_of("nobody", || drop(Barrier::new(0)));
    assert_eq!(says, "a barrier is for one thread or more");
}
