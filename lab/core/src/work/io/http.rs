//! HTTP/1.1 as a client speaks it, without I/O: a request becomes bytes, bytes become an answer.
//!
//! Nothing here reads or writes, so the blocking contenders and the cooperative one use the same
//! code, a fuzzer can drive it, and a test can cut an answer at every byte.
//!
//! # The life of one answer
//!
//! 1. A fresh [`ResponseDecoder`] is in `Head`. Bytes gather until `httparse` sees a whole head.
//! 2. An interim answer (1xx) is dropped, and the next head expected.
//! 3. A final one fixes how the body ends: after a length, after the last chunk, or where the
//!    server closes (see `Framing`). The body is counted and summed up, never kept.
//! 4. At the body's end [`feed`](ResponseDecoder::feed) answers [`Progress::Done`].
//!
//! # Invariants
//!
//! - **HTTP-1** The answer does not depend on how the bytes were cut into pieces.
//! - **HTTP-2** Memory is bounded whatever the server sends: [`HEAD_LEN_MAX`] and one line.
//!
//! # Not here
//!
//! Pipelining: bytes beyond the answer are an error, because nobody asked for them. Content
//! codings: the client does not offer any.
//!
//! Read next: [`crate::work::io::session`].

use std::fmt;
use std::io::Write;

use serde::{Deserialize, Serialize};

use crate::work::io::http::body::{Body, Ended, Framing};

mod body;
mod checksum;
mod fuzz;
#[cfg(test)]
mod tests;

pub use crate::work::io::http::body::BODY_LEN_MAX;
pub use crate::work::io::http::checksum::{Adler32, Fnv1a};
#[doc(hidden)]
pub use crate::work::io::http::fuzz::fuzz_response;

/// The longest head of an answer. nginx and Apache send at most 8 KiB; cookies may add some.
pub const HEAD_LEN_MAX: usize = 32 * 1024;

/// The most fields in a head: Apache's default for requests.
const FIELDS_MAX: usize = 100;

/// The field in which a request's number travels, and comes back from our own server.
pub const REQUEST_ID_FIELD: &str = "X-Request-Id";

/// The number of a request, unique in its round. An answer that carries another's is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RequestId(pub u64);

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// One GET.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What the `Host` field says: a name or an address, and the port unless it is 80.
    pub host: &'a str,
    /// Path and query, beginning with a slash.
    pub path: &'a str,
    /// The number that the answer must carry.
    pub id: RequestId,
}

impl Request<'_> {
    /// Appends the request as it goes over the wire.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let Self { host, path, id } = self;
        write!(
            out,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: trainyard\r\nAccept: */*\r\n\
             {REQUEST_ID_FIELD}: {id}\r\n\r\n"
        )
        .expect("writing to memory does not fail");
    }
}

/// What is left of an answer once it has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// 200 and its relatives.
    pub status: u16,
    /// The number that the server sent back, if it sent one.
    pub request_id: Option<RequestId>,
    /// How many bytes of content came.
    pub body_len: u64,
    /// The [`Adler32`] of the content.
    pub checksum: u64,
    /// Whether the connection may be used again.
    pub keep_alive: bool,
}

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
    head: Vec<u8>,
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
        Self { stage: Stage::Head, head: Vec::new() }
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
        let before = self.head.len();
        // INVARIANT: [HTTP-2] no more than the limit is ever looked at. [HTTP-1] this holds for a
        // head that comes at once as for one that comes byte by byte.
        let taken = rest.len().min(HEAD_LEN_MAX - before);
        self.head.extend_from_slice(&rest[..taken]);

        let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
        let mut response = httparse::Response::new(&mut fields);
        match response.parse(&self.head).map_err(HttpError::Garbage)? {
            httparse::Status::Complete(head_len) => {
                let head = Head::read(&response)?;
                *rest = &rest[head_len - before..];
                self.head.clear();
                Ok(head)
            }
            httparse::Status::Partial if self.head.len() == HEAD_LEN_MAX => {
                Err(HttpError::HeadTooLarge)
            }
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
        let framing = Framing::read(status, response.headers)?;
        // RFC 9112, 9.3: from 1.1 on a connection is kept unless somebody says otherwise.
        let kept = match response.version {
            Some(0) => has_token(response.headers, "connection", "keep-alive"),
            _ => !has_token(response.headers, "connection", "close"),
        };
        let page = Page {
            status,
            request_id: request_id(response.headers),
            body_len: 0,
            checksum: 0,
            keep_alive: kept && framing != Framing::UntilClose,
        };
        Ok(Self::Final(page, framing))
    }
}

fn request_id(fields: &[httparse::Header<'_>]) -> Option<RequestId> {
    let field = values(fields, REQUEST_ID_FIELD).next()?;
    std::str::from_utf8(field).ok()?.parse().ok().map(RequestId)
}

/// The values of all fields called `name`.
pub(crate) fn values<'a>(
    fields: &'a [httparse::Header<'a>],
    name: &'a str,
) -> impl Iterator<Item = &'a [u8]> {
    fields
        .iter()
        .filter(move |field| field.name.eq_ignore_ascii_case(name))
        .map(|field| field.value)
}

/// Whether the comma-separated lists called `name` contain `token`.
pub(crate) fn has_token(fields: &[httparse::Header<'_>], name: &str, token: &str) -> bool {
    values(fields, name)
        .flat_map(|value| value.split(|byte| *byte == b','))
        .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}

/// How an answer broke the protocol, or a limit of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpError {
    /// The head is not HTTP.
    Garbage(httparse::Error),
    /// The head is longer than [`HEAD_LEN_MAX`].
    HeadTooLarge,
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
        match self {
            Self::Garbage(error) => write!(out, "the server does not answer in http/1.1: {error}"),
            Self::HeadTooLarge => {
                write!(out, "the server sent a header of more than {} KiB", HEAD_LEN_MAX / 1024)
            }
            Self::BadLength => {
                out.write_str("the server sent a content length that makes no sense")
            }
            Self::UnknownCoding => {
                out.write_str("the server used a transfer coding other than chunked")
            }
            Self::BadChunk => out.write_str("the server sent a malformed chunk"),
            Self::BodyTooLarge => {
                write!(out, "the server sent a body of more than {} MiB", BODY_LEN_MAX >> 20)
            }
            Self::BeyondAnswer => out.write_str("the server sent more than its answer"),
            Self::ClosedWithoutAnswer => out.write_str("the server closed without an answer"),
            Self::ClosedInHead => out.write_str("the server closed in the middle of a header"),
            Self::ClosedInBody => out.write_str("the server closed in the middle of a body"),
        }
    }
}

impl std::error::Error for HttpError {}
