//! What a queue's lock guards: the items, and the lines of those who wait for them.
//!
//! Whoever changes the items calls, in the same turn, whoever waits for that change (QUEUE-1 in
//! [`ordered`](super::ordered)).
//!
//! Read next: [`ordered`](super::ordered).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use super::order::Order;
use crate::threads::sync::line::{Called, Line};

/// Guarded by `OrderedQueue::state`.
#[derive(Default)]
pub(super) struct State<O> {
    pub(super) items: O,
    /// How many items were put that nobody has said to be done with.
    pub(super) unfinished: usize,
    pub(super) is_shut_down: bool,
    pub(super) getters: Line,
    pub(super) putters: Line,
    pub(super) joiners: Line,
}

impl<O> State<O> {
    /// Changes the items, and calls whoever waits for that.
    ///
    /// An order that panics has kept the item, or has not, and whoever was called for it is gone: the
    /// next in both lines look for themselves.
    pub(super) fn change<T, R>(
        &mut self,
        change: impl FnOnce(&mut O) -> R,
    ) -> (thread::Result<R>, Called)
    where
        O: Order<T>,
    {
        let before = self.items.len();
        let changed = catch_unwind(AssertUnwindSafe(|| change(&mut self.items)));
        let after = self.items.len();
        // What is in the queue will be got, and done with, also if the order has panicked.
        self.unfinished += after.saturating_sub(before);
        // INVARIANT: [QUEUE-1] one more item, or room for one more: one more is called.
        let panicked = usize::from(changed.is_err());
        let getters = self.getters.call(after.saturating_sub(before).max(panicked));
        (changed, getters.and(self.putters.call(before.saturating_sub(after).max(panicked))))
    }

    pub(super) fn shut_down(&mut self) -> Called {
        // STEP: shut-down
        self.is_shut_down = true;
        self.getters.call_all().and(self.putters.call_all())
    }

    /// Calls all who wait for the end of the tasks, if that has come.
    pub(super) fn call_joiners(&mut self) -> Called {
        if self.unfinished == 0 { self.joiners.call_all() } else { Called::default() }
    }
}
