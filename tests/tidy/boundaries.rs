//! Rules about boundaries: who may import whom, who may speak to libc, where unsafe code
//! lives.

use std::collections::BTreeSet;

use crate::lexer::{Token, What, group_end};
use crate::tree::{Complaint, Source, Tree};

/// The floors of the house. A module imports only from floors below its own.
const FLOORS: [(&str, u8); 8] = [
    ("interleave", 0),
    ("vm", 0),
    ("sys", 1),
    ("trace", 1),
    ("handle", 2),
    ("coop", 3),
    ("threads", 3),
    ("procs", 3),
];

/// Two neighbours that may import each other: the door for blocking calls says what passes
/// through it, and the recorder needs clocks and memory.
const PAIR: [&str; 2] = ["sys", "trace"];

/// How many tokens `super::` has: a name and two colons.
const SEGMENT: usize = 3;

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|&(_, floor)| floor)
}

fn may_import(from: &str, to: &str) -> bool {
    from == to || floor(to) < floor(from) || (PAIR.contains(&from) && PAIR.contains(&to))
}

pub(crate) fn imports_from_below(source: &Source) -> Vec<Complaint> {
    let Some(&from) = source.module().first() else { return vec![] };
    let mut complaints = Vec::new();
    if floor(from).is_none() {
        complaints.push(
            source.complain(1, format!("module {from:?} stands on no floor; add it to FLOORS")),
        );
    }
    for (to, line) in imports(source) {
        let says = if floor(&to).is_none() {
            format!(
                "`crate::{to}` is no module with a floor; name the module in which it is defined"
            )
        } else if may_import(from, &to) {
            continue;
        } else {
            format!(
                "{from} imports {to}, which does not stand below it; see the floors in src/lib.rs"
            )
        };
        complaints.push(source.complain(line, says));
    }
    complaints
}

/// Every module of the crate's root that the code names, through `crate::` or enough
/// `super::`.
fn imports(source: &Source) -> Vec<(String, usize)> {
    let code = source.code();
    let mut found = Vec::new();
    // The file's own modules, and the inline ones around this place, each with its last
    // token.
    let depth_of_file = source.module().len();
    let mut inline: Vec<usize> = Vec::new();
    let mut at = 0;
    while at < code.len() {
        inline.retain(|&end| at < end);
        if let [module, name, open, ..] = &code[at..]
            && module.is("mod")
            && name.what == What::Word
            && open.is("{")
        {
            inline.push(group_end(&code, at + 2));
        }
        let supers = supers_at(&code, at);
        let reaches_root = code[at].is("crate") || supers == depth_of_file + inline.len();
        let path = at + supers.max(1) * SEGMENT;
        if supers > 0 || code[at].is("crate") {
            if reaches_root && is_path_separator(&code, path - 2) {
                found.extend(names_at(&code, path));
            }
            at = path;
        } else {
            at += 1;
        }
    }
    found
}

/// How many times `super::` stands here in a row.
fn supers_at(code: &[Token], at: usize) -> usize {
    let steps = (at..code.len()).step_by(SEGMENT);
    steps.take_while(|&at| code[at].is("super") && is_path_separator(code, at + 1)).count()
}

fn is_path_separator(code: &[Token], at: usize) -> bool {
    matches!(code.get(at..at + 2), Some([one, two]) if one.is(":") && two.is(":"))
}

/// The first names of the path or of the group of paths that begins here.
fn names_at(code: &[Token], at: usize) -> Vec<(String, usize)> {
    let Some(first) = code.get(at) else { return vec![] };
    if !first.is("{") {
        return vec![(first.text.clone(), first.line)];
    }
    let mut names = Vec::new();
    let end = group_end(code, at) - 1;
    let mut here = at + 1;
    while here < end {
        names.push((code[here].text.clone(), code[here].line));
        // On to the next comma of this group.
        while here < end && !code[here].is(",") {
            here = if code[here].is("{") { group_end(code, here) } else { here + 1 };
        }
        here += 1;
    }
    names
}

pub(crate) fn leaves_libc_to_sys(source: &Source) -> Vec<Complaint> {
    if source.path.starts_with("src/sys/") {
        return vec![];
    }
    let code = source.code();
    let named = code.iter().filter(|token| token.is("libc") || token.is("nix"));
    let says = |token: &Token| {
        let says =
            format!("names {}; only sys speaks to it: give the call a wrapper there", token.text);
        source.complain(token.line, says)
    };
    named.map(says).collect()
}

/// Whether the file declares that it holds unsafe code: `#![expect(unsafe_code, …)]`, also
/// under a `cfg_attr`.
fn declares_unsafe(source: &Source) -> bool {
    let code = source.code();
    let inner = |at: usize| code[at].is("#") && code[at + 1].is("!");
    (0..code.len().saturating_sub(2)).filter(|&at| inner(at)).any(|at| {
        let attribute = &code[at..group_end(&code, at + 2)];
        let expects = |three: &[Token]| {
            three[0].is("expect") && three[1].is("(") && three[2].is("unsafe_code")
        };
        attribute.windows(3).any(expects)
    })
}

/// Unsafe code stands in files that declare it, and these are the files of the list.
pub(crate) fn unsafe_where_listed(tree: &Tree, listed: &BTreeSet<String>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let mut declared = BTreeSet::new();
    for source in &tree.sources {
        let code = source.code();
        let used = code.iter().find(|token| token.is("unsafe"));
        if declares_unsafe(source) {
            declared.insert(source.path.clone());
            if !listed.contains(&source.path) {
                let says =
                    "declares unsafe code; argue for it in ARCHITECTURE.md, \"Where unsafe lives\"";
                complaints.push(source.complain(1, says));
            }
        } else if let Some(token) = used {
            let says = "unsafe code in a file that does not open with `#![expect(unsafe_code, …)]`";
            complaints.push(source.complain(token.line, says));
        }
    }
    for path in listed.difference(&declared) {
        let says = format!("lists {path}, which declares no unsafe code: strike it off");
        complaints.push(Complaint { path: "ARCHITECTURE.md".into(), line: 1, says });
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_imports(path: &str, text: &str, complaints: usize) {
        let found = imports_from_below(&Source::new(path, text));
        assert_eq!(found.len(), complaints, "{text}: {found:?}");
    }

    #[test]
    fn a_module_may_import_from_below_and_from_itself() {
        check_imports(
            "src/coop/mod.rs",
            "use crate::sys::clock; use crate::{trace, handle::JobHandle};",
            0,
        );
        check_imports(
            "src/coop/kernel/task.rs",
            "use crate::coop::kernel; use super::super::Runtime;",
            0,
        );
        check_imports("src/sys/blocking.rs", "use crate::trace; // crate::lab", 0);
        check_imports("src/trace/ring.rs", "fn f() { crate::sys::clock::now() }", 0);
    }

    #[test]
    fn neighbours_and_floors_above_are_found() {
        check_imports("src/coop/mod.rs", "use crate::threads::Gil;", 1);
        check_imports("src/sys/mod.rs", "use crate::handle;", 1);
        check_imports("src/interleave/mod.rs", "use crate::sys;", 1);
        check_imports("src/procs/mod.rs", "use crate::{sys, coop::{a, b}, handle};", 1);
        check_imports("src/handle/mod.rs", "fn f() { crate::procs::init() }", 1);
        check_imports("src/cellar/mod.rs", "", 1);
    }

    #[test]
    fn a_way_over_the_root_is_found_also_from_an_inline_module() {
        check_imports("src/coop/task.rs", "use super::super::threads;", 1);
        check_imports("src/coop/mod.rs", "mod t { use super::super::threads; } use super::sys;", 1);
        check_imports("src/coop/mod.rs", "mod t { use super::threads; }", 0);
    }

    #[test]
    fn a_name_from_the_root_itself_must_be_named_where_it_is_defined() {
        check_imports("src/coop/mod.rs", "use crate::Gil;", 1);
    }

    #[test]
    fn libc_is_for_sys() {
        let text = "fn f() { libc::getpid(); } // libc\nuse nix::unistd;";
        assert_eq!(leaves_libc_to_sys(&Source::new("src/procs/child.rs", text)).len(), 2);
        assert!(leaves_libc_to_sys(&Source::new("src/sys/process.rs", text)).is_empty());
    }

    #[test]
    fn unsafe_code_must_be_declared_and_listed_and_the_list_must_be_true() {
        let declared =
            "#![cfg_attr(not(loom), expect(unsafe_code, reason = \"…\"))]\nunsafe fn f() {}";
        let tree = Tree::of(vec![
            Source::new("src/a.rs", declared),
            Source::new("src/b.rs", "#![forbid(unsafe_code)] // unsafe"),
        ]);
        let listed = |path: &str| BTreeSet::from([path.to_owned()]);
        assert!(unsafe_where_listed(&tree, &listed("src/a.rs")).is_empty());
        assert_eq!(unsafe_where_listed(&tree, &listed("src/b.rs")).len(), 2);
        let bare =
            Tree::of(vec![Source::new("src/c.rs", "#[expect(unsafe_code)] unsafe fn f() {}")]);
        assert_eq!(unsafe_where_listed(&bare, &BTreeSet::new()).len(), 1);
    }
}
