//! What a loop is told when it is built, and the watch over polls that take too long.
//!
//! Read after [`scheduler`](super::scheduler).
#![forbid(unsafe_code)]

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use super::task::TaskId;

/// Polls between two looks at sockets, timers and other threads. 61 is tokio's number, which says
/// that it copied Go's, where it is a prime so as not to fall into step with anything. Fewer:
/// news is served sooner, and a larger share of every second goes into system calls.
const EVENT_INTERVAL: u32 = 61;

/// Operations that one poll may do while they are ready at once. 128 is tokio's number, found by
/// trying. Fewer: a busy connection disturbs others less, and pays more turns in the queue.
const BUDGET: u32 = 128;

/// What a loop is told when it is built.
pub(in crate::coop) struct Settings {
    pub(in crate::coop) time: Time,
    pub(in crate::coop) event_interval: u32,
    pub(in crate::coop) budget: u32,
    pub(in crate::coop) slow_poll: Option<SlowPollWatch>,
}

/// Which clock a loop lives by.
#[derive(Clone, Copy, Debug)]
pub(in crate::coop) enum Time {
    Real,
    Virtual { seed: u64 },
}

impl Default for Settings {
    fn default() -> Self {
        Self { time: Time::Real, event_interval: EVENT_INTERVAL, budget: BUDGET, slow_poll: None }
    }
}

/// A task that held the loop for too long.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SlowPoll {
    /// The task.
    pub task: TaskId,
    /// The line that spawned it.
    pub spawned_at: &'static Location<'static>,
    /// How long its poll took, while nothing else could run.
    pub took: Duration,
}

impl fmt::Display for SlowPoll {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { task, spawned_at, took } = self;
        write!(formatter, "task {task} (spawned at {spawned_at}) held the loop for {took:?}")
    }
}

/// Who is told of slow polls, and from when on.
pub(in crate::coop) struct SlowPollWatch {
    pub(in crate::coop) threshold: Duration,
    pub(in crate::coop) report: Box<dyn Fn(&SlowPoll)>,
}

impl SlowPollWatch {
    pub(super) fn report(&self, took_ns: u64, describe: impl FnOnce(Duration) -> SlowPoll) {
        let took = Duration::from_nanos(took_ns);
        if took >= self.threshold {
            (self.report)(&describe(took));
        }
    }
}
