//! A bell that wakes a thread out of `poll`.
//!
//! However often it was rung, it is silent after one look: a bell says that there is something to
//! look at, never how much.
//!
//! See `eventfd(2)`.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::eventfd::{EfdFlags, EventFd};

use super::named;

/// A descriptor that is readable from [`ring`](Self::ring) until [`silence`](Self::silence).
///
/// # Example: two rings are one
///
/// ```
/// let bell = trainyard::sys::bell::Bell::new()?;
/// bell.ring();
/// bell.ring();
/// assert!(bell.silence());
/// assert!(!bell.silence());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Bell {
    event: EventFd,
}

impl Bell {
    /// Creates a silent bell.
    ///
    /// # Errors
    ///
    /// Fails with EMFILE or ENFILE if descriptors are used up.
    pub fn new() -> io::Result<Self> {
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let event = EventFd::from_value_and_flags(0, flags).map_err(named("eventfd"))?;
        Ok(Self { event })
    }

    /// Wakes the thread that polls the bell, or the next one that does.
    ///
    /// # Panics
    ///
    /// Never: the only error a bell can have is that it has been rung 2^64 times, and then it
    /// rings already.
    pub fn ring(&self) {
        let rung = self.event.write(1);
        debug_assert!(matches!(rung, Ok(_) | Err(Errno::EAGAIN)), "{rung:?}");
    }

    /// Makes the bell silent, and tells whether it rang.
    pub fn silence(&self) -> bool {
        self.event.read().is_ok()
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}
