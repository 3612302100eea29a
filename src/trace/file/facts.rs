//! What a trace says about itself: keys and texts, in their order.
//!
//! In the file they are lines, `key<TAB>text`, so that `strings` shows them, and a reader of any
//! language takes them apart. Line ends, tabs and backslashes in a text are escaped with one.

/// Keys and texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(Vec<(String, String)>);

impl Facts {
    /// Returns the text of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, text)| text.as_str())
    }

    /// Sets the text of `key`, or changes it.
    pub fn set(&mut self, key: &str, text: impl Into<String>) {
        let text = text.into();
        match self.0.iter_mut().find(|(known, _)| known == key) {
            Some((_, old)) => *old = text,
            None => self.0.push((key.to_owned(), text)),
        }
    }

    /// The same, for a chain of them.
    #[must_use]
    pub fn with(mut self, key: &str, text: impl Into<String>) -> Self {
        self.set(key, text);
        self
    }

    /// Returns all of them, in the order in which they were set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, text)| (key.as_str(), text.as_str()))
    }

    /// The lines of the file.
    pub(super) fn to_text(&self) -> String {
        let lines =
            self.iter().map(|(key, text)| [&escape(key), "\t", &escape(text), "\n"].concat());
        lines.collect()
    }

    /// Reads the lines; what is none is left out.
    pub(super) fn from_text(text: &str) -> Self {
        let pairs = text.lines().filter_map(|line| line.split_once('\t'));
        Self(pairs.map(|(key, text)| (unescape(key), unescape(text))).collect())
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t")
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let next = if character == '\\' { characters.next() } else { None };
        plain.push(match next {
            None => character,
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some(other) => other,
        });
    }
    plain
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_fact_survives_the_file_whatever_it_holds() {
        let facts = Facts::default().with("a", "1").with("b\t", "tab\tline\nback\\slash\\n\r");
        assert_eq!(Facts::from_text(&facts.to_text()), facts);
    }

    #[test]
    fn a_fact_that_is_set_again_is_changed_in_its_place() {
        let facts = Facts::default().with("a", "1").with("b", "2").with("a", "3");
        assert_eq!(facts.iter().collect::<Vec<_>>(), [("a", "3"), ("b", "2")]);
    }
}
