//! The rule about trace kinds: each is emitted at one place, and the table of the places is
//! true.
//!
//! A place is a call of `emit` or `record` whose first argument is written `Kind::Name`, in
//! code that is compiled outside tests. The sentence of a kind is its doc comment in
//! `src/trace/event.rs`.

use crate::lexer::{Token, What, group_end};
use crate::tree::{Complaint, Source, Tree};

/// Where the kinds are declared.
pub(crate) const EVENTS: &str = "src/trace/event.rs";

/// The table, which a picture shows beside an event.
pub(crate) const TABLE: &str = "src/trace/sites.md";

/// What an emitting call is named: `record` is `emit` for events that are kept whether asked
/// for or not.
const CALLS: [&str; 2] = ["emit", "record"];

/// A kind of event, as it is declared.
pub(crate) struct Declared {
    pub(crate) name: String,
    line: usize,
    sentence: String,
}

/// A place that emits a kind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) kind: String,
    pub(crate) path: String,
    pub(crate) line: usize,
}

/// Every kind that `src/trace/event.rs` declares, in the order of declaration.
pub(crate) fn declared(events: &Source) -> Vec<Declared> {
    let tokens = &events.tokens;
    // The table is the argument of the macro `kinds!`.
    let called =
        |at: &usize| tokens[*at].is("kinds") && tokens[at + 1].is("!") && tokens[at + 2].is("{");
    let Some(open) = (0..tokens.len().saturating_sub(2)).find(called).map(|at| at + 2) else {
        return vec![];
    };
    let mut found = Vec::new();
    let mut sentence = String::new();
    for pair in tokens[open..group_end(tokens, open)].windows(2) {
        if pair[0].what == What::Comment {
            let line = pair[0].text.trim_start_matches('/').trim();
            let space = if sentence.is_empty() { "" } else { " " };
            sentence = sentence + space + line;
        } else if pair[0].what == What::Word && pair[1].is("=") {
            let sentence = std::mem::take(&mut sentence);
            found.push(Declared { name: pair[0].text.clone(), line: pair[0].line, sentence });
        }
    }
    found
}

/// Every place that emits an event, in the order of files and lines.
pub(crate) fn emit_sites(tree: &Tree) -> Vec<Site> {
    let mut sites = Vec::new();
    for source in tree.shipped_sources() {
        let code = source.shipped_code();
        for at in 0..code.len().saturating_sub(1) {
            let is_call = CALLS.iter().any(|call| code[at].is(call)) && code[at + 1].is("(");
            if let Some(kind) = kind_at(&code, at + 2).filter(|_| is_call) {
                let (path, line) = (source.path.clone(), code[at].line);
                sites.push(Site { kind, path, line });
            }
        }
    }
    sites
}

/// The name in a path `…::Kind::Name` that begins here.
fn kind_at(code: &[Token], mut at: usize) -> Option<String> {
    loop {
        let [word, colon, colon_too, name] = code.get(at..at + 4)? else { return None };
        if word.what != What::Word || !colon.is(":") || !colon_too.is(":") {
            return None;
        }
        if word.is("Kind") {
            return Some(name.text.clone());
        }
        at += 3;
    }
}

pub(crate) fn emitted_once(declared: &[Declared], sites: &[Site]) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (at, site) in sites.iter().enumerate() {
        let says = if declared.iter().all(|kind| kind.name != site.kind) {
            format!("emits Kind::{}, which {EVENTS} does not declare", site.kind)
        } else if let Some(first) = sites[..at].iter().find(|first| first.kind == site.kind) {
            let (path, line) = (&first.path, first.line);
            format!("emits Kind::{}, as {path}:{line} does; a kind has one place", site.kind)
        } else {
            continue;
        };
        complaints.push(Complaint { path: site.path.clone(), line: site.line, says });
    }
    complaints
}

pub(crate) fn emitted_at_all(declared: &[Declared], sites: &[Site]) -> Vec<Complaint> {
    let silent = declared.iter().filter(|kind| sites.iter().all(|site| site.kind != kind.name));
    let complain = |kind: &Declared| Complaint {
        path: EVENTS.to_owned(),
        line: kind.line,
        says: format!(
            "nothing emits Kind::{0}; write `trace::emit(Kind::{0}, …)` with its name, once",
            kind.name
        ),
    };
    silent.map(complain).collect()
}

/// The table as it should be.
pub(crate) fn table(declared: &[Declared], sites: &[Site]) -> String {
    let head = "# Where each kind of event is emitted\n\n\
                Written by `TRAINYARD_BLESS=1 cargo test --test tidy`.\n\n\
                | kind | file | line | sentence |\n| --- | --- | --- | --- |\n";
    let row = |Declared { name, sentence, .. }: &Declared| {
        let site = sites.iter().find(|site| site.kind == *name);
        let place =
            site.map_or("– | –".into(), |site| format!("{} | {}", site.path, site.line));
        format!("| {name} | {place} | {sentence} |\n")
    };
    declared.iter().map(row).fold(head.to_owned(), |table, row| table + &row)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: &str = "macro_rules! kinds { ($a:ident = $b:literal) => {} }\n\
                         kinds! {\n    /// The lock was taken\n    /// by someone.\n    GilTake = 22, Acquiring;\n\
                         \n    /// Dropped.\n    GilDrop = 23, Releasing;\n}\n";

    fn source(text: &str) -> Tree {
        Tree::of(vec![Source::new("src/threads/kernel/gil.rs", text)])
    }

    #[test]
    fn a_call_is_found_over_line_ends_and_paths_and_not_in_tests_or_comments() {
        let tree = source(
            "fn f() {\n    trace::emit(\n        crate::trace::Kind::GilTake,\n        0, 0);\n\
             record(Kind::GilDrop, 1, 2); // emit(Kind::GilDrop)\n}\n\
             #[cfg(test)]\nmod tests { fn t() { emit(Kind::GilTake, 0, 0); } }\n",
        );
        let sites: Vec<_> =
            emit_sites(&tree).into_iter().map(|site| (site.kind, site.line)).collect();
        assert_eq!(sites, [("GilTake".to_owned(), 2), ("GilDrop".to_owned(), 5)]);
    }

    #[test]
    fn a_kind_emitted_twice_or_never_or_undeclared_is_found() {
        let kinds = declared(&Source::new(EVENTS, KINDS));
        let tree =
            source("fn f() { emit(Kind::GilTake); emit(Kind::GilTake); emit(Kind::GilLost); }");
        let sites = emit_sites(&tree);
        assert_eq!(emitted_once(&kinds, &sites).len(), 2);
        let silent = emitted_at_all(&kinds, &sites);
        assert_eq!((silent.len(), silent[0].line), (1, 8));
    }

    #[test]
    fn the_table_has_every_kind_with_its_place_and_sentence() {
        let kinds = declared(&Source::new(EVENTS, KINDS));
        let table = table(&kinds, &emit_sites(&source("fn f() {\nemit(Kind::GilTake, 0, 0);\n}")));
        assert!(table.contains(
            "| GilTake | src/threads/kernel/gil.rs | 2 | The lock was taken by someone. |\n"
        ));
        assert!(table.contains("| GilDrop | – | – | Dropped. |\n"), "{table}");
    }
}
