//! The law of each step, on threads, and the flaws of steps 1 and 2.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use super::{CheckPoint, GlobalLock, Thread, forced_switching, mutex, one_word, ticks, timed};
use crate::sys::clock;

const A: Thread = Thread(1);
const B: Thread = Thread(2);
const INTERVAL: Duration = Duration::from_micros(100);

/// Goes through so many check points; returns at which of them the lock was given up.
fn drops(lock: &impl GlobalLock, check_points: u32) -> Vec<u32> {
    (1..=check_points).filter(|_| lock.checkpoint(A) == CheckPoint::Dropped).collect()
}

fn drops_alone(lock: &impl GlobalLock, check_points: u32) -> Vec<u32> {
    lock.take(A);
    let drops = drops(lock, check_points);
    lock.leave(A);
    drops
}

/// Four threads add in two halves. Fails if `take` does not wait while the lock is taken.
#[track_caller]
fn check_mutual_exclusion(lock: &impl GlobalLock) {
    const TURNS: u32 = 200;
    let count = AtomicU32::new(0);
    let add = |me| {
        let before = count.load(Ordering::Relaxed);
        std::hint::spin_loop();
        count.store(before + 1, Ordering::Relaxed);
        lock.checkpoint(me)
    };
    let take_turns = &|me| {
        for _ in 0..TURNS {
            lock.take(me);
            for _ in 0..100 {
                let _ = add(me);
            }
            lock.leave(me);
        }
    };
    std::thread::scope(|scope| {
        for me in (1..=4).map(Thread) {
            scope.spawn(move || take_turns(me));
        }
    });
    assert_eq!(count.into_inner(), 4 * TURNS * 100);
}

#[test]
fn one_thread_at_a_time_holds_each_of_the_five() {
    check_mutual_exclusion(&mutex::Lock::new());
    check_mutual_exclusion(&ticks::Lock::new(7));
    check_mutual_exclusion(&timed::Lock::new(INTERVAL));
    check_mutual_exclusion(&forced_switching::Lock::new(INTERVAL));
    check_mutual_exclusion(&one_word::Lock::new(INTERVAL));
}

#[track_caller]
fn check_is_left_by_its_holder(lock: &impl GlobalLock) {
    lock.take(A);
    let left = catch_unwind(AssertUnwindSafe(|| lock.leave(B))).expect_err("A holds it");
    let says = left.downcast_ref::<String>().expect("a message that was formatted");
    assert_eq!(says, "Thread(2) leaves what it has not");
    lock.leave(A);
}

#[test]
fn a_thread_that_does_not_hold_the_lock_cannot_drop_it() {
    check_is_left_by_its_holder(&forced_switching::Lock::new(INTERVAL));
    check_is_left_by_its_holder(&one_word::Lock::new(INTERVAL));
}

/// The flaw of step 1. Fails if `mutex::Lock::checkpoint` gives the lock up.
#[test]
fn a_mutex_is_kept_through_every_check_point_although_another_waits() {
    let lock = mutex::Lock::new();
    let has_ended = AtomicBool::new(false);
    lock.take(A);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            lock.take(B);
            assert!(has_ended.load(Ordering::Relaxed));
            lock.leave(B);
        });
        assert!(drops(&lock, 100_000).is_empty());
        has_ended.store(true, Ordering::Relaxed);
        lock.leave(A);
    });
    assert_eq!(lock.switches(), 2);
}

/// The law of step 2, and its flaw: nobody wants the lock.
#[test]
fn a_lock_of_ticks_is_dropped_every_so_many_check_points_although_nobody_waits() {
    assert_eq!(drops_alone(&ticks::Lock::new(100), 350), [100, 200, 300]);
    assert_eq!(drops_alone(&ticks::Lock::new(0), 3), [1, 2, 3]);
}

#[test]
fn a_timed_lock_is_never_dropped_by_a_thread_that_is_alone() {
    assert!(drops_alone(&timed::Lock::new(Duration::ZERO), 100_000).is_empty());
    assert!(drops_alone(&forced_switching::Lock::new(Duration::ZERO), 100_000).is_empty());
    assert!(drops_alone(&one_word::Lock::new(Duration::ZERO), 100_000).is_empty());
}

/// Fails if `wait` asks before it has slept, or if `take` leaves a request behind.
#[track_caller]
fn check_asks_after_an_interval(lock: &impl GlobalLock, interval: Duration) {
    lock.take(A);
    let (began_ns, asked_ns) = std::thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let began_ns = clock::now_ns();
            lock.take(B);
            lock.leave(B);
            began_ns
        });
        while lock.checkpoint(A) == CheckPoint::Kept {}
        let asked_ns = clock::now_ns();
        lock.leave(A);
        (waiter.join().expect("it only takes and leaves"), asked_ns)
    });
    assert!(Duration::from_nanos(asked_ns - began_ns) >= interval);
    assert!(drops_alone(lock, 1).is_empty(), "what was asked of the last holder is still there");
}

#[test]
fn a_waiter_asks_when_it_has_waited_for_one_interval_and_not_before() {
    for interval in [Duration::from_micros(50), Duration::from_millis(5)] {
        check_asks_after_an_interval(&timed::Lock::new(interval), interval);
        check_asks_after_an_interval(&forced_switching::Lock::new(interval), interval);
        check_asks_after_an_interval(&one_word::Lock::new(interval), interval);
    }
}

#[track_caller]
fn check_is_never_taken_straight_back(lock: &impl GlobalLock) {
    let is_taken_back = AtomicBool::new(false);
    let take_turns = |me| {
        lock.take(me);
        while lock.switches() < 100 && !is_taken_back.load(Ordering::Relaxed) {
            let before = lock.switches();
            if lock.checkpoint(me) == CheckPoint::Dropped && lock.switches() == before {
                is_taken_back.store(true, Ordering::Relaxed);
            }
        }
        lock.leave(me);
    };
    std::thread::scope(|scope| {
        scope.spawn(|| take_turns(A));
        scope.spawn(|| take_turns(B));
    });
    assert!(!is_taken_back.into_inner());
}

/// The law of steps 4 and 5. Fails if `leave` does not wait for `switched`: then the releaser takes
/// the lock back while the other is waking, nearly always.
#[test]
fn a_releaser_that_was_asked_has_the_lock_again_only_after_another() {
    check_is_never_taken_straight_back(&forced_switching::Lock::new(INTERVAL));
    check_is_never_taken_straight_back(&one_word::Lock::new(INTERVAL));
}

/// The law of step 5. Fails if `take` leaves the short ways closed.
#[test]
fn a_lock_of_one_word_has_its_short_ways_open_again_when_the_last_waiter_has_had_it() {
    let lock = one_word::Lock::new(INTERVAL);
    lock.take(A);
    assert!(lock.is_open());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            lock.take(B);
            assert!(lock.is_open());
            lock.leave(B);
        });
        while lock.is_open() {
            std::hint::spin_loop();
        }
        lock.leave(A);
    });
    assert_eq!(lock.switches(), 2);
}
