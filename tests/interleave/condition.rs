//! A condition: how a thread that found the value unchanged learns that it should look again.
//!
//! # The life of one wait
//!
//! 1. A waiter holds the lock, looks, and finds nothing. It stands in line, and then releases the lock.
//! 2. It sleeps until it is called. The first waiter's time may be over before: then it leaves the line,
//!    unless it was called after all.
//! 3. The notifier puts something there under the lock, and calls the first in line: out of the line,
//!    and called, in one step.
//! 4. Whoever is awake again acquires the lock, and looks.
//!
//! The steps are those of `src/threads/sync/condition.rs`, for who waits, and of `line.rs` beside it. A
//! sleeper that is called wakes up: it sleeps on a word of its own, which the call changes first.
//!
//! The first twin releases the lock before it stands in line. The second, when its time is over, does
//! not look whether it was called. The third is called, and stays in line.

use trainyard::interleave::{Action, Explorer, Step, ensure};

/// The lock, the line, and what each waiter remembers, by its number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Condition {
    /// Which waiter holds the lock. The notifier holds it within one step.
    locked_by: Option<usize>,
    /// What there is to be found.
    things: u8,
    line: Vec<usize>,
    is_called: [bool; 2],
    is_late: [bool; 2],
    time_is_over: bool,
    // The notifier's.
    changes_left: u8,
    // Only for the rules:
    found: u8,
    put: u8,
    was_misled: bool,
}

fn acquire_and_look<const ME: usize>(condition: &mut Condition) -> Step {
    if condition.locked_by.is_some() {
        return Step::Blocked;
    }
    if condition.things > 0 {
        condition.things -= 1;
        condition.found += 1;
        return Step::Done;
    }
    if condition.is_late[ME] {
        return Step::Done;
    }
    condition.locked_by = Some(ME);
    Step::Next
}

fn stand_in_line<const ME: usize>(condition: &mut Condition) -> Step {
    condition.is_called[ME] = false;
    condition.line.push(ME);
    Step::Next
}

fn release_the_lock(condition: &mut Condition) -> Step {
    condition.locked_by = None;
    Step::Next
}

fn sleep_until_notified<const ME: usize>(condition: &mut Condition) -> Step {
    match condition.is_called[ME] {
        true => Step::Goto("acquire-and-look"),
        false if ME == 0 && condition.time_is_over => Step::Next,
        false => Step::Blocked,
    }
}

fn leave_the_line<const ME: usize>(condition: &mut Condition) -> Step {
    let before = condition.line.len();
    condition.line.retain(|waiter| *waiter != ME);
    conclude::<ME>(condition, condition.line.len() < before)
}

fn leave_without_a_look<const ME: usize>(condition: &mut Condition) -> Step {
    condition.line.retain(|waiter| *waiter != ME);
    conclude::<ME>(condition, true)
}

/// It says whether it came too late.
fn conclude<const ME: usize>(condition: &mut Condition, is_late: bool) -> Step {
    condition.is_late[ME] = is_late;
    condition.was_misled |= is_late == condition.is_called[ME];
    Step::Goto("acquire-and-look")
}

fn change_the_value(condition: &mut Condition) -> Step {
    if condition.locked_by.is_some() {
        return Step::Blocked;
    }
    condition.things += 1;
    condition.put += 1;
    condition.changes_left -= 1;
    Step::Next
}

fn notify_first(condition: &mut Condition) -> Step {
    if !condition.line.is_empty() {
        let first = condition.line.remove(0);
        condition.is_called[first] = true;
    }
    go_on(condition)
}

fn notify_and_leave_in_line(condition: &mut Condition) -> Step {
    if let Some(first) = condition.line.first() {
        condition.is_called[*first] = true;
    }
    go_on(condition)
}

fn go_on(condition: &mut Condition) -> Step {
    if condition.changes_left > 0 { Step::Goto("change-the-value") } else { Step::Done }
}

fn pass_time(condition: &mut Condition) -> Step {
    condition.time_is_over = true;
    Step::Done
}

type Steps = [(&'static str, Action<Condition>); 5];

fn waiter<const ME: usize>() -> Steps {
    [
        ("acquire-and-look", acquire_and_look::<ME>),
        ("stand-in-line", stand_in_line::<ME>),
        ("release-the-lock", release_the_lock),
        ("sleep-until-notified", sleep_until_notified::<ME>),
        ("leave-the-line", leave_the_line::<ME>),
    ]
}

fn with(changes: u8, notify: Action<Condition>) -> Explorer<Condition> {
    let model = Condition { changes_left: changes, ..Condition::default() };
    let notifier: [(&str, Action<Condition>); 2] =
        [("change-the-value", change_the_value), ("notify-first", notify)];
    Explorer::new(model).script("notifier", &notifier)
}

/// The condition as it is: two who wait, the first of them not for ever, and two changes.
pub(crate) fn correct() -> Explorer<Condition> {
    with(2, notify_first)
        .script("waiter", &waiter::<0>())
        .script("waiter 2", &waiter::<1>())
        .script("clock", &[("pass-time", pass_time)])
}

/// The first twin: the lock is released before the waiter stands in line.
pub(crate) fn releases_too_early() -> Explorer<Condition> {
    let mut waiter = waiter::<1>();
    waiter.swap(1, 2);
    with(1, notify_first).script("waiter", &waiter)
}

/// The second twin: a waiter whose time is over believes that nobody has called it.
pub(crate) fn believes_the_clock() -> Explorer<Condition> {
    let mut waiter = waiter::<0>();
    waiter[4].1 = leave_without_a_look::<0>;
    with(1, notify_first).script("waiter", &waiter).script("clock", &[("pass-time", pass_time)])
}

/// The third twin: who was called stays in line until it is awake, and is called again.
pub(crate) fn calls_one_twice() -> Explorer<Condition> {
    let explorer = with(2, notify_and_leave_in_line);
    explorer.script("waiter", &waiter::<0>()).script("waiter 2", &waiter::<1>())
}

/// Must hold in every state.
pub(crate) fn always(condition: &Condition) -> Result<(), &'static str> {
    ensure(!condition.was_misled, "who was called knows it, and who comes too late was not")?;
    ensure(condition.found + condition.things == condition.put, "each thing is found once")
}

/// Must hold once every script is done.
pub(crate) fn finally(condition: &Condition) -> Result<(), &'static str> {
    let given_up = u8::from(condition.is_late[0] && condition.found < 2);
    ensure(condition.things == given_up, "what is left is left by who gave up")
}
