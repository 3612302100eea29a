//! The page that lays the kit beside Python's: every name of ours on it exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
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

/// The code of every `impl` of a type: by its name, by what it is an alias of, or by a macro.
fn impls(source: &str, owner: &str) -> String {
    let alias = source.lines().find_map(|line| {
        let (name, target) = line.trim_start().strip_prefix("pub type ")?.split_once(" = ")?;
        name.starts_with(&format!("{owner}<")).then(|| target.split('<').next().unwrap_or(target))
    });
    let is_of = |header: &str| {
        let words = || header.split(|letter: char| !letter.is_alphanumeric() && letter != '$');
        words().any(|word| [Some(owner), alias, Some("$name")].contains(&Some(word)))
    };
    let begins = |line: &str| line.trim_start().starts_with("impl");
    let mut code = String::new();
    let mut is_inside = false;
    for line in source.lines() {
        if begins(line) {
            is_inside = is_of(line);
        }
        if is_inside {
            code.extend([line, "\n"]);
        }
    }
    code
}

fn exists(source: &str, name: &str) -> bool {
    let is_type =
        |name| ["struct", "enum", "trait", "type"].iter().any(|word| has(source, word, name));
    let is_function =
        |source: &str, name| ["fn", "const fn"].iter().any(|word| has(source, word, name));
    match name.split_once("::") {
        Some((owner, item)) if has(source, "trait", owner) => is_function(source, item),
        Some((owner, item)) => is_type(owner) && is_function(&impls(source, owner), item),
        None => is_type(name) || is_function(source, name),
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
    assert!(
        !exists(&source, "Lock::aquire")
            && !exists(&source, "Lock::notify")
            && !exists(&source, "Locks")
    );
}
