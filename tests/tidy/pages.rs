//! The rules about ARCHITECTURE.md: it names nothing that is not there, and its lists are
//! true.

use std::collections::BTreeSet;

use crate::tags::Invariant;
use crate::tree::{Complaint, root};

pub(crate) const PAGE: &str = "ARCHITECTURE.md";

/// The section that lists the files with unsafe code, each as "- `path`: reason".
const UNSAFE_SECTION: &str = "## Where unsafe lives";

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
    let section = page.split(UNSAFE_SECTION).nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let items = section.lines().filter_map(|line| line.strip_prefix("- `"));
    items.filter_map(|item| item.split_once("`: ")).map(|(path, _)| path.to_owned()).collect()
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
    fn the_index_is_replaced_and_the_rest_is_kept() {
        let page = format!("a\n{INDEX_BEGIN}\n- OLD-1: gone\n{INDEX_END}\nb\n");
        assert_eq!(with_index(&page, &[]), format!("a\n{INDEX_BEGIN}\n{INDEX_END}\nb\n"));
    }
}
