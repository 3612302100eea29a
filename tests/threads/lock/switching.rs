//! How the lock changes hands: of the holder's own accord, and on request.

use std::num::NonZeroU32;
use std::sync::{Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use trainyard::sys::{Why, blocking};
use trainyard::threads::{Cause, Gil, Mode, Place, Placement, Standing};
use trainyard::trace::{Event, Kind, check::check};

use crate::support::{
    AN_HOUR, INTERVAL, await_standing, eventually, named, of_one_lock, recorded, short, spinners,
    turns,
};

/// Fails if `wait_until_switched` is not called: the releaser then takes the lock back first.
#[test]
fn a_thread_that_was_asked_does_not_take_the_lock_back_before_another_had_it() {
    let recording = recorded(|| spinners(&short(), &["asked", "asks"], 6));
    check(&recording.events).unwrap();
    let events = of_one_lock(&recording, "asked");
    let mut forced = 0;
    for (index, dropped) in events.iter().enumerate() {
        if dropped.kind == Kind::GilDrop && dropped.b == Cause::Asked as u64 {
            let next = events[index..].iter().find(|event| event.kind == Kind::GilTake);
            assert_ne!(next.unwrap().track, dropped.track, "GIL-2");
            forced += 1;
        }
    }
    assert!(forced >= 6, "{forced} forced switches");
}

/// A recording, and what it would be if the lock did not keep GIL-2. Fails if the checker judges what a
/// thread does when another was served, and not that another was served.
#[test]
fn a_recording_in_which_a_thread_took_the_lock_straight_back_is_refused() {
    let recording = recorded(|| spinners(&short(), &["forged", "beside it"], 6));
    let events = of_one_lock(&recording, "forged");
    let gave_way = |event: &Event| event.kind == Kind::GilDrop && event.b == Cause::Asked as u64;
    let switched = events.iter().position(|event| event.kind == Kind::GilSwitched).unwrap();
    let dropped = switched + events[switched..].iter().position(gave_way).expect("a later switch");
    let mut forged = events[..=dropped].to_vec();
    check(&forged).unwrap();
    // Who held it names itself as the one before it.
    let taken_from = events[dropped..].iter().find(|event| event.kind == Kind::GilTake).unwrap().b;
    let Event { time_ns, .. } = events[dropped];
    let taken =
        Event { time_ns: time_ns + 1, kind: Kind::GilTake, b: taken_from, ..events[dropped] };
    forged.push(taken);
    let illegal = check(&forged).expect_err("nobody else had it");
    let says =
        "a thread that was asked for the lock, and dropped it, lets the waiter have it first";
    assert_eq!((illegal.index, illegal.law), (dropped + 1, says));
}

#[test]
fn every_forced_switch_was_asked_for() {
    let gil = short();
    gil.keep_time(true);
    spinners(&gil, &["one", "two"], 6);
    let counters = gil.counters();
    assert!(counters.drop_requests >= counters.forced_switches);
    assert!(counters.wait_ns > 0 && counters.hold_ns > 0);
}

#[test]
fn a_blocking_call_lets_another_thread_in_without_being_asked() {
    let gil = Gil::new(Mode::timed(AN_HOUR));
    let (sender, receiver) = mpsc::channel();
    let attached = Barrier::new(2);
    let receiver = Mutex::new(receiver);
    thread::scope(|scope| {
        scope.spawn(|| {
            gil.attach(|_| {
                attached.wait();
                blocking(Why::Lock, || receiver.lock().unwrap().recv().unwrap());
            });
        });
        attached.wait();
        // The other holds the lock, or waits inside its blocking call already. The interval is an
        // hour, so only that call can let us in.
        gil.attach(|_| sender.send(()).unwrap());
    });
    assert_eq!(gil.counters().drop_requests, 0);
}

/// Fails if `leave` calls nobody: the waiter then sleeps for its hour.
#[test]
fn a_waiter_that_sleeps_already_is_called_when_the_holder_leaves() {
    let (gil, leave) = (Gil::new(Mode::timed(AN_HOUR)), Barrier::new(2));
    thread::scope(|scope| {
        named(scope, "holder", || gil.attach(|_| leave.wait()));
        await_standing(&gil, "holder", Standing::Running);
        named(scope, "waiter", || gil.attach(|_| ()));
        await_standing(&gil, "waiter", Standing::Waiting);
        leave.wait();
    });
    assert_eq!((gil.counters().drop_requests, gil.counters().contended), (0, 1));
}

/// Fails if `resume_the_world` does not wake the waiters: this one has an hour to sleep.
#[test]
fn a_new_interval_counts_from_the_next_wait_and_for_those_who_wait_already() {
    let gil = Gil::new(Mode::timed(AN_HOUR));
    thread::scope(|scope| {
        named(scope, "holder", || {
            gil.attach(|at| {
                while gil.counters().forced_switches < 2 {
                    at.checkpoint();
                }
            });
        });
        await_standing(&gil, "holder", Standing::Running);
        named(scope, "waiter", || gil.attach(|_| ()));
        await_standing(&gil, "waiter", Standing::Waiting);
        gil.set_mode(Mode::timed(INTERVAL)).unwrap();
        gil.attach(|_| ());
        // It may have come in between when the world was stopped; once more, to have been asked for.
        while gil.counters().forced_switches < 2 {
            gil.attach(|_| ());
        }
    });
}

#[test]
fn the_mode_that_was_set_is_the_mode_that_is_read() {
    let gil = Gil::new(Mode::default());
    let ticks = NonZeroU32::new(100).unwrap();
    for mode in [Mode::Off, Mode::timed(INTERVAL), Mode::ticks(ticks), Mode::default()] {
        gil.set_mode(mode.clone()).unwrap();
        assert_eq!(format!("{:?}", gil.mode()), format!("{mode:?}"));
        assert_eq!(gil.is_on(), mode.is_on());
    }
}

#[test]
fn an_interval_of_no_time_is_one_that_can_be_waited_for() {
    let gil = Gil::new(Mode::timed(Duration::ZERO));
    spinners(&gil, &["no", "time"], turns(200));
}

/// Fails if the ticks that are left of a longer count are counted to their end.
#[test]
fn fewer_ticks_count_from_the_next_check_point_on() {
    let gil = Gil::new(Mode::ticks(NonZeroU32::MAX));
    gil.attach(|at| {
        at.checkpoint();
        gil.set_mode(Mode::ticks(NonZeroU32::new(10).unwrap())).unwrap();
        (0..100).for_each(|_| at.checkpoint());
    });
    assert_eq!(gil.counters().tick_drops, 10);
}

#[test]
fn ticks_drop_the_lock_though_nobody_asks() {
    let gil = Gil::new(Mode::ticks(NonZeroU32::new(100).unwrap()));
    gil.attach(|at| (0..1_000).for_each(|_| at.checkpoint()));
    let counters = gil.counters();
    assert_eq!((counters.tick_drops, counters.drop_requests, counters.own_drops), (10, 0, 1));
}

/// Fails if `give_way` does not ask the placement.
#[test]
fn a_request_waits_for_a_place_where_it_is_honoured() {
    let gil = short();
    gil.set_placement(Placement::Never);
    thread::scope(|scope| {
        named(scope, "holder", || {
            gil.attach(|at| {
                eventually("a waiter asks", || at.asked().is_raised());
                at.checkpoint();
                at.checkpoint_at(Place::Call);
                assert_eq!(gil.counters().forced_switches, 0, "nowhere");
                gil.set_placement(Placement::BackEdgesAndCalls);
                at.checkpoint_at(Place::Operation);
                assert_eq!(gil.counters().forced_switches, 0, "not between two operations");
                gil.set_placement(Placement::EveryOperation);
                at.checkpoint_at(Place::Operation);
                assert_eq!(gil.counters().forced_switches, 1);
            });
        });
        await_standing(&gil, "holder", Standing::Running);
        named(scope, "waiter", || gil.attach(|_| ()));
    });
}
