//! What loom explores of the kit: every order in which two or three threads meet.
//!
//! Time does not pass in a model: somebody lets the timed waits end.

use std::time::Duration;

use loom::cell::UnsafeCell as Watched;
use loom::sync::Arc;
use loom::thread;

use super::deadline::{Deadline, Waited};
use super::permits::{PERMITS_MAX, Permits};
use super::{Barrier, Condition, Event, Lock, RLock};
use crate::sys::Why;
use crate::sys::prim::explore;

/// Fails ("causality violation") if `acquire` goes on without having locked.
#[test]
fn loom_a_lock_has_one_holder() {
    explore(|| {
        let lock = Arc::new(Lock::new(Watched::new(0)));
        let other = Arc::clone(&lock);
        let there = thread::spawn(move || other.acquire().with_mut(|_| ()));
        lock.acquire().with_mut(|_| ());
        there.join().unwrap();
        assert!(!lock.is_locked());
    });
}

/// Fails ("deadlock") if `disown` gives the permit back before it takes its number away (RLOCK-1): then it
/// takes away the next owner's, who waits for itself. ("Causality violation") if the permit orders nothing.
#[test]
fn loom_a_reentrant_lock_has_one_owner_who_may_come_again() {
    explore(|| {
        let shared = Arc::new((RLock::new(), Watched::new(0)));
        let come_again = |shared: &(RLock, Watched<u32>)| {
            let outer = shared.0.acquire();
            let inner = shared.0.acquire();
            assert_eq!(shared.0.depth(), 2);
            drop(outer);
            shared.1.with_mut(|_| ());
            drop(inner);
        };
        let other = Arc::clone(&shared);
        let there = thread::spawn(move || come_again(&other));
        come_again(&shared);
        there.join().unwrap();
        assert!(!shared.0.is_locked());
    });
}

/// Fails ("deadlock") if the wait releases the lock before it stands in line (CONDITION-1).
#[test]
fn loom_a_notification_after_the_look_is_not_lost() {
    explore(|| {
        let shared = Arc::new((Lock::new(false), Condition::new()));
        let other = Arc::clone(&shared);
        let there = thread::spawn(move || {
            *other.0.acquire() = true;
            other.1.notify_one();
        });
        let mut ready = shared.0.acquire();
        shared.1.wait_for(&mut ready, |ready| *ready);
        drop(ready);
        there.join().unwrap();
    });
}

/// Fails if a waiter whose time is over does not look whether it was called: the notification has
/// woken it, and it says that there was none.
#[test]
fn loom_a_waiter_whose_time_is_over_knows_whether_it_was_called() {
    explore(|| {
        let shared = Arc::new((Lock::new(()), Condition::new()));
        let (waiter, timer) = (Arc::clone(&shared), Arc::clone(&shared));
        let place = Arc::new(shared.1.stand_in_line());
        let mine = Arc::clone(&place);
        let there = thread::spawn(move || {
            waiter.1.wait_at(&mine, &mut waiter.0.acquire(), Deadline::after(Duration::MAX))
        });
        let fired = Arc::clone(&place);
        let timer = thread::spawn(move || {
            fired.fire_timeouts();
            drop(timer);
        });
        let called = shared.1.call(1);
        let waited = there.join().unwrap();
        timer.join().unwrap();
        assert_eq!(called == 1, waited == Waited::InTime);
    });
}

/// Fails ("deadlock") without PERMITS-2: the second permit lies there, and its taker sleeps.
#[test]
fn loom_two_permits_given_one_by_one_wake_two_sleepers() {
    explore(|| {
        let permits = Arc::new(Permits::new(0));
        let takers = [(); 2].map(|()| {
            let permits = Arc::clone(&permits);
            thread::spawn(move || permits.take_until(Deadline::NEVER, Why::Semaphore))
        });
        for _ in 0..2 {
            permits.give(1, PERMITS_MAX).unwrap();
        }
        for taker in takers {
            assert_eq!(taker.join().unwrap(), Waited::InTime);
        }
        assert_eq!(permits.count(), 0);
    });
}

/// Fails ("deadlock") if a taker that gives up leaves a permit behind that it was woken for. Whoever has
/// taken one in time gives it back.
#[test]
fn loom_a_taker_that_gives_up_leaves_no_other_asleep_beside_a_permit() {
    explore(|| {
        let permits = Arc::new(Permits::new(0));
        let [hasty, patient] = [(); 2].map(|()| Arc::clone(&permits));
        let hasty = thread::spawn(move || {
            let taken = hasty.take_until(Deadline::after(Duration::MAX), Why::Semaphore);
            if taken == Waited::InTime {
                hasty.give(1, PERMITS_MAX).unwrap();
            }
        });
        let patient = thread::spawn(move || patient.take_until(Deadline::NEVER, Why::Semaphore));
        permits.fire_timeouts();
        permits.give(1, PERMITS_MAX).unwrap();
        assert_eq!(patient.join().unwrap(), Waited::InTime);
        permits.give(1, PERMITS_MAX).unwrap();
        hasty.join().unwrap();
        assert_eq!(permits.count(), 1);
    });
}

/// Fails ("causality violation") if `take` or `give` is only relaxed.
#[test]
fn loom_a_permit_carries_what_was_done_under_it() {
    explore(|| {
        let shared = Arc::new((Permits::new(1), Watched::new(0)));
        let touch = |shared: &(Permits, Watched<u32>)| {
            let taken = shared.0.take_until(Deadline::NEVER, Why::Semaphore);
            assert_eq!(taken, Waited::InTime);
            shared.1.with_mut(|_| ());
            shared.0.give(1, 1).unwrap();
        };
        let other = Arc::clone(&shared);
        let there = thread::spawn(move || touch(&other));
        touch(&shared);
        there.join().unwrap();
    });
}

/// Fails ("deadlock") if a waiter looks at the bit alone, and not at how often the event was set
/// (EVENT-1), or if `set` wakes nobody.
#[test]
fn loom_an_event_that_is_set_and_cleared_wakes_who_waited() {
    explore(|| {
        let event = Arc::new(Event::new());
        let other = Arc::clone(&event);
        // As if it had looked, and been held up at the door.
        let there = thread::spawn(move || other.sleep(0, Deadline::NEVER));
        event.set();
        event.clear();
        assert_eq!(there.join().unwrap(), Waited::InTime);
    });
}

/// Fails ("causality violation") if `set` or the waiter's look is only relaxed.
#[test]
fn loom_what_was_done_before_an_event_was_set_is_seen() {
    explore(|| {
        let shared = Arc::new((Event::new(), Watched::new(0)));
        let other = Arc::clone(&shared);
        let there = thread::spawn(move || {
            other.1.with_mut(|_| ());
            other.0.set();
        });
        shared.0.wait();
        shared.1.with(|_| ());
        there.join().unwrap();
    });
}

/// Fails ("causality violation") if a round's `end`, or the look at what it has come to, is only relaxed.
#[test]
fn loom_who_passes_a_barrier_sees_what_the_other_did_before() {
    explore(|| {
        let shared = Arc::new((Barrier::new(2), [Watched::new(0), Watched::new(0)]));
        let pass = |shared: &(Barrier, [Watched<u32>; 2]), me: usize| {
            shared.1[me].with_mut(|_| ());
            shared.0.wait().unwrap();
            shared.1.iter().for_each(|own| own.with(|_| ()));
        };
        let other = Arc::clone(&shared);
        let there = thread::spawn(move || pass(&other, 0));
        pass(&shared, 1);
        there.join().unwrap();
    });
}

/// Fails if a thread whose time is over breaks a round that is full already, or ("deadlock") leaves one
/// that it has broken without a word.
#[test]
fn loom_the_last_to_come_and_the_one_whose_time_is_over_agree() {
    explore(|| {
        let barrier = Arc::new(Barrier::new(2));
        let [early, timer] = [(); 2].map(|()| Arc::clone(&barrier));
        let early = thread::spawn(move || early.wait_timeout(Duration::MAX));
        let timer = thread::spawn(move || timer.fire_timeouts());
        let last = barrier.wait();
        let early = early.join().unwrap();
        timer.join().unwrap();
        assert_eq!((early.is_err(), barrier.is_broken()), (last.is_err(), last.is_err()));
    });
}
