//! What loom explores of the kit: every order in which two or three threads meet.
//!
//! Time does not pass in a model: a thread of its own lets the timed waits end. The re-entrant lock
//! has no model, since all threads of a model have one number; its word is the semaphore's.

use std::time::Duration;

use loom::cell::UnsafeCell as Watched;
use loom::sync::Arc;
use loom::thread;

use super::deadline::{Deadline, Waited};
use super::permits::{PERMITS_MAX, Permits};
use super::{Condition, Event, Lock};
use crate::sys::Why;

fn model(body: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    // Two is what tokio's continuous integration uses; three threads unbounded take minutes.
    model.preemption_bound = model.preemption_bound.or(Some(2));
    model.check(body);
}

/// Fails ("causality violation") if `acquire` goes on without having locked.
#[test]
fn loom_a_lock_has_one_holder() {
    model(|| {
        let lock = Arc::new(Lock::new(Watched::new(0)));
        let other = Arc::clone(&lock);
        let there = thread::spawn(move || other.acquire().with_mut(|_| ()));
        lock.acquire().with_mut(|_| ());
        there.join().unwrap();
        assert!(!lock.is_locked());
    });
}

/// Fails ("deadlock") if the wait releases the lock before it stands in line (CONDITION-1).
#[test]
fn loom_a_notification_after_the_look_is_not_lost() {
    model(|| {
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
    model(|| {
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
    model(|| {
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

/// Fails ("causality violation") if `take` or `give` is only relaxed.
#[test]
fn loom_a_permit_carries_what_was_done_under_it() {
    model(|| {
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
    model(|| {
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
    model(|| {
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
