//! HTTP/1.1 as the server speaks it, without I/O: bytes become a request, an answer becomes bytes.
//!
//! # Invariants
//!
//! - **REQUEST-1** What a request means does not depend on how its bytes were cut into pieces: every
//!   part of it that is not the whole is incomplete.
//! - **REQUEST-2** No more than [`HEAD_LEN_MAX`] bytes of a request are ever looked at.
//!
//! Not here: bodies (a GET has none, so whoever announces one is refused), and the `Date` field,
//! which a server should send: nobody here caches.

use std::io::Write;

use httparse::{Error, Status};

use crate::work::io::http::{Fields, REQUEST_ID_FIELD};

/// The longest head of a request: nginx's and Apache's usual limit.
pub(super) const HEAD_LEN_MAX: usize = 8 * 1024;

/// The most fields in a head. Browsers send about 20.
const FIELDS_MAX: usize = 64;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Whether only the head of the page is asked for.
    pub(super) is_head: bool,
    pub(super) path: String,
    /// The client's number of the request, to be sent back as it came.
    pub(super) id: Option<Vec<u8>>,
    /// Whether the connection is kept after the answer.
    pub(super) keep_alive: bool,
}

/// A status that ends the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal(&'static str);

impl Refusal {
    const BAD_REQUEST: Self = Self("400 Bad Request");
    const METHOD_NOT_ALLOWED: Self = Self("405 Method Not Allowed");
    pub(super) const REQUEST_TIMEOUT: Self = Self("408 Request Timeout");
    const CONTENT_TOO_LARGE: Self = Self("413 Content Too Large");
    const HEAD_TOO_LARGE: Self = Self("431 Request Header Fields Too Large");
    pub(super) const FULL: Self = Self("503 Service Unavailable");
    const VERSION_NOT_SUPPORTED: Self = Self("505 HTTP Version Not Supported");

    pub(super) fn encode(self) -> Vec<u8> {
        let mut out = Vec::new();
        encode_fields(self.0, "text/plain", 0, false, &mut out);
        if self == Self::METHOD_NOT_ALLOWED {
            // RFC 9110, 15.5.6: the answer says which methods there are.
            out.extend_from_slice(b"Allow: GET, HEAD\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out
    }
}

/// What the bytes so far amount to: a request and its length, of which the rest is the next one's;
/// nothing yet; or what is not served, after which the connection is of no use.
pub(super) type Parsed = Result<Option<(Request, usize)>, Refusal>;

/// Reads the request at the front of `input`.
pub(super) fn parse(input: &[u8]) -> Parsed {
    // INVARIANT: [REQUEST-2] the one place where input is looked at.
    let input = &input[..input.len().min(HEAD_LEN_MAX)];
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut head = httparse::Request::new(&mut fields);
    match head.parse(input) {
        Ok(Status::Complete(len)) => Ok(Some((read_head(&head)?, len))),
        Ok(Status::Partial) if input.len() < HEAD_LEN_MAX => Ok(None),
        Ok(Status::Partial) | Err(Error::TooManyHeaders) => Err(Refusal::HEAD_TOO_LARGE),
        Err(Error::Version) => Err(Refusal::VERSION_NOT_SUPPORTED),
        Err(_) => Err(Refusal::BAD_REQUEST),
    }
}

fn read_head(head: &httparse::Request<'_, '_>) -> Result<Request, Refusal> {
    let fields = Fields(head.headers);
    // RFC 9112, 3.2: exactly one from 1.1 on, and never two.
    match fields.values("host").count() {
        1 => {}
        0 if head.version == Some(0) => {}
        _ => return Err(Refusal::BAD_REQUEST),
    }
    let is_head = match head.method {
        Some("GET") => false,
        Some("HEAD") => true,
        _ => return Err(Refusal::METHOD_NOT_ALLOWED),
    };
    let has_body = fields.values("content-length").any(|len| len != b"0");
    if has_body || fields.has("transfer-encoding") {
        return Err(Refusal::CONTENT_TOO_LARGE);
    }
    Ok(Request {
        is_head,
        path: path(head.path.unwrap_or_default()).ok_or(Refusal::BAD_REQUEST)?.to_owned(),
        id: fields.values(REQUEST_ID_FIELD).next().map(<[u8]>::to_vec),
        keep_alive: fields.keep_alive(head.version),
    })
}

/// The path in a request's target, which proxies are sent with `http://host` in front
/// (RFC 9112, 3.2.2).
fn path(target: &str) -> Option<&str> {
    let target = match target.strip_prefix("http://") {
        Some(rest) => &rest[rest.find('/')?..],
        None => target,
    };
    let path = target.split('?').next()?;
    path.starts_with('/').then_some(path)
}

impl Request {
    pub(super) fn answer(&self, status: &str, content_type: &str, body: &[u8], out: &mut Vec<u8>) {
        encode_fields(status, content_type, body.len(), self.keep_alive, out);
        if let Some(id) = &self.id {
            // The parser lets no line break into a value, so an echo cannot forge a field.
            out.extend_from_slice(&[REQUEST_ID_FIELD.as_bytes(), b": ", id, b"\r\n"].concat());
        }
        out.extend_from_slice(b"\r\n");
        if !self.is_head {
            out.extend_from_slice(body);
        }
    }
}

/// Appends the fields that every answer has, without the empty line after the last one.
fn encode_fields(
    status: &str,
    content_type: &str,
    len: usize,
    keep_alive: bool,
    out: &mut Vec<u8>,
) {
    let connection = if keep_alive { "keep-alive" } else { "close" };
    write!(
        out,
        "HTTP/1.1 {status}\r\nServer: trainyard\r\nContent-Type: {content_type}\r\n\
         Content-Length: {len}\r\nConnection: {connection}\r\n"
    )
    .expect("writing to memory does not fail");
}

/// Reads `data` as requests, checks the invariants, and says how many there were. Fuzzers call it.
/// Panics if an invariant is broken.
#[doc(hidden)]
pub fn fuzz_request(data: &[u8]) -> usize {
    let mut rest = data;
    let mut count = 0;
    while let Ok(Some((request, len))) = check_prefixes(rest) {
        assert!((1..=HEAD_LEN_MAX).contains(&len) && len <= rest.len(), "{len} bytes long");
        assert!(request.path.starts_with('/'), "{request:?}");
        let mut out = Vec::new();
        request.answer("200 OK", "text/plain", b"", &mut out);
        // INVARIANT: [REQUEST-1] nothing in a request makes the answer more than one head.
        let heads = out.windows(4).filter(|window| window == b"\r\n\r\n").count();
        assert_eq!(heads, 1, "{request:?}");
        rest = &rest[len..];
        count += 1;
    }
    count
}

/// The meaning of `input`, which no shorter part of it may contradict.
fn check_prefixes(input: &[u8]) -> Parsed {
    let whole = parse(input);
    let shown = input.len().min(HEAD_LEN_MAX + 1);
    // All prefixes of a large input would take long: 64 of them, evenly spread.
    for cut in (0..shown).step_by(shown / 64 + 1) {
        let part = parse(&input[..cut]);
        // INVARIANT: [REQUEST-1] a part is incomplete, or already means what the whole does.
        assert!(part == Ok(None) || part == whole, "cut at {cut}: {part:?}, not {whole:?}");
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses `text`, and every part of it against the whole.
    fn parse_all(text: &str) -> Parsed {
        fuzz_request(text.as_bytes());
        check_prefixes(text.as_bytes())
    }

    #[test]
    fn requests_are_read_one_after_the_other_and_whether_to_keep_the_connection() {
        for (text, is_head, path, keep_alive) in [
            ("GET /a HTTP/1.1\r\nHost: b\r\n\r\n", false, "/a", true),
            ("HEAD /a?c HTTP/1.1\r\nhost: b\r\n\r\n", true, "/a", true),
            ("GET http://b/a HTTP/1.1\r\nHost: b\r\n\r\n", false, "/a", true),
            ("GET /a HTTP/1.1\r\nHost: b\r\nContent-Length: 0\r\n\r\n", false, "/a", true),
            ("GET / HTTP/1.1\r\nHost:\r\nConnection: Close\r\n\r\n", false, "/", false),
            ("GET / HTTP/1.0\r\n\r\n", false, "/", false),
            ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", false, "/", true),
        ] {
            let request = Request { is_head, path: path.to_owned(), id: None, keep_alive };
            assert_eq!(parse_all(text), Ok(Some((request, text.len()))));
        }
        let one = "GET / HTTP/1.1\r\nHost: b\r\nX-Request-Id: 7\r\n\r\n";
        let Ok(Some((request, len))) = parse_all(&one.repeat(2)) else { panic!() };
        assert_eq!((request.id.as_deref(), len), (Some(&b"7"[..]), one.len()));
    }

    #[test]
    fn what_is_not_served_is_refused_with_the_right_status() {
        let head = |fields: &str| format!("GET / HTTP/1.1\r\nHost: b\r\n{fields}\r\n");
        let fits = head(&format!("A: {}\r\n", "a".repeat(HEAD_LEN_MAX - 32)));
        assert_eq!(fits.len(), HEAD_LEN_MAX);
        assert!(matches!(parse_all(&fits), Ok(Some((_, HEAD_LEN_MAX)))));
        assert!(matches!(parse_all(&head(&"A: b\r\n".repeat(63))), Ok(Some(_))));
        for (text, refusal) in [
            ("\0", Refusal::BAD_REQUEST),
            ("GET / HTTP/1.1\r\n\r\n", Refusal::BAD_REQUEST),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", Refusal::BAD_REQUEST),
            ("GET a HTTP/1.1\r\nHost: b\r\n\r\n", Refusal::BAD_REQUEST),
            ("GET /\r\n\r\n", Refusal::BAD_REQUEST),
            ("PRI * HTTP/2.0\r\n\r\n", Refusal::VERSION_NOT_SUPPORTED),
            ("POST / HTTP/1.1\r\nHost: b\r\n\r\n", Refusal::METHOD_NOT_ALLOWED),
            (&head("Content-Length: 1\r\n"), Refusal::CONTENT_TOO_LARGE),
            (&head("Content-Length: x\r\n"), Refusal::CONTENT_TOO_LARGE),
            (&head("Transfer-Encoding: chunked\r\n"), Refusal::CONTENT_TOO_LARGE),
            (&fits.replace("A: a", "A: aa"), Refusal::HEAD_TOO_LARGE),
            (&head(&"A: b\r\n".repeat(64)), Refusal::HEAD_TOO_LARGE),
        ] {
            assert_eq!(parse_all(text), Err(refusal), "{text:.60}");
        }
    }
}
