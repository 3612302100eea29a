//! One answer on its way in, as both clients read it: what a read returned goes in, and the page,
//! or where the request failed, comes out.
//!
//! # A kept connection may be dead
//!
//! A server may close an idle connection at any time, also while a request is on its way. So a
//! request that fails on a *kept* connection before a byte of the answer came is sent once more,
//! on a new one. GET changes nothing, so twice is as good as once (RFC 9110, 9.2.2).
//!
//! Read next: [`super::session`].

use std::fmt;
use std::io::{self, ErrorKind};
use std::time::Duration;

use super::http::{HttpError, Page, Progress, ResponseDecoder};
use super::target::CONNECT_TIMEOUT;
use crate::terms::params::SILENCE_MAX;
use trainyard::sys::clock;

/// One read takes a whole page of the notes (10 966 bytes and a head).
pub(super) const READ_LEN: usize = 16 * 1024;

/// How long a client waits for a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// For the connection.
    pub(super) connect: Duration,
    /// For the next byte.
    pub(super) silence: Duration,
    /// For an answer in all, however many bytes keep coming.
    pub(super) answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        // A few silences.
        let answer = 2 * SILENCE_MAX;
        Self { connect: CONNECT_TIMEOUT, silence: SILENCE_MAX, answer }
    }
}

/// An answer on its way in.
pub(super) struct Exchange {
    decoder: ResponseDecoder,
    has_begun: bool,
    patience: Patience,
    deadline_ns: u64,
}

impl Exchange {
    /// Begins to wait for an answer.
    pub(super) fn begin(patience: Patience) -> Self {
        let deadline_ns = clock::deadline_ns(patience.answer);
        Self { decoder: ResponseDecoder::new(), has_begun: false, patience, deadline_ns }
    }

    /// Takes what a read into `input` returned; answers with the page once it is complete.
    pub(super) fn take(
        &mut self,
        read: io::Result<usize>,
        input: &[u8],
    ) -> Result<Option<Page>, Failure> {
        let has_begun = self.has_begun;
        let len = match read {
            Ok(0) => {
                let page = self.decoder.finish();
                return page.map(Some).map_err(|why| Failure::Malformed { why, has_begun });
            }
            Ok(len) => len,
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(None),
            Err(error) if is_timeout(&error) => return Err(Failure::Silent(self.patience.silence)),
            Err(error) => return Err(Failure::Read { error, has_begun }),
        };
        self.has_begun = true;
        let progress = self.decoder.feed(&input[..len]);
        match progress.map_err(|why| Failure::Malformed { why, has_begun: true })? {
            Progress::Done(page) => Ok(Some(page)),
            Progress::NeedMore if clock::now_ns() > self.deadline_ns => {
                Err(Failure::Late(self.patience.answer))
            }
            Progress::NeedMore => Ok(None),
        }
    }
}

/// Where a request failed.
#[derive(Debug)]
pub(super) enum Failure {
    Write(io::Error),
    Read {
        error: io::Error,
        /// Whether a byte of the answer had come.
        has_begun: bool,
    },
    Malformed {
        why: HttpError,
        /// As above: an interim answer is a beginning too.
        has_begun: bool,
    },
    /// The server took no byte of the request, or sent none of the answer, for this time.
    Silent(Duration),
    /// The answer did not end in this time.
    Late(Duration),
}

impl Failure {
    /// The request could not be written.
    pub(super) fn of_write(error: io::Error, patience: Patience) -> Self {
        if is_timeout(&error) { Self::Silent(patience.silence) } else { Self::Write(error) }
    }

    /// Whether the server may have closed the connection before it saw the request.
    pub(super) fn is_of_a_dead_connection(&self) -> bool {
        match self {
            Self::Write(_) | Self::Read { has_begun: false, .. } => true,
            Self::Malformed { why, has_begun: false } => *why == HttpError::ClosedWithoutAnswer,
            _ => false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(error) => write!(out, "the request could not be sent: {error}"),
            Self::Read { error, .. } => write!(out, "the answer could not be read: {error}"),
            Self::Malformed { why, .. } => why.fmt(out),
            Self::Silent(time) => write!(out, "the server was silent for {} s", time.as_secs()),
            Self::Late(after) => {
                write!(out, "the server did not end its answer within {} s", after.as_secs())
            }
        }
    }
}

/// A socket reports an elapsed time limit as `WouldBlock`.
pub(crate) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails if a server that is slow is asked again, or if only its silence has a limit.
    #[test]
    fn a_server_that_is_silent_or_drips_is_given_up_and_not_asked_again() {
        let begin = || Exchange::begin(Patience::default());
        let silence = begin().take(Err(ErrorKind::WouldBlock.into()), b"");
        let hasty = Patience { answer: Duration::ZERO, ..Patience::default() };
        let drip = Exchange::begin(hasty).take(Ok(4), b"HTTP");
        for (failure, line) in [
            (silence, "the server was silent for 30 s"),
            (drip, "the server did not end its answer within 0 s"),
        ] {
            let failure = failure.unwrap_err();
            assert_eq!(failure.to_string(), line);
            assert!(!failure.is_of_a_dead_connection());
        }
        let interrupted = begin().take(Err(ErrorKind::Interrupted.into()), b"");
        assert_eq!(interrupted.unwrap(), None);
    }
}
