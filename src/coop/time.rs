//! Waiting for time: sleeps, timeouts, intervals, and making room for others.
//!
//! All of it reads the loop's clock, so on virtual time none of it takes any.
#![forbid(unsafe_code)]

use std::fmt;
use std::future::{Future, poll_fn};
use std::ops::{Add, Sub};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use super::kernel::current::current;
use super::kernel::sleep::Sleep;

/// A point on the clock of one loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Moment {
    ns: u64,
}

impl Add<Duration> for Moment {
    type Output = Self;

    /// A sum beyond the clock's 584 years is its last moment, which never comes.
    fn add(self, duration: Duration) -> Self {
        Self { ns: self.ns.saturating_add(nanoseconds(duration)) }
    }
}

impl Sub for Moment {
    type Output = Duration;

    /// The time from an earlier to a later moment; zero if they are the other way round.
    fn sub(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.ns.saturating_sub(earlier.ns))
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns the time on the loop's clock.
///
/// # Panics
///
/// Panics outside of a loop.
#[track_caller]
pub fn now() -> Moment {
    Moment { ns: current().now_ns() }
}

/// Waits for `duration`, counted from this call; never less, and late by microseconds.
///
/// A duration of zero is over at once and lets nobody else run; see [`yield_now`].
///
/// # Panics
///
/// Panics outside of a loop.
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    sleep_until(now() + duration)
}

/// Waits for `deadline`; a moment that has passed is ready at once.
///
/// # Panics
///
/// Panics outside of a loop.
#[track_caller]
pub fn sleep_until(deadline: Moment) -> Sleep {
    Sleep::until(deadline.ns)
}

/// The time of a [`timeout`] was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed {
    after: Duration,
}

impl fmt::Display for Elapsed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the future was not done within {:?}", self.after)
    }
}

impl std::error::Error for Elapsed {}

/// Waits for `future`, but no longer than `duration`, counted from this call.
///
/// A future that is ready at the last moment wins. When the time is over the future is dropped at
/// its current await point, before this returns.
///
/// # Errors
///
/// Fails with [`Elapsed`] if the time is over first.
///
/// # Panics
///
/// Panics outside of a loop.
///
/// # Example: give up
///
/// ```
/// use std::time::Duration;
/// use trainyard::coop;
///
/// coop::run(async {
///     let never = std::future::pending::<()>();
///     assert!(coop::timeout(Duration::from_millis(1), never).await.is_err());
/// });
/// ```
#[track_caller]
pub fn timeout<F: Future>(
    duration: Duration,
    future: F,
) -> impl Future<Output = Result<F::Output, Elapsed>> {
    let over = sleep(duration);
    async move {
        let (mut future, mut over) = (pin!(future), pin!(over));
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(output));
            }
            over.as_mut().poll(context).map(|()| Err(Elapsed { after: duration }))
        })
        .await
    }
}

/// Goes to the back of the run queue, and lets the loop serve the outside before the next turn.
///
/// # Panics
///
/// The future panics outside of a loop.
pub async fn yield_now() {
    let mut has_made_room = false;
    poll_fn(|context| {
        if std::mem::replace(&mut has_made_room, true) {
            return Poll::Ready(());
        }
        current().make_room(context.waker());
        Poll::Pending
    })
    .await;
}

/// Beats once in `period`, for the first time after one.
///
/// # Panics
///
/// Panics outside of a loop, and if `period` is zero.
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    assert!(!period.is_zero(), "an interval of zero would never wait");
    Interval { next: now() + period, period }
}

/// See [`interval`].
#[derive(Debug)]
pub struct Interval {
    next: Moment,
    period: Duration,
}

impl Interval {
    /// Waits for the next beat.
    ///
    /// Beats that nobody waited for are left out; those that follow stay in step with the first.
    pub async fn tick(&mut self) {
        sleep_until(self.next).await;
        let late = now() - self.next;
        let missed = nanoseconds(late) / nanoseconds(self.period);
        let beats = u32::try_from(missed).unwrap_or(u32::MAX).saturating_add(1);
        self.next = self.next + self.period.saturating_mul(beats);
    }
}
