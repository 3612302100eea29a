//! One sum that several threads add to, kept right in four ways, and not at all.
//!
//! What one addition costs is measured, in nanoseconds: so the loops are in this package, which is
//! optimised in every build that measures.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use trainyard::threads::{Local, Lock, Queue};

/// Where the ones go.
#[derive(Debug, Default)]
pub struct Sums {
    shared: AtomicU64,
    locked: Lock<u64>,
    /// To the [owner](Self::own); shut down when all ones are in it.
    pub queue: Queue<u64>,
    of_each_thread: Local<u64>,
}

impl Sums {
    /// Adds `ones` ones, by the strategy of this name.
    ///
    /// # Panics
    ///
    /// Panics if the queue is shut down.
    pub fn add(&self, ones: u64, strategy: &str) {
        match strategy {
            "none" => (0..ones).for_each(|_| {
                // ORDER: Relaxed, both; that another's store falls between them is the mistake.
                let sum = self.shared.load(Ordering::Relaxed);
                self.shared.store(sum + 1, Ordering::Relaxed);
            }),
            "lock" => (0..ones).for_each(|_| *self.locked.acquire() += 1),
            "queue" => (0..ones).for_each(|_| self.queue.put(1).expect("it is open")),
            "thread-local" => self.of_each_thread.with(|sum| {
                (0..ones).for_each(|_| *sum = black_box(*sum) + 1);
                *self.locked.acquire() += *sum;
            }),
            _ => (0..ones).for_each(|_| {
                // ORDER: Relaxed; one instruction, and the sum is read when the threads have ended.
                self.shared.fetch_add(1, Ordering::Relaxed);
            }),
        }
    }

    /// Adds what comes through the queue, until that is shut down.
    pub fn own(&self) {
        let ones = std::iter::from_fn(|| self.queue.get().ok());
        *self.locked.acquire() += ones.sum::<u64>();
    }

    /// The sum, when the threads have ended.
    pub fn total(self) -> u64 {
        self.shared.into_inner() + self.locked.into_inner()
    }
}
