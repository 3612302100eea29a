//! A descriptor that becomes readable when a moment has come.
//!
//! `epoll_wait(2)` counts its timeout in milliseconds and its timers may be late by the thread's
//! slack; a timerfd counts in nanoseconds, takes an absolute time of the clock that
//! [`clock`](super::clock) reads, and waits in the same `epoll` as every socket.
//!
//! See `timerfd_create(2)`.

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};

use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{
    ClockId, Expiration, TimerFd as Descriptor, TimerFlags, TimerSetTimeFlags,
};

use super::named;

/// A timer with a descriptor.
#[derive(Debug)]
pub struct TimerFd {
    descriptor: Descriptor,
}

impl TimerFd {
    /// Creates a timer that is not set.
    ///
    /// # Errors
    ///
    /// Fails if the process has no descriptor left (`EMFILE`, `ENFILE`).
    pub fn new() -> io::Result<Self> {
        // INVARIANT: [SYS-2]
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let descriptor = Descriptor::new(ClockId::CLOCK_MONOTONIC, flags);
        Ok(Self { descriptor: descriptor.map_err(named("timerfd_create"))? })
    }

    /// Sets the timer to the moment `deadline_ns` of [`now_ns`](super::clock::now_ns).
    ///
    /// The descriptor becomes readable then, at once if the moment has passed. An earlier setting
    /// is forgotten, also if it has expired and nobody has looked.
    ///
    /// # Errors
    ///
    /// Never in practice: the call takes every moment.
    pub fn set(&self, deadline_ns: u64) -> io::Result<()> {
        // A zero would switch the timer off; that moment has passed for every running system.
        let deadline = std::time::Duration::from_nanos(deadline_ns.max(1));
        let moment = Expiration::OneShot(TimeSpec::from_duration(deadline));
        self.descriptor
            .set(moment, TimerSetTimeFlags::TFD_TIMER_ABSTIME)
            .map_err(named("timerfd_settime"))
    }

    /// Returns the descriptor's number, for a poller that borrows it.
    pub fn raw(&self) -> RawFd {
        self.descriptor.as_fd().as_raw_fd()
    }
}

#[cfg(test)]
mod tests {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    use super::*;
    use crate::sys::clock;

    fn is_readable(timer: &TimerFd, timeout: PollTimeout) -> bool {
        let mut descriptors = [PollFd::new(timer.descriptor.as_fd(), PollFlags::POLLIN)];
        poll(&mut descriptors, timeout).unwrap() == 1
    }

    #[test]
    fn it_becomes_readable_when_the_moment_has_come_and_not_before() {
        let timer = TimerFd::new().unwrap();
        let deadline_ns = clock::now_ns() + 2_000_000;
        timer.set(deadline_ns).unwrap();
        assert!(is_readable(&timer, PollTimeout::NONE));
        assert!(clock::now_ns() >= deadline_ns);
    }

    #[test]
    fn a_new_setting_forgets_the_old_one_and_the_end_of_time_is_accepted() {
        let timer = TimerFd::new().unwrap();
        timer.set(0).unwrap();
        assert!(is_readable(&timer, PollTimeout::NONE));
        timer.set(u64::MAX).unwrap();
        assert!(!is_readable(&timer, PollTimeout::ZERO));
    }
}
