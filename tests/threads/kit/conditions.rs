//! `Condition`: item 20.

use std::thread;
use std::time::{Duration, Instant};

use trainyard::threads::{Condition, Gil, Lock, Mode, Waited};

use crate::support::{AN_HOUR, INTERVAL, eventually, named, short};

/// Fails if a notification wakes more or fewer than it should, or not those who came first.
#[test]
fn a_notification_wakes_exactly_as_many_as_it_says_those_who_came_first() {
    let (gil, woken, changed) = (short(), Lock::new(Vec::new()), Condition::new());
    thread::scope(|scope| {
        for number in 0..5 {
            let (gil, woken, changed) = (&gil, &woken, &changed);
            scope.spawn(move || {
                gil.attach(|_| {
                    let mut guard = woken.acquire();
                    changed.wait(&mut guard);
                    guard.push(number);
                });
            });
            eventually("it waits", || changed.waiting() == number + 1);
        }
        let sorted = |woken: &Lock<Vec<usize>>| {
            let mut woken = woken.acquire().clone();
            woken.sort_unstable();
            woken
        };
        changed.notify(2);
        assert_eq!(changed.waiting(), 3);
        eventually("two wake up", || woken.acquire().len() == 2);
        assert_eq!(sorted(&woken), [0, 1]);
        changed.notify_one();
        eventually("one more wakes up", || woken.acquire().len() == 3);
        changed.notify_all();
        changed.notify_all(); // nobody is left to be woken
        eventually("all wake up", || woken.acquire().len() == 5);
        assert_eq!(sorted(&woken), [0, 1, 2, 3, 4]);
    });
}

/// Fails if a notification is kept for who comes later.
#[test]
fn a_notification_that_nobody_waits_for_is_lost_and_a_wait_that_times_out_holds_the_lock() {
    let (lock, changed) = (Lock::new(()), Condition::new());
    changed.notify(3);
    let mut guard = lock.acquire();
    let began = Instant::now();
    assert_eq!(changed.wait_timeout(&mut guard, INTERVAL), Waited::TooLate);
    assert!(began.elapsed() >= INTERVAL && lock.is_locked());
    assert_eq!(
        (changed.waiting(), changed.wait_timeout(&mut guard, Duration::ZERO)),
        (0, Waited::TooLate)
    );
}

/// Fails if `wait_for` comes back at the first notification, or does not look at the end.
#[test]
fn a_wait_for_something_looks_again_after_each_notification() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..4 {
                eventually("it waits", || changed.waiting() == 1);
                *lock.acquire() += 1;
                changed.notify_one();
            }
        });
        let mut guard = lock.acquire();
        changed.wait_for(&mut guard, |value| *value == 4);
        assert_eq!(*guard, 4);
    });
    let mut guard = lock.acquire();
    let never = |_: &mut i32| false;
    assert_eq!(changed.wait_for_timeout(&mut guard, never, INTERVAL), Waited::TooLate);
    let mut looks = 0;
    let second_look = |_: &mut i32| {
        looks += 1;
        looks == 2
    };
    assert_eq!(changed.wait_for_timeout(&mut guard, second_look, INTERVAL), Waited::InTime);
}

/// Fails if a condition remembers a lock: a queue needs several for one.
#[test]
fn two_conditions_may_share_a_lock() {
    let gil = Gil::new(Mode::timed(AN_HOUR));
    let (slot, filled, emptied) = (Lock::new(None), Condition::new(), Condition::new());
    let produce = || {
        for item in 0..100 {
            let mut guard = slot.acquire();
            emptied.wait_for(&mut guard, |slot| slot.is_none());
            *guard = Some(item);
            filled.notify_one();
        }
    };
    thread::scope(|scope| {
        named(scope, "producer", || gil.attach(|_| produce()));
        gil.attach(|_| {
            for item in 0..100 {
                let mut guard = slot.acquire();
                filled.wait_for(&mut guard, |slot| slot.is_some());
                assert_eq!(guard.take(), Some(item));
                emptied.notify_one();
            }
        });
    });
}
