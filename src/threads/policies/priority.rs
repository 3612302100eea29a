//! A lock with priorities: a thread back from a call pre-empts one that computes, at once.
//!
//! David Beazley's answer to the convoy that he had found (bpo-7946, 2010). Every thread begins in the
//! class of those that wait for something. Who is forced to drop the lock belongs to those that
//! compute, until it drops the lock of its own accord. A waiter of the first class asks a holder of
//! the second without any delay; equals wait an interval for each other.
//!
//! # Its pathology
//!
//! Whoever waits often and shortly never counts as one that computes, however much it computes in
//! between: each of its reads takes the lock away from a thread that does nothing but compute, and
//! starves it. "Python really needs a scheduler, not a lock", said Nir Aides in that discussion.
//! CPython did not take it.

use std::time::Duration;

use crate::threads::kernel::policy::{Cause, Party, Policy, SHORTEST_INTERVAL, SWITCH_INTERVAL};

/// Beazley's rules: who is back from a call comes before who computes.
///
/// # Example: a lock by these rules
///
/// ```
/// use trainyard::threads::{Gil, Mode, Priority};
///
/// let gil = Gil::new(Mode::on(Priority::default()));
/// assert_eq!(gil.attach(|_| 42), 42);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priority {
    /// How long equals wait for each other, and those who compute for anybody. Less than a
    /// microsecond counts as one.
    pub interval: Duration,
}

impl Default for Priority {
    /// With CPython's 5 ms.
    fn default() -> Self {
        Self { interval: SWITCH_INTERVAL }
    }
}

/// Whether the thread was forced when it dropped the lock the last time.
fn computes(party: Party) -> bool {
    party.last_drop == Cause::Asked
}

impl Policy for Priority {
    fn patience(&self, waiter: Party, holder: Party) -> Option<Duration> {
        let preempts = computes(holder) && !computes(waiter);
        Some(if preempts { Duration::ZERO } else { self.interval.max(SHORTEST_INTERVAL) })
    }

    fn choose(&self, waiting: &mut dyn ExactSizeIterator<Item = Party>) -> usize {
        // The first of those that do not compute; if all do, the first.
        let waits = waiting.enumerate().find(|(_, party)| !computes(*party));
        waits.map_or(0, |(place, _)| place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(last_drop: Cause) -> Party {
        Party::new(1, last_drop, Duration::ZERO)
    }

    #[test]
    fn who_waits_asks_who_computes_at_once_and_nobody_else() {
        let rules = Priority { interval: Duration::from_millis(7) };
        let [waits, computes] = [Cause::Own, Cause::Asked].map(party);
        let patience = |waiter, holder| rules.patience(waiter, holder).unwrap();
        assert_eq!(patience(waits, computes), Duration::ZERO);
        for (waiter, holder) in [(waits, waits), (computes, computes), (computes, waits)] {
            assert_eq!(patience(waiter, holder), rules.interval);
        }
    }

    #[test]
    fn the_first_that_does_not_compute_is_served_and_else_the_first() {
        let chosen = |waiting: &[Cause]| {
            let parties = waiting.iter().map(|cause| party(*cause));
            Priority::default().choose(&mut parties.collect::<Vec<_>>().into_iter())
        };
        assert_eq!(chosen(&[Cause::Asked, Cause::Own, Cause::Own]), 1);
        assert_eq!(chosen(&[Cause::Asked, Cause::Asked]), 0);
    }
}
