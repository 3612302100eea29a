//! Writes Chrome's trace events, one record a line, without holding the document in memory.

use std::fmt::{self, Display, Write as _};
use std::io::{self, Write};

use super::places::Place;
use crate::text::add;

/// How much is collected before it is written.
const CHUNK: usize = 1 << 16;

pub(super) struct Records<'a> {
    out: &'a mut dyn Write,
    text: String,
    separator: &'static str,
}

impl<'a> Records<'a> {
    /// `head` is what stands before the first record.
    pub(super) fn new(out: &'a mut dyn Write, head: String) -> Self {
        Self { out, text: head, separator: "\n" }
    }

    /// Writes a record. INVARIANT: every record has a phase, a name, a pid and a tid.
    ///
    /// `fields` are all others; each begins with a comma.
    pub(super) fn record(
        &mut self,
        (phase, name): (char, &str),
        Place { pid, tid }: Place,
        fields: fmt::Arguments<'_>,
    ) -> io::Result<()> {
        let (separator, name) = (std::mem::replace(&mut self.separator, ",\n"), Text(name));
        add!(
            self.text,
            "{separator}{{\"ph\":\"{phase}\",\"name\":{name},\"pid\":{pid},\"tid\":{tid}{fields}}}"
        );
        if self.text.len() >= CHUNK {
            self.out.write_all(self.text.as_bytes())?;
            self.text.clear();
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.text += "\n]}\n";
        self.out.write_all(self.text.as_bytes())?;
        self.out.flush()
    }
}

/// Nanoseconds as microseconds with three decimals: whole numbers all the way. Written digit by
/// digit: a document has millions of them.
pub(super) struct Micros(pub(super) u64);

impl Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut digits, mut at, mut rest) = ([b'0'; 24], 24, self.0);
        while rest > 0 || at > 19 {
            at -= 1;
            if at == 20 {
                digits[at] = b'.';
                continue;
            }
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        f.write_str(str::from_utf8(&digits[at..]).expect("digits are text"))
    }
}

/// A text between quotation marks: quotes, backslashes and control characters are escaped.
pub(super) struct Text<'a>(pub(super) &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        if !self.0.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)) {
            f.write_str(self.0)?;
            return f.write_char('"');
        }
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                '\0'..' ' => write!(f, "\\u{:04x}", u32::from(character))?,
                _ => f.write_char(character)?,
            }
        }
        f.write_char('"')
    }
}

/// An argument of a record, if there is one: its key and its value.
pub(super) type Arg<'a> = Option<(&'a str, &'a dyn Display)>;

/// The arguments of a record, those that there are.
pub(super) struct Args<'a>(pub(super) &'a [Arg<'a>]);

impl Display for Args<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(",\"args\":{")?;
        for (index, (key, value)) in self.0.iter().flatten().enumerate() {
            let separator = if index == 0 { ' ' } else { ',' };
            write!(f, "{separator}\"{key}\":{value}")?;
        }
        f.write_char('}')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_decimals_and_texts_are_escaped() {
        let times = [0, 7, 10_500, u64::MAX].map(|ns| Micros(ns).to_string());
        assert_eq!(times, ["0.000", "0.007", "10.500", "18446744073709551.615"]);
        assert_eq!(Text("a\"b\\c\nd\0é").to_string(), r#""a\"b\\c\u000ad\u0000é""#);
    }
}
