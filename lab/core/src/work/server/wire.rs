//! HTTP/1.1 as the server speaks it, without I/O: bytes become a request, an answer becomes bytes.
//!
//! # Invariants
//!
//! - **REQUEST-1** What a request means does not depend on how its bytes were cut into pieces: every
//!   part of it that is not the whole is [`Parsed::NeedMore`].
//! - **REQUEST-2** No more than [`HEAD_LEN_MAX`] bytes of a request are ever looked at.
//!
//! # Not here
//!
//! Bodies: a GET has none, so whoever announces one is refused. The `Date` field, which a server
//! should send: nobody here caches.

use std::io::Write;

use crate::work::io::http::{Fields, REQUEST_ID_FIELD};

/// The longest head of a request: nginx's and Apache's usual limit.
pub(super) const HEAD_LEN_MAX: usize = 8 * 1024;

/// The most fields in a head. Browsers send about 20.
const FIELDS_MAX: usize = 64;

/// What the bytes so far amount to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    /// The head is not complete.
    NeedMore,
    /// A request; the rest of the bytes, if any, is the next one's.
    Complete { request: Request, len: usize },
    /// Not a request that is served. The connection cannot be used further.
    Refused(Refusal),
}

/// One request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) want: Want,
    pub(super) path: String,
    /// The client's number of the request, to be sent back as it came.
    pub(super) id: Option<Vec<u8>>,
    pub(super) afterwards: Afterwards,
}

/// What of a page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// GET.
    HeadAndBody,
    /// HEAD.
    HeadOnly,
}

/// What becomes of the connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Afterwards {
    KeepAlive,
    Close,
}

/// A status that ends the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    BadRequest,
    MethodNotAllowed,
    RequestTimeout,
    ContentTooLarge,
    HeadTooLarge,
    Full,
    VersionNotSupported,
}

impl Refusal {
    pub(super) fn status(self) -> &'static str {
        match self {
            Self::BadRequest => "400 Bad Request",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::RequestTimeout => "408 Request Timeout",
            Self::ContentTooLarge => "413 Content Too Large",
            Self::HeadTooLarge => "431 Request Header Fields Too Large",
            Self::Full => "503 Service Unavailable",
            Self::VersionNotSupported => "505 HTTP Version Not Supported",
        }
    }
}

/// Reads the request at the front of `input`.
pub(super) fn parse(input: &[u8]) -> Parsed {
    // INVARIANT: [REQUEST-2] the one place where input is looked at.
    let input = &input[..input.len().min(HEAD_LEN_MAX)];
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut head = httparse::Request::new(&mut fields);
    match head.parse(input) {
        Ok(httparse::Status::Partial) if input.len() < HEAD_LEN_MAX => Parsed::NeedMore,
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
            Parsed::Refused(Refusal::HeadTooLarge)
        }
        Err(httparse::Error::Version) => Parsed::Refused(Refusal::VersionNotSupported),
        Err(_) => Parsed::Refused(Refusal::BadRequest),
        Ok(httparse::Status::Complete(len)) => match read_head(&head) {
            Ok(request) => Parsed::Complete { request, len },
            Err(refusal) => Parsed::Refused(refusal),
        },
    }
}

fn read_head(head: &httparse::Request<'_, '_>) -> Result<Request, Refusal> {
    let fields = Fields(head.headers);
    // RFC 9112, 3.2: exactly one from 1.1 on, and never two.
    match fields.values("host").count() {
        1 => {}
        0 if head.version == Some(0) => {}
        _ => return Err(Refusal::BadRequest),
    }
    let want = match head.method {
        Some("GET") => Want::HeadAndBody,
        Some("HEAD") => Want::HeadOnly,
        _ => return Err(Refusal::MethodNotAllowed),
    };
    let has_body = fields.values("content-length").any(|len| len != b"0");
    if has_body || fields.has("transfer-encoding") {
        return Err(Refusal::ContentTooLarge);
    }
    let kept = fields.keep_alive(head.version);
    Ok(Request {
        want,
        path: path(head.path.unwrap_or_default()).ok_or(Refusal::BadRequest)?.to_owned(),
        id: fields.values(REQUEST_ID_FIELD).next().map(<[u8]>::to_vec),
        afterwards: if kept { Afterwards::KeepAlive } else { Afterwards::Close },
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

/// What is sent back.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    pub(super) status: &'static str,
    pub(super) content_type: &'static str,
    pub(super) body: &'a [u8],
}

impl Answer<'_> {
    /// Appends the answer to `request` as it goes over the wire.
    pub(super) fn encode(&self, request: &Request, out: &mut Vec<u8>) {
        self.encode_fields(request.afterwards, out);
        if let Some(id) = &request.id {
            // The parser lets no line break into a value, so an echo cannot forge a field.
            out.extend_from_slice(REQUEST_ID_FIELD.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(id);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        if request.want == Want::HeadAndBody {
            out.extend_from_slice(self.body);
        }
    }

    /// Appends the fields that every answer has, without the empty line after the last one.
    fn encode_fields(&self, afterwards: Afterwards, out: &mut Vec<u8>) {
        let Self { status, content_type, body } = self;
        let connection = match afterwards {
            Afterwards::KeepAlive => "keep-alive",
            Afterwards::Close => "close",
        };
        write!(
            out,
            "HTTP/1.1 {status}\r\nServer: trainyard\r\nContent-Type: {content_type}\r\n\
             Content-Length: {}\r\nConnection: {connection}\r\n",
            body.len()
        )
        .expect("writing to memory does not fail");
    }
}

/// The whole answer of a refusal, after which the connection is closed.
pub(super) fn encode_refusal(refusal: Refusal) -> Vec<u8> {
    let mut out = Vec::new();
    Answer { status: refusal.status(), content_type: "text/plain", body: b"" }
        .encode_fields(Afterwards::Close, &mut out);
    if refusal == Refusal::MethodNotAllowed {
        // RFC 9110, 15.5.6: the answer says which methods there are.
        out.extend_from_slice(b"Allow: GET, HEAD\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// Reads `data` as requests, checks the invariants, and says how many there were. Fuzzers call it.
///
/// # Panics
///
/// Panics if an invariant is broken.
#[doc(hidden)]
pub fn fuzz_request(data: &[u8]) -> usize {
    let mut rest = data;
    let mut count = 0;
    while let Parsed::Complete { request, len } = check_prefixes(rest) {
        assert!((1..=HEAD_LEN_MAX).contains(&len) && len <= rest.len(), "{len} bytes long");
        assert!(request.path.starts_with('/'), "{request:?}");
        let mut out = Vec::new();
        Answer { status: "200 OK", content_type: "text/plain", body: b"" }
            .encode(&request, &mut out);
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
        assert!(part == Parsed::NeedMore || part == whole, "cut at {cut}: {part:?}, not {whole:?}");
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

    #[track_caller]
    fn check_request(text: &str, want: Want, path: &str, afterwards: Afterwards) {
        let request = Request { want, path: path.to_owned(), id: None, afterwards };
        assert_eq!(parse_all(text), Parsed::Complete { request, len: text.len() });
    }

    #[track_caller]
    fn check_refused(text: &str, refusal: Refusal) {
        assert_eq!(parse_all(text), Parsed::Refused(refusal));
    }

    #[test]
    fn a_request_is_read_with_its_method_and_path() {
        use Afterwards::KeepAlive;
        use Want::{HeadAndBody, HeadOnly};
        check_request("GET /a HTTP/1.1\r\nHost: b\r\n\r\n", HeadAndBody, "/a", KeepAlive);
        check_request("HEAD /a?c HTTP/1.1\r\nhost: b\r\n\r\n", HeadOnly, "/a", KeepAlive);
        check_request("GET http://b/a HTTP/1.1\r\nHost: b\r\n\r\n", HeadAndBody, "/a", KeepAlive);
        check_request(
            "GET /a HTTP/1.1\r\nHost: b\r\nContent-Length: 0\r\n\r\n",
            HeadAndBody,
            "/a",
            KeepAlive,
        );
    }

    #[test]
    fn a_connection_is_kept_as_the_version_and_the_field_say() {
        use Afterwards::{Close, KeepAlive};
        let want = Want::HeadAndBody;
        check_request("GET / HTTP/1.1\r\nHost:\r\nConnection: Close\r\n\r\n", want, "/", Close);
        check_request("GET / HTTP/1.0\r\n\r\n", want, "/", Close);
        check_request("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", want, "/", KeepAlive);
    }

    #[test]
    fn requests_in_one_piece_are_read_one_after_the_other() {
        let one = "GET / HTTP/1.1\r\nHost: b\r\nX-Request-Id: 7\r\n\r\n";
        let Parsed::Complete { request, len } = parse_all(&one.repeat(2)) else { panic!() };
        assert_eq!((request.id.as_deref(), len), (Some(&b"7"[..]), one.len()));
    }

    #[test]
    fn what_is_not_served_is_refused_with_the_right_status() {
        check_refused("\0", Refusal::BadRequest);
        check_refused("GET / HTTP/1.1\r\n\r\n", Refusal::BadRequest);
        check_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", Refusal::BadRequest);
        check_refused("GET a HTTP/1.1\r\nHost: b\r\n\r\n", Refusal::BadRequest);
        check_refused("GET /\r\n\r\n", Refusal::BadRequest);
        check_refused("PRI * HTTP/2.0\r\n\r\n", Refusal::VersionNotSupported);
        check_refused("POST / HTTP/1.1\r\nHost: b\r\n\r\n", Refusal::MethodNotAllowed);
        for body in ["Content-Length: 1", "Content-Length: x", "Transfer-Encoding: chunked"] {
            let text = format!("GET / HTTP/1.1\r\nHost: b\r\n{body}\r\n\r\n");
            check_refused(&text, Refusal::ContentTooLarge);
        }
    }

    #[test]
    fn a_head_that_is_too_large_is_refused() {
        let head = |fields: &str| format!("GET / HTTP/1.1\r\nHost: b\r\n{fields}\r\n");
        let fits = head(&format!("A: {}\r\n", "a".repeat(HEAD_LEN_MAX - 32)));
        assert_eq!(fits.len(), HEAD_LEN_MAX);
        assert!(matches!(parse_all(&fits), Parsed::Complete { len: HEAD_LEN_MAX, .. }));
        check_refused(&fits.replace("A: a", "A: aa"), Refusal::HeadTooLarge);
        assert!(matches!(parse_all(&head(&"A: b\r\n".repeat(63))), Parsed::Complete { .. }));
        check_refused(&head(&"A: b\r\n".repeat(64)), Refusal::HeadTooLarge);
    }
}
