//! OS threads under a global lock that can be switched on and off: the counterpart of CPython's
//! `threading` and `concurrent.futures.ThreadPoolExecutor`.
//!
//! The operating system switches threads at any instruction. With the lock on, a thread runs only
//! while it holds the lock, so one runs at a time, on whichever processor; it gives the lock up
//! around every call that may sleep, and at a check point when another thread has asked for it.
//! With the lock off the same code runs on all processors at once.
//!
//! # Example: the same sum with the lock on and off
//!
//! ```
//! use trainyard::threads::{Gil, Mode, ThreadPool};
//!
//! for mode in [Mode::default(), Mode::Off] {
//!     let pool = ThreadPool::builder().workers(2).gil(Gil::new(mode)).build()?;
//!     let sums = pool.map(1..=2, |at, n| {
//!         (0..n * 1000_u64).fold(0, |sum, i| {
//!             at.checkpoint();
//!             sum + i * i
//!         })
//!     });
//!     assert_eq!(sums.into_iter().collect::<Result<Vec<_>, _>>()?, [332_833_500, 2_664_667_000]);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The kernel, in the order to read it, is described in [`kernel`]. On it stands the kit: [`sync`],
//! what threads wait with; [`queue`], queues between them; [`program`], threads with names, and a
//! main that waits for them; [`guarded`], data that the lock protects; [`policies`], two more rules
//! by which the lock changes hands. `docs/threading.md` has Python's names beside ours. How the lock came to be is told
//! in [`history`].

pub mod counters;
pub mod guarded;
pub mod history;
pub mod kernel;
pub mod policies;
pub mod pool;
pub mod program;
pub mod queue;
pub mod sync;

pub use counters::{Counters, Histogram, Standing, ThreadReport};
pub use guarded::{Guarded, with_both};
pub use kernel::attach::{Attached, Breaker};
pub use kernel::gil::Gil;
pub use kernel::policy::{
    Barging, Cause, ForcedSwitching, Mode, Party, Place, Placement, Policy, Ticks, Timed,
};
pub use kernel::world::Stalled;
pub use policies::{Fifo, Priority};
pub use pool::map_lazy::MapLazy;
pub use pool::scope::Scope;
pub use pool::{Builder, Cancel, ThreadPool};
pub use program::{
    Daemon, JoinHandle, Local, Thread, ThreadBuilder, Timer, current, enumerate, main_thread, run,
    set_panic_hook, spawn, spawn_daemon,
};
pub use queue::{
    GetError, LifoQueue, Order, OrderedQueue, PriorityQueue, PutError, Queue, ShutDown,
    SimpleQueue, TooManyDone,
};
pub use sync::{
    Barrier, BoundedSemaphore, BrokenBarrier, Condition, Event, Lock, LockGuard, OverReleased,
    Permit, RLock, RLockGuard, Releasable, Semaphore, Waited,
};
