//! From a kind of event to the lines of source that emit it.
//!
//! A picture of a runtime becomes an explanation of it when one click on a slice opens the code
//! that drew it. A kind is emitted at one place (TRACE-1), `src/trace/sites.md` names that place,
//! and the tidy test keeps the table true. So the program carries the table and the text of each
//! file in it, as they were when it was built, and cuts the lines out when it is asked.

use std::collections::HashMap;
use std::sync::LazyLock;

use trainyard::trace::Kind;

/// Where a kind is emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The file, from the root of the repository.
    pub file: &'static str,
    /// The line of the call, counted from 1.
    pub line: usize,
    pub first_line: usize,
    /// The function around the call if it is short, and otherwise the lines next to the call.
    pub excerpt: String,
}

/// A function of at most so many lines is shown whole: what fits beside a picture.
const WHOLE_LINES_MAX: usize = 18;
/// So many lines before and after the call are shown of a longer function.
const NEIGHBOURS: usize = 5;

/// Returns the place that emits `kind`.
/// Panics if `src/trace/sites.md` lacks the kind or names a file that `SOURCES` lacks. A test
/// asks for every kind, so a program that passes its tests does not.
pub fn site(kind: Kind) -> &'static Site {
    static SITES: LazyLock<HashMap<&str, Site>> = LazyLock::new(|| {
        include_str!("../../../../src/trace/sites.md").lines().filter_map(row).collect()
    });
    SITES.get(kind.name()).unwrap_or_else(|| panic!("src/trace/sites.md has no {}", kind.name()))
}

macro_rules! sources {
    ($($path:literal),+ $(,)?) => {
        /// The text of every file that emits.
        const SOURCES: &[(&str, &str)] =
            &[$(($path, include_str!(concat!("../../../../", $path)))),+];
    };
}

sources! {
    "src/sys/blocking.rs",
    "src/handle/mod.rs",
    "src/threads/kernel/world.rs",
    "src/threads/kernel/queue.rs",
    "src/threads/kernel/lock.rs",
    "src/threads/kernel/leave.rs",
    "src/threads/pool/job.rs",
    "src/threads/pool/roster.rs",
    "src/coop/kernel/scheduler.rs",
    "src/coop/kernel/outside.rs",
    "src/coop/kernel/inbox.rs",
    "src/coop/kernel/reactor.rs",
    "src/coop/kernel/timer.rs",
    "src/procs/kernel/spawn.rs",
    "src/procs/kernel/supervisor.rs",
    "src/procs/kernel/worker.rs",
    "src/procs/kernel/child.rs",
    "lab/core/src/work/arm.rs",
}

/// Reads a row of the table; `None` for its head and for the text above it.
fn row(line: &'static str) -> Option<(&'static str, Site)> {
    let mut cells = line.strip_prefix("| ")?.split(" | ");
    let (kind, file) = (cells.next()?, cells.next()?);
    let line: usize = cells.next()?.parse().ok()?;
    let (_, text) = SOURCES
        .iter()
        .find(|(path, _)| *path == file)
        .unwrap_or_else(|| panic!("{file} emits {kind}: add it to `sources!`"));
    let (first_line, excerpt) = excerpt(text, line);
    Some((kind, Site { file, line, first_line, excerpt }))
}

/// Cuts out what is shown of `text` around `line`, and says with which line it begins.
fn excerpt(text: &str, line: usize) -> (usize, String) {
    let lines: Vec<&str> = text.lines().collect();
    let at = line.saturating_sub(1).min(lines.len().saturating_sub(1));
    let (first, last) = function_around(&lines, at)
        .filter(|(first, last)| last - first < WHOLE_LINES_MAX)
        .unwrap_or((at.saturating_sub(NEIGHBOURS), (at + NEIGHBOURS).min(lines.len() - 1)));
    (first + 1, lines[first..=last].join("\n"))
}

/// Finds the first and last line of the function around the line `at`, by rustfmt's indentation.
fn function_around(lines: &[&str], at: usize) -> Option<(usize, usize)> {
    let is_head = |line: &str| {
        let code = line.trim_start();
        code.starts_with("fn ") || code.starts_with("pub") && code.contains("fn ")
    };
    let head = lines[..at].iter().rposition(|line| is_head(line))?;
    let indent = lines[head].len() - lines[head].trim_start().len();
    let closes = |line: &&str| line.len() == indent + 1 && line.ends_with('}');
    let end = at + lines[at..].iter().position(closes)?;
    Some((head, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_an_excerpt_that_fits_and_emits_it_at_the_marked_line() {
        for &kind in Kind::ALL {
            let &Site { line, first_line, ref excerpt, .. } = site(kind);
            assert!(excerpt.lines().count() <= WHOLE_LINES_MAX, "{kind:?}");
            let marked: Vec<&str> = excerpt.lines().skip(line - first_line).take(2).collect();
            let marked = marked.join("\n");
            assert!(marked.contains("emit(") || marked.contains("record("), "{kind:?}: {marked}");
            assert!(marked.contains(&format!("Kind::{}", kind.name())), "{kind:?}: {marked}");
        }
    }

    #[test]
    fn a_short_function_is_shown_whole_and_a_long_one_around_its_call() {
        let short = "use x;\n\nfn f() {\n    emit();\n}\n\nfn g() {}\n";
        assert_eq!(excerpt(short, 4), (3, "fn f() {\n    emit();\n}".to_owned()));
        let [before, after] = ["    a;\n", "    b;\n"].map(|line| line.repeat(20));
        let long = format!("fn f() {{\n{before}    emit();\n{after}}}\n");
        let (first, text) = excerpt(&long, 22);
        assert_eq!((first, text.lines().count()), (17, 2 * NEIGHBOURS + 1));
    }
}
