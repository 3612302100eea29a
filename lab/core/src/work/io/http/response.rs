//! How a client reads an answer, in whatever pieces it comes.
//!
//! # The life of one answer
//!
//! 1. A fresh [`ResponseDecoder`] is in `Head`. Bytes gather until `httparse` sees a whole head.
//! 2. An interim answer (1xx) is dropped, and the next head expected: a few of them, no more.
//! 3. A final one fixes how the body ends: after a length, after the last chunk, or where the
//!    server closes (see `Framing`). The body is counted and summed up, never kept.
//! 4. At the body's end [`feed`](ResponseDecoder::feed) answers [`Progress::Done`].
//!
//! # Invariants
//!
//! - **HTTP-1** The answer does not depend on how the bytes were cut into pieces.
//! - **HTTP-2** Memory is bounded whatever the server sends: [`HEAD_LEN_MAX`] and one line. Before
//!   the body no more than that is read, interim answers included.
//!
//! Read next: `body`, and [`crate::work::io::session`].

use std::fmt;

use super::body::{Body, Ended, Framing};
use super::{BODY_LEN_MAX, Fields, Page, REQUEST_ID_FIELD, RequestId};

/// The longest head of an answer. nginx and Apache send at most 8 KiB; cookies may add some.
pub const HEAD_LEN_MAX: usize = 32 * 1024;

/// The most fields in a head: Apache's default for requests.
pub(super) const FIELDS_MAX: usize = 100;

/// The most interim answers before the final one: curl's limit is higher, servers send one.
const INTERIM_MAX: usize = 10;

/// How far an answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a page that is not taken is lost, and the decoder is spent"]
pub enum Progress {
    /// Read more and feed it; at the end of the stream call [`ResponseDecoder::finish`].
    NeedMore,
    /// The answer is complete.
    Done(Page),
}

/// Reads one answer, in whatever pieces it comes. Make a new one for the next.
#[derive(Debug)]
pub struct ResponseDecoder {
    stage: Stage,
    /// The bytes of the head so far.
    pub(super) head: Vec<u8>,
    /// How many interim answers have come, and how long they were.
    interim: (usize, usize),
}

#[derive(Debug)]
enum Stage {
    Head,
    Body(Page, Body),
    /// The answer was given, or was refused.
    Spent,
}

impl Default for ResponseDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl ResponseDecoder {
    /// A decoder that waits for the first byte of an answer to a GET.
    pub fn new() -> Self {
        Self { stage: Stage::Head, head: Vec::new(), interim: (0, 0) }
    }

    /// Takes the next bytes that the server sent.
    ///
    /// # Errors
    ///
    /// The answer breaks the protocol or a limit; the connection is of no further use.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Progress, HttpError> {
        let progress = self.advance(bytes);
        if progress.is_err() {
            self.stage = Stage::Spent;
        }
        progress
    }

    /// Takes the news that the server closed the connection, which some bodies end with.
    ///
    /// # Errors
    ///
    /// The answer was not complete.
    pub fn finish(&mut self) -> Result<Page, HttpError> {
        match std::mem::replace(&mut self.stage, Stage::Spent) {
            Stage::Body(page, body) if body.may_end_here() => Ok(body.seal(page)),
            Stage::Body(..) => Err(HttpError::ClosedInBody),
            Stage::Head if !self.head.is_empty() => Err(HttpError::ClosedInHead),
            Stage::Head | Stage::Spent => Err(HttpError::ClosedWithoutAnswer),
        }
    }

    fn advance(&mut self, mut rest: &[u8]) -> Result<Progress, HttpError> {
        while matches!(self.stage, Stage::Head) {
            match self.take_head(&mut rest)? {
                Head::Partial => return Ok(Progress::NeedMore),
                Head::Interim => {}
                Head::Final(page, framing) => self.stage = Stage::Body(page, Body::new(framing)),
            }
        }
        let mut progress = Progress::NeedMore;
        if let Stage::Body(page, body) = &mut self.stage
            && body.feed(&mut rest)? == Ended::Here
        {
            progress = Progress::Done(body.seal(*page));
            self.stage = Stage::Spent;
        }
        // A body takes all there is until it ends, so what is left is nobody's.
        if rest.is_empty() { Ok(progress) } else { Err(HttpError::BeyondAnswer) }
    }

    /// Takes the head off the front of `rest`, once it is whole.
    fn take_head(&mut self, rest: &mut &[u8]) -> Result<Head, HttpError> {
        let (before, (count, interim_len)) = (self.head.len(), self.interim);
        // INVARIANT: [HTTP-2] no more than the limit is ever looked at. [HTTP-1] this holds for a
        // head that comes at once as for one that comes byte by byte.
        let len_max = HEAD_LEN_MAX - interim_len;
        let taken = rest.len().min(len_max - before);
        self.head.extend_from_slice(&rest[..taken]);

        let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
        let mut response = httparse::Response::new(&mut fields);
        let mut parser = httparse::ParserConfig::default();
        // A client must read a value that goes on in the next line (RFC 9112, 5.2).
        parser.allow_obsolete_multiline_headers_in_responses(true);
        match parser.parse_response(&mut response, &self.head).map_err(HttpError::Garbage)? {
            httparse::Status::Complete(head_len) => {
                let head = Head::read(&response)?;
                if matches!(head, Head::Interim) {
                    self.interim = (count + 1, interim_len + head_len);
                }
                if self.interim.0 > INTERIM_MAX {
                    return Err(HttpError::TooManyInterim);
                }
                *rest = &rest[head_len - before..];
                self.head.clear();
                Ok(head)
            }
            httparse::Status::Partial if self.head.len() == len_max => Err(HttpError::HeadTooLarge),
            httparse::Status::Partial => Ok(Head::Partial),
        }
    }
}

/// What the head of an answer says.
enum Head {
    Partial,
    /// A 1xx: the real answer follows.
    Interim,
    Final(Page, Framing),
}

impl Head {
    fn read(response: &httparse::Response<'_, '_>) -> Result<Self, HttpError> {
        let status = response.code.expect("a complete head has a status");
        match status {
            // 101 would turn the connection into something that is not HTTP.
            101 => return Err(HttpError::Garbage(httparse::Error::Status)),
            100..=199 => return Ok(Self::Interim),
            200..=999 => {}
            _ => return Err(HttpError::Garbage(httparse::Error::Status)),
        }
        let fields = Fields(response.headers);
        let framing = Framing::read(status, fields)?;
        let keep_alive = fields.keep_alive(response.version) && framing != Framing::UntilClose;
        let request_id = request_id(fields);
        Ok(Self::Final(Page { status, request_id, body_len: 0, checksum: 0, keep_alive }, framing))
    }
}

fn request_id(fields: Fields<'_>) -> Option<RequestId> {
    let field = fields.values(REQUEST_ID_FIELD).next()?;
    std::str::from_utf8(field).ok()?.parse().ok().map(RequestId)
}

/// How an answer broke the protocol, or a limit of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpError {
    /// The head is not HTTP.
    Garbage(httparse::Error),
    /// The head is longer than [`HEAD_LEN_MAX`].
    HeadTooLarge,
    /// More than ten interim answers came before the final one.
    TooManyInterim,
    /// The lengths given are not numbers, or contradict each other or the transfer coding.
    BadLength,
    /// A transfer coding other than `chunked`.
    UnknownCoding,
    /// A chunk has no length, or does not end where it says.
    BadChunk,
    /// The body is longer than [`BODY_LEN_MAX`].
    BodyTooLarge,
    /// More bytes came than belong to the answer.
    BeyondAnswer,
    /// The connection ended before a byte of the answer came.
    ClosedWithoutAnswer,
    /// The connection ended within the head.
    ClosedInHead,
    /// The connection ended within the body.
    ClosedInBody,
}

impl fmt::Display for HttpError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the server ")?;
        let (head_kib, body_mib) = (HEAD_LEN_MAX / 1024, BODY_LEN_MAX >> 20);
        match self {
            Self::Garbage(error) => write!(out, "does not answer in http/1.1: {error}"),
            Self::HeadTooLarge => write!(out, "sent a header of more than {head_kib} KiB"),
            Self::TooManyInterim => write!(out, "sent more than {INTERIM_MAX} interim answers"),
            Self::BadLength => out.write_str("sent a content length that makes no sense"),
            Self::UnknownCoding => out.write_str("used a transfer coding other than chunked"),
            Self::BadChunk => out.write_str("sent a malformed chunk"),
            Self::BodyTooLarge => write!(out, "sent a body of more than {body_mib} MiB"),
            Self::BeyondAnswer => out.write_str("sent more than its answer"),
            Self::ClosedWithoutAnswer => out.write_str("closed without an answer"),
            Self::ClosedInHead => out.write_str("closed in the middle of a header"),
            Self::ClosedInBody => out.write_str("closed in the middle of a body"),
        }
    }
}

impl std::error::Error for HttpError {}
