//! Who waits for whom: how trains that wait for each other's locks are noticed while they run.
//!
//! # The life of one deadlock
//!
//! 1. A train finds a lock taken, and says so here.
//! 2. It follows the chain: that lock's owner, the lock that the owner waits for, its owner, and so
//!    on. A chain that comes back to it is a deadlock, if all of it was true at one moment.
//! 3. It was, if nobody on it has gone on in between: the chain is followed twice, and each train
//!    on it must have the same number of locks got, both times.
//! 4. Then all are told, and stop.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};

use trainyard::vm::Memory;

/// What is known of each train's waiting.
#[derive(Debug)]
pub(super) struct Waits {
    trains: Vec<Wait>,
    is_deadlock: AtomicBool,
}

/// One train's waiting. All are read and written in one order (`SeqCst`): nothing here is fast.
#[derive(Debug, Default)]
struct Wait {
    /// The lock that it waits for, and 1; 0 while it runs.
    lock: AtomicUsize,
    /// How often it has stopped waiting.
    got: AtomicU64,
}

/// What a train that found a lock taken has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a train that goes on in a deadlock never ends"]
pub(super) enum Verdict {
    TryAgain,
    Deadlock,
}

impl Waits {
    pub(super) fn new(trains: usize) -> Self {
        let trains = std::iter::repeat_with(Wait::default).take(trains).collect();
        Self { trains, is_deadlock: AtomicBool::new(false) }
    }

    /// Train number `train` found `lock` taken.
    pub(super) fn blocked(&self, train: usize, lock: usize, memory: &[AtomicI64]) -> Verdict {
        // ORDER: SeqCst, here and below; see `Wait`. An owner that is seen to wait has given back
        // all that it ever gave back: its locks' words are not older than its waiting.
        self.trains[train].lock.store(lock + 1, Ordering::SeqCst);
        if self.is_deadlock() {
            return Verdict::Deadlock;
        }
        let chain = self.chain(train, memory);
        if chain.is_none() || self.chain(train, memory) != chain {
            return Verdict::TryAgain;
        }
        self.is_deadlock.store(true, Ordering::SeqCst);
        Verdict::Deadlock
    }

    /// Whether trains have been found to wait for each other.
    pub(super) fn is_deadlock(&self) -> bool {
        self.is_deadlock.load(Ordering::SeqCst)
    }

    /// It has its lock, at this moment: what is said of it here is true before it does anything else.
    pub(super) fn goes_on(&self, train: usize) {
        // ORDER: SeqCst; first the count, so that a chain with an old lock has a new count.
        self.trains[train].got.fetch_add(1, Ordering::SeqCst);
        self.trains[train].lock.store(0, Ordering::SeqCst);
    }

    /// Each train from `train` round to itself, with how often it has gone on.
    fn chain(&self, train: usize, memory: &[AtomicI64]) -> Option<Vec<(usize, u64)>> {
        let mut chain = Vec::new();
        let mut here = train;
        while chain.len() < self.trains.len() {
            let Wait { lock, got } = &self.trains[here];
            chain.push((here, got.load(Ordering::SeqCst)));
            let lock = lock.load(Ordering::SeqCst).checked_sub(1)?;
            // A lock's word is its owner's number and 1.
            here = usize::try_from(memory.load(lock)).ok()?.checked_sub(1)?;
            if here == train {
                return Some(chain);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A circle that does not lead back to whoever asks is somebody else's to notice.
    #[test]
    fn a_circle_of_waiting_trains_is_a_deadlock_and_a_chain_is_not() {
        let check = |waits: &Waits, owners: [i64; 3], train, lock, expected| {
            let verdict = waits.blocked(train, lock, &owners.map(AtomicI64::new));
            assert_eq!(verdict, expected, "train {train} waits for lock {lock} of {owners:?}");
        };
        // Locks 0, 1, 2 belong to trains 0, 1, 2.
        let (owners, waits) = ([1, 2, 3], Waits::new(3));
        check(&waits, owners, 0, 1, Verdict::TryAgain);
        check(&waits, owners, 1, 2, Verdict::TryAgain);
        waits.goes_on(1);
        check(&waits, owners, 2, 0, Verdict::TryAgain);
        check(&waits, owners, 1, 2, Verdict::Deadlock);
        // Whoever comes next is told without looking.
        check(&waits, owners, 0, 1, Verdict::Deadlock);
        let (owners, waits) = ([2, 1, 1], Waits::new(3));
        check(&waits, owners, 0, 0, Verdict::TryAgain);
        check(&waits, owners, 2, 2, Verdict::TryAgain);
    }
}
