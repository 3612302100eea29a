//! Sleeping until one of several descriptors is ready.
//!
//! See `poll(2)`.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{Why, blocking, named};

/// What to wait for on a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Something to read, or the other end is gone.
    Read,
    /// The same, or room to write.
    ReadWrite,
}

/// Sleeps until a descriptor is ready or `timeout` has passed, and tells which ones are.
///
/// It may return early with nothing ready. A descriptor whose other end is gone counts as ready.
///
/// # Errors
///
/// Fails if there are more descriptors than the process may have.
pub fn wait(
    descriptors: &[(BorrowedFd<'_>, Interest)],
    timeout: Option<Duration>,
) -> io::Result<Vec<bool>> {
    let mut entries: Vec<PollFd<'_>> = descriptors
        .iter()
        .map(|&(descriptor, interest)| {
            let flags = match interest {
                Interest::Read => PollFlags::POLLIN,
                Interest::ReadWrite => PollFlags::POLLIN | PollFlags::POLLOUT,
            };
            PollFd::new(descriptor, flags)
        })
        .collect();
    let timeout = timeout.map_or(PollTimeout::NONE, |timeout| {
        // Rounded up: a deadline that has not passed yet would be polled for again at once.
        let rounded = timeout.saturating_add(Duration::from_nanos(999_999));
        PollTimeout::try_from(rounded).unwrap_or(PollTimeout::MAX)
    });
    match blocking(Why::Io, || poll(&mut entries, timeout)) {
        Ok(_) | Err(Errno::EINTR) => {}
        Err(errno) => return Err(named("poll")(errno)),
    }
    Ok(entries.iter().map(|entry| entry.any().unwrap_or(true)).collect())
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;
    use crate::sys::bell::Bell;

    #[test]
    fn the_descriptor_that_is_ready_is_told_from_the_others() {
        let (silent, rung) = (Bell::new().unwrap(), Bell::new().unwrap());
        rung.ring();
        let both = [(silent.as_fd(), Interest::Read), (rung.as_fd(), Interest::Read)];
        assert_eq!(wait(&both, None).unwrap(), [false, true]);
    }

    #[test]
    fn a_wait_for_nothing_ends_when_time_is_over() {
        let silent = Bell::new().unwrap();
        let timeout = Some(Duration::from_millis(1));
        assert_eq!(wait(&[(silent.as_fd(), Interest::Read)], timeout).unwrap(), [false]);
    }
}
