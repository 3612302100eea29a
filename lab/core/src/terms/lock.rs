//! The lock of the threads while it is on: by which rules it changes hands, under their names on the
//! command line.
//!
//! What each policy does, and in which case it fails, stands in [`trainyard::threads`]: CPython's two
//! in its kernel, the two that CPython lacks in its policies.
//!
//! Read next: [`contender`](super::contender), of whom each has such rules.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use trainyard::threads::{self, Fifo, ForcedSwitching, Gil, Mode, Priority, Timed};

named! {
    /// When a thread that computes gives the lock up, and who gets it.
    #[derive(Default)]
    Policy {
        /// CPython's since 3.2: when another has waited for an interval; whoever is quickest.
        #[default]
        Timed = "timed",
        /// CPython's before 3.2: after so many check points, whether somebody waits or not.
        Ticks = "ticks",
        /// After an interval; whoever came first, and nobody in between.
        Fifo = "fifo",
        /// At once for a thread back from a call, and after an interval for one that computes.
        Priority = "priority",
        /// After an interval; the thread may take the lock back at once.
        NoForcedSwitching = "no-forced-switching",
    }

    /// Where a thread looks whether it is to give the lock up.
    #[derive(Default)]
    Placement {
        /// Before every operation, as CPython up to 3.9.
        EveryOp = "every-op",
        /// At back edges and calls, as CPython since 3.10.
        #[default]
        BackEdge = "back-edge",
        /// Nowhere.
        Never = "never",
    }
}

/// How long a hold lasts while others wait. Each policy goes by one of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long a thread waits before it asks for the lock; all policies but ticks.
    pub switch_interval: Duration,
    /// After how many check points the lock is dropped; ticks.
    pub check_interval: NonZeroU32,
}

impl Default for Pace {
    /// `CPython`'s: `sys.getswitchinterval()`, and up to 3.1 `sys.getcheckinterval()`.
    fn default() -> Self {
        let check_interval = NonZeroU32::new(100).expect("not 0");
        Self { switch_interval: Duration::from_millis(5), check_interval }
    }
}

/// The rules of a lock that is on. Those that nobody asked for are today's CPython's, and no label
/// says them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rules {
    /// When it changes hands.
    pub policy: Option<Policy>,
    /// Where it may.
    pub placement: Option<Placement>,
    /// Whether each thread has a lock of its own: CPython's sub-interpreters (PEP 684).
    pub per_worker: bool,
}

impl Rules {
    /// The rules of a row for each policy at each placement; where there are none, CPython's, unsaid.
    pub fn each(
        policies: &[Policy],
        placements: &[Placement],
        per_worker: bool,
    ) -> impl Iterator<Item = Self> {
        let placements = or_unsaid(placements);
        or_unsaid(policies).into_iter().flat_map(move |policy| {
            let rules = move |placement| Self { policy, placement, per_worker };
            placements.clone().into_iter().map(rules)
        })
    }

    /// A lock by these rules.
    pub fn gil(self, pace: Pace) -> Gil {
        let gil = Gil::new(self.mode(pace));
        self.place(&gil);
        gil
    }

    /// What it is made with; [`place`](Self::place) says where it is looked at.
    pub fn mode(self, Pace { switch_interval: interval, check_interval: every }: Pace) -> Mode {
        match self.policy.unwrap_or_default() {
            Policy::Timed => Mode::timed(interval),
            Policy::Ticks => Mode::ticks(every),
            Policy::Fifo => Mode::on(Fifo { interval }),
            Policy::Priority => Mode::on(Priority { interval }),
            Policy::NoForcedSwitching => {
                Mode::on(Timed { interval, forced_switching: ForcedSwitching::No })
            }
        }
    }

    /// Tells `gil` where it is looked at.
    pub fn place(self, gil: &Gil) {
        gil.set_placement(self.placement.unwrap_or_default().in_threads());
    }

    /// `, fifo, every-op`: what was asked for.
    pub fn said(self) -> String {
        let names = [self.policy.map(Policy::name), self.placement.map(Placement::name)];
        names.into_iter().flatten().flat_map(|name| [", ", name]).collect()
    }
}

fn or_unsaid<T: Copy>(values: &[T]) -> Vec<Option<T>> {
    if values.is_empty() { vec![None] } else { values.iter().copied().map(Some).collect() }
}

impl Placement {
    /// The same in [`trainyard::threads`].
    pub fn in_threads(self) -> threads::Placement {
        match self {
            Self::EveryOp => threads::Placement::EveryOperation,
            Self::BackEdge => threads::Placement::BackEdgesAndCalls,
            Self::Never => threads::Placement::Never,
        }
    }
}

/// `lock on, fifo`, `a lock each`.
impl fmt::Display for Rules {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.per_worker { "a lock each" } else { "lock on" };
        write!(formatter, "{state}{}", self.said())
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn a_lock_is_made_by_the_policy_that_is_named() {
        let pace = Pace {
            switch_interval: Duration::from_millis(3),
            check_interval: NonZeroU32::new(7).unwrap(),
        };
        let made = |&policy: &Policy| {
            let rules = Rules { policy: Some(policy), ..Rules::default() };
            format!("{:?}", rules.mode(pace))
        };
        let made: Vec<String> = Policy::value_variants().iter().map(made).collect();
        assert_eq!(
            made,
            [
                "On(Timed { interval: 3ms, forced_switching: Yes })",
                "On(Ticks { every: 7 })",
                "On(Fifo { interval: 3ms })",
                "On(Priority { interval: 3ms })",
                "On(Timed { interval: 3ms, forced_switching: No })",
            ]
        );
    }

    #[test]
    fn a_label_says_what_was_asked_for_and_no_more() {
        let (policy, placement) = (Some(Policy::Fifo), Some(Placement::Never));
        let said =
            |policy, placement, per_worker| Rules { policy, placement, per_worker }.to_string();
        assert_eq!(said(None, None, false), "lock on");
        assert_eq!(said(policy, placement, false), "lock on, fifo, never");
        assert_eq!(said(None, placement, true), "a lock each, never");
    }
}
