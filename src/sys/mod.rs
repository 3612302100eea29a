//! The ground floor: everything that the crate asks of Linux, and nothing else asks.
//!
//! Each function wraps one system call, names its man page, is safe to call, and returns
//! [`std::io::Error`] with the call's name in front. Nothing above this module names `libc` or
//! `nix`: a reader who wants to know what the runtimes need of a kernel reads this folder.
//!
//! | file | what it wraps |
//! | --- | --- |
//! | [`prim`] | atomics and our own locks, on a futex that has a loom arm |
//! | [`clock`] | the only place that reads time, but for |
//! | [`ticks`] | what the recorder stamps events with: the processor's own counter |
//! | [`mod@blocking`] | the one door for every call that may sleep |
//! | [`memory`] | memory shared between processes, without a name in the file system |
//! | [`socket`] | TCP options that std has no name for |
//! | [`signal`] | Ctrl-C as something to read |
//! | [`timerfd`] | a descriptor that becomes readable when a moment has come |
//! | [`child`], [`limits`] | starting a program as std does, and the limits that it may reach |
//! | [`process`], [`pidfd`] | starting a worker's program, and watching over its process |
//! | [`channel`], [`bell`], [`poll`] | a socket pair, a wake-up, and waiting for either |
//! | [`errno`] | the error number, kept over calls that are not the caller's |
//! | [`access`] | whether a folder takes a new file |
//! | [`affinity`], [`rusage`] | a thread's number and its processors, what a process has used |
//!
//! # Invariants
//!
//! - **SYS-1** No error is lost: a failed call becomes an `Err` whose text begins with its name.
//! - **SYS-2** Every descriptor is created close-on-exec and owned by an `OwnedFd`.
//!
//! Read next: [`prim`].

pub mod access;
pub mod affinity;
pub mod bell;
pub mod blocking;
pub mod channel;
pub mod child;
pub mod clock;
pub mod errno;
pub mod limits;
pub mod memory;
pub mod pidfd;
pub mod poll;
pub mod prim;
pub mod process;
pub mod rusage;
pub mod signal;
pub mod socket;
pub mod ticks;
pub mod timerfd;

pub use blocking::{Why, blocking};

use std::io;

/// Puts the name of a system call in front of its error.
pub(crate) fn named(call: &'static str) -> impl Fn(nix::Error) -> io::Error {
    // INVARIANT: [SYS-1] the kind survives, so that callers can still match on it.
    move |errno| limits::of_call(call)(errno.into())
}

/// Tells whether `error` says that the process or the machine has no more descriptors or memory
/// for sockets (`EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`): a state that passes.
pub fn resources_are_exhausted(error: &io::Error) -> bool {
    let passing = [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM];
    error.raw_os_error().is_some_and(|errno| passing.contains(&errno))
}
