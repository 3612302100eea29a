//! Columns: numbers in a page, small and quick to read back.
//!
//! A trace has millions of numbers, and a page can carry only text. Each number is written as
//! [postcard's varint](https://postcard.jamesmunns.com/wire-format): seven bits in a byte, the
//! eighth says that more follow, and of signed ones 0, -1, 1, -2, … become 0, 1, 2, 3, …; so a
//! small one takes one byte. The bytes become base64, three of them four letters. What grows is
//! written as differences. An event of 32 bytes takes 14 letters or so.
//!
//! `viewer/data.js` is the reader. Read next: [`super::lanes`].

use std::io::{self, Write};

use base64::engine::general_purpose::{GeneralPurpose, STANDARD};
use base64::write::EncoderWriter;
use serde::Serialize;

/// Writes numbers as base64 letters.
pub(super) struct Columns<'a> {
    letters: EncoderWriter<'static, GeneralPurpose, &'a mut dyn Write>,
    bytes: Vec<u8>,
}

/// Bytes are turned into letters in pieces of this size.
const PIECE: usize = 1 << 16;

impl<'a> Columns<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { letters: EncoderWriter::new(out, &STANDARD), bytes: Vec::new() }
    }

    /// Writes a number, or several that stand side by side: none of them is a single byte.
    pub(super) fn row(&mut self, numbers: &impl Serialize) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.bytes);
        self.bytes = postcard::to_extend(numbers, bytes).map_err(io::Error::other)?;
        if self.bytes.len() < PIECE {
            return Ok(());
        }
        self.letters.write_all(&self.bytes)?;
        self.bytes.clear();
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.letters.write_all(&self.bytes)?;
        self.letters.finish().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<N: Serialize>(numbers: &[N], expected: &str) {
        let mut out = Vec::new();
        let mut columns = Columns::new(&mut out);
        for number in numbers {
            columns.row(number).unwrap();
        }
        columns.finish().unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn numbers_are_letters_lowest_bits_first() {
        // 300 is 0b10_0101100: bytes 0xac, 0x02.
        check(&[300_u64], "rAI=");
        // Small numbers stay small on both sides of zero.
        check(&[0_i64, -1, 1], "AAEC");
        // A long column has no padding in its middle.
        check(&vec![0_u64; 3 * PIECE + 2], &("A".repeat(4 * PIECE) + "AAA="));
    }
}
