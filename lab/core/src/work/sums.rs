//! One sum that several threads add to, kept right in four ways, and not at all.
//!
//! What one addition costs is measured, in nanoseconds: so the loops are in this package, which is
//! optimised in every build that measures.

use std::cell::Cell;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;

use trainyard::sys::prim::Mutex;

thread_local! {
    static SUM_OF_THIS_THREAD: Cell<u64> = const { Cell::new(0) };
}

/// Where the ones go.
#[derive(Debug, Default)]
pub struct Sums {
    shared: AtomicU64,
    locked: Mutex<u64>,
}

impl Sums {
    /// Adds `ones` ones, by the strategy of this name; a queue's go to `owner`.
    /// Panics if the owner of the queue is gone.
    pub fn add(&self, ones: u64, strategy: &str, owner: Sender<u64>) {
        match strategy {
            "none" => (0..ones).for_each(|_| {
                // ORDER: Relaxed, both; that another's store falls between them is the mistake.
                let sum = self.shared.load(Ordering::Relaxed);
                self.shared.store(sum + 1, Ordering::Relaxed);
            }),
            "lock" => (0..ones).for_each(|_| *self.locked.lock() += 1),
            "queue" => (0..ones).for_each(|_| owner.send(1).expect("the owner is there")),
            "thread-local" => SUM_OF_THIS_THREAD.with(|sum| {
                (0..ones).for_each(|_| sum.set(black_box(sum.get()) + 1));
                *self.locked.lock() += sum.get();
            }),
            _ => (0..ones).for_each(|_| {
                // ORDER: Relaxed; one instruction, and the sum is read when the threads have ended.
                self.shared.fetch_add(1, Ordering::Relaxed);
            }),
        }
        // The owner ends when the last of these is gone.
        drop(owner);
    }

    /// The sum, when the threads have ended; without what went to a queue.
    pub fn total(self) -> u64 {
        self.shared.into_inner() + self.locked.into_inner()
    }
}
