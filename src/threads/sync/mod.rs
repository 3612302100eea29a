//! What threads wait with: the counterparts of `threading.Lock` and its relatives.
//!
//! They are made for programs under a global lock, and work as well without one. Where nobody has to
//! wait, nothing is given up: a [`Lock`] or a [`Semaphore`] that is free costs one compare-exchange.
//! A call that must wait goes through the one door of [`sys::blocking`](mod@crate::sys::blocking),
//! so it gives the global lock up, and a recording says what the thread waits for
//! ([`Why`](crate::sys::Why)).
//!
//! | file | what is in it | what it stands on |
//! | --- | --- | --- |
//! | [`deadline`] | when a wait is over, and how it ended | |
//! | [`permits`] | a number of permits in one word | a futex |
//! | [`line`](mod@line) | threads that wait in the order of arrival | a futex each |
//! | [`lock`] | [`Lock`] | our mutex |
//! | [`rlock`] | [`RLock`] | `permits` |
//! | [`semaphore`] | [`Semaphore`], [`BoundedSemaphore`] | `permits` |
//! | [`event`] | [`Event`] | a futex |
//! | [`condition`] | [`Condition`] | `line`, and any of the two locks |
//! | [`barrier`] | [`Barrier`] | a mutex, and a futex for each round |
//!
//! # What they share
//!
//! None of them calls foreign code while it holds a lock of its own. None is fair, unless it says so.
//! A wait in a guarded section ([`Guarded`](crate::threads::Guarded)) keeps the global lock, as
//! everything in such a section does.
//!
//! # Not here
//!
//! What Python checks while it runs and Rust's types rule out: releasing what one does not hold.
//! After a `fork(2)` the child has these objects as they were; see [`Gil`](crate::threads::Gil).

pub mod barrier;
pub mod condition;
pub mod deadline;
pub mod event;
pub mod line;
pub mod lock;
#[cfg(all(test, loom))]
mod models;
pub mod permits;
pub mod rlock;
pub mod semaphore;

pub use barrier::{Barrier, BrokenBarrier};
pub use condition::{Condition, Releasable};
pub use deadline::Waited;
pub use event::Event;
pub use lock::{Lock, LockGuard};
pub use rlock::{RLock, RLockGuard};
pub use semaphore::{BoundedSemaphore, OverReleased, Permit, Semaphore};
