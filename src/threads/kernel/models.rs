//! What loom explores of the lock: every order in which two or three threads meet.
//!
//! A thread that holds the lock writes to `value`, which tells loom of any other that does so at the
//! same time. One that runs beside others writes to its own word, which the next holder reads: so
//! loom is also told of an order that a change of the mode does not carry over. Time does not pass in
//! a model: a thread of its own lets the timed waits end.
#![cfg(test)]

use std::time::Duration;

use loom::cell::UnsafeCell as Watched;
use loom::thread;

use super::lock::{Lock, Taken};
use super::policy::{Barging, Cause, Mode, Party, Policy};
use super::thread::Thread;
use crate::sys::prim::explore;

type Shared = loom::sync::Arc<World>;

struct World {
    lock: Lock,
    value: Watched<u32>,
    own: [Watched<u32>; 2],
}

impl World {
    /// What a thread does while it runs attached: alone, if the lock is on.
    fn touch(&self, number: usize) {
        if self.lock.is_on() {
            self.value.with_mut(|_| ());
            self.own.iter().for_each(|own| own.with(|_| ()));
        } else {
            self.own[number].with_mut(|_| ());
        }
    }
}

fn shared(mode: Mode) -> Shared {
    let own = [Watched::new(0), Watched::new(0)];
    loom::sync::Arc::new(World { lock: Lock::new(mode), value: Watched::new(0), own })
}

fn known(shared: &Shared) -> std::sync::Arc<Thread> {
    let me = Thread::new();
    shared.lock.register(&me);
    me
}

/// Runs attached, with one check point.
fn hold(world: &World, me: &std::sync::Arc<Thread>, number: usize) {
    assert_eq!(world.lock.take(me, None), Taken::Yes);
    world.touch(number);
    if me.asked() != 0 {
        world.lock.give_way(me, Thread::cause(me.asked()));
    }
    world.touch(number);
    world.lock.leave(me, Cause::Own);
}

/// Nobody takes the lock while others wait: it is kept for the one that was called.
#[derive(Debug)]
struct InOrder;

impl Policy for InOrder {
    fn patience(&self, _waiter: Party, _holder: Party) -> Option<Duration> {
        Some(Duration::from_millis(5))
    }

    fn barging(&self) -> Barging {
        Barging::Forbidden
    }
}

/// Fails ("causality violation") if `take` does not wait while the lock is taken, and
/// ("deadlock") if `leave` calls nobody or `become_holder` does not notify `switched`.
#[test]
fn loom_the_lock_has_one_holder_and_every_request_is_answered() {
    explore(|| one_holder(Mode::default()));
}

/// Fails ("deadlock") if `admits` does not know for whom the lock is kept, or `call_next` for whom to
/// keep it.
#[test]
fn loom_a_lock_that_is_kept_for_a_waiter_is_taken_by_it() {
    explore(|| one_holder(Mode::on(InOrder)));
}

/// Two threads want the lock, and time passes.
fn one_holder(mode: Mode) {
    let shared = shared(mode);
    let (here, there) = (known(&shared), known(&shared));
    let (other, timer) = (Shared::clone(&shared), Shared::clone(&shared));
    let waits = [here.clone(), there.clone()];
    let thread = thread::spawn(move || hold(&other, &there, 1));
    let timer = thread::spawn(move || {
        waits.iter().for_each(|waiter| waiter.turn.fire_timeouts());
        drop(timer);
    });
    hold(&shared, &here, 0);
    thread.join().unwrap();
    timer.join().unwrap();
    assert!(!shared.lock.state().turn.holds);
}

/// Fails if `leave_queue` leaves the waiter in the queue. (That it also takes its request back, and
/// passes its call on, is for `tests/interleave`: here no time passes between the two.)
#[test]
fn loom_a_waiter_that_gives_up_is_gone() {
    explore(|| {
        let shared = shared(Mode::default());
        let (here, there) = (known(&shared), known(&shared));
        let other = Shared::clone(&shared);
        let thread = thread::spawn(move || {
            // A deadline that is over already.
            if other.lock.take(&there, Some(0)) == Taken::Yes {
                other.lock.leave(&there, Cause::Own);
            }
        });
        hold(&shared, &here, 0);
        thread.join().unwrap();
        let state = shared.lock.state();
        assert!(!state.turn.holds && state.waiting.is_empty() && here.asked() == 0);
    });
}

/// Fails (GIL-1, WORLD-1) if nobody is waited for, or `enter_free` does not look at the mode again;
/// ("deadlock") if a thread that leaves does not tell whoever stops the world, or tells it without
/// the mutex; ("causality violation") if `exit`, and (GIL-1) if `enter` is only relaxed.
#[test]
fn loom_switching_on_finds_nobody_who_still_runs_without_the_lock() {
    explore(|| toggle(Mode::Off, Mode::default()));
}

/// Fails ("deadlock") if `resume_the_world` does not wake the waiters.
#[test]
fn loom_switching_off_leaves_no_waiter_asleep() {
    explore(|| toggle(Mode::default(), Mode::Off));
}

/// Two threads run attached while the mode changes.
fn toggle(from: Mode, to: Mode) {
    let shared = shared(from);
    let (here, there) = (known(&shared), known(&shared));
    let other = Shared::clone(&shared);
    let toggler = Shared::clone(&shared);
    let is_on = to.is_on();
    let thread = thread::spawn(move || hold(&other, &there, 1));
    let toggler = thread::spawn(move || {
        toggler.lock.set_mode(to, Duration::MAX).unwrap();
    });
    hold(&shared, &here, 0);
    thread.join().unwrap();
    toggler.join().unwrap();
    assert_eq!(shared.lock.is_on(), is_on);
}

/// Fails ("WORLD-1") if `set_mode` does not lock `changing`: the first to be done lets the world go
/// on under the other.
#[test]
fn loom_two_changes_take_turns() {
    explore(|| {
        let shared = shared(Mode::Off);
        let here = known(&shared);
        let togglers = [Mode::default(), Mode::Off].map(|to| {
            let shared = Shared::clone(&shared);
            thread::spawn(move || shared.lock.set_mode(to, Duration::MAX).unwrap())
        });
        hold(&shared, &here, 0);
        for toggler in togglers {
            toggler.join().unwrap();
        }
        assert!(!shared.lock.state().is_stopped && here.asked() == 0);
    });
}
