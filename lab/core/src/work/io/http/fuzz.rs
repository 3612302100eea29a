//! What must hold for every byte sequence that a server may send, as a function for fuzzers.

use super::Page;
use super::response::{HEAD_LEN_MAX, HttpError, Progress, ResponseDecoder};

/// Decodes `data` whole and in pieces, and checks that the cuts do not matter.
///
/// # Errors
///
/// What the decoder finds wrong with `data`, which is no fault of the decoder's.
///
/// # Panics
///
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
    if let Ok(page) = whole {
        assert!(page.body_len <= data.len() as u64, "a body longer than what was sent");
        assert!((200..=999).contains(&page.status), "status {}", page.status);
    }
    whole
}

/// Cuts `data` into pieces of `step` bytes.
pub(super) fn cut(data: &[u8], step: usize) -> Vec<&[u8]> {
    data.chunks(step).collect()
}

/// What a client makes of `pieces`, after which the server closes.
pub(super) fn decode(pieces: &[&[u8]]) -> Result<Page, HttpError> {
    let mut decoder = ResponseDecoder::new();
    let mut page = None;
    for piece in pieces {
        if let Progress::Done(done) = decoder.feed(piece)? {
            assert_eq!(page.replace(done), None, "one decoder gave two answers");
        }
        // INVARIANT: [HTTP-2] as the decoder promises.
        assert!(decoder.head.len() <= HEAD_LEN_MAX, "the head grew to {}", decoder.head.len());
    }
    match page {
        Some(page) => Ok(page),
        None => decoder.finish(),
    }
}
