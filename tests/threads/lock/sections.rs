//! Guarded sections: what nothing interrupts, with the lock on, off, and turned in between.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use trainyard::sys::{Why, blocking};
use trainyard::threads::{Gil, Guarded, Mode, Standing, with_both};

use crate::support::{
    INTERVAL, await_standing, eventually, named, short, standing, turns, without_hanging,
};

/// Fails if the door gives the lock up inside a section.
#[test]
fn a_section_that_sleeps_keeps_the_lock_and_a_request_waits_for_its_end() {
    let gil = short();
    let (guarded, end) = (Guarded::new(&gil, ()), Barrier::new(2));
    thread::scope(|scope| {
        named(scope, "guard", || {
            gil.attach(|at| {
                guarded.with(at, |()| blocking(Why::Lock, || _ = end.wait()));
                let asked = || at.asked().is_raised();
                eventually("the request is still there, or came anew", asked);
                at.checkpoint();
            });
        });
        await_standing(&gil, "guard", Standing::Running);
        named(scope, "waiter", || gil.attach(|_| ()));
        await_standing(&gil, "waiter", Standing::Waiting);
        eventually("it has asked", || gil.counters().drop_requests > 0);
        assert_eq!(standing(&gil, "guard"), Some(Standing::Running));
        end.wait();
    });
    assert_eq!(gil.counters().forced_switches, 1);
}

/// Fails if the section takes no small lock: with the lock off there is no other.
#[test]
fn with_the_lock_off_two_sections_of_one_object_do_not_overlap() {
    let gil = Gil::new(Mode::Off);
    let (guarded, inside) = (Guarded::new(&gil, 0), AtomicBool::new(false));
    let add = || {
        gil.attach(|at| {
            for _ in 0..turns(20_000) {
                guarded.with(at, |count| {
                    assert!(!inside.swap(true, Ordering::SeqCst), "two are inside");
                    *count += 1;
                    inside.store(false, Ordering::SeqCst);
                });
            }
        });
    };
    thread::scope(|scope| [scope.spawn(add), scope.spawn(add)].map(|_| ()));
    assert_eq!(guarded.into_inner(), 2 * turns(20_000));
}

/// Hangs if `with_both` takes the two in the order in which they were given.
#[test]
fn two_objects_in_opposite_order_do_not_wait_for_each_other() {
    without_hanging(|| {
        let gil = Gil::new(Mode::Off);
        let (left, right) = (Guarded::new(&gil, 0_i64), Guarded::new(&gil, 0_i64));
        let carry = |from: &Guarded<i64>, to: &Guarded<i64>| {
            gil.attach(|at| {
                for _ in 0..turns(20_000) {
                    with_both(from, to, at, |from, to| {
                        *from -= 1;
                        *to += 1;
                    });
                    at.checkpoint();
                }
            });
        };
        thread::scope(|scope| {
            scope.spawn(|| carry(&left, &right));
            scope.spawn(|| carry(&right, &left));
        });
        assert_eq!((left.into_inner(), right.into_inner()), (0, 0));
    });
}

#[test]
fn a_section_that_panics_ends_and_leaves_the_value_as_it_is() {
    for mode in [Mode::timed(INTERVAL), Mode::Off] {
        let gil = Gil::new(mode);
        let guarded = Guarded::new(&gil, 0);
        let panicking = || {
            gil.attach(|at| {
                guarded.with(at, |value| {
                    *value = 1;
                    panic!("half way");
                });
            });
        };
        assert!(catch_unwind(AssertUnwindSafe(panicking)).is_err());
        thread::scope(|scope| {
            scope.spawn(|| gil.attach(|at| guarded.with(at, |value| *value += 1)));
        });
        assert_eq!(guarded.into_inner(), 2);
    }
}

/// Panics (GUARD-1), or loses counts, if the mode changes inside a section.
#[test]
fn no_count_is_lost_while_the_lock_goes_on_and_off() {
    without_hanging(|| {
        let gil = Gil::new(Mode::timed(INTERVAL / 20));
        let (count, done) = (Guarded::new(&gil, 0), AtomicBool::new(false));
        thread::scope(|scope| {
            let threads = [(); 4].map(|()| {
                scope.spawn(|| {
                    gil.attach(|at| {
                        for _ in 0..turns(30_000) {
                            count.with(at, |count| *count += 1);
                            at.checkpoint();
                        }
                    });
                })
            });
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    gil.set_mode(Mode::Off).unwrap();
                    gil.set_mode(Mode::timed(INTERVAL / 20)).unwrap();
                }
            });
            for thread in threads {
                thread.join().unwrap();
            }
            done.store(true, Ordering::Relaxed);
        });
        assert_eq!(count.into_inner(), 4 * turns(30_000));
    });
}

/// A section cannot be cut short, its own thread's change of the mode included.
#[test]
fn a_thread_that_changes_the_mode_inside_its_own_section_is_told_that_it_is_in_the_way() {
    let gil = Gil::new(Mode::Off);
    let guarded = Guarded::new(&gil, ());
    let patience = Duration::from_millis(1);
    thread::scope(|scope| {
        named(scope, "guard", || {
            gil.attach(|at| {
                let change = |(): &mut ()| gil.set_mode_within(Mode::default(), patience);
                let stalled = guarded.with(at, change).unwrap_err();
                assert_eq!((stalled.thread.as_str(), stalled.waited), ("guard", patience));
                at.checkpoint();
            });
        });
    });
    gil.set_mode(Mode::default()).unwrap();
}
