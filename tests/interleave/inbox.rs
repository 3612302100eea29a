//! The cooperative scheduler's inbox: how a wake-up from another thread gets in, and how it
//! gets lost.
//!
//! # The life of one wake-up
//!
//! 1. The pusher leaves the task in the queue, which has a lock.
//! 2. It lowers `sleeping` and looks what it was. Clear: the scheduler is awake and will come
//!    by itself.
//! 3. It was set: the pusher rings the bell (a write to an eventfd; an unheard ring is kept).
//!
//! And from the other side: the sleeper raises `sleeping`, takes a last look at the queue,
//! and only then waits for the bell. The twin looks first and raises after. A push between
//! the two is in a queue at which nobody will look, and its pusher saw no reason to ring.

use trainyard::interleave::{Action, Explorer, Step, ensure};

/// What pushers and sleeper share, and what each pusher remembers between its steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Inbox {
    queued: usize,
    sleeping: bool,
    bell_rung: bool,
    /// Each pusher's answer to "was it asleep?".
    was_sleeping: [bool; 2],
    drained: usize,
    pushed_in_all: usize,
    sleeps: usize,
    rings: usize,
}

fn push_under_lock(inbox: &mut Inbox) -> Step {
    inbox.queued += 1;
    Step::Next
}

fn swap_sleeping<const PUSHER: usize>(inbox: &mut Inbox) -> Step {
    inbox.was_sleeping[PUSHER] = std::mem::replace(&mut inbox.sleeping, false);
    if inbox.was_sleeping[PUSHER] { Step::Next } else { Step::Done }
}

fn ring(inbox: &mut Inbox) -> Step {
    inbox.bell_rung = true;
    inbox.rings += 1;
    Step::Done
}

fn raise_sleeping(inbox: &mut Inbox) -> Step {
    inbox.sleeping = true;
    inbox.sleeps += 1;
    Step::Next
}

fn last_look(inbox: &mut Inbox) -> Step {
    if inbox.queued == 0 { Step::Next } else { Step::Goto("lower-sleeping") }
}

fn block(inbox: &mut Inbox) -> Step {
    if std::mem::replace(&mut inbox.bell_rung, false) { Step::Next } else { Step::Blocked }
}

fn lower_sleeping(inbox: &mut Inbox) -> Step {
    inbox.sleeping = false;
    Step::Next
}

fn drain(inbox: &mut Inbox) -> Step {
    inbox.drained += std::mem::take(&mut inbox.queued);
    if inbox.drained == inbox.pushed_in_all { Step::Done } else { Step::Goto("raise-sleeping") }
}

fn drain_and_look(inbox: &mut Inbox) -> Step {
    if drain(inbox) == Step::Done { Step::Done } else { Step::Goto("last-look") }
}

fn with_pushers(pushers: usize) -> Explorer<Inbox> {
    let model = Inbox { pushed_in_all: pushers, ..Inbox::default() };
    let swaps: [(&str, Action<Inbox>); 2] =
        [("pusher", swap_sleeping::<0>), ("pusher 2", swap_sleeping::<1>)];
    swaps.into_iter().take(pushers).fold(Explorer::new(model), |explorer, (name, swap_sleeping)| {
        let steps: [(&str, Action<Inbox>); 3] = [
            ("push-under-lock", push_under_lock),
            ("swap-sleeping", swap_sleeping),
            ("ring", ring),
        ];
        explorer.script(name, &steps)
    })
}

/// The inbox as it is, with one or two pushers of one task each.
pub(crate) fn correct(pushers: usize) -> Explorer<Inbox> {
    with_pushers(pushers).script(
        "sleeper",
        &[
            ("raise-sleeping", raise_sleeping),
            ("last-look", last_look),
            ("block", block),
            ("lower-sleeping", lower_sleeping),
            ("drain", drain),
        ],
    )
}

/// The twin: the last look comes before `sleeping` is raised, so it is not the last.
pub(crate) fn looks_before_it_raises(pushers: usize) -> Explorer<Inbox> {
    with_pushers(pushers).script(
        "sleeper",
        &[
            ("last-look", last_look),
            ("raise-sleeping", raise_sleeping),
            ("block", block),
            ("lower-sleeping", lower_sleeping),
            ("drain", drain_and_look),
        ],
    )
}

/// Must hold in every state.
pub(crate) fn always(inbox: &Inbox) -> Result<(), &'static str> {
    ensure(inbox.rings <= inbox.sleeps, "at most one ring for each sleep")
}

/// Must hold once every script is done.
pub(crate) fn finally(inbox: &Inbox) -> Result<(), &'static str> {
    ensure(inbox.drained == inbox.pushed_in_all, "every task pushed was drained")
}
