//! Rules about the shape of files: a story first, not too long, and kernels that fit a
//! budget.

use std::collections::BTreeSet;

use crate::lexer::Token;
use crate::tree::{Complaint, Source, Tree};

/// With its docs. More than this, and a reader loses the thread.
const FILE_LINES_MAX: usize = 400;

/// What a student must read to understand a runtime; comments, blank lines and tests not
/// counted.
const KERNEL_LINES_MAX: usize = 1500;

/// Where each runtime keeps its kernel.
pub(crate) const KERNELS: [&str; 3] = ["src/coop/kernel", "src/threads/kernel", "src/procs/kernel"];

pub(crate) fn opens_with_its_story(source: &Source) -> Option<Complaint> {
    (!source.text.starts_with("//!")).then(|| {
        source.complain(1, "opens without a story; the first line says in a `//!` what the file is")
    })
}

pub(crate) fn is_short_enough(source: &Source) -> Option<Complaint> {
    let lines = source.text.lines().count();
    (lines > FILE_LINES_MAX).then(|| {
        let says = format!(
            "{lines} lines; at most {FILE_LINES_MAX}, with docs: split it by the moments in a life"
        );
        source.complain(FILE_LINES_MAX + 1, says)
    })
}

/// The number of lines that hold code which is compiled outside tests.
pub(crate) fn code_lines(source: &Source) -> usize {
    let code = source.shipped_code();
    code.iter().flat_map(Token::lines).collect::<BTreeSet<_>>().len()
}

pub(crate) fn kernels_within_budget(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for kernel in KERNELS {
        let (runtime, _) = kernel.rsplit_once('/').expect("a kernel lies in its runtime's folder");
        let inside = |folder: &str| {
            let prefix = format!("{folder}/");
            tree.crate_sources().filter(move |source| source.path.starts_with(&prefix))
        };
        let lines: usize = inside(kernel).map(code_lines).sum();
        let says = if lines > KERNEL_LINES_MAX {
            format!("{lines} lines of code; at most {KERNEL_LINES_MAX}: move what builds on it out")
        } else if lines == 0 && inside(runtime).count() > 1 {
            "missing; a runtime of more than one file keeps its kernel in a folder of its own"
                .into()
        } else {
            continue;
        };
        complaints.push(Complaint { path: kernel.to_owned(), line: 1, says });
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_story_or_with_too_many_lines_is_found() {
        assert!(opens_with_its_story(&Source::new("src/a.rs", "use std;\n")).is_some());
        assert!(opens_with_its_story(&Source::new("src/a.rs", "//! A.\n")).is_none());
        assert!(is_short_enough(&Source::new("src/a.rs", &"\n".repeat(401))).is_some());
        assert!(is_short_enough(&Source::new("src/a.rs", &"\n".repeat(400))).is_none());
    }

    #[test]
    fn comments_blank_lines_and_tests_are_not_lines_of_code() {
        let text =
            "//! A.\n\nfn a() {\n    // why\n    b(); // why\n}\n#[cfg(test)]\nmod tests {\n}\n";
        assert_eq!(code_lines(&Source::new("src/a.rs", text)), 3);
    }

    #[test]
    fn a_kernel_over_its_budget_and_a_missing_one_are_found() {
        let long = Source::new("src/coop/kernel/a.rs", &"fn a() {}\n".repeat(KERNEL_LINES_MAX + 1));
        let procs = ["src/procs/mod.rs", "src/procs/wire.rs"].map(|path| Source::new(path, ""));
        let tree = Tree::of([long].into_iter().chain(procs).collect());
        let found = kernels_within_budget(&tree);
        let paths: Vec<_> = found.iter().map(|complaint| complaint.path.as_str()).collect();
        assert_eq!(paths, ["src/coop/kernel", "src/procs/kernel"]);
    }
}
