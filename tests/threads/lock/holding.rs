//! One holder at a time, and what being one is worth.

use std::cell::RefCell;
use std::fs::{File, read_link};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use trainyard::sys::Why;
use trainyard::threads::{Gil, Mode, Standing};

use crate::support::{
    AN_HOUR, Ends, INTERVAL, Inside, await_standing, eventually, named, pass_once, pass_until,
    short, standing, turns,
};

#[test]
fn a_thread_alone_never_waits_and_is_never_asked() {
    let gil = short();
    gil.attach(|at| (0..1_000_000).for_each(|_| at.checkpoint()));
    let counters = gil.counters();
    assert_eq!((counters.acquisitions, counters.contended, counters.drop_requests), (1, 0, 0));
}

/// Loses updates (and fails) if `take` does not wait while the lock is taken.
#[test]
fn an_update_inside_one_attachment_is_never_lost() {
    let (gil, count) = (short(), AtomicU64::new(0));
    let add = || {
        for _ in 0..10_000 {
            gil.attach(|_| count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed));
        }
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(add);
        }
    });
    assert_eq!(count.into_inner(), 40_000);
}

/// The other half of the promise: a check point is a place where the value can change.
#[test]
fn an_update_with_a_check_point_in_its_middle_can_be_lost() {
    const EACH: u64 = 1_000;
    let one_round_loses = || {
        let (gil, count) = (Gil::new(Mode::ticks(std::num::NonZeroU32::MIN)), AtomicU64::new(0));
        let both = Barrier::new(2);
        let add = || {
            both.wait();
            gil.attach(|at| {
                for _ in 0..EACH {
                    let seen = count.load(Ordering::Relaxed);
                    at.checkpoint();
                    count.store(seen + 1, Ordering::Relaxed);
                }
            });
        };
        thread::scope(|scope| [scope.spawn(add), scope.spawn(add)].map(|_| ()));
        count.into_inner() < 2 * EACH
    };
    assert!((0..1_000).any(|_| one_round_loses()), "a thousand rounds lost nothing");
}

/// Two are inside at once if `take` does not wait; R18 at its full size with `TRAINYARD_STRESS=25`.
#[test]
fn sixteen_threads_are_inside_one_at_a_time() {
    let (gil, inside) = (short(), Inside::default());
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| (0..turns(5_000)).for_each(|_| gil.attach(|_| inside.visit())));
        }
    });
    assert_eq!(inside.most(), 1);
    assert_eq!(gil.counters().acquisitions, 16 * turns(5_000));
}

#[test]
fn with_the_lock_off_two_threads_are_attached_at_once() {
    let (gil, both) = (Gil::new(Mode::Off), Barrier::new(2));
    thread::scope(|scope| {
        for _ in 0..2 {
            // With the lock on, the first to arrive would keep the second out for ever.
            scope.spawn(|| gil.attach(|_| both.wait()));
        }
    });
    assert_eq!(gil.counters().acquisitions, 0);
}

/// Fails if the spinning thread takes the lock without looking again under the mutex.
#[test]
fn a_thread_that_spins_before_it_sleeps_still_waits_for_the_lock() {
    let (gil, inside) = (short(), Inside::default());
    gil.set_spins(1_000);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..turns(5_000)).for_each(|_| gil.attach(|_| inside.visit())));
        }
    });
    assert_eq!(inside.most(), 1);
}

#[test]
fn attaching_again_reuses_the_attachment() {
    let gil = short();
    gil.attach(|_| gil.attach(|_| gil.attach(|_| ())));
    assert_eq!(gil.counters().acquisitions, 1);
}

#[test]
fn attaching_inside_a_blocking_call_takes_the_lock_anew() {
    let gil = short();
    gil.attach(|at| at.detach(Why::Io, || gil.attach(|_| ())));
    assert_eq!(gil.counters().acquisitions, 3);
    gil.attach(|_| ());
}

/// Hangs if `Held` is not dropped on the way out of a panic.
#[test]
fn a_panic_leaves_the_lock_free() {
    let gil = short();
    let panicking = || gil.attach(|_| panic!("under the lock"));
    assert!(catch_unwind(AssertUnwindSafe(panicking)).is_err());
    let panicking = || gil.attach(|at| at.detach(Why::Io, || panic!("without the lock")));
    assert!(catch_unwind(AssertUnwindSafe(panicking)).is_err());
    thread::scope(|scope| scope.spawn(|| gil.attach(|_| ())).join().unwrap());
}

/// As a panic, with somebody at the door: the waiter must be called, and no request stays behind.
#[test]
fn a_holder_that_panics_while_it_is_asked_hands_the_lock_over() {
    let gil = short();
    thread::scope(|scope| {
        let holder = named(scope, "holder", || {
            gil.attach(|at| {
                eventually("a waiter asks", || at.asked().is_raised());
                panic!("asked, and gone");
            });
        });
        await_standing(&gil, "holder", Standing::Running);
        gil.attach(|at| assert!(!at.asked().is_raised()));
        assert!(holder.join().is_err());
    });
}

/// A destructor of a thread's locals runs when the lock's own locals may be gone already.
#[test]
fn a_thread_that_attaches_while_it_ends_leaves_the_lock_free() {
    struct AttachesAtTheEnd(Option<Gil>);
    impl Drop for AttachesAtTheEnd {
        fn drop(&mut self) {
            pass_once(&self.0.take().expect("set once"));
        }
    }
    thread_local!(static LAST: RefCell<Option<AttachesAtTheEnd>> = const { RefCell::new(None) });
    let gil = short();
    thread::scope(|scope| {
        scope.spawn(|| {
            LAST.with(|last| last.replace(Some(AttachesAtTheEnd(Some(gil.clone())))));
            gil.attach(|_| ());
        });
    });
    gil.attach(|_| ());
    // The scope ends with the closure; the thread's locals go a little later.
    eventually("the destructor has run", || gil.counters().own_drops == 3);
}

/// Item 10: fails if `take` or `leave` does not keep it; both sleep on a futex, which sets it.
#[test]
fn the_error_number_survives_a_check_point_and_the_wait_for_the_lock() {
    let (gil, is_over) = (Gil::new(Mode::timed(INTERVAL / 20)), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| pass_until(&gil, &is_over));
        }
        let _ends = Ends(&is_over);
        gil.attach(|at| {
            while gil.counters().forced_switches < 100 {
                let before = File::open("").expect_err("no file has no name").raw_os_error();
                at.checkpoint();
                assert_eq!(std::io::Error::last_os_error().raw_os_error(), before);
            }
        });
    });
}

/// Item 10: fails if the door, or the way in or out, does not keep it.
#[test]
fn the_error_number_of_a_call_survives_the_way_back_to_the_lock_and_out_of_it() {
    let (gil, is_over) = (Gil::new(Mode::timed(INTERVAL / 20)), AtomicBool::new(false));
    let fail = || File::open("").expect_err("no file has no name").raw_os_error();
    let last = || std::io::Error::last_os_error().raw_os_error();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| pass_until(&gil, &is_over));
        }
        let _ends = Ends(&is_over);
        for _ in 0..50 {
            let before = fail();
            let inside = gil.attach(|at| {
                assert_eq!(last(), before, "the way in");
                let number = at.detach(Why::Io, fail);
                assert_eq!(last(), number, "the way back from a call");
                fail()
            });
            assert_eq!(last(), inside, "the way out");
        }
    });
}

/// G4: a call that sleeps and was not made through the door keeps the lock, and can be seen to.
#[test]
fn a_holder_that_blocks_outside_the_door_is_seen_to_hold() {
    let (gil, end) = (short(), Barrier::new(2));
    thread::scope(|scope| {
        named(scope, "careless", || gil.attach(|_| end.wait()));
        await_standing(&gil, "careless", Standing::Running);
        assert_eq!(gil.attach_timeout(INTERVAL * 5, |_| ()), None);
        assert_eq!(standing(&gil, "careless"), Some(Standing::Running));
        end.wait();
    });
}

/// G12: there is no inheritance of priorities, but every thread gets some time from Linux.
#[test]
fn a_waiter_gets_the_lock_from_a_holder_of_the_lowest_priority_beside_others_that_compute() {
    let (gil, is_over) = (short(), AtomicBool::new(false));
    thread::scope(|scope| {
        named(scope, "nice", || {
            let thread = read_link("/proc/thread-self").expect("Linux has it");
            let number = thread.file_name().expect("it ends with the thread's number");
            let renice = Command::new("renice").args(["-n", "19", "-p"]).arg(number).output();
            assert!(renice.expect("util-linux has `renice`").status.success());
            pass_until(&gil, &is_over);
        });
        for _ in 0..4 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let _ends = Ends(&is_over);
        await_standing(&gil, "nice", Standing::Running);
        let got = gil.attach_timeout(AN_HOUR, |_| ());
        assert_eq!(got, Some(()));
        assert!(gil.counters().forced_switches >= 1);
    });
}
