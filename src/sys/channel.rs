//! A pair of connected sockets: how two processes of one family talk.
//!
//! A stream carries bytes in both directions, tells its reader when the writer is gone (a read of
//! nothing), and can carry an open descriptor from one process to the other.
//!
//! # Invariants
//!
//! - **CHANNEL-1** Writing to a reader that is gone is an error, never the signal SIGPIPE: every
//!   write says `MSG_NOSIGNAL`, whatever the program thinks about that signal.
//! - **CHANNEL-2** A received descriptor has exactly one owner: it comes out of one message, is
//!   close-on-exec from its first moment, and is put into an `OwnedFd` at once.
//!
//! See `socketpair(2)`, `send(2)`, `recv(2)`, `unix(7)` "`SCM_RIGHTS`".
#![expect(unsafe_code, reason = "takes ownership of descriptors that the kernel hands over")]

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, Shutdown, SockFlag, SockType,
    recv, recvmsg, sendmsg, shutdown, socketpair,
};

use super::named;

/// One end of a socket pair.
///
/// # Example: what goes in at one end comes out at the other
///
/// ```
/// use std::io::IoSlice;
/// use trainyard::sys::channel::Channel;
///
/// let (ours, theirs) = Channel::pair()?;
/// ours.send(&[IoSlice::new(b"all "), IoSlice::new(b"aboard")])?;
/// let mut bytes = [0; 32];
/// let len = theirs.receive(&mut bytes)?;
/// assert_eq!(&bytes[..len], b"all aboard");
/// drop(ours);
/// assert_eq!(theirs.receive(&mut bytes)?, 0, "the other end is gone");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Channel {
    socket: OwnedFd,
}

impl Channel {
    /// Creates both ends, each closed on exec.
    ///
    /// # Errors
    ///
    /// Fails with EMFILE or ENFILE if descriptors are used up.
    pub fn pair() -> io::Result<(Self, Self)> {
        let flags = SockFlag::SOCK_CLOEXEC;
        let (one, other) = socketpair(AddressFamily::Unix, SockType::Stream, None, flags)
            .map_err(named("socketpair"))?;
        Ok((Self { socket: one }, Self { socket: other }))
    }

    /// Takes the end that a parent left open as descriptor `number`, if `greeting` lies in it.
    ///
    /// The greeting is what makes this safe to ask in any process: whoever finds it was meant to.
    /// It is read off, so nobody can find it a second time. With it comes one descriptor.
    ///
    /// # Errors
    ///
    /// Fails if the greeting is there and the descriptor that belongs to it is not.
    pub fn inherited(number: RawFd, greeting: &[u8]) -> io::Result<Option<(Self, OwnedFd)>> {
        let mut found = vec![0; greeting.len()];
        let quietly = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
        let len = recv(number, &mut found, quietly).unwrap_or(0);
        if len != greeting.len() || found != greeting {
            return Ok(None);
        }
        // SAFETY: the greeting says that the parent left this descriptor for us, and it is read
        // off below before anybody can ask again; so this is its only owner.
        let channel = Self { socket: unsafe { OwnedFd::from_raw_fd(number) } };
        fcntl(&channel.socket, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))
            .map_err(named("fcntl(F_SETFD)"))?;
        let descriptor = channel.receive_descriptor(&mut found)?;
        Ok(Some((channel, descriptor)))
    }

    /// Makes calls on this end return `WouldBlock` where they would sleep.
    ///
    /// # Errors
    ///
    /// Does not fail for a socket.
    pub fn set_nonblocking(&self) -> io::Result<()> {
        fcntl(&self.socket, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))
            .map_err(named("fcntl(F_SETFL)"))?;
        Ok(())
    }

    /// Sends as much of `slices` as there is room for, and returns how many bytes that was.
    ///
    /// # Errors
    ///
    /// Fails with `BrokenPipe` if the other end is gone, `WouldBlock` if there is no room.
    pub fn send(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.send_message(slices, &[])
    }

    /// Sends `bytes` with a descriptor, which the other process receives as its own.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_descriptor(&self, bytes: &[u8], descriptor: BorrowedFd<'_>) -> io::Result<usize> {
        let descriptors = [descriptor.as_raw_fd()];
        self.send_message(&[IoSlice::new(bytes)], &[ControlMessage::ScmRights(&descriptors)])
    }

    fn send_message(
        &self,
        slices: &[IoSlice<'_>],
        extras: &[ControlMessage<'_>],
    ) -> io::Result<usize> {
        // INVARIANT: [CHANNEL-1]
        let flags = MsgFlags::MSG_NOSIGNAL;
        let socket = self.socket.as_raw_fd();
        uninterrupted(|| sendmsg::<()>(socket, slices, extras, flags, None))
            .map_err(named("sendmsg"))
    }

    /// Receives what there is, up to the length of `bytes`; 0 means that the other end is gone.
    ///
    /// # Errors
    ///
    /// Fails with `WouldBlock` if there is nothing yet, `ConnectionReset` if the other end went
    /// away with bytes of ours unread.
    pub fn receive(&self, bytes: &mut [u8]) -> io::Result<usize> {
        uninterrupted(|| recv(self.socket.as_raw_fd(), bytes, MsgFlags::empty()))
            .map_err(named("recv"))
    }

    fn receive_descriptor(&self, bytes: &mut [u8]) -> io::Result<OwnedFd> {
        let mut space = nix::cmsg_space!([RawFd; 1]);
        let mut slices = [IoSliceMut::new(bytes)];
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        let message = recvmsg::<()>(self.socket.as_raw_fd(), &mut slices, Some(&mut space), flags)
            .map_err(named("recvmsg"))?;
        let number = message.cmsgs().map_err(named("recvmsg"))?.find_map(|extra| match extra {
            ControlMessageOwned::ScmRights(numbers) => numbers.first().copied(),
            _ => None,
        });
        let number = number.ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "recvmsg: the message has no descriptor")
        })?;
        // SAFETY: [CHANNEL-2] the kernel has just made this descriptor for us.
        Ok(unsafe { OwnedFd::from_raw_fd(number) })
    }

    /// Tells the other end that nothing more will come; it can still send.
    ///
    /// # Errors
    ///
    /// Fails with `NotConnected` if the other end is gone.
    pub fn finish_sending(&self) -> io::Result<()> {
        shutdown(self.socket.as_raw_fd(), Shutdown::Write).map_err(named("shutdown"))
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl From<Channel> for OwnedFd {
    fn from(channel: Channel) -> Self {
        channel.socket
    }
}

/// Makes a call again for as long as a signal handler interrupts it.
fn uninterrupted<T>(mut call: impl FnMut() -> nix::Result<T>) -> nix::Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            outcome => return outcome,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_write_to_an_end_that_is_gone_is_an_error() {
        let (ours, theirs) = Channel::pair().unwrap();
        drop(theirs);
        let error = ours.send(&[IoSlice::new(b"x")]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_descriptor_travels_with_its_greeting_and_is_found_once() {
        let (ours, theirs) = Channel::pair().unwrap();
        let (far, near) = Channel::pair().unwrap();
        ours.send_descriptor(b"greeting", far.as_fd()).unwrap();
        drop(far);
        let number = OwnedFd::from(theirs);
        let number = std::os::fd::IntoRawFd::into_raw_fd(number);
        assert!(Channel::inherited(number, b"farewell").unwrap().is_none());
        let (_theirs, far) = Channel::inherited(number, b"greeting").unwrap().unwrap();
        assert!(Channel::inherited(number, b"greeting").unwrap().is_none());
        Channel { socket: far }.send(&[IoSlice::new(b"through")]).unwrap();
        let mut bytes = [0; 16];
        assert_eq!(near.receive(&mut bytes).unwrap(), 7);
    }

    #[test]
    fn a_descriptor_that_is_no_socket_has_no_greeting() {
        let file = std::fs::File::open("/dev/null").unwrap();
        assert!(Channel::inherited(file.as_raw_fd(), b"greeting").unwrap().is_none());
        assert!(Channel::inherited(-1, b"greeting").unwrap().is_none());
    }
}
