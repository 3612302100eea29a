//! A task's side of the timers: the future that is done when a moment has come.
//!
//! Read after [`timer`](super::timer).
#![forbid(unsafe_code)]

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::current::{current, is_current};
use super::scheduler::Scheduler;
use super::timer::TimerKey;

/// Waits for a moment; see [`sleep`](crate::coop::sleep).
///
/// # Cancel behaviour
///
/// Dropping it removes its timer.
///
/// # Panics
///
/// Awaiting it panics in another loop than the one that made it, which would not wake it.
#[must_use = "a sleep that is not awaited does not wait"]
pub struct Sleep {
    key: TimerKey,
    scheduler: Rc<Scheduler>,
}

impl Sleep {
    #[track_caller]
    pub(in crate::coop) fn until(deadline_ns: u64) -> Self {
        let scheduler = current();
        Self { key: scheduler.name_timer(deadline_ns), scheduler }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // No budget is asked: it is the I/O of the same task that may have spent it, and a timeout
        // round that I/O must see its end.
        if self.scheduler.now_ns() >= self.key.deadline_ns {
            return Poll::Ready(());
        }
        assert!(is_current(&self.scheduler), "the sleep belongs to another event loop");
        self.scheduler.set_timer(self.key, context.waker());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.scheduler.remove_timer(self.key);
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deadline_ns = self.key.deadline_ns;
        formatter.debug_struct("Sleep").field("deadline_ns", &deadline_ns).finish_non_exhaustive()
    }
}
