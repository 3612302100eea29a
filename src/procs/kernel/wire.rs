//! The form in which values cross to another process and back.
//!
//! A value is written to a [`Writer`] and read from a [`Reader`]. Numbers are little-endian;
//! whatever has a length says it first. The kernel needs numbers only; the types that users send
//! are in [`types`](crate::procs::types).
//!
//! # Invariants
//!
//! - **WIRE-1** Every value takes at least one byte. So a length that is larger than the number of
//!   bytes that follow is a lie, and is refused before anything is allocated for it.
//! - **WIRE-2** Decoding never panics, whatever the bytes.
//!
//! Read next: [`frame`](super::frame).

use std::borrow::Cow;
use std::fmt;

/// A type that can be sent to a worker process and back.
///
/// An implementation keeps two laws: `encode` writes at least one byte (WIRE-1), and `decode` reads
/// back exactly what `encode` wrote and answers other bytes with an error, not a panic (WIRE-2).
///
/// # Example: a type of one's own
///
/// ```
/// use trainyard::procs::{Reader, Wire, WireError, Writer};
///
/// struct Point {
///     x: f64,
///     y: f64,
/// }
///
/// impl Wire for Point {
///     fn encode(&self, out: &mut Writer) {
///         self.x.encode(out);
///         self.y.encode(out);
///     }
///
///     fn decode(input: &mut Reader<'_>) -> Result<Self, WireError> {
///         Ok(Self { x: f64::decode(input)?, y: f64::decode(input)? })
///     }
/// }
/// ```
pub trait Wire: Sized {
    /// Writes the value.
    fn encode(&self, out: &mut Writer);

    /// Reads a value back.
    ///
    /// # Errors
    ///
    /// Fails if the bytes are not what `encode` writes.
    fn decode(input: &mut Reader<'_>) -> Result<Self, WireError>;

    /// Writes several values in a row; bytes override it to be copied in one go.
    fn encode_all(values: &[Self], out: &mut Writer) {
        for value in values {
            value.encode(out);
        }
    }

    /// Reads back `len` values in a row.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    fn decode_all(len: usize, input: &mut Reader<'_>) -> Result<Vec<Self>, WireError> {
        // INVARIANT: [WIRE-1] as many bytes must follow, so this is bounded by what was received.
        let room = len.min(input.remaining() / size_of::<Self>().max(1));
        let mut values = Vec::with_capacity(room);
        for _ in 0..len {
            values.push(Self::decode(input)?);
        }
        Ok(values)
    }
}

/// Where values are written to: a buffer with an upper limit.
#[derive(Debug)]
pub struct Writer {
    bytes: Vec<u8>,
    limit: usize,
    len_wanted: usize,
    failure: Option<String>,
}

impl Writer {
    /// Creates a writer that begins with `head` and takes up to `limit` bytes more.
    pub(crate) fn new(head: &[u8], limit: usize) -> Self {
        let limit = head.len().saturating_add(limit);
        Self { bytes: head.to_vec(), limit, len_wanted: head.len(), failure: None }
    }

    /// Writes bytes; beyond the limit they are only counted.
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) {
        self.len_wanted = self.len_wanted.saturating_add(bytes.len());
        if self.len_wanted <= self.limit {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Writes the length of what follows.
    ///
    /// A length beyond `u32` is beyond every limit too, and what follows it will say so.
    pub fn put_len(&mut self, len: usize) {
        self.put(&u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
    }

    /// Says that the value cannot be written at all; its job is refused with this reason.
    pub fn fail(&mut self, reason: impl Into<String>) {
        self.failure.get_or_insert(reason.into());
    }

    /// Returns what was written.
    ///
    /// # Errors
    ///
    /// Fails if it was too much, or a value could not be written.
    pub(crate) fn finish(self) -> Result<Vec<u8>, String> {
        match self.failure {
            Some(reason) => Err(reason),
            None if self.len_wanted > self.limit => Err(format!(
                "it takes {} bytes, and {} is the most that can be sent",
                self.len_wanted, self.limit
            )),
            None => Ok(self.bytes),
        }
    }
}

/// Where values are read from.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Creates a reader of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Returns how many bytes are left.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Reads the next `len` bytes.
    ///
    /// # Errors
    ///
    /// Fails if there are fewer.
    #[inline]
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], WireError> {
        // INVARIANT: [WIRE-2] too few bytes are an error, here and in every reader built on it.
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or(TRUNCATED)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// Reads the next `N` bytes.
    ///
    /// # Errors
    ///
    /// Fails if there are fewer.
    #[inline]
    pub fn take_array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(TRUNCATED)?;
        self.rest = rest;
        Ok(*bytes)
    }

    /// Reads the length of what follows.
    ///
    /// # Errors
    ///
    /// Fails if not even that many bytes follow.
    pub fn take_len(&mut self) -> Result<usize, WireError> {
        // INVARIANT: [WIRE-1]
        usize::try_from(u32::from_le_bytes(self.take_array()?))
            .ok()
            .filter(|&len| len <= self.remaining())
            .ok_or(TRUNCATED)
    }
}

/// Reads one value that takes all of `bytes`.
///
/// # Errors
///
/// Fails if they are not what a value of this type is written as.
pub(crate) fn decode<T: Wire>(bytes: &[u8]) -> Result<T, WireError> {
    let mut input = Reader::new(bytes);
    let value = T::decode(&mut input)?;
    match input.remaining() {
        0 => Ok(value),
        _ => Err(WireError::new("bytes are left over after the value")),
    }
}

/// Why bytes are no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireError {
    reason: Cow<'static, str>,
}

const TRUNCATED: WireError = WireError { reason: Cow::Borrowed("the value is cut short") };

impl WireError {
    /// Makes an error with this reason.
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into() }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl std::error::Error for WireError {}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl Wire for $number {
            #[inline]
            fn encode(&self, out: &mut Writer) {
                out.put(&self.to_le_bytes());
            }

            #[inline]
            fn decode(input: &mut Reader<'_>) -> Result<Self, WireError> {
                Ok(Self::from_le_bytes(input.take_array()?))
            }
        }
    )+};
}

numbers!(u16, u32, u64, u128, i8, i16, i32, i64, i128, f32, f64);

impl Wire for u8 {
    fn encode(&self, out: &mut Writer) {
        out.put(&[*self]);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(input.take_array::<1>()?[0])
    }

    fn encode_all(values: &[Self], out: &mut Writer) {
        out.put(values);
    }

    fn decode_all(len: usize, input: &mut Reader<'_>) -> Result<Vec<Self>, WireError> {
        Ok(input.take(len)?.to_vec())
    }
}
