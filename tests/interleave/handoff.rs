//! The global lock's hand-off, after CPython: how a waiter gets the lock from a busy holder.
//!
//! # The life of one hand-off
//!
//! Two trains do the same: take the lock, look once at their breaker, give way if somebody
//! asked, leave. The steps are those of `src/threads/kernel/lock.rs`, which tells the story.
//! Its mutex `state` is part of the model, because some steps follow each other under it.
//!
//! The first twin is CPython's gh-96387: a waiter that asked is called off and leaves without
//! the lock. The holder answers the request, and waits for a taker who never comes. In the
//! lock as it is, a waiter leaves only with the lock. The second twin does not wait until the
//! other has had the lock: the releaser, which is running while the waiter is only waking,
//! takes it straight back.

use trainyard::interleave::{Action, Explorer, Step, ensure};

const A: usize = 0;
const B: usize = 1;

/// A train's sleep on the condition that the lock is free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Sleep {
    #[default]
    Awake,
    Asleep,
    Notified,
    IntervalOver,
    CalledOff,
}

/// The lock, and what each train remembers, by its number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Lock {
    /// Who is inside the mutex `state` from one step to the next.
    state: Option<usize>,
    locked: bool,
    last_holder: Option<usize>,
    switch_number: u8,
    breaker: [bool; 2],
    sleep: [Sleep; 2],
    seen: [u8; 2],
    /// This time it leaves for good.
    is_leaving: [bool; 2],
    // Only for the rules:
    /// Who dropped the lock on request, as long as nobody else has had it.
    gave_way: Option<usize>,
    was_taken_back: bool,
}

impl Lock {
    fn may_enter(&self, me: usize) -> bool {
        self.state.is_none_or(|inside| inside == me)
    }

    /// Sleeps on the condition, which lets go of `state`.
    fn fall_asleep(&mut self, me: usize) -> Step {
        self.state = None;
        self.seen[me] = self.switch_number;
        self.sleep[me] = Sleep::Asleep;
        Step::Goto("wait-one-interval")
    }

    /// Ends every sleep that is under way.
    fn wake(&mut self, reason: Sleep) {
        for sleep in self.sleep.iter_mut().filter(|sleep| **sleep == Sleep::Asleep) {
            *sleep = reason;
        }
    }
}

fn take<const ME: usize>(lock: &mut Lock) -> Step {
    if !lock.may_enter(ME) {
        return Step::Blocked;
    }
    if lock.locked {
        return lock.fall_asleep(ME);
    }
    lock.locked = true;
    lock.was_taken_back |= lock.gave_way == Some(ME);
    lock.gave_way = None;
    if lock.last_holder != Some(ME) {
        lock.last_holder = Some(ME);
        lock.switch_number += 1;
    }
    lock.breaker[ME] = false;
    lock.state = None;
    Step::Goto("look-at-breaker")
}

fn wait_one_interval<const ME: usize>(lock: &mut Lock) -> Step {
    if lock.sleep[ME] == Sleep::Asleep || !lock.may_enter(ME) {
        return Step::Blocked;
    }
    lock.state = Some(ME);
    let reason = std::mem::take(&mut lock.sleep[ME]);
    if !lock.locked {
        return Step::Goto("take");
    }
    if reason == Sleep::IntervalOver && lock.switch_number == lock.seen[ME] {
        return Step::Next;
    }
    lock.fall_asleep(ME)
}

fn ask<const ME: usize>(lock: &mut Lock) -> Step {
    let holder = lock.last_holder.expect("the lock is taken, so somebody has taken it");
    lock.breaker[holder] = true;
    lock.fall_asleep(ME)
}

fn look_at_breaker<const ME: usize>(lock: &mut Lock) -> Step {
    lock.is_leaving[ME] = !lock.breaker[ME];
    Step::Next
}

fn mark_free<const ME: usize>(lock: &mut Lock) -> Step {
    if !lock.may_enter(ME) {
        return Step::Blocked;
    }
    lock.locked = false;
    lock.wake(Sleep::Notified);
    if !std::mem::replace(&mut lock.breaker[ME], false) {
        return Step::Done;
    }
    lock.gave_way = Some(ME);
    Step::Next
}

fn wait_until_switched<const ME: usize>(lock: &mut Lock) -> Step {
    if lock.last_holder == Some(ME) || !lock.may_enter(ME) {
        return Step::Blocked;
    }
    go_on::<ME>(lock)
}

fn go_on<const ME: usize>(lock: &mut Lock) -> Step {
    if lock.is_leaving[ME] { Step::Done } else { Step::Goto("take") }
}

fn pass_interval(lock: &mut Lock) -> Step {
    lock.wake(Sleep::IntervalOver);
    Step::Next
}

fn call_off(lock: &mut Lock) -> Step {
    if lock.sleep[B] == Sleep::Asleep {
        lock.sleep[B] = Sleep::CalledOff;
    }
    Step::Done
}

fn leave_if_called_off(lock: &mut Lock) -> Step {
    if lock.sleep[B] == Sleep::CalledOff && lock.may_enter(B) {
        return Step::Done;
    }
    wait_one_interval::<B>(lock)
}

fn mark_free_and_go_on<const ME: usize>(lock: &mut Lock) -> Step {
    match mark_free::<ME>(lock) {
        Step::Next => go_on::<ME>(lock),
        other => other,
    }
}

type Steps = Vec<(&'static str, Action<Lock>)>;

fn train<const ME: usize>() -> Steps {
    vec![
        ("take", take::<ME>),
        ("wait-one-interval", wait_one_interval::<ME>),
        ("ask", ask::<ME>),
        ("look-at-breaker", look_at_breaker::<ME>),
        ("mark-free", mark_free::<ME>),
        ("wait-until-switched", wait_until_switched::<ME>),
    ]
}

/// Two trains, and a clock by which at most two intervals pass.
fn with_trains(a: &Steps, b: &Steps, intervals: usize) -> Explorer<Lock> {
    let clock: [(&str, Action<Lock>); 2] =
        [("pass-interval", pass_interval), ("pass-another", pass_interval)];
    Explorer::new(Lock::default())
        .script("A", a)
        .script("B", b)
        .script("clock", &clock[..intervals])
}

/// The same script with another act at one step.
fn with_step(mut steps: Steps, name: &str, action: Action<Lock>) -> Steps {
    let step = steps.iter_mut().find(|(known, _)| *known == name);
    step.expect("a twin differs at a step that exists").1 = action;
    steps
}

/// The hand-off as it is.
pub(crate) fn correct() -> Explorer<Lock> {
    with_trains(&train::<A>(), &train::<B>(), 2)
}

/// The first twin: a waiter can be called off, and leaves its request behind.
pub(crate) fn leaves_its_request() -> Explorer<Lock> {
    let b = with_step(train::<B>(), "wait-one-interval", leave_if_called_off);
    with_trains(&train::<A>(), &b, 1).script("caller", &[("call-off", call_off)])
}

/// The second twin: a train that gives way does not wait until the other has had the lock.
pub(crate) fn without_forced_switching() -> Explorer<Lock> {
    let a = with_step(train::<A>(), "mark-free", mark_free_and_go_on::<A>);
    let b = with_step(train::<B>(), "mark-free", mark_free_and_go_on::<B>);
    with_trains(&a, &b, 1)
}

/// Must hold in every state.
pub(crate) fn always(lock: &Lock) -> Result<(), &'static str> {
    ensure(!lock.was_taken_back, "who gives way does not take the lock back before another had it")
}

/// Must hold once every script is done.
pub(crate) fn finally(lock: &Lock) -> Result<(), &'static str> {
    ensure(!lock.locked, "the lock is free at the end")?;
    ensure(lock.breaker == [false; 2], "no request outlives its answer")
}
