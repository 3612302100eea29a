//! Atomics and locks that exist twice: for use, and for the model checker.
//!
//! Everything above takes its atomics and locks from here. In a normal build they are std's
//! atomics and our own locks on `futex(2)`; with `--cfg loom` they are loom's, and every protocol
//! that is written with them can be explored. The locks are ours for a second reason:
//! `ThreadSanitizer` sees through them, whereas std is shipped without its instrumentation and
//! draws false reports.
//!
//! Where a word must be a `static`, or is shared with another process, std's atomics are named
//! directly: loom's have no `const` constructor and no fixed size.
//!
//! Read in this order: [`futex`], [`mutex`], [`condvar`], `spin`.

pub mod condvar;
pub mod futex;
pub mod mutex;
mod spin;

pub use condvar::Condvar;
pub use futex::{Futex, Wait};
pub use mutex::{Mutex, MutexGuard};
pub(crate) use spin::Spin;

#[cfg(loom)]
pub use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
#[cfg(not(loom))]
pub use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};

/// Tries `body` in every order of its atomic steps with two preemptions, or as many as
/// `LOOM_MAX_PREEMPTIONS` says. Two is what tokio's continuous integration uses; three threads without
/// a bound take minutes.
#[cfg(all(test, loom))]
pub(crate) fn explore(body: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = model.preemption_bound.or(Some(2));
    model.check(body);
}
