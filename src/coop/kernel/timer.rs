//! The timers: who waits for which moment.
//!
//! A tree ordered by deadline. Three operations are all that the loop knows of it: put, remove,
//! and ask for the next that is due; whatever keeps time faster can take its place behind them.
//!
//! # Invariants
//!
//! - **TIMER-1** Nothing fires before its deadline: `pop_due` compares whole nanoseconds.
//! - **TIMER-2** Of two timers with one deadline the one that was set first fires first: numbers
//!   break ties.
//!
//! # Not here
//!
//! A timer wheel. Setting a timer costs a walk down the tree; a wheel does it in constant time and
//! rounds deadlines for that (tokio's to the millisecond).
//!
//! Read next: [`reactor`](super::reactor).
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::task::Waker;

use super::task::TaskId;
use crate::trace::{self, Kind};

/// Names one timer: its deadline, and a number that no other timer of the loop has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TimerKey {
    pub(super) deadline_ns: u64,
    number: u64,
}

/// Every timer that is set.
#[derive(Default)]
pub(super) struct Timers {
    set: BTreeMap<TimerKey, Entry>,
    numbers: u64,
}

struct Entry {
    waker: Waker,
    task: TaskId,
}

/// What the timers want next.
pub(super) enum Due {
    /// Wake this one, and ask again.
    Now(Waker),
    /// Nothing before this moment.
    At(u64),
    /// Nothing at all.
    Never,
}

impl Timers {
    /// Makes the name of a timer that is not set yet.
    pub(super) fn name(&mut self, deadline_ns: u64) -> TimerKey {
        self.numbers += 1;
        TimerKey { deadline_ns, number: self.numbers }
    }

    /// Sets a timer, or gives one that is set another waker; returns the one it had.
    ///
    /// The caller drops what it gets when the timers are free: a waker may be foreign code.
    #[must_use]
    pub(super) fn put(&mut self, key: TimerKey, waker: Waker, task: TaskId) -> Option<Waker> {
        let before = self.set.insert(key, Entry { waker, task });
        if before.is_none() {
            trace::emit(Kind::TimerSet, task.0, key.deadline_ns);
        }
        before.map(|entry| entry.waker)
    }

    /// Forgets a timer, fired or not; returns its waker, to be dropped when the timers are free.
    pub(super) fn remove(&mut self, key: TimerKey) -> Option<Waker> {
        self.set.remove(&key).map(|entry| entry.waker)
    }

    /// Takes out one timer whose deadline is `now_ns` or earlier, or says when to ask again.
    pub(super) fn pop_due(&mut self, now_ns: u64) -> Due {
        let Some(first) = self.set.first_entry() else { return Due::Never };
        let deadline_ns = first.key().deadline_ns;
        // INVARIANT: [TIMER-1], and [TIMER-2]: the first entry has the lowest number.
        if deadline_ns > now_ns {
            return Due::At(deadline_ns);
        }
        let Entry { waker, task } = first.remove();
        trace::emit(Kind::TimerFire, task.0, deadline_ns);
        Due::Now(waker)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Arc;
    use std::task::Wake;

    use super::*;

    /// A waker that is told apart from others by its address.
    struct Nobody;

    impl Wake for Nobody {
        fn wake(self: Arc<Self>) {}
    }

    fn nobody() -> Waker {
        Waker::from(Arc::new(Nobody))
    }

    fn set(timers: &mut Timers, deadline_ns: u64) -> (TimerKey, Waker) {
        let (key, waker) = (timers.name(deadline_ns), nobody());
        assert!(timers.put(key, waker.clone(), TaskId(1)).is_none());
        (key, waker)
    }

    #[track_caller]
    fn check_fires(timers: &mut Timers, now_ns: u64, expected: &Waker) {
        let Due::Now(waker) = timers.pop_due(now_ns) else { panic!("nothing was due") };
        assert!(waker.will_wake(expected));
    }

    #[test]
    fn timers_fire_in_the_order_of_their_deadlines_then_of_their_setting() {
        let mut timers = Timers::default();
        let (_, late) = set(&mut timers, 30);
        let (_, early) = set(&mut timers, 10);
        let (_, early_too) = set(&mut timers, 10);
        check_fires(&mut timers, 30, &early);
        check_fires(&mut timers, 30, &early_too);
        check_fires(&mut timers, 30, &late);
        assert!(matches!(timers.pop_due(u64::MAX), Due::Never));
    }

    /// Fails if `pop_due` says `>=` for `>`, or rounds.
    #[test]
    fn a_timer_fires_at_its_nanosecond_and_not_one_earlier() {
        let mut timers = Timers::default();
        let (_, waker) = set(&mut timers, 10);
        assert!(matches!(timers.pop_due(9), Due::At(10)));
        check_fires(&mut timers, 10, &waker);
    }

    #[test]
    fn a_removed_timer_does_not_fire_and_can_be_removed_again() {
        let mut timers = Timers::default();
        let (key, _) = set(&mut timers, 10);
        assert!(timers.remove(key).is_some());
        assert!(timers.remove(key).is_none());
        assert!(matches!(timers.pop_due(u64::MAX), Due::Never));
    }

    #[test]
    fn a_timer_wakes_whoever_asked_last() {
        let mut timers = Timers::default();
        let (key, first) = set(&mut timers, 10);
        let last = nobody();
        let replaced = timers.put(key, last.clone(), TaskId(1)).expect("the first comes back");
        assert!(replaced.will_wake(&first));
        check_fires(&mut timers, 10, &last);
    }
}
