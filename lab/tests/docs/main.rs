//! The book says what the program says: every page of `docs/` is as it is made from its source, the
//! README's list too, and every link leads somewhere.
//!
//! `TRAINYARD_BLESS=1 cargo test --test docs` writes the pages.

mod the_notes;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lab::command::book;

const LIST_BEGIN: &str = "<!-- the experiments -->\n";
const LIST_END: &str = "<!-- end of the experiments -->";

fn root() -> &'static Path {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    root.expect("the package lies in the repository")
}

fn blesses() -> bool {
    std::env::var_os("TRAINYARD_BLESS").is_some()
}

fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

fn pages() -> Vec<book::Page> {
    book::pages(&|path| read(&root().join("docs").join(path)))
}

#[test]
fn every_page_is_as_it_is_made() {
    for book::Page { path, text } in pages() {
        let file = root().join("docs").join(&path);
        if blesses() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, &text).unwrap();
        }
        let found = read(&file).unwrap_or_default();
        assert!(
            found == text,
            "docs/{path} is not what it is made from: TRAINYARD_BLESS=1 cargo test --test docs"
        );
    }
}

/// Pages, outputs and pictures of experiments that are gone go too.
#[test]
fn nothing_is_left_of_what_there_is_no_more() {
    let pages: Vec<String> = pages().into_iter().map(|page| page.path).collect();
    let name =
        |path: &str| path.strip_prefix("experiments/")?.strip_suffix(".md").map(str::to_owned);
    let names: BTreeSet<String> = pages.iter().filter_map(|path| name(path)).collect();
    for folder in ["experiments", "outputs", "figures"] {
        let Ok(entries) = std::fs::read_dir(root().join("docs").join(folder)) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            assert!(names.contains(&name) || name == "readme", "{} is of nothing", path.display());
        }
    }
}

#[test]
fn the_readme_lists_every_experiment() {
    let path = root().join("README.md");
    let text = read(&path).unwrap();
    let (before, rest) = text.split_once(LIST_BEGIN).expect("the README has the list's begin");
    let (_, after) = rest.split_once(LIST_END).expect("the README has the list's end");
    let made = format!("{before}{LIST_BEGIN}{}{LIST_END}{after}", book::readme_list());
    if blesses() {
        std::fs::write(&path, &made).unwrap();
        return;
    }
    assert!(made == text, "the README's list is old: TRAINYARD_BLESS=1 cargo test --test docs");
}

/// The targets of a page's links, without those into the web.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ', '#']).next());
    targets.filter(|target| !target.is_empty() && !target.contains("://"))
}

#[test]
fn every_link_of_every_page_leads_to_a_file() {
    let mut files: Vec<PathBuf> =
        pages().iter().map(|page| root().join("docs").join(&page.path)).collect();
    files.push(root().join("docs/the-notes.md"));
    files.push(root().join("README.md"));
    for file in files {
        let text = read(&file).unwrap();
        for link in links(&text) {
            let target = file.parent().unwrap().join(link);
            assert!(target.exists(), "{}: {link} leads nowhere", file.display());
        }
    }
}
