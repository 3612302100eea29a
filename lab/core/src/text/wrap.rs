//! Lines that fit a terminal.

/// Breaks `text` between words into lines of at most `columns`, all but the first indented.
///
/// A word that is longer than a line gets a line of its own.
pub fn wrap(text: &str, columns: usize, indent: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(format!("{:indent$}{word}", "")),
            None => lines.push(word.to_owned()),
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_fit() {
        assert_eq!(wrap("one two three four", 9, 1), "one two\n three\n four\n");
        assert_eq!(wrap("incomprehensible", 4, 2), "incomprehensible\n");
        assert_eq!(wrap("  ", 4, 2), "");
    }
}
