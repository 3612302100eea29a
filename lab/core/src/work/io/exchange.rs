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
use crate::terms::params::SILENCE_MAX;
use trainyard::sys::clock;

/// One read takes a whole page of the notes (10 966 bytes and a head).
pub(super) const READ_LEN: usize = 16 * 1024;

/// How long an answer may take in all, however many bytes keep coming: a few silences.
pub(super) const ANSWER_MAX: Duration = Duration::from_secs(2 * SILENCE_MAX.as_secs());

/// An answer on its way in.
pub(super) struct Exchange {
    decoder: ResponseDecoder,
    has_begun: bool,
    answer_max: Duration,
    deadline_ns: u64,
}

impl Exchange {
    /// Begins to wait for an answer, which may take `answer_max` in all.
    pub(super) fn begin(answer_max: Duration) -> Self {
        let deadline_ns = clock::deadline_ns(answer_max);
        Self { decoder: ResponseDecoder::new(), has_begun: false, answer_max, deadline_ns }
    }

    /// Takes what a read into `input` returned; answers with the page once it is complete.
    pub(super) fn take(
        &mut self,
        read: io::Result<usize>,
        input: &[u8],
    ) -> Result<Option<Page>, Failure> {
        let len = match read {
            Ok(0) => return self.decoder.finish().map(Some).map_err(Failure::Malformed),
            Ok(len) => len,
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(None),
            Err(error) => return Err(Failure::Read { error, has_begun: self.has_begun }),
        };
        self.has_begun = true;
        match self.decoder.feed(&input[..len]).map_err(Failure::Malformed)? {
            Progress::Done(page) => Ok(Some(page)),
            Progress::NeedMore if clock::now_ns() > self.deadline_ns => {
                Err(Failure::Late(self.answer_max))
            }
            Progress::NeedMore => Ok(None),
        }
    }
}

/// Where a request failed.
#[derive(Debug)]
pub(super) enum Failure {
    Write(io::Error),
    /// Whether a byte of the answer had come.
    Read {
        error: io::Error,
        has_begun: bool,
    },
    Malformed(HttpError),
    /// The answer did not end in this time.
    Late(Duration),
}

impl Failure {
    /// Whether the server may have closed the connection before it saw the request.
    pub(super) fn is_of_a_dead_connection(&self) -> bool {
        match self {
            Self::Write(error) | Self::Read { error, has_begun: false } => !is_timeout(error),
            Self::Malformed(error) => *error == HttpError::ClosedWithoutAnswer,
            Self::Read { has_begun: true, .. } | Self::Late(_) => false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(error) | Self::Read { error, .. } if is_timeout(error) => {
                write!(out, "the server was silent for {} s", SILENCE_MAX.as_secs())
            }
            Self::Write(error) => write!(out, "the request could not be sent: {error}"),
            Self::Read { error, .. } => write!(out, "the answer could not be read: {error}"),
            Self::Malformed(error) => error.fmt(out),
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
        let silence = Exchange::begin(ANSWER_MAX).take(Err(ErrorKind::WouldBlock.into()), b"");
        let drip = Exchange::begin(Duration::ZERO).take(Ok(4), b"HTTP");
        for (failure, line) in [
            (silence, "the server was silent for 30 s"),
            (drip, "the server did not end its answer within 0 s"),
        ] {
            let failure = failure.unwrap_err();
            assert_eq!(failure.to_string(), line);
            assert!(!failure.is_of_a_dead_connection());
        }
        let interrupted = Exchange::begin(ANSWER_MAX).take(Err(ErrorKind::Interrupted.into()), b"");
        assert_eq!(interrupted.unwrap(), None);
    }
}
