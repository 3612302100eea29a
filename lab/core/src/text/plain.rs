//! Text that somebody else wrote, for a terminal.

use std::borrow::Cow;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_trace_reaches_the_terminal_as_a_command() {
        assert_eq!(plain("\u{1b}[31mred\n\u{9b}\u{7f}"), "?[31mred???");
        assert_eq!(plain("2 threads, größer"), "2 threads, größer");
    }
}
