//! The calls of one thread that may sleep: they nest, and each ends once.
//!
//! Each event says how deep in such calls the thread is, so the first one tells how many were under
//! way when the recording began.

use super::illegal::{Verdict, ensure};
use super::standing::Standing;
use crate::trace::{Event, Kind};

/// The calls that a thread is in.
#[derive(Default)]
pub(super) struct Calls {
    /// How many were under way before the first event; `None` until an event tells.
    before: Option<u64>,
    /// Those whose beginning was seen, the innermost last.
    open: Vec<Call>,
}

struct Call {
    why: u64,
    /// Whether the thread ran attached when it began.
    standing: Standing,
}

impl Calls {
    pub(super) fn step(&mut self, event: Event, standing: Standing) -> Verdict {
        let Event { kind, a: why, b: depth, .. } = event;
        // A thread that ends has lost count.
        if depth == 0 {
            return Ok(());
        }
        if kind == Kind::BlockBegin {
            self.learn(depth - 1);
            ensure(
                self.depth() == depth - 1,
                "a call that may sleep began inside as many others as are under way",
                "BlockEnd of the call before, or BlockBegin of the one around it",
            )?;
            self.open.push(Call { why, standing });
            return Ok(());
        }
        self.learn(depth);
        ensure(
            self.depth() == depth,
            "a call that may sleep ends once, the inner one first",
            "BlockBegin of this call, or BlockEnd of the one inside it",
        )?;
        let Some(call) = self.open.pop() else {
            self.before = Some(depth - 1);
            return Ok(());
        };
        ensure(
            call.why == why,
            "a call ends with the reason that it began with",
            "BlockEnd with the reason of its BlockBegin",
        )?;
        ensure(
            call.standing.may_become(standing),
            "a thread comes back from a call attached as it went in",
            "GilTake or GilFree after the call, or GilDrop or GilLeave inside it",
        )
    }

    /// The thread is at the outermost place of its program, where no call is under way.
    pub(super) fn are_over(&mut self) -> Verdict {
        let is_over = self.open.is_empty() && self.before.unwrap_or(0) == 0;
        self.before = Some(0);
        ensure(is_over, "a thread goes on after a call that may sleep", "BlockEnd of that call")
    }

    fn depth(&self) -> u64 {
        self.before.unwrap_or(0) + self.open.len() as u64
    }

    fn learn(&mut self, depth: u64) {
        // Nothing is open before the first event, so this is the depth that it tells.
        self.before.get_or_insert(depth);
    }
}
