//! The rules about ARCHITECTURE.md: it names nothing that is not there, and its lists are
//! true.

use std::collections::BTreeSet;

use crate::tags::Invariant;
use crate::tree::{Complaint, Tree, root};

pub(crate) const PAGE: &str = "ARCHITECTURE.md";

/// The section that lists the files with unsafe code, each as "- `path`: reason".
const UNSAFE_SECTION: &str = "## Where unsafe lives";

/// The section whose steps are told with the names of events.
const LIVES_SECTION: &str = "## Lives";

/// The index of invariants stands between these two lines.
const INDEX_BEGIN: &str = "<!-- index: `TRAINYARD_BLESS=1 cargo test --test tidy` rewrites it -->";
const INDEX_END: &str = "<!-- end of index -->";

/// Endings by which a name without a slash is taken for a file.
const FILE_ENDINGS: [&str; 4] = [".rs", ".md", ".toml", ".sh"];

/// Complains of every path in backticks that is not in the repository.
pub(crate) fn names_what_exists(page: &str) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (number, line) in page.lines().enumerate() {
        let quoted = line.split('`').skip(1).step_by(2);
        for path in quoted.filter(|text| looks_like_a_path(text)) {
            if !root().join(path).exists() {
                let says = format!(
                    "names `{path}`, which does not exist (paths begin at the repository's root)"
                );
                complaints.push(Complaint { path: PAGE.to_owned(), line: number + 1, says });
            }
        }
    }
    complaints
}

/// A slash or a file's ending, and none of what makes it an absolute path, code, or a
/// pattern.
fn looks_like_a_path(text: &str) -> bool {
    let strange = |letter: char| !letter.is_ascii_alphanumeric() && !"/._-".contains(letter);
    let file = FILE_ENDINGS.iter().any(|ending| text.ends_with(ending));
    (text.contains('/') || file) && !text.starts_with('/') && !text.contains(strange)
}

/// The files that the page lists as the ones with unsafe code.
pub(crate) fn listed_as_unsafe(page: &str) -> BTreeSet<String> {
    let items = section(page, UNSAFE_SECTION).lines().filter_map(|line| line.strip_prefix("- `"));
    items.filter_map(|item| item.split_once("`: ")).map(|(path, _)| path.to_owned()).collect()
}

/// Complains of every event in the lives that is not declared.
pub(crate) fn names_declared_events(page: &str, declared: &[&str]) -> Vec<Complaint> {
    let named = section(page, LIVES_SECTION).split('`').skip(1).step_by(2);
    let unknown = named.filter(|name| looks_like_an_event(name) && !declared.contains(name));
    let complain = |name: &str| {
        let says = format!("`{name}` in {LIVES_SECTION:?} is no event of src/trace/event.rs");
        Complaint { path: PAGE.to_owned(), line: line_of(page, name), says }
    };
    unknown.map(complain).collect()
}

/// Two capitals or more, and nothing but letters.
fn looks_like_an_event(name: &str) -> bool {
    let capitals = name.chars().filter(char::is_ascii_uppercase).count();
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && capitals > 1
        && name.chars().all(|letter| letter.is_ascii_alphabetic())
}

/// The first line that holds `text`, counted from 1.
fn line_of(page: &str, text: &str) -> usize {
    page.lines().take_while(|line| !line.contains(text)).count() + 1
}

/// What stands between a heading and the next one of its rank.
pub(crate) fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let rest = page.split(heading).nth(1).unwrap_or_default();
    rest.split("\n## ").next().unwrap_or_default()
}

/// The page with true numbers in its tables of files and lines, to within a tenth.
pub(crate) fn with_line_counts(page: &str, tree: &Tree) -> String {
    page.split_inclusive('\n').map(|line| with_line_count(line, tree)).collect()
}

/// A row "| `path` | number | ..." with the number as it should be; other lines as they are. A
/// number that is nearly right stays: not every change of a file is one of the page.
fn with_line_count(line: &str, tree: &Tree) -> String {
    let cells: Vec<&str> = line.splitn(4, " | ").collect();
    let [first, number, rest @ ..] = cells.as_slice() else { return line.to_owned() };
    let path = first.strip_prefix("| `").and_then(|path| path.strip_suffix('`'));
    let (Some(path), Ok(number)) = (path, number.parse::<usize>()) else {
        return line.to_owned();
    };
    let folder = format!("{path}/");
    let is_in = |name: &str| name == path || name.starts_with(&folder);
    let sources = tree.sources.iter().filter(|source| is_in(&source.path));
    let lines: usize = sources.map(|source| source.text.lines().count()).sum();
    if number.abs_diff(lines) * 10 <= lines {
        return line.to_owned();
    }
    format!("{first} | {lines} | {}", rest.join(" | "))
}

/// The page with the index as it should be.
///
/// # Panics
///
/// Panics if the page has no place for the index.
pub(crate) fn with_index(page: &str, invariants: &[Invariant]) -> String {
    let (before, rest) =
        page.split_once(INDEX_BEGIN).expect("ARCHITECTURE.md has a place for the index");
    let (_, after) = rest.split_once(INDEX_END).expect("the index in ARCHITECTURE.md has an end");
    let item =
        |found: &Invariant| format!("- {}: {} (`{}`)\n", found.tag, found.sentence, found.path);
    let index: String = invariants.iter().map(item).collect();
    format!("{before}{INDEX_BEGIN}\n{index}{INDEX_END}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Source;

    #[test]
    fn a_path_that_does_not_exist_is_found_and_what_is_no_path_is_left_alone() {
        let page = "`src/lib.rs` `Cargo.toml` `tests/tidy`\n\
                    `src/gone.rs` and `/dev/shm` `a | b` `x/*` `u64::MAX`\n";
        let found = names_what_exists(page);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].line, 2);
    }

    #[test]
    fn the_list_of_unsafe_files_is_read_from_its_section_alone() {
        let page = "- `src/x.rs`: no\n## Where unsafe lives\nProse.\n\
                    - `src/a.rs`: maps\n## Next\n- `src/y.rs`: no\n";
        assert_eq!(listed_as_unsafe(page), BTreeSet::from(["src/a.rs".to_owned()]));
    }

    #[test]
    fn an_event_in_the_lives_that_is_not_declared_is_found() {
        let page = "`NoEvent`\n## Lives\n`TaskWake` `src/a.rs` `join`\n`TaskGone`\n## Next\n";
        let found = names_declared_events(page, &["TaskWake"]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].line, 4);
    }

    #[test]
    fn line_counts_that_are_off_by_more_than_a_tenth_are_replaced_and_other_tables_are_kept() {
        let text = "//! A.\n".repeat(10);
        let sources = ["src/a/b.rs", "src/a/c.rs"].map(|path| Source::new(path, &text));
        let tree = Tree::of(sources.into());
        let page = "| `src/a` | 17 | x | y |\n| `src/a/b.rs` | 9 | x |\n| `src/a` | x | 7 |\n";
        let expected = "| `src/a` | 20 | x | y |\n| `src/a/b.rs` | 9 | x |\n| `src/a` | x | 7 |\n";
        assert_eq!(with_line_counts(page, &tree), expected);
    }

    #[test]
    fn the_index_is_replaced_and_the_rest_is_kept() {
        let page = format!("a\n{INDEX_BEGIN}\n- OLD-1: gone\n{INDEX_END}\nb\n");
        assert_eq!(with_index(&page, &[]), format!("a\n{INDEX_BEGIN}\n{INDEX_END}\nb\n"));
    }
}
