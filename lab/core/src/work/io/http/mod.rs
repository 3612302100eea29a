//! HTTP/1.1 without I/O: a request becomes bytes, bytes become an answer.
//!
//! Nothing here touches a socket, so a fuzzer can drive it, and a test can cut an answer at every
//! byte. This file has what both ends speak of; [`response`], to be read next, is how a client reads
//! an answer; how the server reads a request is in `work/server/wire.rs`.
//!
//! Not here: pipelining (bytes beyond the answer are an error) and content codings, which the client
//! does not offer.

use serde::{Deserialize, Serialize};

mod body;
mod checksum;
pub mod response;
#[cfg(test)]
mod tests;

pub use body::BODY_LEN_MAX;
pub use checksum::{Adler32, Fnv1a};
#[doc(hidden)]
pub use response::fuzz_response;
pub use response::{HEAD_LEN_MAX, HttpError, ResponseDecoder};

/// The field in which a request's number travels, and comes back from our own server.
pub const REQUEST_ID_FIELD: &str = "X-Request-Id";

/// The number of a request, unique in its round. An answer that carries another's is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RequestId(pub u64);

/// What is left of an answer once it has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub status: u16,
    /// The number that the server sent back, if it sent one.
    pub request_id: Option<RequestId>,
    pub body_len: u64,
    /// The [`Adler32`] of the content.
    pub checksum: u64,
    /// Whether the connection may be used again.
    pub keep_alive: bool,
}

/// The fields of a head, as either end reads them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(pub(crate) &'a [httparse::Header<'a>]);

impl<'a> Fields<'a> {
    pub(crate) fn values(self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let called = move |field: &&httparse::Header<'_>| field.name.eq_ignore_ascii_case(name);
        self.0.iter().filter(called).map(|field| field.value)
    }

    pub(crate) fn has(self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    /// Whether the connection is kept, which a head of version 1.`minor` may ask for or refuse
    /// (RFC 9112, 9.3).
    pub(crate) fn keep_alive(self, minor: Option<u8>) -> bool {
        match minor {
            Some(0) => self.has_token("connection", "keep-alive"),
            _ => !self.has_token("connection", "close"),
        }
    }

    /// Whether the comma-separated lists called `name` contain `token`.
    fn has_token(self, name: &str, token: &str) -> bool {
        self.values(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
    }
}
