//! The body of an answer: where it ends, how long it was, what its checksum is.
//!
//! # How a chunked body is read
//!
//! | state | reads | then |
//! | --- | --- | --- |
//! | `Size` | a line with a hexadecimal length | `Data`, or `Trailer` if it is 0 |
//! | `Data` | that many bytes | `DataEnd` |
//! | `DataEnd` | an empty line | `Size` |
//! | `Trailer` | lines, until an empty one | the end |
//!
//! Read after [`super`].

use super::checksum::Adler32;
use super::{Fields, HEAD_LEN_MAX, HttpError, Page};

/// The longest body that is read: far beyond any page, and counted within milliseconds.
pub const BODY_LEN_MAX: u64 = 64 << 20;

/// The longest line between chunks: lengths are short, unless zeros lead them.
const LINE_LEN_MAX: usize = 1024;

#[derive(Debug)]
pub(super) struct Body {
    state: State,
    len: u64,
    checksum: Adler32,
    /// The line between chunks, as far as it has come.
    line: Vec<u8>,
    trailer_len: usize,
}

/// What comes next: how the end is known (RFC 9112, section 6.3), or a row of the table above.
#[derive(Clone, Copy, Debug)]
enum State {
    /// So many bytes, and the end.
    Length(u64),
    /// Bytes, until the server closes the connection.
    UntilClose,
    Size,
    Data(u64),
    DataEnd,
    Trailer,
}

impl State {
    fn of_head(status: u16, fields: Fields<'_>) -> Result<Self, HttpError> {
        if matches!(status, 204 | 304) {
            return Ok(Self::Length(0));
        }
        match (fields.has("transfer-encoding"), content_length(fields)?) {
            (false, Some(length)) => Ok(Self::Length(length)),
            (false, None) => Ok(Self::UntilClose),
            // The RFC lets the coding win. Whoever sends both has made a mistake, or tries one on.
            (true, Some(_)) => Err(HttpError::BadLength),
            (true, None) if only_chunked(fields) => Ok(Self::Size),
            (true, None) => Err(HttpError::UnknownCoding),
        }
    }
}

impl Body {
    pub(super) fn of_head(status: u16, fields: Fields<'_>) -> Result<Self, HttpError> {
        let (state, checksum) = (State::of_head(status, fields)?, Adler32::default());
        Ok(Self { state, len: 0, checksum, line: Vec::new(), trailer_len: 0 })
    }

    /// Takes what belongs to the body off the front of `rest`.
    pub(super) fn feed(&mut self, rest: &mut &[u8]) -> Result<(), HttpError> {
        while !self.has_ended() && !rest.is_empty() {
            self.state = match self.state {
                State::Length(left) => State::Length(left - self.take_content(rest, left)?),
                State::UntilClose => {
                    self.take_content(rest, u64::MAX)?;
                    State::UntilClose
                }
                State::Data(left) => match left - self.take_content(rest, left)? {
                    0 => State::DataEnd,
                    left => State::Data(left),
                },
                state => match self.take_line(rest)? {
                    Some(line) => self.after_line(&line)?,
                    None => state,
                },
            }
        }
        Ok(())
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, State::Length(0))
    }

    /// Whether the connection's end is the body's end.
    pub(super) fn ends_with_connection(&self) -> bool {
        matches!(self.state, State::UntilClose)
    }

    pub(super) fn seal(&self, page: Page) -> Page {
        Page { body_len: self.len, checksum: self.checksum.value(), ..page }
    }

    /// Takes at most `limit` bytes of content, and says how many there were.
    fn take_content(&mut self, rest: &mut &[u8], limit: u64) -> Result<u64, HttpError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let (content, after) = rest.split_at(rest.len().min(limit));
        *rest = after;
        self.checksum.update(content);
        self.len += content.len() as u64;
        if self.len > BODY_LEN_MAX {
            return Err(HttpError::BodyTooLarge);
        }
        Ok(content.len() as u64)
    }

    /// Takes a line with its line feed, once it is whole.
    fn take_line(&mut self, rest: &mut &[u8]) -> Result<Option<Vec<u8>>, HttpError> {
        let line_end = rest.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let (part, after) = rest.split_at(line_end.unwrap_or(rest.len()));
        if self.line.len() + part.len() > LINE_LEN_MAX {
            return Err(HttpError::BadChunk);
        }
        *rest = after;
        self.line.extend_from_slice(part);
        Ok(line_end.map(|_| std::mem::take(&mut self.line)))
    }

    fn after_line(&mut self, line: &[u8]) -> Result<State, HttpError> {
        match self.state {
            State::Size => match chunk_len(line)? {
                0 => Ok(State::Trailer),
                len if len > BODY_LEN_MAX - self.len => Err(HttpError::BodyTooLarge),
                len => Ok(State::Data(len)),
            },
            State::DataEnd if line == b"\r\n" => Ok(State::Size),
            State::Trailer if line == b"\r\n" => Ok(State::Length(0)),
            State::Trailer if self.trailer_len + line.len() <= HEAD_LEN_MAX => {
                self.trailer_len += line.len();
                Ok(State::Trailer)
            }
            _ => Err(HttpError::BadChunk),
        }
    }
}

fn only_chunked(fields: Fields<'_>) -> bool {
    let codings: Vec<&[u8]> = fields.values("transfer-encoding").map(<[u8]>::trim_ascii).collect();
    matches!(codings[..], [coding] if coding.eq_ignore_ascii_case(b"chunked"))
}

/// The length that the fields agree on, if they give one.
fn content_length(fields: Fields<'_>) -> Result<Option<u64>, HttpError> {
    let mut agreed = None;
    for value in fields.values("content-length").map(<[u8]>::trim_ascii) {
        // `parse` alone would take a sign.
        let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let text = std::str::from_utf8(value).ok().filter(|_| digits);
        let length = text.and_then(|text| text.parse().ok()).ok_or(HttpError::BadLength)?;
        if agreed.replace(length).is_some_and(|other| other != length) {
            return Err(HttpError::BadLength);
        }
    }
    match agreed {
        Some(length) if length > BODY_LEN_MAX => Err(HttpError::BodyTooLarge),
        agreed => Ok(agreed),
    }
}

fn chunk_len(line: &[u8]) -> Result<u64, HttpError> {
    // httparse reads a line without digits as the length 0, which would end the body too early, and
    // takes at most 16 digits, though zeros that lead mean nothing.
    let zeros = line.iter().take_while(|digit| **digit == b'0').count();
    let digits = &line[zeros..];
    let is_zero = !digits[0].is_ascii_hexdigit();
    if is_zero && zeros == 0 {
        return Err(HttpError::BadChunk);
    }
    match httparse::parse_chunk_size(if is_zero { &line[zeros - 1..] } else { digits }) {
        Ok(httparse::Status::Complete((_, chunk_len))) => Ok(chunk_len),
        _ => Err(HttpError::BadChunk),
    }
}
