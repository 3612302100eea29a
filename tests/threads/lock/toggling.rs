//! The mode changes while threads run: everybody goes on in the new one, or nothing has changed.

use std::num::NonZeroU32;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use trainyard::sys::Why;
use trainyard::threads::{Gil, Mode, Placement, Standing};
use trainyard::trace::{Kind, check::check};

use crate::support::{
    AN_HOUR, Ends, INTERVAL, Inside, assert_settled, await_standing, eventually, named,
    of_one_lock, pass_until, recorded, short, turns, without_hanging,
};

const A_MOMENT: Duration = Duration::from_millis(1);

/// Item 8, first half. Hangs if `resume_the_world` wakes nobody: the waiters have an hour to sleep.
#[test]
fn all_who_wait_proceed_when_the_lock_goes_off() {
    const WAITERS: usize = 4;
    without_hanging(|| {
        let (gil, all) = (Gil::new(Mode::timed(AN_HOUR)), Barrier::new(WAITERS));
        let names = ["one", "two", "three", "four"];
        thread::scope(|scope| {
            named(scope, "holder", || {
                gil.attach(|at| {
                    while gil.is_on() {
                        at.checkpoint();
                    }
                });
            });
            await_standing(&gil, "holder", Standing::Running);
            for name in names {
                // Under the lock nobody would get past the barrier.
                named(scope, name, || gil.attach(|_| _ = all.wait()));
                await_standing(&gil, name, Standing::Waiting);
            }
            gil.set_mode(Mode::Off).unwrap();
        });
        assert_eq!(gil.counters().stop_drops, 1);
    });
}

/// Item 8, second half. Two are inside if `stop_the_world` does not wait for those who run.
#[test]
fn no_two_are_inside_once_the_lock_is_on() {
    let (gil, inside, is_over) = (Gil::new(Mode::Off), Inside::default(), AtomicBool::new(false));
    let rounds = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                gil.attach(|at| {
                    while !is_over.load(Ordering::Relaxed) {
                        if gil.is_on() {
                            inside.visit();
                            rounds.fetch_add(1, Ordering::Relaxed);
                        }
                        at.checkpoint();
                    }
                });
            });
        }
        let _ends = Ends(&is_over);
        for _ in 0..turns(20) {
            gil.set_mode(Mode::timed(INTERVAL)).unwrap();
            let seen = rounds.load(Ordering::Relaxed);
            let go_on = || rounds.load(Ordering::Relaxed) > seen + 100;
            eventually("somebody runs with the lock", go_on);
            gil.set_mode(Mode::Off).unwrap();
        }
    });
    assert_eq!(inside.most(), 1);
}

/// The recorder as a witness: the model knows no run attached while the world stands still.
#[test]
fn a_recording_of_changes_obeys_the_model() {
    let recording = recorded(|| {
        let (gil, is_over) = (Gil::new(Mode::timed(INTERVAL / 5)), AtomicBool::new(false));
        thread::scope(|scope| {
            for name in ["recorded", "beside it"] {
                named(scope, name, || {
                    gil.attach(|at| {
                        while !is_over.load(Ordering::Relaxed) {
                            at.checkpoint();
                        }
                        at.detach(Why::Native, || ());
                    });
                });
            }
            let _ends = Ends(&is_over);
            await_standing(&gil, "recorded", Standing::Running);
            for _ in 0..20 {
                gil.set_mode(Mode::Off).unwrap();
                gil.set_mode(Mode::timed(INTERVAL / 5)).unwrap();
            }
        });
    });
    check(&recording.events).unwrap();
    let events = of_one_lock(&recording, "recorded");
    let count = |kind| events.iter().filter(|event| event.kind == kind).count();
    let changes = [Kind::GilStop, Kind::GilMode, Kind::GilResume].map(count);
    assert_eq!(changes, [40; 3]);
}

/// Changes the mode in vain, because the thread "stubborn" is in the way.
#[track_caller]
fn check_stalls(gil: &Gil, mode: Mode) {
    let before = format!("{gil:?}");
    let stalled = gil.set_mode_within(mode, A_MOMENT).expect_err("it cannot be stopped");
    assert_eq!(
        stalled.to_string(),
        "thread stubborn came to no check point within 1ms, so the lock stays as it was"
    );
    assert_eq!(format!("{gil:?}"), before);
}

/// Fails if a change that failed leaves the world standing, or its request to stop behind.
#[test]
fn a_thread_without_check_points_is_named_and_everything_is_as_before() {
    for (from, to) in [(Mode::Off, Mode::default()), (Mode::timed(INTERVAL), Mode::Off)] {
        let (gil, end) = (Gil::new(from), Barrier::new(2));
        thread::scope(|scope| {
            named(scope, "stubborn", || {
                gil.attach(|at| {
                    end.wait();
                    assert!(!at.asked().is_raised(), "nobody asks any more");
                    at.checkpoint();
                    end.wait();
                });
            });
            await_standing(&gil, "stubborn", Standing::Running);
            check_stalls(&gil, to.clone());
            // Off, others go on beside it; on, the one who holds the lock goes on.
            let others = gil.attach_timeout(Duration::ZERO, |_| ());
            assert_eq!(others.is_some(), !gil.is_on());
            end.wait();
            end.wait();
        });
        gil.set_mode(to).unwrap();
        gil.attach(|_| ());
    }
}

/// Not whoever happened to be looked at first: the one who is in the way when time is over.
#[test]
fn of_two_threads_the_one_that_has_not_left_is_named() {
    let (gil, end, is_over) = (Gil::new(Mode::Off), Barrier::new(2), AtomicBool::new(false));
    thread::scope(|scope| {
        named(scope, "obedient", || pass_until(&gil, &is_over));
        let _ends = Ends(&is_over);
        await_standing(&gil, "obedient", Standing::Running);
        named(scope, "stubborn", || gil.attach(|_| end.wait()));
        await_standing(&gil, "stubborn", Standing::Running);
        // Long enough for the other to come to a check point on a busy machine.
        let patience = Duration::from_millis(300);
        let stalled = gil.set_mode_within(Mode::default(), patience).unwrap_err();
        assert_eq!(stalled.thread, "stubborn");
        end.wait();
    });
}

#[test]
fn where_no_request_is_honoured_no_mode_can_be_changed() {
    let (gil, is_over) = (short(), AtomicBool::new(false));
    gil.set_placement(Placement::Never);
    thread::scope(|scope| {
        named(scope, "stubborn", || pass_until(&gil, &is_over));
        let _ends = Ends(&is_over);
        await_standing(&gil, "stubborn", Standing::Running);
        check_stalls(&gil, Mode::Off);
        gil.set_placement(Placement::BackEdgesAndCalls);
        gil.set_mode(Mode::Off).unwrap();
    });
}

/// Stalls on itself if `set_mode` does not go through the door.
#[test]
fn a_thread_that_is_attached_may_change_the_mode() {
    let gil = short();
    gil.attach(|_| {
        gil.set_mode(Mode::Off).unwrap();
        assert!(!gil.is_on());
        gil.set_mode(Mode::default()).unwrap();
    });
    assert_settled(&gil.counters());
}

#[test]
fn a_thread_that_sleeps_in_a_call_does_not_hinder_a_change() {
    let (gil, end) = (short(), Barrier::new(2));
    thread::scope(|scope| {
        named(scope, "sleeper", || {
            gil.attach(|at| {
                at.detach(Why::Io, || _ = end.wait());
                assert!(!gil.is_on(), "it comes back into the new mode");
            });
        });
        eventually("it is in its call", || gil.counters().own_drops == 1);
        gil.set_mode(Mode::Off).unwrap();
        end.wait();
    });
}

/// Hangs or panics (WORLD-1) if two changes are under way at once.
#[test]
fn two_who_change_the_mode_take_turns() {
    without_hanging(|| {
        let gil = Gil::new(Mode::Off);
        let change = |mode: Mode| {
            move |gil: &Gil| {
                for _ in 0..turns(200) {
                    gil.attach(|at| {
                        gil.set_mode(mode.clone()).unwrap();
                        at.checkpoint();
                    });
                }
            }
        };
        let ticks = Mode::ticks(NonZeroU32::new(10).unwrap());
        let (one, two, three) = (change(Mode::Off), change(Mode::default()), change(ticks));
        thread::scope(|scope| {
            scope.spawn(|| one(&gil));
            scope.spawn(|| two(&gil));
            scope.spawn(|| three(&gil));
        });
        assert_settled(&gil.counters());
    });
}
