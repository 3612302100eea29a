//! Ctrl-C as something to read.
//!
//! A signal handler may do almost nothing, and interrupts whatever its thread is doing. A signalfd
//! turns SIGINT and SIGTERM into a descriptor that a loop polls with its other descriptors: the
//! program hears of Ctrl-C where it is ready to.
//!
//! See `signalfd(2)`, `pthread_sigmask(3)`.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::named;

/// SIGINT and SIGTERM, as a descriptor that becomes readable.
#[derive(Debug)]
pub struct Interrupts {
    descriptor: SignalFd,
}

impl Interrupts {
    /// Blocks both signals for this thread, and every thread it starts, and listens to them.
    ///
    /// Call it before the program has a second thread: one that does not block them would be
    /// ended by them. A child that std starts inherits the mask, and would be deaf to both signals:
    /// start it with [`child::start`](super::child::start), which unblocks them.
    ///
    /// # Errors
    ///
    /// Fails if descriptors are used up.
    pub fn listen() -> io::Result<Self> {
        let mut signals = SigSet::empty();
        signals.add(Signal::SIGINT);
        signals.add(Signal::SIGTERM);
        signals.thread_block().map_err(named("pthread_sigmask"))?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let descriptor = SignalFd::with_flags(&signals, flags).map_err(named("signalfd"))?;
        Ok(Self { descriptor })
    }

    /// Tells whether a signal has come since the last call.
    pub fn take(&self) -> bool {
        matches!(self.descriptor.read_signal(), Ok(Some(_)))
    }
}

impl AsFd for Interrupts {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use nix::sys::pthread::{pthread_kill, pthread_self};

    use super::*;
    use crate::sys::poll::{Interest, wait};

    #[test]
    fn a_signal_becomes_something_to_read() {
        let interrupts = Interrupts::listen().unwrap();
        assert!(!interrupts.take());
        pthread_kill(pthread_self(), Signal::SIGTERM).unwrap();
        assert_eq!(wait(&[(interrupts.as_fd(), Interest::Read)], None).unwrap(), [true]);
        assert!(interrupts.take() && !interrupts.take());
    }
}
