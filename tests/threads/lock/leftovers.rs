//! What an earlier mode, an earlier policy, or an attempt that was refused leaves behind: nothing.

use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use trainyard::sys::blocking::{Hook, install};
use trainyard::sys::{Why, blocking};
use trainyard::threads::{
    self, Barging, ForcedSwitching, Gil, Guarded, Mode, Party, Policy, Timed,
};

use crate::support::{AN_HOUR, INTERVAL, eventually, panic_of, short, without_hanging};

/// Fails if `enter_free` leaves the breaker as it was: each check point is then a slow one.
#[test]
fn with_the_lock_off_nobody_counts_ticks() {
    let gil = Gil::new(Mode::ticks(NonZeroU32::new(10).unwrap()));
    gil.attach(|at| {
        at.checkpoint();
        gil.set_mode(Mode::Off).unwrap();
        assert!(!at.asked().is_raised());
    });
}

/// Fails if `leave` forgets the request only when it waits for the switch.
#[test]
fn a_request_that_was_honoured_is_gone_also_without_forced_switching() {
    let unforced = Timed { interval: INTERVAL, forced_switching: ForcedSwitching::No };
    let (gil, attached) = (Gil::new(Mode::on(unforced)), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            gil.attach(|at| {
                attached.wait();
                eventually("a waiter asks", || at.asked().is_raised());
                at.detach(Why::Native, || {
                    eventually("the waiter has had it", || gil.counters().acquisitions == 2);
                    gil.set_mode(Mode::Off).unwrap();
                });
                assert!(!at.asked().is_raised());
            });
        });
        attached.wait();
        gil.attach(|_| ());
    });
}

/// Fails if the word is opened while the holder is asked: nobody lowers its breaker then.
#[test]
fn a_change_of_the_rules_that_nobody_waited_for_leaves_no_request() {
    let gil = Gil::new(Mode::timed(AN_HOUR));
    gil.attach(|at| {
        gil.set_mode(Mode::timed(INTERVAL)).unwrap();
        at.detach(Why::Native, || gil.set_mode(Mode::timed(INTERVAL * 2)).unwrap());
        assert!(!at.asked().is_raised());
    });
    assert_eq!(gil.counters().forced_switches, 0);
}

/// Fails, by `Stalled`, if other rules stop the world.
#[test]
fn other_rules_for_a_lock_that_stays_on_need_no_check_point() {
    let (gil, attached) = (Gil::new(Mode::timed(AN_HOUR)), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            gil.attach(|at| {
                attached.wait();
                attached.wait();
                eventually("the lock was handed over", || {
                    at.checkpoint();
                    gil.counters().forced_switches >= 2
                });
            });
        });
        attached.wait();
        gil.set_mode(Mode::timed(INTERVAL)).unwrap();
        attached.wait();
        gil.attach(|at| {
            eventually("the lock was handed back", || {
                at.checkpoint();
                gil.counters().forced_switches >= 2
            });
        });
    });
}

#[derive(Debug)]
struct Nosy(Gil);

impl Policy for Nosy {
    fn patience(&self, _waiter: Party, _holder: Party) -> Option<Duration> {
        None
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        let _looked = self.0.counters();
    }
}

/// Hangs if the old policy is dropped under the lock's mutex.
#[test]
fn a_policy_may_look_at_the_lock_when_it_is_dropped() {
    without_hanging(|| {
        let gil = Gil::new(Mode::Off);
        gil.set_mode(Mode::on(Nosy(gil.clone()))).unwrap();
        gil.set_mode(Mode::default()).unwrap();
        gil.set_mode(Mode::on(Nosy(gil.clone()))).unwrap();
        gil.set_mode(Mode::Off).unwrap();
    });
}

#[derive(Debug)]
struct Moody(Arc<AtomicBool>);

impl Policy for Moody {
    fn patience(&self, _waiter: Party, _holder: Party) -> Option<Duration> {
        Some(INTERVAL)
    }

    fn barging(&self) -> Barging {
        if self.0.load(Ordering::Relaxed) { Barging::Forbidden } else { Barging::Allowed }
    }
}

/// Hangs, sooner or later, if `call_next` says for whom the lock is kept only where barging is
/// forbidden at that moment.
#[test]
fn a_policy_that_changes_its_mind_about_barging_strands_nobody() {
    without_hanging(|| {
        let mood = Arc::new(AtomicBool::new(false));
        let gil = Gil::new(Mode::on(Moody(Arc::clone(&mood))));
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..2000 {
                        gil.attach(|at| {
                            at.checkpoint();
                        });
                        mood.fetch_xor(true, Ordering::Relaxed);
                    }
                });
            }
        });
    });
}

/// Fails if a section can begin in another: the inner one's end would open the outer one's door.
#[test]
fn a_section_inside_a_section_is_refused_with_the_lock_on_and_off() {
    for mode in [Mode::default(), Mode::Off] {
        let gil = Gil::new(mode);
        let guarded = Guarded::new(&gil, ());
        let message = panic_of("nested", || {
            gil.attach(|outer| {
                gil.attach(|inner| guarded.with(inner, |()| guarded.with(outer, |()| ())));
            });
        });
        let says =
            "thread nested is inside a guarded section: ask for both values at once, with_both";
        assert_eq!(message, says);
        gil.attach(|at| guarded.with(at, |()| ()));
    }
}

/// Fails if `give_way` does not look whether a section runs.
#[test]
fn a_check_point_of_an_outer_token_keeps_the_lock_inside_a_section() {
    let (gil, waits) = (short(), AtomicBool::new(false));
    let guarded = Guarded::new(&gil, ());
    thread::scope(|scope| {
        gil.attach(|outer| {
            scope.spawn(|| {
                waits.store(true, Ordering::Relaxed);
                gil.attach(|_| ());
            });
            eventually("it is asked", || outer.asked().is_raised());
            gil.attach(|inner| {
                guarded.with(inner, |()| {
                    outer.checkpoint();
                    assert_eq!(gil.counters().forced_switches, 0);
                });
            });
        });
    });
}

/// Fails if a daemon's refusal knows only the lock, or if `spawn` does not look whether the program
/// is over.
#[test]
fn after_the_program_a_daemon_starts_no_thread_and_does_not_come_back_by_another_lock() {
    let (gil, other) = (short(), short());
    let go = Arc::new(AtomicBool::new(false));
    let came_back = Arc::new(AtomicBool::new(false));
    let (is_late, late) = mpsc::channel();
    threads::run(|| {
        let (go, came_back) = (Arc::clone(&go), Arc::clone(&came_back));
        let (inner, other) = (gil.clone(), other.clone());
        let (begins, has_begun) = mpsc::channel();
        let daemon = move |at: &mut threads::Attached<'_>| {
            at.detach(Why::Native, || {
                begins.send(()).unwrap();
                eventually("the program is over", || go.load(Ordering::Relaxed));
                let refused = threads::spawn(&inner, "late", |_| ()).map(drop);
                is_late.send(refused.unwrap_err().to_string()).unwrap();
                other.attach(|_| came_back.store(true, Ordering::Relaxed));
                inner.attach(|_| came_back.store(true, Ordering::Relaxed));
            });
        };
        threads::spawn_daemon(&gil, "daemon", daemon).unwrap();
        blocking(Why::Job, || has_begun.recv()).unwrap();
    });
    go.store(true, Ordering::Relaxed);
    assert_eq!(late.recv().unwrap(), "no thread can be started: the program is over");
    // If it came back it would do so at once; nobody says that it never will.
    (0..1000).for_each(|_| thread::yield_now());
    assert!(!came_back.load(Ordering::Relaxed));
}

/// Fails if `run` puts its own program in place before it looks for another.
#[test]
fn a_program_inside_a_program_is_refused_and_the_outer_one_still_joins_its_threads() {
    let (gil, done) = (short(), Arc::new(AtomicBool::new(false)));
    threads::run(|| {
        assert!(catch_unwind(|| threads::run(|| ())).is_err());
        let done = Arc::clone(&done);
        let work = move |at: &mut threads::Attached<'_>| {
            (0..100_000).for_each(|_| at.checkpoint());
            done.store(true, Ordering::Relaxed);
        };
        drop(threads::spawn(&gil, "worker", work).unwrap());
    });
    assert!(done.load(Ordering::Relaxed));
}

struct Foreign;

impl Hook for Foreign {
    fn release(&self) {}
    fn acquire(&self) {}
}

/// Fails if the lock is taken before the hook is installed.
#[test]
fn a_thread_with_a_hook_of_its_own_is_refused_and_leaves_the_lock_free() {
    let gil = short();
    let installed = install(Rc::new(Foreign));
    assert!(catch_unwind(AssertUnwindSafe(|| gil.attach(|_| ()))).is_err());
    let others =
        thread::scope(|scope| scope.spawn(|| gil.attach_timeout(AN_HOUR, |_| ())).join().unwrap());
    assert_eq!(others, Some(()));
    drop(installed);
    gil.attach(|_| ());
}

/// Fails if `retire` keeps the counters alone.
#[test]
fn what_a_thread_has_waited_is_still_known_when_it_has_ended() {
    let (gil, attached) = (short(), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            gil.attach(|at| {
                attached.wait();
                eventually("somebody waits", || {
                    at.checkpoint();
                    gil.counters().forced_switches >= 1
                });
            });
        });
        attached.wait();
        gil.attach(|_| ());
    });
    assert!(gil.waits().total() >= 1);
    assert_eq!(gil.waits().total(), gil.counters().contended);
}
