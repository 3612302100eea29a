//! The rule about reading: each kernel has an order in which its files can be read.
//!
//! ARCHITECTURE.md has a table for each kernel: its files in that order, and beside each the files
//! further down that it imports all the same, with a reason. A reader who follows the table meets
//! nothing else before its time. What tests import does not count: they are read last.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::Graph;
use crate::pages::{self, PAGE};
use crate::shape::KERNELS;
use crate::tree::{Complaint, Source, Tree};

/// The section with the tables.
const SECTION: &str = "## Reading a kernel";

/// A file of a kernel, as the page has it.
struct Row<'p> {
    module: String,
    /// What it imports though it stands further down.
    ahead: BTreeSet<&'p str>,
}

/// Complains of every file of a kernel that the page leaves out, or of which it does not say what
/// is imported from further down.
pub(crate) fn kernels_in_order(tree: &Tree, page: &str) -> Vec<Complaint> {
    let graph = Graph::of(tree, &["src"], Source::shipped_code);
    let mut complaints = Vec::new();
    for kernel in KERNELS {
        let folder = kernel.trim_start_matches("src/");
        let rows = rows(page, folder);
        let places: BTreeMap<&str, usize> =
            rows.iter().enumerate().map(|(place, row)| (row.module.as_str(), place)).collect();
        for module in graph.files.keys().filter(|module| is_in(folder, module)) {
            if !graph.files[module].shipped_code().is_empty() && !places.contains_key(&**module) {
                complaints.push(complain(&format!("leaves out {module}")));
            }
        }
        for (place, row) in rows.iter().enumerate() {
            let Some(imports) = graph.imports.get(&row.module) else {
                complaints.push(complain(&format!("names {}, which is not there", row.module)));
                continue;
            };
            let ahead = imports.keys().filter(|to| places.get(to.as_str()) > Some(&place));
            let ahead: BTreeSet<&str> = ahead.filter_map(|to| to.rsplit('/').next()).collect();
            if ahead != row.ahead {
                let Row { module, ahead: said } = row;
                let says = format!("says that {module} imports {said:?} ahead; it is {ahead:?}");
                complaints.push(complain(&says));
            }
        }
    }
    complaints
}

fn complain(says: &str) -> Complaint {
    Complaint { path: PAGE.to_owned(), line: 1, says: format!("{SECTION:?} {says}") }
}

/// Whether a module is a file of the folder, its `mod.rs` and folders in it left out.
fn is_in(folder: &str, module: &str) -> bool {
    module.rsplit_once('/').is_some_and(|(above, _)| above == folder)
}

/// The rows "| `file` | `ahead`: why; `other`: why |" of the table whose head names the folder.
fn rows<'p>(page: &'p str, folder: &str) -> Vec<Row<'p>> {
    let head = format!("| `src/{folder}` |");
    let lines = pages::section(page, SECTION).lines();
    let table = lines.skip_while(|line| !line.starts_with(&head)).skip(2);
    let row = |line: &'p str| {
        let (file, rest) = line.strip_prefix("| `")?.split_once('`')?;
        let ahead = rest.split('`').skip(1).step_by(2).collect();
        Some(Row { module: format!("{folder}/{file}"), ahead })
    };
    table.map_while(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_rows(rows: &str, says: &[&str]) {
        let tree = Tree::of(vec![
            Source::new("src/coop/kernel/mod.rs", "mod a; mod b;"),
            Source::new("src/coop/kernel/a.rs", "use super::b::B;"),
            Source::new("src/coop/kernel/b.rs", "#[cfg(test)] mod tests { use super::super::a; }"),
            Source::new("src/coop/kernel/b/c.rs", ""),
        ]);
        let mut page = format!("{SECTION}\n\n| `src/coop/kernel` | why |\n| --- | --- |\n{rows}");
        page += "\n## Next\n";
        let found = kernels_in_order(&tree, &page);
        let fits = found.iter().map(|complaint| &complaint.says).zip(says);
        assert_eq!(found.len(), says.len(), "{found:?}");
        assert!(fits.into_iter().all(|(found, says)| found.contains(says)), "{found:?}");
    }

    #[test]
    fn an_import_from_further_down_is_named_and_one_from_further_up_is_not() {
        check_rows("| `b` | |\n| `a` | |\n", &[]);
        check_rows("| `a` | `b`: holds one |\n| `b` | |\n", &[]);
    }

    #[test]
    fn what_is_left_out_unnamed_or_made_up_is_found() {
        check_rows("| `a` | |\n| `b` | |\n", &["imports {} ahead; it is {\"b\"}"]);
        check_rows("| `b` | |\n", &["leaves out coop/kernel/a"]);
        check_rows("| `b` | `a`: no more |\n| `a` | |\n", &["imports {\"a\"} ahead; it is {}"]);
        check_rows("| `b` | |\n| `a` | |\n| `d` | |\n", &["names coop/kernel/d"]);
    }
}
