//! Waiters that give up: nothing of them stays behind, and nobody waits for them (gh-96387).

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use trainyard::threads::{Barging, Gil, Mode, Party, Policy, Standing};

use crate::support::{
    AN_HOUR, Ends, INTERVAL, assert_settled, await_standing, eventually, named, pass_once, short,
    turns, without_hanging,
};

/// Fails if `leave_queue` does not take the request back.
#[test]
fn a_waiter_that_gives_up_takes_its_request_with_it() {
    let gil = short();
    let (asked, gone) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            gil.attach(|at| {
                asked.wait();
                gone.wait();
                assert!(!at.asked().is_raised());
                at.checkpoint();
            });
        });
        asked.wait();
        while gil.counters().drop_requests == 0 {
            assert_eq!(gil.attach_timeout(INTERVAL * 3, |_| ()), None);
        }
        gone.wait();
    });
    let counters = gil.counters();
    assert_eq!((counters.forced_switches, counters.acquisitions), (0, 1));
}

/// The request of one who stays is not taken back by one who goes.
#[test]
fn a_request_stays_as_long_as_somebody_waits() {
    let (gil, go_on) = (short(), Barrier::new(2));
    thread::scope(|scope| {
        named(scope, "holder", || {
            gil.attach(|at| {
                go_on.wait();
                eventually("it is asked", || at.asked().is_raised());
                at.checkpoint();
            });
        });
        await_standing(&gil, "holder", Standing::Running);
        named(scope, "patient", || gil.attach(|_| ()));
        await_standing(&gil, "patient", Standing::Waiting);
        assert_eq!(gil.attach_timeout(INTERVAL * 3, |_| ()), None);
        go_on.wait();
    });
    assert_eq!(gil.counters().forced_switches, 1);
}

/// Hangs if `resume_the_world` wakes nobody. That `leave_queue` wakes the releaser, too, is for
/// `tests/interleave` to show: the moment is too short for a test of this kind.
#[test]
fn a_holder_that_gave_way_does_not_wait_for_waiters_who_have_left() {
    without_hanging(|| {
        let (gil, is_over) = (Gil::new(Mode::timed(INTERVAL / 20)), AtomicBool::new(false));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        gil.attach(|at| (0..100).for_each(|_| at.checkpoint()));
                    }
                });
            }
            let _ends = Ends(&is_over);
            // Whoever waits when the lock is switched off leaves without it.
            for turn in 0..turns(500) {
                let mode = if turn % 2 == 0 { Mode::Off } else { Mode::timed(INTERVAL / 20) };
                gil.set_mode(mode).unwrap();
            }
        });
        assert_settled(&gil.counters());
    });
}

/// First come, first served, and nobody in between: the policy under which a lost call is fatal.
#[derive(Debug)]
struct Queue;

impl Policy for Queue {
    fn patience(&self, _waiter: Party, _holder: Party) -> Option<Duration> {
        Some(INTERVAL / 20)
    }

    fn barging(&self) -> Barging {
        Barging::Forbidden
    }
}

/// Hangs if `leave_queue` leaves a waiter in the queue, to be called in the next one's place. That a
/// call is passed on by one who is refused is for `tests/interleave`.
#[test]
fn nobody_is_left_asleep_by_waiters_who_give_up_at_any_moment() {
    without_hanging(|| {
        for mode in [Mode::on(Queue), Mode::timed(INTERVAL / 20)] {
            let gil = Gil::new(mode);
            thread::scope(|scope| {
                for thread in 0..4_u64 {
                    let gil = &gil;
                    scope.spawn(move || {
                        for turn in 0..turns(500) {
                            let timeout = Duration::from_micros((turn * 7 + thread * 13) % 120);
                            gil.attach_timeout(timeout, |at| {
                                at.checkpoint();
                            });
                        }
                    });
                }
                scope.spawn(|| (0..turns(500)).for_each(|_| pass_once(&gil)));
            });
            assert_settled(&gil.counters());
            assert_eq!(gil.attach_timeout(AN_HOUR, |_| ()), Some(()));
        }
    });
}

/// G13. Fails if a wake-up counts as the end of the time, or begins the time anew.
#[test]
fn a_waiter_that_is_woken_a_thousand_times_in_vain_gives_up_in_time_and_not_before() {
    let (gil, is_over) = (short(), AtomicBool::new(false));
    let (timeout, end) = (Duration::from_millis(100), Barrier::new(2));
    thread::scope(|scope| {
        named(scope, "stubborn", || gil.attach(|_| end.wait()));
        await_standing(&gil, "stubborn", Standing::Running);
        let storm = scope.spawn(|| {
            // Each attempt fails, and wakes everybody when the world goes on.
            while !is_over.load(Ordering::Relaxed) {
                gil.set_mode_within(Mode::Off, Duration::from_micros(20)).unwrap_err();
            }
        });
        let ends = Ends(&is_over);
        let began = Instant::now();
        assert_eq!(gil.attach_timeout(timeout, |_| ()), None);
        let waited = began.elapsed();
        assert!(waited >= timeout && waited < timeout * 10, "{waited:?}");
        drop(ends);
        storm.join().unwrap();
        end.wait();
    });
}

/// Fails if the longest time that can be given is over at once.
#[test]
fn a_waiter_that_never_gives_up_gets_the_lock_and_its_mode_changed() {
    let (gil, leave) = (Gil::new(Mode::timed(AN_HOUR)), Barrier::new(2));
    thread::scope(|scope| {
        named(scope, "holder", || gil.attach(|_| leave.wait()));
        await_standing(&gil, "holder", Standing::Running);
        let waiter = named(scope, "waiter", || gil.attach_timeout(Duration::MAX, |_| ()));
        await_standing(&gil, "waiter", Standing::Waiting);
        let changer = scope.spawn(|| gil.set_mode_within(Mode::Off, Duration::MAX));
        leave.wait();
        assert_eq!(waiter.join().unwrap(), Some(()));
        changer.join().unwrap().unwrap();
    });
}

#[test]
fn a_lock_that_is_free_or_off_or_held_already_needs_no_time() {
    let gil = short();
    assert_eq!(gil.attach_timeout(Duration::ZERO, |_| 1), Some(1));
    gil.attach(|_| assert_eq!(gil.attach_timeout(Duration::ZERO, |_| 2), Some(2)));
    gil.set_mode(Mode::Off).unwrap();
    assert_eq!(gil.attach_timeout(Duration::ZERO, |_| 3), Some(3));
}
