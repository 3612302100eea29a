//! Text that somebody else wrote, for a terminal, for a shell, for markup.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The text with a question mark for each control character.
///
/// A trace may come from anybody: a name in it could move the cursor, or colour what follows.
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_control) {
        Cow::Owned(text.replace(char::is_control, "?"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The word as a shell takes it: `'my run.trace'`, and `$'\\xff.trace'` of what is not text.
pub fn quoted(word: &OsStr) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=,+%@".contains(c);
    let Some(text) = word.to_str().filter(|text| !text.contains(char::is_control)) else {
        let mut quoted = String::from("$'");
        for byte in word.as_bytes() {
            match byte {
                b'\'' | b'\\' => quoted.extend(['\\', char::from(*byte)]),
                b' '..=b'~' => quoted.push(char::from(*byte)),
                _ => write!(quoted, "\\x{byte:02x}").expect("to memory"),
            }
        }
        return quoted + "'";
    };
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The path as an argument in a shell, which no program takes for an option.
pub fn quoted_path(path: &Path) -> String {
    let like_an_option = path.as_os_str().as_bytes().starts_with(b"-");
    quoted(if like_an_option { Path::new(".").join(path) } else { path.to_owned() }.as_os_str())
}

/// Text between tags, or in an attribute. Characters that XML 1.0 does not have are left out.
pub fn escaped(text: &str) -> Cow<'_, str> {
    let is_left_out = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    let is_special = |c: char| matches!(c, '&' | '<' | '>' | '"') || is_left_out(c);
    if !text.contains(is_special) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            character if is_left_out(character) => {}
            character => escaped.push(character),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        for (word, expected) in [
            (&b"run.trace"[..], "run.trace"),
            (b"my run.trace", "'my run.trace'"),
            (b"", "''"),
            (b"it's", r"'it'\''s'"),
            (b"a\xff'\n", r"$'a\xff\'\x0a'"),
        ] {
            assert_eq!(quoted(OsStr::from_bytes(word)), expected);
        }
        assert_eq!(quoted_path(Path::new("-x y")), "'./-x y'");
        assert_eq!(quoted_path(Path::new("a/-x")), "a/-x");
    }

    #[test]
    fn no_name_of_a_trace_reaches_the_terminal_as_a_command() {
        assert_eq!(plain("\u{1b}[31mred\n\u{9b}\u{7f}"), "?[31mred???");
        assert_eq!(plain("2 threads, größer"), "2 threads, größer");
        assert_eq!(escaped("a\u{1b}<b \"ö\">&"), "a&lt;b &quot;ö&quot;&gt;&amp;");
    }
}
