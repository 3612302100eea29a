//! The codec against whole answers, cut answers, broken answers and noise.

use proptest::prelude::*;

use super::response::{FIELDS_MAX, cut, decode};
use super::*;

const LENGTH: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Request-Id: 7\r\n\r\nhello";
const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
    2\r\nhe\r\n3;name=value\r\nllo\r\n0\r\nExpires: never\r\n\r\n";
const UNTIL_CLOSE: &[u8] = b"HTTP/1.0 200 OK\r\nServer: SimpleHTTP/0.6\r\n\r\nhello";
const INTERIM: &[u8] =
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

fn page(status: u16, body: &[u8]) -> Page {
    Page {
        status,
        request_id: None,
        body_len: body.len() as u64,
        checksum: Adler32::of(body),
        keep_alive: true,
    }
}

/// Decodes `bytes` whole, cut in two at every place, and byte by byte.
#[track_caller]
fn check(bytes: &[u8], expected: Result<Page, HttpError>) {
    for at in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(at);
        assert_eq!(decode(&[head, tail]), expected, "cut at {at}");
    }
    assert_eq!(decode(&cut(bytes, 1)), expected, "byte by byte");
}

#[track_caller]
fn check_head(fields: &str, expected: Result<Page, HttpError>) {
    check(format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n").as_bytes(), expected);
}

#[test]
fn an_answer_is_read_wherever_it_is_cut() {
    check(LENGTH, Ok(Page { request_id: Some(RequestId(7)), ..page(200, b"hello") }));
    check(CHUNKED, Ok(page(200, b"hello")));
    check(UNTIL_CLOSE, Ok(Page { keep_alive: false, ..page(200, b"hello") }));
    check(INTERIM, Ok(page(404, b"")));
    check(b"HTTP/1.1 204 No Content\r\n\r\n", Ok(page(204, b"")));
    check(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", Ok(page(304, b"")));
    // A number that is none of ours is no number.
    check_head("Content-Length: 0\r\nX-Request-Id: seven", Ok(page(200, b"")));
}

#[test]
fn what_is_old_but_legal_is_read() {
    check_head("A: b\r\n c\r\nContent-Length:\r\n\t0", Ok(page(200, b"")));
    let zeros = format!("{}2;a\r\nhi\r\n{}\r\n\r\n", "0".repeat(20), "0".repeat(17));
    check(&chunked(&zeros), Ok(page(200, b"hi")));
}

#[test]
fn a_connection_is_kept_as_the_version_and_the_field_say() {
    let closed = Page { keep_alive: false, ..page(200, b"") };
    check_head("Content-Length: 0", Ok(page(200, b"")));
    check_head("Content-Length: 0\r\nConnection: upgrade, Close", Ok(closed));
    check(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", Ok(closed));
    let kept = b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n";
    check(kept, Ok(page(200, b"")));
}

#[test]
fn what_breaks_the_protocol_is_refused() {
    use HttpError::{BadChunk, BadLength, BodyTooLarge, ClosedInBody, Garbage, UnknownCoding};
    let status = Err(Garbage(httparse::Error::Status));
    check(b"HTTP/1.1 042 Odd\r\n\r\n", status);
    check(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", status);
    let heads = [
        ("Content-Length: 5\r\nContent-Length: 6", BadLength),
        ("Content-Length: +5", BadLength),
        ("Content-Length:", BadLength),
        ("Content-Length: 99999999999999999999", BadLength),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", BadLength),
        ("Transfer-Encoding: gzip, chunked", UnknownCoding),
        (&format!("Content-Length: {}", BODY_LEN_MAX + 1), BodyTooLarge),
        (&"A: b\r\n".repeat(FIELDS_MAX + 1), Garbage(httparse::Error::TooManyHeaders)),
    ];
    for (fields, error) in heads {
        check_head(fields, Err(error));
    }
    let bodies = [
        ("\r\n\r\n", BadChunk),
        ("x\r\n", BadChunk),
        ("2\r\nhello\r\n", BadChunk),
        ("10000000000000000\r\n", BadChunk),
        // Longer than a line between chunks may be.
        (&"1".repeat(1025), BadChunk),
        ("fffffffffffffff\r\n", BodyTooLarge),
        ("2\r\nhe\r\n0\r\n", ClosedInBody),
    ];
    for (body, error) in bodies {
        check(&chunked(body), Err(error));
    }
    check(&[LENGTH, b"HTTP/1.1"].concat(), Err(HttpError::BeyondAnswer));
    check(b"", Err(HttpError::ClosedWithoutAnswer));
    check(&LENGTH[..30], Err(HttpError::ClosedInHead));
    check(&LENGTH[..LENGTH.len() - 1], Err(ClosedInBody));
}

fn chunked(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}").into_bytes()
}

#[test]
fn what_is_not_http_is_refused_at_its_first_line_and_a_head_without_an_end_at_the_limit() {
    let error = ResponseDecoder::default().feed(b"SSH-2.0-OpenSSH_9.2\r\n").unwrap_err();
    assert_eq!(error, HttpError::Garbage(httparse::Error::Version));
    assert_eq!(error.to_string(), "the server does not answer in http/1.1: invalid HTTP version");
    let endless = [b"HTTP/1.1 200 OK\r\nA: ", vec![b'a'; HEAD_LEN_MAX].as_slice()].concat();
    assert_eq!(decode(&cut(&endless, 1000)), Err(HttpError::HeadTooLarge));
    assert_eq!(decode(&[&endless]), Err(HttpError::HeadTooLarge));
}

/// Fails if interim answers are dropped without being counted.
#[test]
fn interim_answers_without_an_end_are_refused_by_number_and_by_length() {
    let interim = b"HTTP/1.1 100 Continue\r\n\r\n";
    check(&[&interim.repeat(10), LENGTH].concat(), decode(&[LENGTH]));
    check(&interim.repeat(11), Err(HttpError::TooManyInterim));
    let long = format!("HTTP/1.1 102 Processing\r\nA: {}\r\n\r\n", "a".repeat(HEAD_LEN_MAX / 3));
    assert_eq!(decode(&cut(long.repeat(3).as_bytes(), 999)), Err(HttpError::HeadTooLarge));
}

#[test]
fn a_body_without_an_end_is_refused_at_the_limit() {
    let mut decoder = ResponseDecoder::default();
    assert_eq!(decoder.feed(b"HTTP/1.0 200 OK\r\n\r\n"), Ok(None));
    let mebibyte = vec![0; 1 << 20];
    for _ in 0..BODY_LEN_MAX >> 20 {
        assert_eq!(decoder.feed(&mebibyte), Ok(None));
    }
    assert_eq!(decoder.feed(b"!"), Err(HttpError::BodyTooLarge));
}

proptest! {
    #[test]
    fn noise_never_panics_and_cuts_never_matter(
        noise in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let _ = fuzz_response(&noise);
    }

    #[test]
    fn noise_after_a_status_line_never_panics(
        noise in "(Content-Length: [0-9]{1,2}|Transfer-Encoding: chunked|[A-Z]: b)\r\n\r\n[0-9a\r\n]{0,40}",
    ) {
        let _ = fuzz_response(format!("HTTP/1.1 200 OK\r\n{noise}").as_bytes());
    }
}
