//! The page that lays the kit beside Python's: every name of ours on it exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The source of the runtime, without comments.
fn source(folder: &Path) -> String {
    let mut text = String::new();
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    for path in paths.collect::<BTreeSet<PathBuf>>() {
        if path.is_dir() {
            text += &source(&path);
        } else {
            let lines = fs::read_to_string(path).unwrap();
            let code = lines.lines().filter(|line| !line.trim_start().starts_with("//"));
            text.extend(code.flat_map(|line| [line, "\n"]));
        }
    }
    text
}

/// The names in the second column of every table.
fn names(page: &str) -> Vec<&str> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").nth(1));
    rows.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

/// Whether the source has `pub WORD NAME`, and nothing longer.
fn has(source: &str, word: &str, name: &str) -> bool {
    ["pub ", "    "].iter().any(|before| {
        let declared = format!("{before}{word} {name}");
        source.match_indices(&declared).any(|(at, _)| {
            let next = source[at + declared.len()..].chars().next();
            next.is_none_or(|next| !next.is_alphanumeric() && next != '_')
        })
    })
}

fn exists(source: &str, name: &str) -> bool {
    let (owner, item) =
        name.split_once("::").map_or((None, name), |(owner, item)| (Some(owner), item));
    let is_type =
        |name| ["struct", "enum", "trait", "type"].iter().any(|word| has(source, word, name));
    let is_function = |name| ["fn", "const fn"].iter().any(|word| has(source, word, name));
    match owner {
        Some(owner) => is_type(owner) && is_function(item),
        None => is_type(item) || is_function(item),
    }
}

/// Fails if a name on the page is misspelt, or was renamed in the source.
#[test]
fn every_name_on_the_page_beside_pythons_exists() {
    let page = fs::read_to_string(root().join("docs/threading.md")).unwrap();
    let source = ["src/threads", "src/handle"].map(|folder| source(&root().join(folder))).concat();
    let names = names(&page);
    assert!(names.len() > 100, "the tables were not recognised: {names:?}");
    let missing: Vec<&str> = names.into_iter().filter(|name| !exists(&source, name)).collect();
    assert!(missing.is_empty(), "docs/threading.md names what is not there: {missing:?}");
    assert!(!exists(&source, "Lock::aquire") && !exists(&source, "Locks"));
}
