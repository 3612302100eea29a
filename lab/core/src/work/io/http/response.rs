//! How a client reads an answer, in whatever pieces it comes.
//!
//! # The life of one answer
//!
//! 1. A fresh [`ResponseDecoder`] is in `Head`. Bytes gather until `httparse` sees a whole head.
//! 2. An interim answer (1xx) is dropped, and the next head expected: a few of them, no more.
//! 3. A final one fixes how the body ends: after a length, after the last chunk, or where the
//!    server closes (see `Body`). The body is counted and summed up, never kept.
//! 4. At the body's end [`feed`](ResponseDecoder::feed) answers with the page.
//!
//! # Invariants
//!
//! - **HTTP-1** The answer does not depend on how the bytes were cut into pieces.
//! - **HTTP-2** Memory is bounded whatever the server sends: [`HEAD_LEN_MAX`] and one line. Before
//!   the body no more than that is read, interim answers included.
//!
//! Read next: `body`, and [`crate::work::io::session`].

use std::fmt;

use super::body::Body;
use super::{BODY_LEN_MAX, Fields, Page, REQUEST_ID_FIELD, RequestId};

/// The longest head of an answer. nginx and Apache send at most 8 KiB; cookies may add some.
pub const HEAD_LEN_MAX: usize = 32 * 1024;

/// The most fields in a head: Apache's default for requests.
pub(super) const FIELDS_MAX: usize = 100;

/// The most interim answers before the final one: curl's limit is higher, servers send one.
const INTERIM_MAX: usize = 10;

/// Reads one answer, in whatever pieces it comes. Make a new one for the next.
#[derive(Debug, Default)]
pub struct ResponseDecoder {
    stage: Stage,
    /// The bytes of the head so far.
    pub(super) head: Vec<u8>,
    /// How many interim answers have come, and how long they were.
    interim: (usize, usize),
}

#[derive(Debug, Default)]
enum Stage {
    #[default]
    Head,
    Body(Page, Body),
    /// The answer was given.
    Spent,
}

impl ResponseDecoder {
    /// Takes the next bytes that the server sent, and answers with the page once it is complete.
    /// Until then feed it more; at the end of the stream call [`finish`](Self::finish). Fails if the
    /// answer breaks the protocol or a limit: the connection is of no further use.
    pub fn feed(&mut self, mut rest: &[u8]) -> Result<Option<Page>, HttpError> {
        while matches!(self.stage, Stage::Head) {
            match self.take_head(&mut rest)? {
                Some(stage) => self.stage = stage,
                None => return Ok(None),
            }
        }
        let mut page = None;
        if let Stage::Body(head, body) = &mut self.stage {
            body.feed(&mut rest)?;
            page = body.has_ended().then(|| body.seal(*head));
        }
        // A body takes all there is until it ends, so what is left is nobody's.
        if !rest.is_empty() {
            return Err(HttpError::BeyondAnswer);
        }
        if page.is_some() {
            self.stage = Stage::Spent;
        }
        Ok(page)
    }

    /// Takes the news that the server closed the connection, which some bodies end with. Fails if
    /// the answer was not complete.
    pub fn finish(&mut self) -> Result<Page, HttpError> {
        match std::mem::replace(&mut self.stage, Stage::Spent) {
            Stage::Body(page, body) if body.ends_with_connection() => Ok(body.seal(page)),
            Stage::Body(..) => Err(HttpError::ClosedInBody),
            Stage::Head if !self.head.is_empty() => Err(HttpError::ClosedInHead),
            Stage::Head | Stage::Spent => Err(HttpError::ClosedWithoutAnswer),
        }
    }

    /// Takes the head off the front of `rest`, once it is whole, and says what comes next.
    fn take_head(&mut self, rest: &mut &[u8]) -> Result<Option<Stage>, HttpError> {
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
                let next = read_head(&response)?;
                if matches!(next, Stage::Head) {
                    self.interim = (count + 1, interim_len + head_len);
                }
                if self.interim.0 > INTERIM_MAX {
                    return Err(HttpError::TooManyInterim);
                }
                *rest = &rest[head_len - before..];
                self.head.clear();
                Ok(Some(next))
            }
            httparse::Status::Partial if self.head.len() == len_max => Err(HttpError::HeadTooLarge),
            httparse::Status::Partial => Ok(None),
        }
    }
}

/// What follows a head: its body, or after an interim one (1xx) the head of the real answer.
fn read_head(response: &httparse::Response<'_, '_>) -> Result<Stage, HttpError> {
    let status = response.code.expect("a complete head has a status");
    match status {
        100..=199 if status != 101 => return Ok(Stage::Head),
        200..=999 => {}
        // 101 would turn the connection into something that is not HTTP.
        _ => return Err(HttpError::Garbage(httparse::Error::Status)),
    }
    let fields = Fields(response.headers);
    let body = Body::of_head(status, fields)?;
    let keep_alive = fields.keep_alive(response.version) && !body.ends_with_connection();
    let request_id = request_id(fields);
    Ok(Stage::Body(Page { status, request_id, body_len: 0, checksum: 0, keep_alive }, body))
}

fn request_id(fields: Fields<'_>) -> Option<RequestId> {
    let field = fields.values(REQUEST_ID_FIELD).next()?;
    std::str::from_utf8(field).ok()?.parse().ok().map(RequestId)
}

/// How an answer broke the protocol, or a limit of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpError {
    Garbage(httparse::Error),
    HeadTooLarge,
    TooManyInterim,
    BadLength,
    UnknownCoding,
    BadChunk,
    BodyTooLarge,
    BeyondAnswer,
    ClosedWithoutAnswer,
    ClosedInHead,
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

/// Decodes `data` whole and in pieces, and checks that the cuts do not matter: for fuzzers.
/// Panics if an invariant of the decoder is broken: that is what a fuzzer looks for.
#[doc(hidden)]
pub fn fuzz_response(data: &[u8]) -> Result<Page, HttpError> {
    let whole = decode(&[data]);
    // The first byte chooses a cut that a byte-by-byte reading and halves do not make.
    let step = 2 + usize::from(data.first().copied().unwrap_or(0)) % 61;
    for step in [1, step, data.len() / 2 + 1] {
        // INVARIANT: [HTTP-1] as the decoder promises.
        assert_eq!(decode(&cut(data, step)), whole, "cut into pieces of {step}");
    }
    let (mut pieces, mut rest) = (Vec::new(), data);
    while let Some(first) = rest.first() {
        let (piece, after) = rest.split_at(rest.len().min(1 + usize::from(first % 19)));
        pieces.push(piece);
        rest = after;
    }
    assert_eq!(decode(&pieces), whole, "cut into pieces as long as their first bytes say");
    if let Ok(page) = whole {
        assert!(page.body_len <= data.len() as u64, "a body longer than what was sent");
        assert!((200..=999).contains(&page.status), "status {}", page.status);
    }
    whole
}

pub(super) fn cut(data: &[u8], step: usize) -> Vec<&[u8]> {
    data.chunks(step).collect()
}

/// What a client makes of `pieces`, after which the server closes.
pub(super) fn decode(pieces: &[&[u8]]) -> Result<Page, HttpError> {
    let mut decoder = ResponseDecoder::default();
    let mut page = None;
    for piece in pieces {
        if let Some(done) = decoder.feed(piece)? {
            assert_eq!(page.replace(done), None, "one decoder gave two answers");
        }
        // INVARIANT: [HTTP-2] as the decoder promises.
        assert!(decoder.head.len() <= HEAD_LEN_MAX, "the head grew to {}", decoder.head.len());
    }
    page.map_or_else(|| decoder.finish(), Ok)
}
