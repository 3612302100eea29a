//! Which file imports which: every path that the code names, followed to the file it leads to.
//!
//! A path is followed as long as its words name modules with a file of their own; what comes
//! behind is an item of the last one. `crate`, `self` and `super` mean what they mean to the
//! compiler, inside a `mod tests { … }` too; any other first word is a child of the file, or
//! another package, which is nobody's business here. Two modules of one package that are compared
//! with modules of another may not share a name: `lab` and `lab_core` are read as one tree.

use std::collections::{BTreeMap, BTreeSet};

use crate::lexer::{Token, What, group_end};
use crate::tree::{Source, Tree};

/// The names under which one package of the tree calls the other.
const PACKAGES: [&str; 2] = ["lab", "lab_core"];

/// The modules below some folders, each named by its path (`coop/kernel/task`), and who imports
/// whom.
pub(crate) struct Graph<'t> {
    pub(crate) files: BTreeMap<String, &'t Source>,
    /// From a module to each that it imports, with the first line that does.
    pub(crate) imports: BTreeMap<String, BTreeMap<String, usize>>,
}

impl<'t> Graph<'t> {
    /// Reads the modules below `roots`; of each file, what `code` answers.
    pub(crate) fn of(tree: &'t Tree, roots: &[&str], code: fn(&Source) -> Vec<Token>) -> Self {
        let mut graph = Self { files: BTreeMap::new(), imports: BTreeMap::new() };
        for source in &tree.sources {
            let Some(name) = module(source, roots) else { continue };
            let other = graph.files.insert(name, source);
            assert!(other.is_none(), "{}: a module of this name is in both packages", source.path);
        }
        for (name, source) in &graph.files {
            let paths = paths(&code(source));
            // The last of equal keys stays, so that it is the first line that is kept.
            let lines = paths.iter().rev();
            let found = lines.filter_map(|path| Some((graph.followed(name, path)?, path.line)));
            graph.imports.insert(name.clone(), found.collect());
        }
        graph
    }

    /// The other module that `path`, found in the module `from`, leads to.
    fn followed(&self, from: &str, path: &Named) -> Option<String> {
        let here = from.split('/').map(str::to_owned).chain(path.inside.iter().cloned());
        let mut base: Vec<String> = here.collect();
        let mut rest = path.words.as_slice();
        match rest.first()?.as_str() {
            "crate" => base.clear(),
            package if PACKAGES.contains(&package) => base.clear(),
            "super" | "self" => {}
            child => {
                self.files.get(&format!("{from}/{child}"))?;
            }
        }
        while let Some((first, after)) = rest.split_first() {
            match first.as_str() {
                "super" => drop(base.pop()),
                "crate" | "self" => {}
                package if PACKAGES.contains(&package) => {}
                _ => break,
            }
            rest = after;
        }
        base.extend_from_slice(rest);
        let prefixes = (1..=base.len()).rev().map(|length| base[..length].join("/"));
        let found = prefixes.into_iter().find(|prefix| self.files.contains_key(prefix))?;
        (found != from).then_some(found)
    }

    /// The folder of a module: a `mod.rs` stands for the folder that it lies in.
    pub(crate) fn folder<'a>(&self, module: &'a str) -> &'a str {
        if self.files[module].path.ends_with("/mod.rs") {
            return module;
        }
        module.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The circles: modules of which each imports all others, by whatever way round.
    pub(crate) fn circles(&self) -> Vec<BTreeSet<&str>> {
        let reached: BTreeMap<&str, BTreeSet<&str>> =
            self.files.keys().map(|name| (name.as_str(), self.reached_from(name))).collect();
        let mut circles = BTreeSet::new();
        for (name, others) in &reached {
            let both_ways = others.iter().filter(|other| reached[*other].contains(name));
            circles.insert(both_ways.copied().collect::<BTreeSet<_>>());
        }
        circles.into_iter().filter(|circle| circle.len() > 1).collect()
    }

    fn reached_from<'a>(&'a self, module: &'a str) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut ahead = vec![module];
        while let Some(next) = ahead.pop() {
            let fresh = self.imports[next].keys().filter(|to| reached.insert(to.as_str()));
            ahead.extend(fresh.map(String::as_str));
        }
        reached
    }
}

/// The module of a file below one of the folders; a package's root is none.
fn module(source: &Source, roots: &[&str]) -> Option<String> {
    let below = |root: &&str| source.path.strip_prefix(*root)?.strip_prefix('/');
    let path = roots.iter().find_map(below)?.strip_suffix(".rs")?;
    let module = path.strip_suffix("/mod").unwrap_or(path);
    (!["lib", "main"].contains(&module)).then(|| module.to_owned())
}

/// A path that stands in the code.
struct Named {
    words: Vec<String>,
    line: usize,
    /// The inline modules around it.
    inside: Vec<String>,
}

/// Every path of the code, those of a group one by one.
fn paths(code: &[Token]) -> Vec<Named> {
    let mut found = Vec::new();
    // Each with the place of its end.
    let mut inside: Vec<(String, usize)> = Vec::new();
    let mut at = 0;
    while at < code.len() {
        inside.retain(|(_, end)| at < *end);
        if code[at].is("mod") && code.get(at + 2).is_some_and(|token| token.is("{")) {
            inside.push((code[at + 1].text.clone(), group_end(code, at + 2)));
        }
        let begins = if code[at].is("use") { at + 1 } else { at };
        let is_path = begins > at || (code[at].what == What::Word && separates(code, at + 1));
        if is_path && !is_reach(code, at) {
            let inside: Vec<String> = inside.iter().map(|(name, _)| name.clone()).collect();
            let mut emit = |words, line| found.push(Named { words, line, inside: inside.clone() });
            at = walk(code, begins, &[], &mut emit).max(at + 1);
        } else {
            at += 1;
        }
    }
    found
}

/// Walks a path, or a group of paths, that continues `before`; returns the place behind it.
fn walk(
    code: &[Token],
    mut at: usize,
    before: &[String],
    emit: &mut impl FnMut(Vec<String>, usize),
) -> usize {
    let mut words = before.to_vec();
    let Some(line) = code.get(at).map(|token| token.line) else { return at };
    while let Some(token) = code.get(at) {
        if token.is("{") {
            let end = group_end(code, at);
            at += 1;
            while at < end - 1 {
                at = walk(code, at, &words, emit);
                // What a name is imported as, and the comma.
                at += code[at..end].iter().take_while(|token| !token.is(",")).count() + 1;
            }
            return end;
        }
        if token.what != What::Word {
            break;
        }
        words.push(token.text.clone());
        if !separates(code, at + 1) {
            at += 1;
            break;
        }
        at += 3;
    }
    if !words.is_empty() {
        emit(words, line);
    }
    at
}

/// Whether `::` stands here.
fn separates(code: &[Token], at: usize) -> bool {
    matches!(code.get(at..at + 2), Some([one, two]) if one.is(":") && two.is(":"))
}

/// Whether this is the path in `pub(in path)`, which says who may look, and imports nothing.
fn is_reach(code: &[Token], at: usize) -> bool {
    at >= 3 && code[at - 1].is("in") && code[at - 2].is("(") && code[at - 3].is("pub")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_imports(text: &str, expected: &[&str]) {
        let paths = ["a/mod.rs", "a/b.rs", "a/b/c.rs", "d.rs", "lib.rs"];
        let mut sources: Vec<Source> =
            paths.iter().map(|path| Source::new(&format!("lab/src/{path}"), "")).collect();
        sources[1] = Source::new("lab/src/a/b.rs", text);
        let tree = Tree::of(sources);
        let graph = Graph::of(&tree, &["lab/src"], Source::code);
        assert_eq!(graph.imports["a/b"].keys().collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn a_path_is_followed_to_the_last_file_that_it_names() {
        check_imports("use crate::d::Thing; use lab::a;", &["a", "d"]);
        check_imports("use super::{super::d::{self, X as Y, Z}, W};", &["a", "d"]);
        check_imports("fn f() { c::g(); self::c::h(); super::i() }", &["a", "a/b/c"]);
        check_imports("use lab_core::{d, a::b::c::{X, Y}};", &["a/b/c", "d"]);
    }

    #[test]
    fn what_leads_out_of_the_tree_or_to_the_file_itself_is_no_import() {
        check_imports("use std::d; use serde::a; use crate::a::b::Own; use self::X;", &[]);
        check_imports("// crate::d\n/// [`crate::d`]\nconst A: &str = \"crate::d\";", &[]);
        check_imports("pub(in crate::a) fn f() -> impl Sized + use<'_> {}", &[]);
    }

    #[test]
    fn the_parent_of_an_inline_module_is_its_file() {
        check_imports("mod t { use super::*; use super::X; mod u { use super::super::Y; } }", &[]);
        check_imports("mod t { use super::super::X; } use super::super::d::Z;", &["a", "d"]);
    }

    #[test]
    fn a_circle_is_found_and_a_way_without_return_is_not() {
        let sources = [
            ("lab/src/a.rs", "use crate::b;"),
            ("lab/src/b.rs", "use crate::c;"),
            ("lab/src/c.rs", "use crate::a;"),
            ("lab/src/d.rs", "use crate::a;"),
        ];
        let sources = sources.iter().map(|(path, text)| Source::new(path, text));
        let tree = Tree::of(sources.collect());
        let graph = Graph::of(&tree, &["lab/src"], Source::code);
        assert_eq!(graph.circles(), [BTreeSet::from(["a", "b", "c"])]);
    }
}
