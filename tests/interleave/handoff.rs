//! The global lock's hand-off, after CPython: how a waiter gets the lock from a busy holder.
//!
//! # The life of one hand-off
//!
//! Three trains do the same: take the lock, look once at their breaker, give way if somebody
//! asked, leave. Who gives way queues in the same turn of the mutex, and is not admitted before another
//! has had the lock. The third train's program may end while it waits: it is refused, and leaves the
//! queue without the lock. The steps are those of `src/threads/kernel/lock.rs` and `queue.rs`,
//! which tell the story. Their mutex `state` is part of the model, because some steps follow
//! each other under it; and so is every notification, because one waiter alone is called.
//!
//! The first twin is CPython's gh-96387: a waiter that asked leaves without the lock and without a
//! word. There the holder then waited for a taker who never came; here it only gives way in vain. The second twin does not make the
//! releaser let another go first: it is running while the waiter is only waking, and takes the lock
//! straight back. The third calls the next one first, and queues in a turn of its own: the one that was
//! called finds nobody waiting. The fourth was called, and passes the call on to nobody. The fifth asks
//! whoever holds the lock, though another was served while it slept.

use trainyard::interleave::{Action, Explorer, Step, ensure};

const A: usize = 0;
const B: usize = 1;
const C: usize = 2;

/// A train's sleep in the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Sleep {
    #[default]
    Awake,
    Asleep,
    Woken,
    IntervalOver,
}

/// The lock, and what each train remembers, by its number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "independent flags, as in the lock")]
pub(crate) struct Lock {
    /// Who is inside the mutex `state` from one step to the next.
    state: Option<usize>,
    locked: bool,
    last_holder: Option<usize>,
    switch_number: u8,
    /// In the order in which they came.
    queue: Vec<usize>,
    breaker: [bool; 3],
    sleep: [Sleep; 3],
    seen: [u8; 3],
    /// The last holder was asked, and lets another go first.
    owes_switch: bool,
    /// This time it leaves for good.
    is_leaving: [bool; 3],
    is_refused: bool,
    // Only for the rules:
    /// Who dropped the lock on request, as long as somebody waits and nobody else has had it.
    gave_way: Option<usize>,
    was_taken_back: bool,
    was_asked_too_early: bool,
    was_overlooked: bool,
}

impl Lock {
    fn may_enter(&self, me: usize) -> bool {
        self.state.is_none_or(|inside| inside == me)
    }

    /// Sleeps in the queue, which lets go of `state`.
    fn fall_asleep(&mut self, me: usize) -> Step {
        self.state = None;
        self.seen[me] = self.switch_number + u8::from(self.must_let_pass(me));
        self.sleep[me] = Sleep::Asleep;
        Step::Goto("wait-one-interval")
    }

    fn must_let_pass(&self, me: usize) -> bool {
        self.owes_switch
            && self.last_holder == Some(me)
            && self.queue.iter().any(|waiter| *waiter != me)
    }

    /// Calls the first in the queue that may go. One that is awake already will look by itself.
    fn call_next(&mut self) {
        let mut may_go = self.queue.iter().copied().filter(|waiter| !self.must_let_pass(*waiter));
        if let Some(first) = may_go.next().filter(|_| !self.locked) {
            let sleep = &mut self.sleep[first];
            *sleep = if *sleep == Sleep::Asleep { Sleep::Woken } else { *sleep };
        }
    }

    fn must_leave(&self, me: usize) -> bool {
        me == C && self.is_refused
    }
}

fn take<const ME: usize>(lock: &mut Lock) -> Step {
    if !lock.may_enter(ME) {
        return Step::Blocked;
    }
    if lock.locked || lock.must_let_pass(ME) {
        return queue::<ME>(lock);
    }
    lock.queue.retain(|waiter| *waiter != ME);
    lock.locked = true;
    if let Some(releaser) = lock.gave_way.take() {
        lock.was_taken_back |= releaser == ME;
        lock.was_overlooked |= releaser != ME && !lock.queue.contains(&releaser);
    }
    if lock.last_holder != Some(ME) {
        lock.last_holder = Some(ME);
        lock.switch_number += 1;
        lock.owes_switch = false;
    }
    lock.state = None;
    Step::Goto("look-at-breaker")
}

fn queue<const ME: usize>(lock: &mut Lock) -> Step {
    if !lock.queue.contains(&ME) {
        lock.queue.push(ME);
    }
    lock.fall_asleep(ME)
}

fn wait_one_interval<const ME: usize>(lock: &mut Lock) -> Step {
    if lock.sleep[ME] == Sleep::Asleep || !lock.may_enter(ME) {
        return Step::Blocked;
    }
    lock.state = Some(ME);
    let reason = std::mem::take(&mut lock.sleep[ME]);
    if lock.must_leave(ME) {
        return Step::Goto("leave-queue");
    }
    if !lock.locked && !lock.must_let_pass(ME) {
        return Step::Goto("take");
    }
    if reason == Sleep::IntervalOver && lock.locked && lock.switch_number == lock.seen[ME] {
        return Step::Next;
    }
    lock.fall_asleep(ME)
}

fn ask_whoever_holds<const ME: usize>(lock: &mut Lock) -> Step {
    if lock.sleep[ME] == Sleep::IntervalOver && lock.may_enter(ME) && lock.locked {
        lock.state = Some(ME);
        lock.sleep[ME] = Sleep::Awake;
        return Step::Next;
    }
    wait_one_interval::<ME>(lock)
}

fn ask<const ME: usize>(lock: &mut Lock) -> Step {
    let holder = lock.last_holder.expect("the lock is taken, so somebody has taken it");
    lock.breaker[holder] = true;
    lock.was_asked_too_early |= lock.switch_number != lock.seen[ME];
    lock.fall_asleep(ME)
}

fn leave_queue<const ME: usize>(lock: &mut Lock) -> Step {
    lock.queue.retain(|waiter| *waiter != ME);
    if lock.queue.is_empty() {
        take_request_back(lock);
    }
    forget_who_gave_way(lock);
    lock.call_next();
    leave(lock)
}

fn take_request_back(lock: &mut Lock) {
    if let Some(holder) = lock.last_holder {
        lock.breaker[holder] = false;
    }
}

/// Who gave way may leave, and may go on when nobody else waits any more.
fn forget_who_gave_way(lock: &mut Lock) {
    let waits = |releaser: &usize| lock.queue.contains(releaser) && lock.must_let_pass(*releaser);
    lock.gave_way = lock.gave_way.filter(waits);
}

fn leave(lock: &mut Lock) -> Step {
    lock.state = None;
    Step::Done
}

fn keep_the_request<const ME: usize>(lock: &mut Lock) -> Step {
    lock.queue.retain(|waiter| *waiter != ME);
    forget_who_gave_way(lock);
    lock.call_next();
    leave(lock)
}

fn keep_the_call<const ME: usize>(lock: &mut Lock) -> Step {
    lock.queue.retain(|waiter| *waiter != ME);
    if lock.queue.is_empty() {
        take_request_back(lock);
    }
    forget_who_gave_way(lock);
    leave(lock)
}

fn look_at_breaker<const ME: usize>(lock: &mut Lock) -> Step {
    lock.is_leaving[ME] = !lock.breaker[ME];
    Step::Next
}

/// Marks the lock free, and calls the next; who gives way queues in the same turn.
fn mark_free<const ME: usize>(lock: &mut Lock) -> Step {
    match mark_free_and_call::<ME>(lock) {
        Step::Next if lock.must_let_pass(ME) => queue::<ME>(lock),
        Step::Next => Step::Goto("take"),
        other => other,
    }
}

fn mark_free_and_call<const ME: usize>(lock: &mut Lock) -> Step {
    if !lock.may_enter(ME) {
        return Step::Blocked;
    }
    lock.locked = false;
    lock.owes_switch = std::mem::replace(&mut lock.breaker[ME], false);
    lock.call_next();
    if lock.is_leaving[ME] {
        return Step::Done;
    }
    lock.gave_way = lock.must_let_pass(ME).then_some(ME);
    Step::Next
}

fn mark_free_and_go_on<const ME: usize>(lock: &mut Lock) -> Step {
    match mark_free_and_call::<ME>(lock) {
        Step::Next => {
            lock.owes_switch = false;
            Step::Goto("take")
        }
        other => other,
    }
}

fn mark_free_and_queue_later<const ME: usize>(lock: &mut Lock) -> Step {
    match mark_free_and_call::<ME>(lock) {
        Step::Next => Step::Goto("take"),
        other => other,
    }
}

/// Ends every sleep that is under way.
fn pass_interval(lock: &mut Lock) -> Step {
    for sleep in lock.sleep.iter_mut().filter(|sleep| **sleep == Sleep::Asleep) {
        *sleep = Sleep::IntervalOver;
    }
    Step::Next
}

/// The program of C is over: C is told.
fn refuse(lock: &mut Lock) -> Step {
    if lock.state.is_some() {
        return Step::Blocked;
    }
    lock.is_refused = true;
    if lock.sleep[C] == Sleep::Asleep {
        lock.sleep[C] = Sleep::Woken;
    }
    Step::Done
}

type Steps = Vec<(&'static str, Action<Lock>)>;

fn train<const ME: usize>() -> Steps {
    vec![
        ("take", take::<ME>),
        ("wait-one-interval", wait_one_interval::<ME>),
        ("ask", ask::<ME>),
        ("leave-queue", leave_queue::<ME>),
        ("look-at-breaker", look_at_breaker::<ME>),
        ("mark-free", mark_free::<ME>),
    ]
}

const CLOCK: [(&str, Action<Lock>); 2] =
    [("pass-interval", pass_interval), ("pass-another", pass_interval)];

/// Two trains, and a clock by which so many intervals pass.
fn with_two(a: &Steps, b: &Steps, intervals: usize) -> Explorer<Lock> {
    Explorer::new(Lock::default())
        .script("A", a)
        .script("B", b)
        .script("clock", &CLOCK[..intervals])
}

/// The same script with another act at one step.
fn with_step(mut steps: Steps, name: &str, action: Action<Lock>) -> Steps {
    let step = steps.iter_mut().find(|(known, _)| *known == name);
    step.expect("a twin differs at a step that exists").1 = action;
    steps
}

/// The hand-off as it is.
pub(crate) fn correct() -> Explorer<Lock> {
    with_two(&train::<A>(), &train::<B>(), 2)
        .script("C", &train::<C>())
        .script("program", &[("refuse", refuse)])
}

/// The first twin: a waiter leaves its request behind.
pub(crate) fn leaves_its_request() -> Explorer<Lock> {
    let c = with_step(train::<C>(), "leave-queue", keep_the_request::<C>);
    Explorer::new(Lock::default())
        .script("A", &train::<A>())
        .script("C", &c)
        .script("clock", &CLOCK[..1])
        .script("program", &[("refuse", refuse)])
}

/// The third twin: a train that gives way calls the next, and queues in a turn of its own.
pub(crate) fn queues_too_late() -> Explorer<Lock> {
    let a = with_step(train::<A>(), "mark-free", mark_free_and_queue_later::<A>);
    with_two(&a, &train::<B>(), 1)
}

/// The fourth twin: a waiter leaves that was called, and calls nobody in its place.
pub(crate) fn keeps_the_call() -> Explorer<Lock> {
    let c = with_step(train::<C>(), "leave-queue", keep_the_call::<C>);
    with_two(&train::<A>(), &train::<B>(), 0)
        .script("C", &c)
        .script("program", &[("refuse", refuse)])
}

/// The second twin: a train that gives way does not wait until another has had the lock.
pub(crate) fn without_forced_switching() -> Explorer<Lock> {
    let a = with_step(train::<A>(), "mark-free", mark_free_and_go_on::<A>);
    let b = with_step(train::<B>(), "mark-free", mark_free_and_go_on::<B>);
    with_two(&a, &b, 1)
}

/// The fifth twin: a waiter does not look whether another was served while it slept.
pub(crate) fn asks_a_newcomer() -> Explorer<Lock> {
    let b = with_step(train::<B>(), "wait-one-interval", ask_whoever_holds::<B>);
    with_two(&train::<A>(), &b, 1).script("C", &train::<C>())
}

/// Must hold in every state.
pub(crate) fn always(lock: &Lock) -> Result<(), &'static str> {
    ensure(
        !lock.was_taken_back,
        "who gives way does not take the lock back before another had it",
    )?;
    let is_stale = lock.queue.is_empty() && lock.breaker != [false; 3];
    ensure(!is_stale, "no request outlives the last who waits")?;
    ensure(!lock.was_overlooked, "who gives way waits when the next one takes the lock")?;
    ensure(!lock.was_asked_too_early, "who asks has seen one holder for a whole interval")
}

/// Must hold once every script is done.
pub(crate) fn finally(lock: &Lock) -> Result<(), &'static str> {
    ensure(!lock.locked, "the lock is free at the end")?;
    ensure(lock.breaker == [false; 3], "no request outlives its answer")
}
