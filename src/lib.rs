//! Three concurrency runtimes built from scratch, to be read.
//!
//! | runtime | module | Python counterpart | who switches | how many run at once |
//! | --- | --- | --- | --- | --- |
//! | cooperative task scheduler on mio | [`coop`] | asyncio | the task, at an `.await` | 1 |
//! | OS-thread pool under a global lock that can be switched on and off | [`threads`] | threading, concurrent.futures | the OS at any instruction; the lock at check points | 1 with the lock, all cores without |
//! | fork/exec process pool | [`procs`] | multiprocessing, concurrent.futures | the OS | all cores |
//!
//! The modules stand on floors; a module imports only from floors below its own. Bottom to top:
//!
//! 1. [`interleave`], [`vm`]: an explorer of step orders, a small bytecode machine; pure, import
//!    nothing of the crate;
//! 2. [`sys`]: system calls, atomics and locks, the clock, the door for blocking calls;
//! 3. [`trace`]: the event recorder;
//! 4. [`handle`]: the answer that both pools return;
//! 5. [`coop`], [`threads`], [`procs`]: the runtimes, neighbours that never import each other.
//!
//! The laboratory that compares them is a package of its own, in `lab/`.
//!
//! `ARCHITECTURE.md` has the map, and an order in which to read the source.

#[cfg(not(target_os = "linux"))]
compile_error!(
    "trainyard runs on Linux 5.10 or later: it is built on epoll, futex, pidfd and memfd"
);

pub mod coop;
pub mod handle;
pub mod interleave;
// Nothing that starts processes can be modelled, and loom knows no shared memory.
#[cfg(not(loom))]
pub mod procs;
pub mod sys;
pub mod threads;
pub mod trace;
pub mod vm;

/// The README's examples, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The example of the page that lays the threads beside Python's.
#[cfg(doctest)]
#[doc = include_str!("../docs/threading.md")]
struct Threading;
