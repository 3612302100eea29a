//! Columns: numbers in a page, small and quick to read back.
//!
//! A trace has millions of numbers, and a page can carry only text. Each number becomes a
//! little-endian base-128 number (LEB128, as in DWARF and `WebAssembly`: seven bits in a byte, the
//! eighth says that more follow), so that a small one takes one byte; and the bytes become base64
//! ([RFC 4648](https://www.rfc-editor.org/rfc/rfc4648)), three of them four letters. What grows is
//! written as differences. An event of 32 bytes takes 14 letters or so.
//!
//! `viewer/data.js` is the reader. Read next: [`super::lanes`].

use std::io::{self, Write};

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
        let bytes = Vec::with_capacity(PIECE + 16);
        Self { out, bytes, letters: Vec::with_capacity(PIECE / 3 * 4) }
    }

    /// Writes a number.
    #[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
    pub(super) fn number(&mut self, mut value: u64) -> io::Result<()> {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
        if self.bytes.len() >= PIECE { self.write_piece(PIECE) } else { Ok(()) }
    }

    /// Writes a number that may be negative: 0, -1, 1, -2, … become 0, 1, 2, 3, …
    pub(super) fn signed(&mut self, value: i64) -> io::Result<()> {
        self.number((value << 1 ^ value >> 63).cast_unsigned())
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
    fn check_letters(write: impl FnOnce(&mut Columns<'_>) -> io::Result<()>, letters: &str) {
        let mut out = Vec::new();
        let mut columns = Columns::new(&mut out);
        write(&mut columns).unwrap();
        columns.finish().unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), letters);
    }

    #[test]
    fn letters_are_those_of_the_rfc() {
        let bytes = |text: &'static str| {
            move |columns: &mut Columns<'_>| {
                text.bytes().try_for_each(|byte| columns.number(u64::from(byte)))
            }
        };
        check_letters(bytes(""), "");
        check_letters(bytes("f"), "Zg==");
        check_letters(bytes("fo"), "Zm8=");
        check_letters(bytes("foo"), "Zm9v");
        check_letters(bytes("foobar"), "Zm9vYmFy");
    }

    #[test]
    fn a_number_has_seven_bits_in_a_byte_and_the_lowest_come_first() {
        // 300 is 0b10_0101100: bytes 0xac, 0x02.
        check_letters(|columns| columns.number(300), "rAI=");
    }

    #[test]
    fn small_numbers_stay_small_on_both_sides_of_zero() {
        let signed = |columns: &mut Columns<'_>| {
            [0, -1, 1].into_iter().try_for_each(|value| columns.signed(value))
        };
        check_letters(signed, "AAEC");
    }

    #[test]
    fn a_long_column_has_no_padding_in_its_middle() {
        let mut out = Vec::new();
        let mut columns = Columns::new(&mut out);
        (0..100_000).for_each(|number| columns.number(number).unwrap());
        columns.finish().unwrap();
        let letters = String::from_utf8(out).unwrap();
        assert!(letters.len() > PIECE && letters.len().is_multiple_of(4));
        assert!(!letters.trim_end_matches('=').contains('='));
    }
}
