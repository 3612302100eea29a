//! The book: `docs/`, plain Markdown in mdBook's layout, made from what the program itself says.
//!
//! An experiment's file is the only source of its page, the guide's stops and the README's list, and
//! the command line's of the page of commands. What a page quotes of a run (`docs/outputs/`), and
//! its picture (`docs/figures/`), are made by `ci/docs.sh`, which runs them. `lab/tests/docs`
//! compares every page with what is made here, and `TRAINYARD_BLESS=1` writes them.
//!
//! Read next: [`experiment`](mod@experiment).

pub mod experiment;
pub mod guide;

use clap::{CommandFactory, ValueEnum};

use crate::ask::experiment::catalogue;
use crate::ask::experiment::kit::experiment::Group;
use crate::command::CommandLine;
use lab_core::text::{add, capitalised};

/// One file of `docs/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Where it lies, from `docs/`.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// What stands in the first line of every page.
const MADE: &str = "<!-- made by `TRAINYARD_BLESS=1 cargo test --test docs`; do not edit -->\n\n";

/// Makes all pages. `quoted` returns the files that are quoted, by their path from `docs/`.
pub fn pages(quoted: &dyn Fn(&str) -> Option<String>) -> Vec<Page> {
    let page =
        |path: &str, text: String| Page { path: path.to_owned(), text: MADE.to_owned() + &text };
    let mut pages = vec![
        Page { path: "SUMMARY.md".to_owned(), text: summary() },
        page("guide.md", guide::page()),
        page("experiments.md", index()),
        page("commands.md", commands()),
    ];
    for one in catalogue::all() {
        pages.push(page(&experiment::path(one), experiment::page(one, quoted)));
    }
    pages
}

/// The table of contents, in the form that mdBook reads.
fn summary() -> String {
    let mut text = String::from(
        "# Summary\n\n- [The claims of the notes](the-notes.md)\n- [An hour's tour](guide.md)\n\
         - [Experiments](experiments.md)\n",
    );
    for one in catalogue::all() {
        add!(text, "  - [{}: {}]({})\n", one.name, one.title, experiment::path(one));
    }
    text + "- [Commands](commands.md)\n"
}

/// The list of experiments, with their links.
fn index() -> String {
    String::from(
        "# Experiments\n\nEach is a question, what one may expect, a run, and relations that must \
         hold between its figures, on any machine that can show them. `trainyard experiment run \
         NAME --quick` runs one in seconds.\n",
    ) + &list(|group| format!("\n## {group}\n\n"), "")
}

/// The same for the README.
pub fn readme_list() -> String {
    let list = list(|group| format!("\n{group}:\n\n"), "docs/");
    format!("{}\n", &list[1..])
}

/// The experiments of each group below its heading; their pages lie in `folder`.
fn list(heading: impl Fn(&str) -> String, folder: &str) -> String {
    let mut text = String::new();
    for group in Group::value_variants() {
        let mut experiments = catalogue::experiments(*group).peekable();
        if experiments.peek().is_none() {
            continue;
        }
        text += &heading(&capitalised(group.title()));
        for one in experiments {
            let path = experiment::path(one);
            add!(text, "- [{}]({folder}{path}): {}\n", one.name, one.title);
        }
    }
    text
}

/// What `--help` says of every command.
fn commands() -> String {
    let mut text = String::from("# Commands\n");
    let program = CommandLine::command().term_width(80);
    let mut commands = vec![(vec!["trainyard".to_owned()], program)];
    while let Some((name, command)) = commands.pop() {
        let words = name.join(" ");
        let help = command.clone().bin_name(&words).render_long_help();
        add!(text, "\n## {words}\n\n```text\n{}\n```\n", help.to_string().trim_end());
        let nested = command.get_subcommands().filter(|command| !command.is_hide_set());
        let nested: Vec<_> = nested
            .map(|command| {
                let name = [&name[..], &[command.get_name().to_owned()]].concat();
                (name, command.clone().term_width(80))
            })
            .collect();
        commands.extend(nested.into_iter().rev());
    }
    // Lines of help end where their words do.
    let lines = text.lines().map(|line| line.trim_end().to_owned() + "\n");
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is broken is copied broken. The page is as wide as a terminal, so no `--help` breaks it.
    #[test]
    fn every_line_of_examples_is_a_whole_command() {
        let page = commands();
        let blocks: Vec<&str> = page.split("\nExamples:\n").skip(1).collect();
        assert!(blocks.len() > 10, "{page}");
        for block in blocks {
            let lines =
                block.lines().take_while(|line| !line.is_empty() && !line.starts_with("```"));
            for line in lines {
                assert!(line.starts_with("  trainyard"), "not a command: {line:?}");
            }
        }
    }
}
