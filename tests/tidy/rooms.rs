//! Rules about the laboratory's rooms: who lives above whom, and who needs whom to be understood.
//!
//! A floor is a folder of modules; a module imports from its own floor and from those below, tests
//! included. Whoever reads from the bottom up has then read all that a page needs. Within a floor,
//! modules that import each other in a circle can only be read together; so a circle lies in one
//! folder, which is read as one thing.

use std::collections::BTreeSet;

use crate::graph::Graph;
use crate::pages::{self, PAGE};
use crate::tree::{Complaint, Source, Tree};

/// The floors of the laboratory, bottom to top; ARCHITECTURE.md has the same table.
pub(crate) const FLOORS: [&str; 7] = ["terms", "text", "work", "look", "measure", "ask", "command"];

/// Where the modules of the laboratory lie.
const ROOTS: [&str; 2] = ["lab/core/src", "lab/src"];

/// What tests of every floor are made of; no floor ships it.
const FOR_TESTS: &str = "testing";

/// The section of the page whose second table names the floors of the laboratory.
const SECTION: &str = "## The floors";

pub(crate) fn of_the_laboratory(tree: &Tree) -> Graph<'_> {
    Graph::of(tree, &ROOTS, Source::code)
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| module.split('/').next() == Some(floor))
}

/// Complains of every module on no floor, and of every import from a floor above the importer's.
pub(crate) fn imports_from_no_floor_above(graph: &Graph<'_>) -> Vec<Complaint> {
    let astray = graph.files.iter().filter(|(module, _)| floor(module).is_none());
    let astray = astray.filter(|(module, _)| *module != FOR_TESTS);
    let says = "stands on no floor: put it on one, or a floor into `FLOORS`";
    let mut complaints: Vec<Complaint> =
        astray.map(|(module, file)| file.complain(1, format!("{module} {says}"))).collect();
    for (from, imports) in &graph.imports {
        for (to, &line) in imports {
            if let (Some(below), Some(above)) = (floor(from), floor(to))
                && above > below
            {
                let says = format!("{from} imports {to}, from a floor above its own");
                complaints.push(graph.files[from].complain(line, says));
            }
        }
    }
    complaints
}

/// Complains of every circle of imports that lies in more than one folder.
pub(crate) fn circles_lie_in_one_folder(graph: &Graph<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for circle in graph.circles() {
        let folders: BTreeSet<&str> = circle.iter().map(|module| graph.folder(module)).collect();
        if folders.len() > 1 {
            complaints.push(complaint_of(graph, &circle, folders.len()));
        }
    }
    complaints
}

/// Says which imports close the circle: those that lead from one folder into another.
fn complaint_of(graph: &Graph<'_>, circle: &BTreeSet<&str>, folders: usize) -> Complaint {
    let mut crossings = Vec::new();
    for &from in circle {
        let inside = graph.imports[from].iter().filter(|(to, _)| circle.contains(to.as_str()));
        let crossing = inside.filter(|(to, _)| graph.folder(from) != graph.folder(to));
        crossings.extend(crossing.map(|(to, line)| (from, to, *line)));
    }
    let (first, _, line) = crossings[0];
    let list: Vec<String> =
        crossings.iter().map(|(from, to, line)| format!("{from} -> {to} (line {line})")).collect();
    let says = format!(
        "{} modules in {folders} folders import each other in a circle; cut one of these ways:\n    {}",
        circle.len(),
        list.join("\n    ")
    );
    graph.files[first].complain(line, says)
}

/// Complains unless the page has the table of floors as it is here, top to bottom.
pub(crate) fn page_has_the_floors(page: &str) -> Vec<Complaint> {
    let rows = pages::section(page, SECTION).lines().filter_map(|line| line.strip_prefix("| "));
    let names =
        rows.filter_map(|row| row.split(" | ").nth(1)?.strip_prefix('`')?.split('`').next());
    let found: Vec<&str> = names.filter(|name| FLOORS.contains(name)).collect();
    if found.iter().rev().eq(&FLOORS) {
        return vec![];
    }
    let says = format!("{SECTION:?} names the floors {found:?}; top to bottom they are {FLOORS:?}");
    vec![Complaint { path: PAGE.to_owned(), line: 1, says }]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        Tree::of(files.iter().map(|(path, text)| Source::new(path, text)).collect())
    }

    #[track_caller]
    fn check_floors(importer: &str, text: &str, complaints: usize) {
        let others = ["lab/core/src/terms/mod.rs", "lab/src/ask/race/mod.rs"];
        let mut sources: Vec<Source> = others.iter().map(|path| Source::new(path, "")).collect();
        sources.push(Source::new(importer, text));
        let tree = Tree::of(sources);
        let found = imports_from_no_floor_above(&of_the_laboratory(&tree));
        assert_eq!(found.len(), complaints, "{text}: {found:?}");
    }

    #[test]
    fn an_import_from_above_is_found_in_either_package_and_in_tests() {
        check_floors("lab/core/src/text/a.rs", "use crate::terms::X;", 0);
        check_floors("lab/src/measure/a.rs", "use crate::ask::race::X;", 1);
        check_floors("lab/src/measure/mod.rs", "fn f() { crate::ask::race::g() }", 1);
        check_floors(
            "lab/src/measure/a.rs",
            "mod tests { use super::super::super::ask::race; }",
            1,
        );
        check_floors("lab/src/command/a.rs", "use lab_core::terms; use crate::ask::race;", 0);
        check_floors("lab/src/loose.rs", "", 1);
    }

    #[test]
    fn a_circle_over_two_folders_is_found_and_one_inside_a_folder_is_not() {
        let inside = tree(&[
            ("lab/src/ask/race/mod.rs", "mod a; use a::X;"),
            ("lab/src/ask/race/a.rs", "use super::Y;"),
        ]);
        assert_eq!(circles_lie_in_one_folder(&of_the_laboratory(&inside)), []);
        let across = tree(&[
            ("lab/src/ask/race/mod.rs", "mod a; use a::X;"),
            ("lab/src/ask/race/a.rs", "use crate::ask::sweep::Y;"),
            ("lab/src/ask/sweep/mod.rs", "use super::race::Z;"),
        ]);
        let graph = of_the_laboratory(&across);
        let found = circles_lie_in_one_folder(&graph);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].says.contains("3 modules in 2 folders"), "{}", found[0]);
        assert!(found[0].says.contains("ask/sweep -> ask/race (line 1)"), "{}", found[0]);
    }

    #[test]
    fn a_page_with_other_floors_is_found() {
        let row = |floor: &&str| format!("| 1 | `{floor}` | what it holds |\n");
        let rows: Vec<String> = FLOORS.iter().rev().map(row).collect();
        assert_eq!(page_has_the_floors(&format!("{SECTION}\n\n{}", rows.concat())), []);
        assert_eq!(page_has_the_floors(&format!("{SECTION}\n\n{}", rows[1..].concat())).len(), 1);
    }
}
