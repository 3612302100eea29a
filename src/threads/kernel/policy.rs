//! The rules by which the lock changes hands, and the places where it may.
//!
//! The lock itself (see [`lock`](super::lock)) keeps one promise: one holder at a time. When a
//! waiter asks for it, who is woken when it is free, and whether a thread that comes by may take it
//! first are a [`Policy`]'s to say. Two are CPython's: [`Timed`], since 3.2, and [`Ticks`], before.
//! Each rule for such a lock has a pathology; [`policies`](crate::threads::policies) has two more.
//!
//! Apart from the policy stands the [`Placement`]: at which [`Place`]s of a program the holder looks
//! whether it was asked. It decides whether `x = x + 1` can be cut in two.
//!
//! # Not here
//!
//! Priorities of the operating system: a holder that the system does not run keeps the lock.
//!
//! Read next: [`thread`](super::thread).

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// CPython's default. Shorter: fairer, and more of every second goes into hand-offs.
pub(in crate::threads) const SWITCH_INTERVAL: Duration = Duration::from_millis(5);

/// As CPython does with an interval of 0: a wait of no time at all would only burn the processor.
pub(in crate::threads) const SHORTEST_INTERVAL: Duration = Duration::from_micros(1);

/// Whether the lock is on, and by which rules it changes hands.
///
/// # Example: four locks
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use trainyard::threads::{ForcedSwitching, Mode, Timed};
///
/// let as_cpython = Mode::default();
/// let quicker = Mode::timed(Duration::from_micros(100));
/// let as_cpython_2 = Mode::ticks(NonZeroU32::new(100).expect("not 0"));
/// let unfair = Mode::on(Timed {
///     interval: Duration::from_millis(5),
///     forced_switching: ForcedSwitching::No,
/// });
/// assert!([as_cpython, quicker, as_cpython_2, unfair].iter().all(Mode::is_on));
/// ```
#[derive(Clone, Debug)]
pub enum Mode {
    /// One attached thread runs at a time.
    On(Arc<dyn Policy>),
    /// Every attached thread runs: what CPython calls free-threaded (PEP 703).
    Off,
}

impl Mode {
    /// On, by the rules of `policy`.
    pub fn on(policy: impl Policy + 'static) -> Self {
        Self::On(Arc::new(policy))
    }

    /// On, by CPython's rules since 3.2, with another switch interval.
    pub fn timed(interval: Duration) -> Self {
        Self::on(Timed { interval, forced_switching: ForcedSwitching::Yes })
    }

    /// On, by CPython's rules before 3.2; `sys.setcheckinterval`, whose default was 100.
    pub fn ticks(every: NonZeroU32) -> Self {
        Self::on(Ticks { every })
    }

    pub(super) fn into_policy(self) -> Option<Arc<dyn Policy>> {
        match self {
            Self::On(policy) => Some(policy),
            Self::Off => None,
        }
    }

    /// Tells whether one attached thread runs at a time.
    pub fn is_on(&self) -> bool {
        matches!(self, Self::On(_))
    }
}

impl Default for Mode {
    /// On, with CPython's rules and its 5 ms.
    fn default() -> Self {
        Self::timed(SWITCH_INTERVAL)
    }
}

/// The rules by which a lock changes hands.
///
/// Its methods are called with the lock's own mutex locked: they answer at once, from what they
/// are told, and must not block or touch the lock. A panic in one of them ends the process.
pub trait Policy: fmt::Debug + Send + Sync {
    /// How long `waiter` sleeps from now on before it asks `holder` to drop the lock.
    ///
    /// Asked each time it is about to sleep: when it has come, and after each wake-up that did not
    /// get it the lock. `None`: it never asks, and waits until the lock is dropped for another
    /// reason.
    fn patience(&self, waiter: Party, holder: Party) -> Option<Duration>;

    /// Which waiter is woken when the lock becomes free, counted from 0; they stand in the order
    /// in which they came.
    #[expect(unused_variables, reason = "first come, first woken; others will look")]
    fn choose(&self, waiting: &mut dyn ExactSizeIterator<Item = Party>) -> usize {
        0
    }

    /// Whether a thread that comes by may take a free lock while others wait for it.
    fn barging(&self) -> Barging {
        Barging::Allowed
    }

    /// Whether a holder that was asked waits until another has really taken the lock.
    fn forced_switching(&self) -> ForcedSwitching {
        ForcedSwitching::Yes
    }

    /// After how many check points a holder drops the lock though nobody has asked; `None`: never.
    fn ticks(&self) -> Option<NonZeroU32> {
        None
    }
}

/// What a policy is told of the holder, or of a waiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Party {
    /// The thread's number, as in a recording.
    pub thread: u64,
    /// Why it dropped the lock the last time.
    pub last_drop: Cause,
    /// How long the waiter has waited; or how long the holder has held the lock, at least: of a hold
    /// that began while nobody waited, since somebody did.
    pub since: Duration,
}

impl Party {
    pub(in crate::threads) fn new(thread: u64, last_drop: Cause, since: Duration) -> Self {
        Self { thread, last_drop, since }
    }
}

/// Why a thread drops the lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum Cause {
    /// It is about to sleep, or leaves: nobody asked.
    #[default]
    Own = 0,
    /// A waiter has asked, and the thread came to a check point.
    Asked = 1,
    /// It has come to so many check points ([`Policy::ticks`]).
    Ticks = 2,
    /// The world is being stopped, so that the mode can change.
    Stop = 3,
}

impl Cause {
    /// Reads the cause back from a word; what no version has written counts as its own.
    pub(super) fn from_word(word: u32) -> Self {
        match word {
            1 => Self::Asked,
            2 => Self::Ticks,
            3 => Self::Stop,
            _ => Self::Own,
        }
    }
}

/// Whether a thread that comes by may take a free lock while others wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barging {
    /// It may: the lock is never free while a thread that runs wants it.
    Allowed,
    /// It queues, and the lock stays free until the chosen waiter has woken up: fair, and each
    /// hand-off costs a wake-up during which nobody runs.
    Forbidden,
}

/// Whether a thread that dropped the lock on request lets another take it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForcedSwitching {
    /// As CPython does, which makes the thread wait at once; here it waits when it wants the lock again.
    Yes,
    /// The releaser may take the lock back at once, and usually does.
    No,
}

/// CPython's rules since 3.2: a waiter asks for the lock when it has waited one interval.
///
/// Antoine Pitrou, 2009; `Python/ceval_gil.c`. Its pathology is the convoy: beside a thread that
/// computes, each call of a thread that does I/O costs it one interval (Beazley, bpo-7946).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timed {
    /// How long a waiter waits before it asks; `sys.setswitchinterval`. Less than a microsecond
    /// counts as one.
    pub interval: Duration,
    /// Whether a thread that dropped the lock on request waits until another has taken it.
    pub forced_switching: ForcedSwitching,
}

impl Policy for Timed {
    fn patience(&self, _waiter: Party, _holder: Party) -> Option<Duration> {
        Some(self.interval.max(SHORTEST_INTERVAL))
    }

    fn forced_switching(&self) -> ForcedSwitching {
        self.forced_switching
    }
}

/// CPython's rules before 3.2: the holder drops the lock every so many check points and takes it
/// back at once, whether somebody waits or not.
///
/// `Python/ceval.c` of 2.7. Kind to a thread that does I/O beside bytecode, which drops the lock
/// every few microseconds. Its pathologies: no waiter is ever sure of its turn, since nobody hands
/// the lock over, and a long call without check points counts as one tick however long it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticks {
    /// How many check points the holder passes before it drops the lock.
    pub every: NonZeroU32,
}

impl Policy for Ticks {
    fn patience(&self, _waiter: Party, _holder: Party) -> Option<Duration> {
        None
    }

    fn forced_switching(&self) -> ForcedSwitching {
        ForcedSwitching::No
    }

    fn ticks(&self) -> Option<NonZeroU32> {
        Some(self.every)
    }
}

/// A place in a program at which the holder can look whether it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Between any two operations, even of one statement.
    Operation,
    /// Where a loop jumps back.
    BackEdge,
    /// Where a function is entered, or has returned.
    Call,
}

/// At which places a request is honoured.
///
/// A change takes effect at each thread's next check point. The default is today's CPython.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum Placement {
    /// At every operation, as CPython up to 3.9: a switch can fall between the load and the store
    /// of `x = x + 1`.
    EveryOperation = 0,
    /// Where loops jump back and functions are called, as CPython since 3.10 (gh-18334): straight
    /// code is never cut, by accident more than by promise.
    #[default]
    BackEdgesAndCalls = 1,
    /// Nowhere, as in a long C call that keeps the lock: a request waits for its end.
    Never = 2,
}

impl Placement {
    /// Tells whether a request that is seen at `place` is honoured there.
    #[inline]
    pub fn honours(self, place: Place) -> bool {
        match self {
            Self::EveryOperation => true,
            Self::BackEdgesAndCalls => place != Place::Operation,
            Self::Never => false,
        }
    }

    pub(super) fn from_word(word: u32) -> Self {
        match word {
            0 => Self::EveryOperation,
            2 => Self::Never,
            _ => Self::BackEdgesAndCalls,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_and_placements_survive_the_way_through_a_word() {
        for cause in [Cause::Own, Cause::Asked, Cause::Ticks, Cause::Stop] {
            assert_eq!(Cause::from_word(cause as u32), cause);
        }
        let all = [Placement::EveryOperation, Placement::BackEdgesAndCalls, Placement::Never];
        for placement in all {
            assert_eq!(Placement::from_word(placement as u32), placement);
        }
    }

    #[test]
    fn an_operation_is_honoured_only_where_every_operation_is() {
        let honoured = |placement: Placement| {
            [Place::Operation, Place::BackEdge, Place::Call].map(|place| placement.honours(place))
        };
        assert_eq!(honoured(Placement::EveryOperation), [true; 3]);
        assert_eq!(honoured(Placement::BackEdgesAndCalls), [false, true, true]);
        assert_eq!(honoured(Placement::Never), [false; 3]);
    }
}
