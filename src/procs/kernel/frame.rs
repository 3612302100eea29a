//! The unit in which a pool and its workers talk, without any I/O.
//!
//! # Layout
//!
//! ```text
//! byte 0      4       5     6      8     16       20              24              28
//!      "TRYD" version kind  flags  job   length   payload check   header check    payload ...
//! ```
//!
//! A stream has no borders, so a frame says how long it is, and a reader that starts in the wrong
//! place must notice. The checks are no protection against an enemy, who could compute them too;
//! they tell a frame from rubbish that something in a worker wrote into its socket by mistake.
//!
//! # Invariants
//!
//! - **FRAME-1** The header is checked as soon as its 28 bytes are here. Until its length is known
//!   to be one that we send, nothing is allocated for it.
//! - **FRAME-2** A decoder's answer depends on the bytes alone, not on the pieces they come in.
//! - **FRAME-3** After a bad frame a stream has no borders any more: its decoder is not used again.
//!
//! Read next: [`call`](crate::procs::call).

use std::fmt;

use super::wire::Writer;

/// The length of a header.
pub(crate) const HEADER_LEN: usize = 28;
/// The most that a payload may take: 64 MiB. CPython has no limit here, and lets one worker's
/// broken length take all memory.
pub(crate) const PAYLOAD_LEN_MAX: usize = 64 << 20;
/// How much is allocated for a payload before its bytes are here.
const RESERVE_MAX: usize = 64 << 10;
const MAGIC: [u8; 4] = *b"TRYD";
const VERSION: u8 = 1;

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum FrameKind {
    /// To the worker, once: who its parent is, and what to run before the first job.
    Start = 1,
    /// To the worker: a job.
    Job = 2,
    /// From the worker: it is the same program as its parent.
    Hello = 3,
    /// From the worker: it is initialised and waits for jobs.
    Ready = 4,
    /// From the worker: a job's answer.
    Answer = 5,
    /// From the worker: the job panicked; the payload is the text.
    Panicked = 6,
    /// From the worker: the job or its answer cannot cross; the payload is the reason.
    Refused = 7,
    /// From the worker: it cannot work; the payload is the reason.
    Unfit = 8,
}

impl FrameKind {
    fn from_byte(byte: u8) -> Option<Self> {
        const ALL: [FrameKind; 8] = [
            FrameKind::Start,
            FrameKind::Job,
            FrameKind::Hello,
            FrameKind::Ready,
            FrameKind::Answer,
            FrameKind::Panicked,
            FrameKind::Refused,
            FrameKind::Unfit,
        ];
        ALL.into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// The flag of a job whose events are to be recorded.
pub(crate) const ARMED: u16 = 1;

/// What a frame says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: FrameKind,
    pub(crate) flags: u16,
    pub(crate) job: u64,
}

/// A frame that has arrived whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) header: Header,
    pub(crate) payload: Vec<u8>,
}

/// Returns a writer for the payload of a frame, which [`seal`] completes.
pub(crate) fn draft() -> Writer {
    Writer::new(&[0; HEADER_LEN], PAYLOAD_LEN_MAX)
}

/// Puts the header in front of a drafted payload.
///
/// # Errors
///
/// Fails if the payload is too large or could not be written.
pub(crate) fn seal(draft: Writer, header: Header) -> Result<Vec<u8>, String> {
    let mut bytes = draft.finish()?;
    let payload = bytes.get(HEADER_LEN..).unwrap_or_default();
    let start = encode_header(header, payload.len(), checksum(payload));
    bytes[..HEADER_LEN].copy_from_slice(&start);
    Ok(bytes)
}

/// Makes a whole frame of a payload that is here already; one that is too large is cut.
pub(crate) fn whole(header: Header, payload: &[u8]) -> Vec<u8> {
    let payload = &payload[..payload.len().min(PAYLOAD_LEN_MAX)];
    let start = encode_header(header, payload.len(), checksum(payload));
    [&start, payload].concat()
}

/// Changes the flags of a sealed frame.
pub(crate) fn set_flags(frame: &mut [u8], flags: u16) {
    frame[6..8].copy_from_slice(&flags.to_le_bytes());
    let check = checksum(&frame[..24]);
    frame[24..HEADER_LEN].copy_from_slice(&check.to_le_bytes());
}

fn encode_header(header: Header, len: usize, payload_check: u32) -> [u8; HEADER_LEN] {
    let len = u32::try_from(len).expect("FRAME-1: at most PAYLOAD_LEN_MAX");
    let mut bytes = [0; HEADER_LEN];
    bytes[..4].copy_from_slice(&MAGIC);
    bytes[4] = VERSION;
    bytes[5] = header.kind as u8;
    bytes[8..16].copy_from_slice(&header.job.to_le_bytes());
    bytes[16..20].copy_from_slice(&len.to_le_bytes());
    bytes[20..24].copy_from_slice(&payload_check.to_le_bytes());
    set_flags(&mut bytes, header.flags);
    bytes
}

/// Mixes bytes, eight at a time, into a number that a change of any one bit changes.
///
/// FNV-1a on words with a rotation, as in `FxHash`: one multiplication a word, so that a payload
/// of 4 MiB costs a millisecond and not ten. CRC32 would find more of the errors that wires make,
/// but this wire is memory.
#[expect(clippy::cast_possible_truncation, reason = "folds 64 bits into 32")]
fn checksum(bytes: &[u8]) -> u32 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mix = |hash: u64, word: u64| ((hash ^ word).wrapping_mul(PRIME)).rotate_left(23);
    let (words, tail) = bytes.as_chunks::<8>();
    let hash =
        words.iter().fold(0xcbf2_9ce4_8422_2325, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let hash = tail.iter().fold(hash, |hash, byte| mix(hash, u64::from(*byte)));
    (hash ^ hash >> 32) as u32
}

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadFrame {
    Magic,
    Version(u8),
    HeaderCheck,
    Kind(u8),
    TooLong(u32),
    PayloadCheck,
}

impl fmt::Display for BadFrame {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic => write!(formatter, "bytes that begin no frame"),
            Self::Version(version) => write!(formatter, "a frame of version {version}"),
            Self::HeaderCheck => write!(formatter, "a header whose check fails"),
            Self::Kind(kind) => write!(formatter, "a frame of unknown kind {kind}"),
            Self::TooLong(len) => write!(formatter, "a frame of {len} bytes"),
            Self::PayloadCheck => write!(formatter, "a payload whose check fails"),
        }
    }
}

/// Turns a stream of bytes into frames, in whatever pieces it comes.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    header: Vec<u8>,
    payload: Vec<u8>,
    expected: Option<Expected>,
}

/// What a header announced.
#[derive(Clone, Copy, Debug)]
struct Expected {
    header: Header,
    len: usize,
    check: u32,
}

impl Decoder {
    /// Takes bytes off the front of `input` until a frame is whole, or there are no more.
    ///
    /// # Errors
    ///
    /// Fails if the bytes are no frame. INVARIANT: [FRAME-3] the caller uses it no more.
    pub(crate) fn take(&mut self, input: &mut &[u8]) -> Result<Option<Frame>, BadFrame> {
        // INVARIANT: [FRAME-2] what is incomplete is kept, and looked at again with more of it.
        let Some(expected) = self.header(input)? else { return Ok(None) };
        move_up_to(expected.len, input, &mut self.payload);
        if self.payload.len() < expected.len {
            return Ok(None);
        }
        self.expected = None;
        let payload = std::mem::take(&mut self.payload);
        if checksum(&payload) != expected.check {
            return Err(BadFrame::PayloadCheck);
        }
        Ok(Some(Frame { header: expected.header, payload }))
    }

    /// Returns the header of the frame at hand; `None` if it is not whole.
    fn header(&mut self, input: &mut &[u8]) -> Result<Option<Expected>, BadFrame> {
        if self.expected.is_none() {
            move_up_to(HEADER_LEN, input, &mut self.header);
            let Some(bytes) = self.header.first_chunk() else { return Ok(None) };
            let expected = decode_header(bytes)?;
            self.header.clear();
            // INVARIANT: [FRAME-1]
            self.payload.reserve_exact(expected.len.min(RESERVE_MAX));
            self.expected = Some(expected);
        }
        Ok(self.expected)
    }

    /// Tells whether a frame has begun that is not whole.
    pub(crate) fn is_inside_frame(&self) -> bool {
        self.expected.is_some() || !self.header.is_empty()
    }
}

/// Moves bytes from `input` to `target` until that has `len` of them.
fn move_up_to(len: usize, input: &mut &[u8], target: &mut Vec<u8>) {
    let wanted = len.saturating_sub(target.len()).min(input.len());
    let (bytes, rest) = input.split_at(wanted);
    target.extend_from_slice(bytes);
    *input = rest;
}

fn decode_header(bytes: &[u8; HEADER_LEN]) -> Result<Expected, BadFrame> {
    let word =
        |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    if bytes[..4] != MAGIC {
        return Err(BadFrame::Magic);
    }
    if bytes[4] != VERSION {
        return Err(BadFrame::Version(bytes[4]));
    }
    if word(24) != checksum(&bytes[..24]) {
        return Err(BadFrame::HeaderCheck);
    }
    let kind = FrameKind::from_byte(bytes[5]).ok_or(BadFrame::Kind(bytes[5]))?;
    let len = usize::try_from(word(16)).unwrap_or(usize::MAX);
    if len > PAYLOAD_LEN_MAX {
        return Err(BadFrame::TooLong(word(16)));
    }
    let flags = u16::from_le_bytes([bytes[6], bytes[7]]);
    let job = u64::from(word(8)) | u64::from(word(12)) << 32;
    Ok(Expected { header: Header { kind, flags, job }, len, check: word(20) })
}

/// Decodes `data` in one piece and in many, checks FRAME-2, and says how many frames there were.
/// Fuzzers call it.
///
/// # Panics
///
/// Panics if the two answers differ, or what was decoded does not encode to the same bytes.
#[doc(hidden)]
pub fn fuzz_frame(data: &[u8]) -> usize {
    let (frames, error) = decode_pieces(data, data.len());
    for piece_len in [1, 7] {
        assert_eq!(decode_pieces(data, piece_len), (frames.clone(), error), "FRAME-2");
    }
    let encoded: Vec<u8> =
        frames.iter().flat_map(|frame| whole(frame.header, &frame.payload)).collect();
    assert!(data.starts_with(&encoded), "what was decoded is what was there");
    frames.len()
}

/// Decodes `data` in pieces of `piece_len`, up to its end or the first bad frame.
fn decode_pieces(data: &[u8], piece_len: usize) -> (Vec<Frame>, Option<BadFrame>) {
    let (mut decoder, mut frames) = (Decoder::default(), Vec::new());
    for mut piece in data.chunks(piece_len.max(1)) {
        while !piece.is_empty() {
            match decoder.take(&mut piece) {
                Ok(frame) => frames.extend(frame),
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, None)
}

#[cfg(test)]
mod tests;
