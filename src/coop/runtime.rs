//! A loop as its owner sees it: build it, run a future on it, drop it with everything in it.
//!
//! # Invariants
//!
//! - **RUNTIME-1** A runtime never leaves its thread, so its tasks need not be `Send`.
//! - **RUNTIME-2** Dropping the runtime drops every task, in this thread, before `drop` returns.
//!
//! Read after [`scheduler`](super::kernel::scheduler).
#![forbid(unsafe_code)]

use std::fmt;
use std::future::Future;
use std::io;
use std::panic::Location;
use std::rc::Rc;
use std::time::Duration;

use super::kernel::join::JoinHandle;
use super::kernel::scheduler::Scheduler;
use super::kernel::settings::{Settings, SlowPoll, SlowPollWatch, Time};
use super::kernel::task::TaskInfo;

/// Runs `future` on a new loop, and returns its output.
///
/// Tasks that are still alive when it is done are dropped, as `asyncio.run` does.
///
/// # Panics
///
/// Panics if the process has no descriptors left for a loop, inside of another loop, and passes on
/// a panic of `future`.
///
/// # Example: two tasks take turns
///
/// ```
/// use trainyard::coop;
///
/// let sum = coop::run(async {
///     let task = coop::spawn(async { 40 });
///     coop::yield_now().await;
///     task.await.unwrap() + 2
/// });
/// assert_eq!(sum, 42);
/// ```
#[track_caller]
pub fn run<F: Future>(future: F) -> F::Output {
    match Runtime::new() {
        Ok(mut runtime) => runtime.block_on(future),
        Err(error) => panic!("the event loop cannot start: {error}"),
    }
}

/// A cooperative scheduler: one thread, one loop, any number of tasks.
///
/// # Example: a loop stays in its thread
///
/// ```compile_fail,E0277
/// let runtime = trainyard::coop::Runtime::new().unwrap();
/// std::thread::spawn(move || drop(runtime));
/// ```
pub struct Runtime {
    // INVARIANT: [RUNTIME-1] an `Rc` makes the runtime `!Send`.
    scheduler: Rc<Scheduler>,
}

impl Runtime {
    /// Creates a loop on real time, with every setting at its default.
    ///
    /// # Errors
    ///
    /// Fails if the process has no descriptors left.
    pub fn new() -> io::Result<Self> {
        Builder::new().build()
    }

    /// Runs the loop until `future` is done, and returns its output.
    ///
    /// Other tasks run meanwhile, rest when it returns, and go on at the next call.
    ///
    /// # Panics
    ///
    /// Panics inside of another loop, on a deadlock on virtual time, and passes on a panic of
    /// `future`. The runtime can be used again after each of them.
    #[track_caller]
    pub fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.scheduler.block_on(future, Location::caller())
    }

    /// Creates a task, which runs during the next [`block_on`](Self::block_on).
    #[track_caller]
    pub fn spawn<F: Future + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        self.scheduler.spawn(future, Location::caller())
    }

    /// Lists the live tasks, oldest first.
    pub fn tasks(&self) -> Vec<TaskInfo> {
        self.scheduler.list()
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        // INVARIANT: [RUNTIME-2] wakers that remain keep the inbox alive and nothing else.
        self.scheduler.close();
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Runtime").field("tasks", &self.tasks()).finish_non_exhaustive()
    }
}

/// Settings of a loop.
///
/// # Example: an hour in a moment
///
/// ```
/// use std::time::Duration;
/// use trainyard::coop;
///
/// let mut runtime = coop::Builder::new().virtual_time(7).build()?;
/// runtime.block_on(async { coop::sleep(Duration::from_hours(1)).await });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "a builder builds nothing until `build`"]
pub struct Builder {
    settings: Settings,
}

impl Builder {
    /// Starts with every setting at its default.
    pub fn new() -> Self {
        Self { settings: Settings::default() }
    }

    /// Serves sockets, timers and other threads at least once in `polls` polls; 61 by default.
    ///
    /// # Panics
    ///
    /// Panics if `polls` is 0.
    pub fn event_interval(mut self, polls: u32) -> Self {
        assert!(polls > 0, "an event interval of 0 polls leaves no room for tasks");
        self.settings.event_interval = polls;
        self
    }

    /// Lets one poll do `operations` that are ready at once, then puts its task behind the others;
    /// 128 by default.
    ///
    /// # Panics
    ///
    /// Panics if `operations` is 0.
    pub fn budget(mut self, operations: u32) -> Self {
        assert!(operations > 0, "with a budget of 0 operations nothing is ever done");
        self.settings.budget = operations;
        self
    }

    /// Calls `report` after each poll that took `threshold` or longer. Off by default; watching
    /// reads the clock twice for each poll.
    pub fn slow_poll(mut self, threshold: Duration, report: impl Fn(&SlowPoll) + 'static) -> Self {
        self.settings.slow_poll = Some(SlowPollWatch { threshold, report: Box::new(report) });
        self
    }

    /// Lets no real time pass: when nothing is ready, the clock jumps to the next deadline. Tasks
    /// that are ready together run in an order drawn from `seed`.
    ///
    /// Such a loop has no sockets, and does not wait for other threads: when nothing is ready and
    /// no deadline is set, `block_on` panics with the list of the tasks and the seed.
    pub fn virtual_time(mut self, seed: u64) -> Self {
        self.settings.time = Time::Virtual { seed };
        self
    }

    /// Builds the loop.
    ///
    /// # Errors
    ///
    /// Fails if the process has no descriptors left; on virtual time never.
    pub fn build(self) -> io::Result<Runtime> {
        Ok(Runtime { scheduler: Scheduler::new(self.settings)? })
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { time, event_interval, budget, .. } = &self.settings;
        formatter
            .debug_struct("Builder")
            .field("event_interval", event_interval)
            .field("budget", budget)
            .field("time", time)
            .finish_non_exhaustive()
    }
}
