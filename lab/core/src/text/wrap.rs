//! Lines that fit a terminal.

/// Breaks `text` between words into lines of at most `columns`, all but the first indented.
///
/// A word that is longer than a line gets a line of its own.
pub fn wrap(text: &str, columns: usize, indent: usize) -> String {
    let lines = fill(text.split_whitespace(), columns, " ", indent);
    lines.iter().flat_map(|line| [line, "\n"]).collect()
}

/// Fills lines of at most `columns` with `parts`, a `gap` between two of them.
pub fn fill(
    parts: impl IntoIterator<Item: AsRef<str>>,
    columns: usize,
    gap: &str,
    indent: usize,
) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let part = part.as_ref();
        match lines.last_mut() {
            Some(line) if line.chars().count() + gap.len() + part.chars().count() <= columns => {
                line.extend([gap, part]);
            }
            Some(_) => lines.push(format!("{:indent$}{part}", "")),
            None => lines.push(part.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_fit() {
        for (text, columns, indent, expected) in [
            ("one two three four", 9, 1, "one two\n three\n four\n"),
            ("incomprehensible", 4, 2, "incomprehensible\n"),
            ("  ", 4, 2, ""),
        ] {
            assert_eq!(wrap(text, columns, indent), expected);
        }
    }
}
