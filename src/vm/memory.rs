//! The words that trains share: atomics for trains on threads, cells for trains that take turns on
//! one.
//!
//! A variable's load and its store are each one atomic act, whoever runs the trains; between them is
//! a gap, which is what this is all about. Nothing here is undefined behaviour, however lost.
//!
//! On threads the order between *different* variables is the processor's, as for a C program's
//! relaxed atomics: after `a = 1; r0 = b` and `b = 1; r1 = a` both trains may have read 0, because
//! a store waits in its processor's buffer while the load after it goes ahead. Taking turns on one
//! thread, or under the global lock, whose release and acquire stand between any two trains, it
//! cannot happen. The search of `trainyard race` takes turns, so it does not list such endings.
//!
//! Read after [`super::machine`].

use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering};

/// The words that all trains share, in the order of [`Program::words`](super::Program::words).
pub trait Memory {
    /// Reads a variable.
    fn load(&self, word: usize) -> i64;
    /// Writes a variable.
    fn store(&self, word: usize, value: i64);
    /// Makes `owner` the owner of a lock, and returns 0; or returns who has it.
    fn take(&self, word: usize, owner: i64) -> i64;
    /// Makes a lock free.
    fn free(&self, word: usize);
}

/// For trains on threads. A load and a store are each atomic, and between them is a gap.
impl Memory for [AtomicI64] {
    fn load(&self, word: usize) -> i64 {
        // ORDER: Relaxed, here and below: what one variable says about another is the program's
        // affair; with a lock, its `take` and `free` order what it protects. SeqCst would rule the
        // store buffer's reordering out, at the price of a locked instruction for each store.
        self[word].load(Ordering::Relaxed)
    }

    fn store(&self, word: usize, value: i64) {
        self[word].store(value, Ordering::Relaxed); // ORDER: Relaxed; see `load`.
    }

    fn take(&self, word: usize, owner: i64) -> i64 {
        // ORDER: Acquire; pairs with the Release in `free`: what the owner before stored is seen.
        let taken = self[word].compare_exchange(0, owner, Ordering::Acquire, Ordering::Relaxed);
        taken.unwrap_or_else(|other| other)
    }

    fn free(&self, word: usize) {
        self[word].store(0, Ordering::Release); // ORDER: Release; pairs with `take`.
    }
}

/// For trains that one thread runs.
impl Memory for [Cell<i64>] {
    fn load(&self, word: usize) -> i64 {
        self[word].get()
    }

    fn store(&self, word: usize, value: i64) {
        self[word].set(value);
    }

    fn take(&self, word: usize, owner: i64) -> i64 {
        let before = self[word].get();
        if before == 0 {
            self[word].set(owner);
        }
        before
    }

    fn free(&self, word: usize) {
        self[word].set(0);
    }
}
