//! Text in a picture: as wide as the page, and nothing that means something else in XML.

use std::borrow::Cow;

use crate::text::wrap::wrap;

/// The letters of a line: few are wider than seven units.
pub(super) const LINE_LETTERS: usize = 130;
/// The most lines of one text.
const LINES_MAX: usize = 8;

/// A text as lines that fit the page.
pub(super) fn lines_of(text: &str) -> Vec<String> {
    wrap(text, LINE_LETTERS, 0).lines().take(LINES_MAX).map(str::to_owned).collect()
}

/// Text between tags, or in an attribute. Characters that XML 1.0 does not have are left out.
pub(in crate::look) fn escaped(text: &str) -> Cow<'_, str> {
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
