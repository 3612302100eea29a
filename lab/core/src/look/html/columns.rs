//! Columns: numbers in a page, small and quick to read back.
//!
//! A trace has millions of numbers, and a page can carry only text. Each number is written as
//! [postcard's varint](https://postcard.jamesmunns.com/wire-format): seven bits in a byte, the
//! eighth says that more follow, and of signed ones 0, -1, 1, -2, … become 0, 1, 2, 3, …; so a
//! small one takes one byte. The bytes become base64
//! ([RFC 4648](https://www.rfc-editor.org/rfc/rfc4648)), three of them four letters. What grows is
//! written as differences. An event of 32 bytes takes 14 letters or so.
//!
//! `viewer/data.js` is the reader. Read next: [`super::lanes`].

use std::io::{self, Write};

use serde::Serialize;

/// Writes numbers as base64 letters into `out`.
pub(super) struct Columns<'a> {
    out: &'a mut dyn Write,
    bytes: Vec<u8>,
    letters: Vec<u8>,
}

/// Bytes are turned into letters in pieces of this size; a multiple of three, so that no piece but
/// the last needs padding.
const PIECE: usize = 3 * 16 * 1024;

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl<'a> Columns<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, bytes: Vec::new(), letters: Vec::new() }
    }

    /// Writes a number, or several that stand side by side: none of them is a single byte.
    pub(super) fn row(&mut self, numbers: &impl Serialize) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.bytes);
        self.bytes = postcard::to_extend(numbers, bytes).map_err(io::Error::other)?;
        if self.bytes.len() >= PIECE { self.write_piece(PIECE) } else { Ok(()) }
    }

    /// Writes what is left, with padding.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.write_piece(self.bytes.len())
    }

    fn write_piece(&mut self, length: usize) -> io::Result<()> {
        self.letters.clear();
        self.letters.extend(self.bytes[..length].chunks(3).flat_map(letters));
        self.out.write_all(&self.letters)?;
        self.bytes.drain(..length);
        Ok(())
    }
}

/// Three bytes are four letters; two are three, and one is two, with padding.
fn letters(three: &[u8]) -> [u8; 4] {
    let word = three.iter().fold(0, |word, byte| word << 8 | usize::from(*byte));
    let word = word << (8 * (3 - three.len()));
    std::array::from_fn(|place| {
        let letter = LETTERS[word >> (18 - 6 * place) & 63];
        if place <= three.len() { letter } else { b'=' }
    })
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
    fn numbers_are_the_letters_of_the_rfc_lowest_bits_first() {
        for (text, letters) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            check(text.as_bytes(), letters);
        }
        // 300 is 0b10_0101100: bytes 0xac, 0x02.
        check(&[300_u64], "rAI=");
        // Small numbers stay small on both sides of zero.
        check(&[0_i64, -1, 1], "AAEC");
        // A long column has no padding in its middle.
        check(&vec![0_u64; PIECE + 2], &("A".repeat(PIECE / 3 * 4) + "AAA="));
    }
}
