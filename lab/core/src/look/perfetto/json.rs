//! Writes Chrome's trace events, one record a line, without holding the document in memory.
//!
//! Numbers are written by hand: a million records have four million of them, and all are whole.

use std::io::{self, Write};

use super::places::Place;

/// How much is collected before it is written.
const CHUNK: usize = 1 << 16;

/// The document, while it is written.
pub(super) struct Records<'a> {
    out: &'a mut dyn Write,
    text: Vec<u8>,
    /// What every time counts from.
    pub(super) origin_ns: u64,
    is_first: bool,
}

impl<'a> Records<'a> {
    /// `head` is what stands before the first record.
    pub(super) fn new(out: &'a mut dyn Write, head: &str) -> Self {
        Self { out, text: head.as_bytes().to_vec(), origin_ns: 0, is_first: true }
    }

    /// Begins a record. INVARIANT: every record has a phase, a name, a pid and a tid.
    pub(super) fn begin(&mut self, phase: char, name: &str, place: Place) -> Record<'_> {
        let separator = if std::mem::take(&mut self.is_first) { "\n" } else { ",\n" };
        self.text.extend_from_slice(separator.as_bytes());
        self.text.extend_from_slice(b"{\"ph\":\"");
        self.text.push(u8::try_from(phase).unwrap_or(b'?'));
        self.text.push(b'"');
        let (pid, tid) = (u64::from(place.pid), u64::from(place.tid));
        let record = Record { text: &mut self.text, origin_ns: self.origin_ns };
        record.text("name", name).number("pid", pid).number("tid", tid)
    }

    /// Writes what has been collected, if it is worth it.
    pub(super) fn flush_some(&mut self) -> io::Result<()> {
        if self.text.len() < CHUNK {
            return Ok(());
        }
        self.out.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }

    /// Ends the document.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.text.extend_from_slice(b"\n]}\n");
        self.out.write_all(&self.text)?;
        self.out.flush()
    }
}

/// One record, until [`Record::end`].
#[must_use = "a record that is not ended breaks the document"]
pub(super) struct Record<'a> {
    text: &'a mut Vec<u8>,
    origin_ns: u64,
}

impl Record<'_> {
    /// A field with a text, which is escaped.
    pub(super) fn text(mut self, key: &str, text: &str) -> Self {
        self.key(key);
        self.text.push(b'"');
        escape(text, self.text);
        self.text.push(b'"');
        self
    }

    /// A field with a whole number.
    pub(super) fn number(mut self, key: &str, number: u64) -> Self {
        self.key(key);
        digits(number, self.text);
        self
    }

    /// A field that is true.
    pub(super) fn flag(mut self, key: &str) -> Self {
        self.key(key);
        self.text.extend_from_slice(b"true");
        self
    }

    /// A field with a moment: microseconds from the origin, with three decimals.
    pub(super) fn at(mut self, at_ns: u64) -> Self {
        let since_ns = at_ns.saturating_sub(self.origin_ns);
        self.key("ts");
        microseconds(since_ns, self.text);
        self
    }

    /// A field with a length of time.
    pub(super) fn lasts(mut self, length_ns: u64) -> Self {
        self.key("dur");
        microseconds(length_ns, self.text);
        self
    }

    /// The identity of a track of its own inside the process, with a plain `id` it would be
    /// everybody's.
    pub(super) fn local_id(self, id: u64) -> Self {
        self.text.extend_from_slice(format!(",\"id2\":{{\"local\":\"{id:#x}\"}}").as_bytes());
        self
    }

    /// The arguments, as `fields` writes them.
    pub(super) fn arguments(self, fields: impl FnOnce(Self) -> Self) -> Self {
        self.text.extend_from_slice(b",\"args\":{");
        let begin = self.text.len();
        let this = fields(self);
        // Each field begins with a comma, and before the first there is nothing to be separated.
        if let Some(comma) = this.text.get_mut(begin) {
            *comma = b' ';
        }
        this.text.push(b'}');
        this
    }

    /// Ends the record.
    pub(super) fn end(self) {
        self.text.push(b'}');
    }

    fn key(&mut self, key: &str) {
        self.text.extend_from_slice(b",\"");
        self.text.extend_from_slice(key.as_bytes());
        self.text.extend_from_slice(b"\":");
    }
}

/// A text between quotation marks: quotes, backslashes and control characters are escaped.
pub(super) fn escape(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
}

/// Nanoseconds as microseconds with three decimals: whole numbers all the way.
fn microseconds(ns: u64, out: &mut Vec<u8>) {
    digits(ns / 1000, out);
    let rest = ns % 1000;
    out.push(b'.');
    for digit in [rest / 100, rest / 10 % 10, rest % 10] {
        out.push(ascii(digit));
    }
}

fn digits(mut number: u64, out: &mut Vec<u8>) {
    let begin = out.len();
    loop {
        out.push(ascii(number % 10));
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out[begin..].reverse();
}

#[expect(clippy::cast_possible_truncation, reason = "one decimal digit")]
fn ascii(digit: u64) -> u8 {
    b'0' + digit as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expected: &str, write: impl FnOnce(&mut Vec<u8>)) {
        let mut out = Vec::new();
        write(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn times_are_microseconds_with_three_decimals() {
        check("0.000", |out| microseconds(0, out));
        check("0.007", |out| microseconds(7, out));
        check("10.500", |out| microseconds(10_500, out));
        check("18446744073709551.615", |out| microseconds(u64::MAX, out));
    }

    #[test]
    fn texts_are_escaped() {
        check(r#"a\"b\\c\u000ad\u0000é"#, |out| escape("a\"b\\c\nd\0é", out));
    }

    #[test]
    fn a_document_is_one_record_a_line() {
        let mut out = Vec::new();
        let mut records = Records::new(&mut out, "{\"traceEvents\":[");
        records.origin_ns = 1_000;
        let place = Place { pid: 1, tid: 2 };
        let record = records.begin('X', "run", place).at(1_001).lasts(2_000);
        record.arguments(|record| record.number("cpu", 3).text("event", "GilTake")).end();
        records.begin('M', "none", place).arguments(|record| record).end();
        records.begin('b', "task", place).local_id(255).flag("flow_in").end();
        records.finish().unwrap();
        let expected = concat!(
            "{\"traceEvents\":[\n",
            "{\"ph\":\"X\",\"name\":\"run\",\"pid\":1,\"tid\":2,\"ts\":0.001,\"dur\":2.000,",
            "\"args\":{ \"cpu\":3,\"event\":\"GilTake\"}},\n",
            "{\"ph\":\"M\",\"name\":\"none\",\"pid\":1,\"tid\":2,\"args\":{}},\n",
            "{\"ph\":\"b\",\"name\":\"task\",\"pid\":1,\"tid\":2,\"id2\":{\"local\":\"0xff\"},",
            "\"flow_in\":true}\n]}\n",
        );
        check(expected, |text| text.extend_from_slice(&out));
    }
}
