//! What many runs came to.

use super::{COLUMNS, aligned, command, quoted, spaced, times};
use crate::ask::race::report::{Recorded, Report, Row};
use lab_core::text::numbers::{count, grouped, percent};
use lab_core::text::wrap::wrap;

/// Renders a report for people.
pub fn table(report: &Report) -> String {
    let mut page = quoted(&report.text);
    page += &head(report);
    let names = ["", shown(report), "lost", "wrong", "forced", "involuntary"];
    let mut rows = vec![names.map(str::to_owned).to_vec()];
    rows.extend(report.rows.iter().map(|row| cells(report, row)));
    page += &aligned(&rows, &[0]);
    page += "\n";
    page += &reasons(report);
    page += &recorded(report);
    page + &try_next(report)
}

/// Renders a report as the one document of the schema `trainyard.race/1`.
///
/// # Panics
///
/// Never: every key is a string and every value can be written.
pub fn json(report: &Report) -> String {
    let text = serde_json::to_string_pretty(report).expect("a report is plain data");
    text + "\n"
}

/// The name of the variable that is shown.
fn shown(report: &Report) -> &str {
    report.variables.get(report.shown).map_or("(nothing is shared)", String::as_str)
}

/// Who did what how often, and what one after another comes to; where nothing is shared, each alone.
fn head(report: &Report) -> String {
    let of = |row: &Row| {
        let orders = std::iter::once(&row.expected).chain(&row.other_orders);
        let mut values: Vec<i64> =
            orders.filter_map(|values| values.get(report.shown)).copied().collect();
        values.sort_unstable();
        values.dedup();
        let texts: Vec<String> = values.into_iter().map(spaced).collect();
        (!texts.is_empty()).then(|| texts.join(" or "))
    };
    let shared = report.rows.iter().find(|row| !row.shares_nothing()).and_then(of);
    let apart = report.rows.iter().find(|row| row.shares_nothing()).and_then(of);
    let name = shown(report);
    let expected = match (shared, apart) {
        (Some(value), Some(each)) if value != each => {
            format!("; expected: {name} = {value}, a process {each}")
        }
        (Some(value), _) | (None, Some(value)) => format!("; expected: {name} = {value}"),
        (None, None) => String::new(),
    };
    let trains = grouped(report.threads as u64);
    let (noun, runs) =
        (if report.threads == 1 { "train" } else { "trains" }, count(report.runs, "run"));
    let head = format!("{trains} {noun}, each {}; {runs}{expected}", times(report.rounds));
    format!("\n{}\n", wrap(&head, COLUMNS, 0))
}

fn cells(report: &Report, row: &Row) -> Vec<String> {
    let lost = row.lost_share.get(report.shown).copied().flatten();
    let switches = |number: u64, is_counted: bool| {
        if is_counted { grouped(number) } else { String::new() }
    };
    vec![
        row.label.clone(),
        range(&row.values_of(report.shown, report.variables.len())),
        lost.map_or_else(|| "-".to_owned(), percent),
        format!("{} of {}", row.wrong_runs, report.runs),
        switches(row.forced_switches, row.gil == "on"),
        switches(row.involuntary_switches, row.model == "threads"),
    ]
}

/// `7`, or `3 to 7`.
fn range(values: &[i64]) -> String {
    match (values.iter().min(), values.iter().max()) {
        (Some(&least), Some(&most)) if least == most => spaced(least),
        (Some(&least), Some(&most)) => format!("{} to {}", spaced(least), spaced(most)),
        _ => String::new(),
    }
}

/// What decided each row.
fn reasons(report: &Report) -> String {
    let width = report.rows.iter().map(|row| row.label.len()).max().unwrap_or(0);
    let indent = width + 3;
    let lines = report.rows.iter().map(|row| {
        let failures = row.failures.iter().map(|says| format!("; a train failed: {says}"));
        let why = format!("{}{}", row.why, failures.collect::<String>());
        format!(" {:width$}  {}", row.label, wrap(&why, COLUMNS - indent, indent))
    });
    lines.collect()
}

fn recorded(report: &Report) -> String {
    let Some(recorded) = &report.recorded else { return String::new() };
    let Recorded { of, columns, sentence, schedule, .. } = recorded;
    let again = schedule.as_ref().map_or_else(String::new, |schedule| {
        let Report { threads, rounds, .. } = report;
        let flags = format!("--threads {threads} --rounds {rounds} --replay {schedule}");
        format!("Again: {}\n", command("race", &report.program, &flags))
    });
    let sentence = wrap(sentence, COLUMNS, 0);
    format!("\nOne of them, instruction by instruction ({of}):\n\n{columns}\n{sentence}{again}")
}

fn try_next(report: &Report) -> String {
    let mut rows =
        vec![(command("dis", &report.program, ""), "the instructions, and where the lock looks")];
    // What loops by itself has too many orders.
    if report.rounds > 1 {
        rows.push((command("race", &report.program, "--search"), "every possible ending"));
    }
    let width = rows.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
    let lines = rows.iter().map(|(command, shows)| format!("  {command:width$}  {shows}\n"));
    format!("\nTry next:\n{}", lines.collect::<String>())
}
