//! The global lock's word: how it changes hands without a mutex, and how a waiter gets noticed.
//!
//! # The life of one turn
//!
//! A train takes the open, free word in one step, and leaves it in one step. A train that finds it
//! taken closes it under the mutex, looks once more, and queues; from then on the one that leaves
//! finds the word closed, goes through the mutex, and calls the waiter. Whoever goes through the mutex
//! opens the word again if nobody waits.
//!
//! The first twin leaves without a look at what the word is: it makes a closed word free, and calls
//! nobody. The second one queues without having closed the word. The third opens the word though
//! somebody waits.

use trainyard::interleave::{Action, Explorer, Step, ensure};

/// The word, what the mutex protects, and who sleeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Lock {
    held_by: Option<usize>,
    is_closed: bool,
    queue: Vec<usize>,
    is_called: [bool; 2],
    // Only for the rules:
    inside: u8,
}

impl Lock {
    fn hold(&mut self, me: usize) {
        self.held_by = Some(me);
        self.inside += 1;
    }

    fn free(&mut self) {
        self.held_by = None;
        self.inside -= 1;
    }
}

fn take_the_turn<const ME: usize>(lock: &mut Lock) -> Step {
    if lock.is_closed || lock.held_by.is_some() {
        return Step::Next;
    }
    lock.hold(ME);
    Step::Goto("leave-the-turn")
}

/// All that is done under the mutex is one step: nobody else comes in between, but for those who change
/// the open word, and it is closed first.
fn close_the_turn<const ME: usize>(lock: &mut Lock) -> Step {
    lock.is_closed = true;
    look_under_the_mutex::<ME>(lock)
}

fn look_under_the_mutex<const ME: usize>(lock: &mut Lock) -> Step {
    if lock.held_by.is_some() {
        if !lock.queue.contains(&ME) {
            lock.queue.push(ME);
        }
        return Step::Next;
    }
    lock.queue.retain(|waiter| *waiter != ME);
    lock.hold(ME);
    lock.is_closed &= !lock.queue.is_empty();
    Step::Goto("leave-the-turn")
}

fn sleep_until_called<const ME: usize>(lock: &mut Lock) -> Step {
    if std::mem::take(&mut lock.is_called[ME]) {
        Step::Goto("close-the-turn")
    } else {
        Step::Blocked
    }
}

fn leave_the_turn(lock: &mut Lock) -> Step {
    if lock.is_closed {
        return Step::Next;
    }
    lock.free();
    Step::Done
}

fn leave_without_a_look(lock: &mut Lock) -> Step {
    lock.free();
    Step::Done
}

fn pass_the_turn_on(lock: &mut Lock) -> Step {
    lock.free();
    match lock.queue.first() {
        Some(first) => lock.is_called[*first] = true,
        None => lock.is_closed = false,
    }
    Step::Done
}

fn take_and_open<const ME: usize>(lock: &mut Lock) -> Step {
    let step = close_the_turn::<ME>(lock);
    lock.is_closed = false;
    step
}

type Steps = Vec<(&'static str, Action<Lock>)>;

fn train<const ME: usize>() -> Steps {
    vec![
        ("take-the-turn", take_the_turn::<ME>),
        ("close-the-turn", close_the_turn::<ME>),
        ("sleep-until-called", sleep_until_called::<ME>),
        ("leave-the-turn", leave_the_turn),
        ("pass-the-turn-on", pass_the_turn_on),
    ]
}

fn with(name: &str, a: Action<Lock>, b: Action<Lock>) -> Explorer<Lock> {
    let changed = |mut steps: Steps, action| {
        let step = steps.iter_mut().find(|(known, _)| *known == name);
        step.expect("a twin differs at a step that exists").1 = action;
        steps
    };
    Explorer::new(Lock::default())
        .script("A", &changed(train::<0>(), a))
        .script("B", &changed(train::<1>(), b))
}

/// The word as it is.
pub(crate) fn correct() -> Explorer<Lock> {
    with("leave-the-turn", leave_the_turn, leave_the_turn)
}

/// The first twin.
pub(crate) fn leaves_without_a_look() -> Explorer<Lock> {
    with("leave-the-turn", leave_without_a_look, leave_without_a_look)
}

/// The second twin.
pub(crate) fn queues_at_an_open_word() -> Explorer<Lock> {
    with("close-the-turn", look_under_the_mutex::<0>, look_under_the_mutex::<1>)
}

/// The third twin.
pub(crate) fn opens_too_early() -> Explorer<Lock> {
    with("close-the-turn", take_and_open::<0>, take_and_open::<1>)
}

/// Must hold in every state.
pub(crate) fn always(lock: &Lock) -> Result<(), &'static str> {
    ensure(lock.inside <= 1, "one thread holds the lock")
}

/// Must hold once every script is done.
pub(crate) fn finally(lock: &Lock) -> Result<(), &'static str> {
    ensure(lock.held_by.is_none() && !lock.is_closed, "the word is free and open at the end")
}
