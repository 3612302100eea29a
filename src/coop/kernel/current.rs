//! Which loop runs in this thread.
//!
//! `spawn`, `sleep` and sockets find their loop here, and so does a wake-up that wants to know
//! whether it is at home: that question decides between a push to a `VecDeque` and the inbox.
//!
//! # Invariants
//!
//! - **CURRENT-1** A thread runs one loop at a time. A loop inside a loop would stop the outer one
//!   without a trace, so `block_on` inside a task is refused.
//!
//! Read after [`scheduler`](super::scheduler).
#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;

use super::inbox::{Bell, Inbox};
use super::scheduler::Scheduler;
use super::task::Key;
use super::waker::TaskWaker;

thread_local! {
    static CURRENT: RefCell<Option<Rc<Scheduler>>> = const { RefCell::new(None) };
}

/// Returns the loop that runs in this thread.
///
/// # Panics
///
/// Panics outside of a loop.
#[track_caller]
pub(in crate::coop) fn current() -> Rc<Scheduler> {
    let current = CURRENT.with_borrow(Clone::clone);
    current.expect("no event loop runs in this thread: call this inside of `coop::run`")
}

/// Tells whether `scheduler` is the loop that runs in this thread.
pub(super) fn is_current(scheduler: &Rc<Scheduler>) -> bool {
    CURRENT.with_borrow(|current| current.as_ref().is_some_and(|here| Rc::ptr_eq(here, scheduler)))
}

/// Whether a wake-up is on its loop's own thread.
#[must_use = "a task that is queued elsewhere is still to be queued"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// It was, and the task is in the run queue.
    Here,
    /// It was not.
    Elsewhere,
}

/// Queues a woken task if its loop, which owns `inbox`, is the one that runs in this thread.
pub(super) fn queue_if_home(inbox: &Arc<Inbox<Bell>>, key: Key) -> Home {
    // A thread that is ending has no thread-local values any more: then nobody is at home.
    let queued = CURRENT.try_with(|current| match &*current.borrow() {
        Some(scheduler) if scheduler.owns(inbox) => {
            scheduler.enqueue(key);
            Home::Here
        }
        _ => Home::Elsewhere,
    });
    queued.unwrap_or(Home::Elsewhere)
}

/// Makes a loop the current one until dropped.
pub(super) struct Entered {
    before: Option<Rc<Scheduler>>,
}

impl Entered {
    /// Enters the loop of a thread that runs none.
    ///
    /// # Panics
    ///
    /// Panics if the thread runs a loop.
    #[track_caller]
    pub(super) fn alone(scheduler: &Rc<Scheduler>) -> Self {
        // INVARIANT: [CURRENT-1]
        let is_free = CURRENT.with_borrow(Option::is_none);
        assert!(is_free, "`block_on` inside a task would stop its own loop: await the future");
        Self::over(scheduler)
    }

    /// Enters a loop that drops its tasks and then is left again, maybe inside of another.
    pub(super) fn over(scheduler: &Rc<Scheduler>) -> Self {
        Self { before: replace(Some(Rc::clone(scheduler))) }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let left = replace(self.before.take());
        drop(left);
    }
}

/// Changes the current loop. A thread that is ending has none, and its tasks are dropped without.
fn replace(scheduler: Option<Rc<Scheduler>>) -> Option<Rc<Scheduler>> {
    CURRENT.try_with(|current| current.replace(scheduler)).ok().flatten()
}

/// The future of `block_on` has a place among the tasks until this is dropped.
pub(super) struct Root<'a> {
    pub(super) task: Arc<TaskWaker>,
    pub(super) waker: Waker,
    scheduler: &'a Rc<Scheduler>,
    _entered: Entered,
}

impl<'a> Root<'a> {
    #[track_caller]
    pub(super) fn enter(
        scheduler: &'a Rc<Scheduler>,
        spawned_at: &'static Location<'static>,
    ) -> Self {
        let entered = Entered::alone(scheduler);
        let task = scheduler.insert_root(spawned_at);
        let waker = Waker::from(Arc::clone(&task));
        Self { task, waker, scheduler, _entered: entered }
    }
}

impl Drop for Root<'_> {
    fn drop(&mut self) {
        self.scheduler.remove_root(&self.task);
    }
}
