//! Frames out of a socket: the same for both ends.
//!
//! One system call brings whatever has arrived, often several frames; the next calls hand them out
//! without asking the kernel again.
//!
//! Read after [`frame`](super::frame).

use std::io;
use std::ops::Range;

use super::frame::{BadFrame, Decoder, Frame};
use crate::sys::channel::Channel;

/// Read at a time. A page costs as many system calls for 4 MiB as this costs for 64 MiB.
const READ_LEN: usize = 64 << 10;

/// Why there is no next frame.
#[derive(Debug)]
pub(super) enum Broken {
    /// The bytes are no frame.
    Bad(BadFrame),
    /// The other end is gone in the middle of a frame.
    Truncated,
    /// The call failed; with `WouldBlock`, nothing has arrived yet.
    Call(io::Error),
}

/// Reads frames from a socket.
#[derive(Debug)]
pub(super) struct FrameReader {
    decoder: Decoder,
    buffer: Vec<u8>,
    /// The part of the buffer that is received and not decoded.
    unread: Range<usize>,
}

impl FrameReader {
    pub(super) fn new() -> Self {
        Self { decoder: Decoder::default(), buffer: vec![0; READ_LEN], unread: 0..0 }
    }

    /// Returns the next frame; `None` if the other end is gone and has left no more.
    ///
    /// Sleeps until there is one, unless the channel is set not to.
    pub(super) fn next(&mut self, channel: &Channel) -> Result<Option<Frame>, Broken> {
        loop {
            let mut unread = &self.buffer[self.unread.clone()];
            let frame = self.decoder.take(&mut unread).map_err(Broken::Bad)?;
            self.unread.start = self.unread.end - unread.len();
            if frame.is_some() {
                return Ok(frame);
            }
            let len = self.receive(channel).map_err(Broken::Call)?;
            match (len, self.decoder.is_inside_frame()) {
                (0, true) => return Err(Broken::Truncated),
                (0, false) => return Ok(None),
                _ => {}
            }
        }
    }

    fn receive(&mut self, channel: &Channel) -> io::Result<usize> {
        let len = match channel.receive(&mut self.buffer) {
            // It went away with something of ours unread: gone all the same.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => 0,
            received => received?,
        };
        self.unread = 0..len;
        Ok(len)
    }
}
