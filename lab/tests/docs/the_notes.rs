//! `docs/the-notes.md` is true: every command on it runs, and prints what it says.
//!
//! A comparison runs with one round and few requests: what is looked for does not depend on
//! times. A command that stands there for several claims is run once.

#[path = "../../../tests/support/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::path::Path;

const PAGE: &str = include_str!("../../../docs/the-notes.md");

/// The claims that no command shows yet. Whoever adds a command takes its claim out of here.
const NOT_SHOWN_YET: &[usize] = &[];

/// What makes a comparison short, for each option that the page does not set itself.
const SHORT: &[(&str, &str)] =
    &[("--runs", "1"), ("--warmup", "0"), ("--requests", "20"), ("--latency", "2ms")];

/// One row of the page's tables.
#[derive(Debug)]
struct Claim {
    number: usize,
    /// `None`: the page says "none yet".
    command: Option<&'static str>,
    /// What the command prints.
    prints: Vec<&'static str>,
}

/// The rows that begin with a number: number, claim, command, what to look at, what it prints.
fn claims() -> Vec<Claim> {
    let rows = PAGE.lines().filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix('|')?.split('|').map(str::trim).collect();
        Some((cells.first()?.parse().ok()?, cells))
    });
    rows.map(|(number, cells)| {
        assert_eq!(cells.len(), 6, "claim {number}: five cells, each closed by a |");
        let command = quoted(cells[2]);
        assert!(command.len() == 1 || cells[2] == "none yet", "claim {number}: one command");
        Claim { number, command: command.first().copied(), prints: quoted(cells[4]) }
    })
    .collect()
}

/// The texts in backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Runs a command of the page, and returns what it printed, with single spaces.
fn output_of(command: &str) -> String {
    let words: Vec<&str> = command.split_whitespace().collect();
    let printed = match words.as_slice() {
        ["trainyard", "compare", options @ ..] => {
            let more = SHORT.iter().filter(|(option, _)| !options.contains(option));
            let more = more.flat_map(|&(option, value)| [option, value]);
            let arguments = words[1..].iter().copied().chain(more).collect::<Vec<_>>();
            program::run(Path::new(env!("CARGO_BIN_EXE_trainyard")), &arguments)
        }
        ["trainyard", "race" | "dis", ..] => {
            program::run(Path::new(env!("CARGO_BIN_EXE_trainyard")), &words[1..])
        }
        ["cargo", "run", "--release", "--example", name] => {
            program::run(&program::example(name), &[])
        }
        _ => panic!("{command:?} is no command that this test knows"),
    };
    printed.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_command_of_the_page_runs_and_prints_what_the_page_says() {
    let mut outputs = BTreeMap::new();
    for Claim { number, command, prints } in claims() {
        let Some(command) = command else { continue };
        let output = outputs.entry(command).or_insert_with(|| output_of(command));
        assert!(!prints.is_empty(), "claim {number}: what does {command:?} print?");
        for expected in prints {
            let found = output.contains(expected);
            assert!(
                found,
                "claim {number}: no {expected:?} in what {command:?} printed:\n{output}"
            );
        }
    }
}

#[test]
fn the_claims_that_no_command_shows_yet_are_known() {
    let claims = claims();
    assert!(claims.iter().map(|claim| claim.number).eq(1..=claims.len()), "{claims:?}");
    let none_yet: Vec<usize> =
        claims.iter().filter(|claim| claim.command.is_none()).map(|claim| claim.number).collect();
    println!("{} claims; without a command: {none_yet:?}", claims.len());
    assert_eq!(none_yet, NOT_SHOWN_YET);
}
