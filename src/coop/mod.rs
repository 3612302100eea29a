//! The cooperative runtime: tasks that take turns in one thread.
//!
//! The counterpart in Python is `asyncio`. A task runs until it awaits something that is not
//! ready; nothing interrupts it between two awaits. So data that tasks share needs no lock where
//! no await stands in the middle:
//!
//! ```
//! use std::cell::Cell;
//! use std::rc::Rc;
//! use trainyard::coop;
//!
//! let x = Rc::new(Cell::new(0));
//! coop::run(coop::join_all((0..100).map(|_| {
//!     let x = Rc::clone(&x);
//!     async move { x.set(x.get() + 1) }
//! })));
//! assert_eq!(x.get(), 100);
//! ```
//!
//! # The life of a request
//!
//! A task writes to a socket and awaits the answer. The kernel has nothing yet, so the task leaves
//! its waker with the [reactor](kernel) and returns to the loop, which polls other tasks; when no
//! task is ready it sleeps in `epoll`. The answer arrives, the loop wakes, calls the waker, the
//! task joins the run queue, and its next poll reads the bytes. One thread waits for any number
//! of answers at once: this is all that a cooperative runtime gains, and it is a lot.
//!
//! # Names
//!
//! | here | `asyncio` |
//! | --- | --- |
//! | [`run`], [`Runtime`] | `run`, `Runner` |
//! | [`spawn`], [`JoinHandle`] | `create_task`, `Task` |
//! | [`JoinHandle::abort`] | `Task.cancel` |
//! | [`sleep`], [`yield_now`] | `sleep`, `sleep(0)` |
//! | [`timeout`] | `wait_for` |
//! | [`join_all`], [`select`] | `gather`, `wait(FIRST_COMPLETED)` |
//! | [`TaskGroup`] | `TaskGroup` |
//! | [`tasks`] | `all_tasks` |
//!
//! The mechanism is in [`kernel`], which is to be read first; the rest is built on it.
#![expect(rustdoc::private_intra_doc_links, reason = "the source is read with private items")]

mod kernel;
pub mod net;

mod combine;
mod group;
mod runtime;
mod time;

pub use combine::{Either, join_all, select};
pub use group::{GroupError, TaskGroup};
pub use kernel::join::{JoinError, JoinHandle};
pub use kernel::settings::SlowPoll;
pub use kernel::sleep::Sleep;
pub use kernel::task::{TaskId, TaskInfo, TaskState, WaitsOn};
pub use runtime::{Builder, Runtime, run};
pub use time::{Elapsed, Interval, Moment, interval, now, sleep, sleep_until, timeout, yield_now};

use std::future::Future;
use std::panic::Location;

use kernel::current::current;

/// Creates a task, which runs beside the one that called this.
///
/// The future may hold what must not leave its thread, as `Rc`: the task never does.
///
/// # Panics
///
/// Panics outside of a loop.
///
/// # Example: a task's panic reaches its joiner
///
/// ```
/// use trainyard::coop;
///
/// let error = coop::run(async { coop::spawn(async { panic!("lost") }).await.unwrap_err() });
/// assert!(error.to_string().ends_with("panicked: lost"));
/// ```
#[track_caller]
pub fn spawn<F: Future + 'static>(future: F) -> JoinHandle<F::Output> {
    current().spawn(future, Location::caller())
}

/// Lists the live tasks of the current loop, oldest first.
///
/// # Panics
///
/// Panics outside of a loop.
#[track_caller]
pub fn tasks() -> Vec<TaskInfo> {
    current().list()
}
