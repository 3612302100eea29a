//! Who waits for whom: how trains that wait for each other's locks are noticed while they run.
//!
//! A train that finds a lock taken says so here, and follows the chain: that lock's owner, the lock
//! that the owner waits for, its owner, and so on. A chain that comes back to it is a deadlock.
//!
//! All of the chain was true at one moment, when the table was taken: who stands in it has not gone
//! on since. A train that got its lock first says so here, for which it needs the table, and owns
//! the lock at which it is said to wait, so that no chain leads on from it.

use std::sync::atomic::AtomicI64;

use super::run::Trouble;
use trainyard::sys::prim::Mutex;
use trainyard::vm::Memory;

/// What is known of the trains' waiting.
#[derive(Debug, Default)]
pub(super) struct Waits {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    /// The lock that each train waits for.
    locks: Vec<Option<usize>>,
    is_deadlock: bool,
}

impl Waits {
    pub(super) fn new(trains: usize) -> Self {
        Self { table: Mutex::new(Table { locks: vec![None; trains], is_deadlock: false }) }
    }

    /// Train number `train` found `lock` taken. In a deadlock all are told so, and stop.
    #[must_use = "a train that goes on in a deadlock never ends"]
    pub(super) fn blocked(
        &self,
        train: usize,
        lock: usize,
        memory: &[AtomicI64],
    ) -> Option<Trouble> {
        let mut table = self.table.lock();
        table.locks[train] = Some(lock);
        table.is_deadlock = table.is_deadlock || table.leads_back(train, memory);
        table.is_deadlock.then_some(Trouble::Deadlock)
    }

    pub(super) fn is_deadlock(&self) -> bool {
        self.table.lock().is_deadlock
    }

    /// It has its lock: it says so before it does anything else.
    pub(super) fn goes_on(&self, train: usize) {
        self.table.lock().locks[train] = None;
    }
}

impl Table {
    /// Whether the chain from `train` comes back to it.
    fn leads_back(&self, train: usize, memory: &[AtomicI64]) -> bool {
        // A lock's word is its owner's number and 1.
        let owner = |lock| usize::try_from(memory.load(lock)).ok()?.checked_sub(1);
        let next = |&here: &usize| owner(self.locks[here]?);
        let mut chain = std::iter::successors(next(&train), next).take(self.locks.len());
        chain.any(|here| here == train)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A circle that does not lead back to whoever asks is somebody else's to notice.
    #[test]
    fn a_circle_of_waiting_trains_is_a_deadlock_and_a_chain_is_not() {
        let check = |waits: &Waits, owners: [i64; 3], train, lock, expected| {
            let found = waits.blocked(train, lock, &owners.map(AtomicI64::new));
            assert_eq!(found, expected, "train {train} waits for lock {lock} of {owners:?}");
        };
        // Locks 0, 1, 2 belong to trains 0, 1, 2.
        let (owners, waits) = ([1, 2, 3], Waits::new(3));
        check(&waits, owners, 0, 1, None);
        check(&waits, owners, 1, 2, None);
        waits.goes_on(1);
        check(&waits, owners, 2, 0, None);
        check(&waits, owners, 1, 2, Some(Trouble::Deadlock));
        // Whoever comes next is told without looking.
        check(&waits, owners, 0, 1, Some(Trouble::Deadlock));
        let (owners, waits) = ([2, 1, 1], Waits::new(3));
        check(&waits, owners, 0, 0, None);
        check(&waits, owners, 2, 2, None);
    }
}
