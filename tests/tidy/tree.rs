//! The source tree as the rules see it, and the form of their complaints.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::lexer::{self, Token, What};

/// The folders that hold our source.
const FOLDERS: [&str; 5] = ["src", "lab", "tests", "examples", "benches"];

/// What is wrong, where, and what would be right.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) says: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.says)
    }
}

/// One file of Rust.
pub(crate) struct Source {
    /// From the root of the repository, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) tokens: Vec<Token>,
    /// It is a module that some other file declares for tests only.
    pub(crate) is_test_module: bool,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let tokens = lexer::lex(text);
        Self { path: path.to_owned(), text: text.to_owned(), tokens, is_test_module: false }
    }

    pub(crate) fn complain(&self, line: usize, says: impl Into<String>) -> Complaint {
        Complaint { path: self.path.clone(), line, says: says.into() }
    }

    /// All of it but comments.
    pub(crate) fn code(&self) -> Vec<Token> {
        self.tokens.iter().filter(|token| token.what != What::Comment).cloned().collect()
    }

    /// The code that is compiled outside tests.
    pub(crate) fn shipped_code(&self) -> Vec<Token> {
        let mut shipped =
            if self.is_test_module { vec![] } else { lexer::outside_tests(&self.tokens) };
        shipped.retain(|token| token.what != What::Comment);
        shipped
    }

    pub(crate) fn comments(&self) -> impl Iterator<Item = &Token> {
        self.tokens.iter().filter(|token| token.what == What::Comment)
    }

    /// The module path: `src/coop/task/state.rs` is `["coop", "task", "state"]`.
    pub(crate) fn module(&self) -> Vec<&str> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        let parts = path.split('/').filter(|part| !["lib", "main", "mod"].contains(part));
        parts.collect()
    }

    /// The folder in which its child modules lie.
    fn children(&self) -> String {
        let (folder, file) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        match file {
            "mod.rs" | "lib.rs" | "main.rs" => folder.to_owned(),
            _ => self.path.trim_end_matches(".rs").to_owned(),
        }
    }
}

/// Every file of Rust in the repository.
pub(crate) struct Tree {
    pub(crate) sources: Vec<Source>,
}

impl Tree {
    /// The repository, read once for all rules.
    pub(crate) fn read() -> &'static Self {
        static TREE: LazyLock<Tree> = LazyLock::new(Tree::read_anew);
        &TREE
    }

    fn read_anew() -> Self {
        let mut paths = Vec::new();
        for folder in FOLDERS {
            collect(&root().join(folder), &mut paths);
        }
        paths.sort();
        let sources = paths.iter().map(|path| {
            let name = path.strip_prefix(root()).expect("collected below the root");
            Source::new(name.to_str().expect("our names are ASCII"), &read(name))
        });
        Self::of(sources.collect())
    }

    pub(crate) fn of(mut sources: Vec<Source>) -> Self {
        let mut test_modules = BTreeSet::new();
        for source in &sources {
            for module in lexer::test_modules(&source.tokens) {
                test_modules.insert(format!("{}/{module}", source.children()));
            }
        }
        for source in &mut sources {
            let name = source.path.trim_end_matches(".rs");
            source.is_test_module = test_modules
                .iter()
                .any(|module| name == module || name.starts_with(&format!("{module}/")));
        }
        Self { sources }
    }

    /// The files of the crate itself.
    pub(crate) fn crate_sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|source| source.path.starts_with("src/"))
    }

    /// The files of the crate and of the laboratory: what ends up in a program.
    pub(crate) fn shipped_sources(&self) -> impl Iterator<Item = &Source> {
        const FOLDERS: [&str; 3] = ["src/", "lab/src/", "lab/core/src/"];
        let ships = |path: &str| FOLDERS.iter().any(|folder| path.starts_with(folder));
        self.sources.iter().filter(move |source| ships(&source.path))
    }
}

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Reads a file of the repository.
#[track_caller]
pub(crate) fn read(name: impl AsRef<Path>) -> String {
    let name = name.as_ref();
    fs::read_to_string(root().join(name))
        .unwrap_or_else(|error| panic!("{}: {error}", name.display()))
}

/// Holds a file against what it should be; `TRAINYARD_BLESS=1` writes it instead.
#[track_caller]
pub(crate) fn check_generated(name: &str, expected: &str) {
    if std::env::var_os("TRAINYARD_BLESS").is_some() {
        fs::write(root().join(name), expected).expect("the repository can be written");
        return;
    }
    let found = fs::read_to_string(root().join(name)).unwrap_or_default();
    let same =
        found.lines().zip(expected.lines()).take_while(|(found, expected)| found == expected);
    let line = same.count() + 1;
    assert!(
        found == expected,
        "{name}:{line}: out of date; `TRAINYARD_BLESS=1 cargo test --test tidy` rewrites it\n\
         found    {}\nexpected {}",
        found.lines().nth(line - 1).unwrap_or("nothing"),
        expected.lines().nth(line - 1).unwrap_or("nothing"),
    );
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("a folder of ours can be listed").path();
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}
