//! What a model of concurrency costs in code: the lines that are not in the sequential version.
//!
//! Every contender is one short file, whose text the program carries, and the notes ask: is the
//! speed-up worth the extra code? The answer counts what one has to write: the lines of the
//! contender's file that are not lines of the sequential one in the same language, in the same order
//! (a longest common subsequence, as `diff` finds it).
//!
//! Not counted, in both files: blank lines, comments, `use` declarations, which editors write,
//! and everything from `#[cfg(test)]` on; in Python docstrings and imports. Indentation does not
//! matter: putting a line into a closure does not change it.

use super::{arm, python};
use lab_core::terms::{Contender, Model};

/// Counts the lines that `contender` has and the sequential version in the same language has not.
pub fn lines_changed(contender: &Contender) -> Option<usize> {
    let (sync, lines_of_code): (_, fn(&str) -> Vec<&str>) = match contender.python {
        None => (Model::Sync, lines_of_rust),
        Some(_) => (Model::PythonSync, lines_of_python),
    };
    let source = |model| {
        let workload = contender.workload;
        arm::source(workload, model).or_else(|| python::source(workload, model))
    };
    Some(lines_more(&lines_of_code(source(sync)?), &lines_of_code(source(contender.model)?)))
}

/// Counts the lines of `other` that one has to write beside those of `sync`.
fn lines_more(sync: &[&str], other: &[&str]) -> usize {
    other.len() - longest_common_subsequence(sync, other)
}

fn lines_of_rust(source: &str) -> Vec<&str> {
    let mut in_use = false;
    let mut lines = Vec::new();
    for line in source.lines().map(str::trim).take_while(|line| *line != "#[cfg(test)]") {
        let is_comment = line.is_empty() || line.starts_with("//");
        let begins_use = ["use ", "pub use "].iter().any(|start| line.starts_with(start));
        in_use |= begins_use;
        if !is_comment && !in_use {
            lines.push(line);
        }
        // A declaration may be broken over several lines; its `;` ends it.
        in_use &= !line.ends_with(';');
    }
    lines
}

fn lines_of_python(source: &str) -> Vec<&str> {
    let mut in_docstring = false;
    let mut lines = Vec::new();
    for line in source.lines().map(str::trim) {
        let quotes = line.matches("\"\"\"").count();
        let is_import = line.starts_with("import ") || line.starts_with("from ");
        let is_comment = line.is_empty() || line.starts_with('#') || quotes > 0;
        if !in_docstring && !is_comment && !is_import {
            lines.push(line);
        }
        in_docstring ^= quotes == 1;
    }
    lines
}

/// The usual table, of which one row at a time is kept: cell `i` is the length for all of `left`
/// so far and the first `i` of `right`.
fn longest_common_subsequence(left: &[&str], right: &[&str]) -> usize {
    let mut above = vec![0; right.len() + 1];
    for line in left {
        let mut row = vec![0; right.len() + 1];
        for (index, other) in right.iter().enumerate() {
            row[index + 1] =
                if line == other { above[index] + 1 } else { above[index + 1].max(row[index]) };
        }
        above = row;
    }
    above[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab_core::terms::{Params, Preset};

    const SYNC: &str = "\
//! A story.
use std::io::{Read, self};

fn round() {
    // One after another.
    for page in pages {
        get(page);
    }
}

#[cfg(test)]
mod tests {}
";

    #[track_caller]
    fn check(other: &str, expected: usize) {
        assert_eq!(lines_more(&lines_of_rust(SYNC), &lines_of_rust(other)), expected);
    }

    #[test]
    fn every_contender_has_a_source_and_only_sync_costs_nothing() {
        for contender in Params::of(Preset::Quick).contenders(2) {
            let lines = lines_changed(&contender).unwrap();
            assert_eq!(lines == 0, contender.model == Model::Sync, "{contender}: {lines}");
        }
    }

    #[test]
    fn in_python_docstrings_and_imports_are_not_code_either() {
        let sync = "\"\"\"A story.\n\nOf two parts.\n\"\"\"\nimport a\n\nfor page in pages:\n  get(page)\n";
        let other = "\"\"\"Another.\"\"\"\nfrom b import c\n# Why.\npool = c()\nfor page in pages:\n    get(page)\n";
        assert_eq!(lines_more(&lines_of_python(sync), &lines_of_python(other)), 1);
    }

    #[test]
    fn a_line_that_is_new_moved_or_different_counts_and_what_is_no_code_does_not() {
        check(SYNC, 0);
        // Comments, imports, tests and indentation.
        check("use a::b;\nfn round() {\nfor page in pages { \n get(page);\n}\n//! Other.\n}\n", 0);
        check(&SYNC.replace("mod tests {}", "mod tests {\n    fn more() {}\n}"), 0);
        // Lines that are gone.
        check("", 0);
        check("fn round() {\n}\n", 0);
        check(&SYNC.replace("get(page);", "pool.submit(page);"), 1);
        check(&SYNC.replace("    for", "    let pool = start();\n    for"), 1);
        check("}\n}\nget(page);\nfn round() {\nfor page in pages {\n", 3);
    }
}
