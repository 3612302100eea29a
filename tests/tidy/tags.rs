//! The rule about invariants: what a comment cites exists, and what exists is cited.
//!
//! A definition is `**TAG-n**` in a comment, followed by its sentence; a citation is the tag
//! in square brackets, in any comment. Tags in the code's strings are neither.

use std::collections::BTreeMap;

use crate::tree::{Complaint, Source, Tree};

/// An invariant: its tag, where it is defined, and what it says.
pub(crate) struct Invariant {
    pub(crate) tag: String,
    pub(crate) path: String,
    line: usize,
    pub(crate) sentence: String,
}

/// Every invariant, in the order of files.
pub(crate) fn invariants(tree: &Tree) -> Vec<Invariant> {
    let mut found = Vec::new();
    for source in &tree.sources {
        let prose = Prose::of(source);
        for (line, tag, after) in prose.tags("**", "**") {
            let (tag, path) = (tag.to_owned(), source.path.clone());
            found.push(Invariant { tag, path, line, sentence: first_sentence(after) });
        }
    }
    found
}

pub(crate) fn cited_and_defined(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let mut cited: BTreeMap<String, bool> = BTreeMap::new();
    for Invariant { tag, path, line, .. } in invariants(tree) {
        if cited.insert(tag.clone(), false).is_some() {
            let says = format!("{tag} is defined a second time; a tag means one thing");
            complaints.push(Complaint { path, line, says });
        }
    }
    for source in &tree.sources {
        for (line, tag, _) in Prose::of(source).tags("[", "]") {
            if let Some(cited) = cited.get_mut(tag) {
                *cited = true;
            } else {
                let says = format!("cites {tag}, which no comment defines as **{tag}**");
                complaints.push(source.complain(line, says));
            }
        }
    }
    for Invariant { tag, path, line, .. } in invariants(tree) {
        if !cited[&tag] {
            let says =
                format!("nothing cites {tag}; write [{tag}] where the code earns or uses it");
            complaints.push(Complaint { path, line, says });
        }
    }
    complaints
}

/// The comments of a file without their slashes, each line of the file on a line of its own.
struct Prose {
    text: String,
}

impl Prose {
    fn of(source: &Source) -> Self {
        let mut lines = vec![String::new(); source.text.lines().count() + 1];
        for comment in source.comments() {
            for (line, text) in comment.lines().zip(comment.text.lines()) {
                lines[line - 1] += text.trim().trim_start_matches(['/', '!', '*']);
            }
        }
        Self { text: lines.join("\n") }
    }

    /// Every tag between `open` and `close`, with its line and the text after it.
    fn tags<'p>(&'p self, open: &str, close: &str) -> Vec<(usize, &'p str, &'p str)> {
        let mut found = Vec::new();
        for (at, _) in self.text.match_indices(open) {
            let inside = &self.text[at + open.len()..];
            let Some(end) = inside.find(close) else { continue };
            if is_tag(&inside[..end]) {
                let line = self.text[..at].matches('\n').count() + 1;
                found.push((line, &inside[..end], &inside[end + close.len()..]));
            }
        }
        found
    }
}

/// Capitals or digits, a hyphen, a number.
fn is_tag(text: &str) -> bool {
    let Some((name, number)) = text.split_once('-') else { return false };
    let letter = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit();
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(letter)
        && !number.is_empty()
        && number.chars().all(|digit| digit.is_ascii_digit())
}

/// The text up to its first full stop, on one line, links as plain code.
fn first_sentence(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let item = paragraph.split("\n - ").next().unwrap_or_default();
    let words = item.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = words.replace("[`", "`").replace("`]", "`");
    match words.find(". ") {
        Some(end) => words[..=end].to_owned(),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_tags(text: &str, complaints: &[usize]) {
        let found = cited_and_defined(&Tree::of(vec![Source::new("src/a.rs", text)]));
        let lines: Vec<_> = found.iter().map(|complaint| complaint.line).collect();
        assert_eq!(lines, complaints, "{found:?}");
    }

    #[test]
    fn a_tag_that_is_defined_once_and_cited_is_fine() {
        check_tags("//! - **GIL-1** Holds.\n// INVARIANT: [GIL-1] so.\n", &[]);
        check_tags(
            "/// [UTF8] and [a-1] and [GIL-n] and `**not a tag**`\nconst A: &str = \"[GIL-9]\";",
            &[],
        );
    }

    #[test]
    fn dangling_uncited_and_doubly_defined_tags_are_found() {
        check_tags("// INVARIANT: [GIL-7] so.\n", &[1]);
        check_tags("//! - **GIL-1** Holds.\n", &[1]);
        check_tags("//! **GIL-1** A.\n//! **GIL-1** B.\n// [GIL-1]\n", &[2]);
    }

    #[test]
    fn an_invariant_is_indexed_with_its_first_sentence() {
        let text = "//! - **A-1** One thing\n//!   holds. And more.\n\
                    //! - **A-2** Another\n//!\n//! # Not here\n";
        let tree = Tree::of(vec![Source::new("src/a.rs", text)]);
        let sentences: Vec<_> = invariants(&tree).into_iter().map(|found| found.sentence).collect();
        assert_eq!(sentences, ["One thing holds.", "Another"]);
    }
}
