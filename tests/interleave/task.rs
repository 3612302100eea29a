//! The task's `queued` flag: a wake-up that comes while the task is being polled is not lost.
//!
//! # The life of one wake-up
//!
//! 1. Something the task waits for becomes ready, and its waker is called.
//! 2. The waker sets `queued`. If it was clear, this waker and no other puts the task in the
//!    run queue.
//! 3. The scheduler takes the task from the queue, clears `queued`, and only then polls.
//!
//! So a wake-up during the poll finds the flag clear and queues the task again: at worst it is
//! polled once too often. The twin clears the flag after the poll: a waker that came too late
//! for the poll's look and too early for the flag does nothing, and the task sleeps on what
//! it waits for.

use trainyard::interleave::{Action, Explorer, Step, ensure};

/// One task that ends when it has taken two items, each announced by a waker of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Task {
    ready: u8,
    queued: bool,
    entries_in_queue: u8,
    taken: u8,
}

const ITEMS: u8 = 2;

fn make_ready(task: &mut Task) -> Step {
    task.ready += 1;
    Step::Next
}

fn set_queued(task: &mut Task) -> Step {
    if std::mem::replace(&mut task.queued, true) { Step::Done } else { Step::Next }
}

fn push(task: &mut Task) -> Step {
    task.entries_in_queue += 1;
    Step::Done
}

fn take_from_queue(task: &mut Task) -> Step {
    if task.entries_in_queue == 0 {
        return Step::Blocked;
    }
    task.entries_in_queue -= 1;
    Step::Next
}

fn clear_queued(task: &mut Task) -> Step {
    task.queued = false;
    Step::Next
}

fn poll(task: &mut Task) -> Step {
    task.taken += std::mem::take(&mut task.ready);
    if task.taken == ITEMS { Step::Done } else { Step::Goto("take-from-queue") }
}

fn poll_first(task: &mut Task) -> Step {
    if poll(task) == Step::Done { Step::Done } else { Step::Next }
}

fn clear_after(task: &mut Task) -> Step {
    task.queued = false;
    Step::Goto("take-from-queue")
}

fn with_wakers() -> Explorer<Task> {
    let waker: [(&str, Action<Task>); 3] =
        [("make-ready", make_ready), ("set-queued", set_queued), ("push", push)];
    Explorer::new(Task::default()).script("waker", &waker).script("waker 2", &waker)
}

/// The scheduler as it is.
pub(crate) fn correct() -> Explorer<Task> {
    with_wakers().script(
        "scheduler",
        &[
            ("take-from-queue", take_from_queue),
            ("clear-queued-before-poll", clear_queued),
            ("poll", poll),
        ],
    )
}

/// The twin: `queued` is cleared when the poll is over.
pub(crate) fn clears_after_the_poll() -> Explorer<Task> {
    with_wakers().script(
        "scheduler",
        &[
            ("take-from-queue", take_from_queue),
            ("poll", poll_first),
            ("clear-queued-after-poll", clear_after),
        ],
    )
}

/// Must hold in every state.
pub(crate) fn always(task: &Task) -> Result<(), &'static str> {
    ensure(task.entries_in_queue <= 1, "a task is in the run queue at most once")
}

/// Must hold once every script is done.
pub(crate) fn finally(task: &Task) -> Result<(), &'static str> {
    ensure(task.taken == ITEMS, "the task took everything that was announced")
}
