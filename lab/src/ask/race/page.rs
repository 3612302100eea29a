//! What many runs came to, as people read it.

use super::layout::{COLUMNS, again, command, fitted, folded, quoted, table, times};
use super::report::{Recorded, Report, Row};
use lab_core::text::numbers::{count, grouped, percent};
use lab_core::text::wrap::wrap;
use lab_core::work::race::setting::Model;
use lab_core::work::race::tape::signed;

/// Renders a report.
pub(super) fn page(report: &Report) -> String {
    let names = ["", shown(report), "lost", "wrong", "forced", "involuntary"];
    let head = vec![names.map(str::to_owned).to_vec()];
    let rows = report.rows.iter().map(|row| cells(report, row));
    let figures = table(1, head.into_iter().chain(rows).collect(), 1..names.len());
    let reasons = table(1, report.rows.iter().map(reason).collect(), 0..0);
    fitted(&format!(
        "{}\n{}{figures}\n{reasons}{}{}",
        quoted(&report.text),
        head_line(report),
        recorded(report),
        try_next(report)
    ))
}

/// The name of the variable that is shown.
fn shown(report: &Report) -> &str {
    report.variables.get(report.shown).map_or("(nothing is shared)", String::as_str)
}

/// Who did what how often, and what one after another comes to; where nothing is shared, each alone.
fn head_line(report: &Report) -> String {
    let of = |row: &Row| {
        let orders = std::iter::once(&row.expected).chain(&row.other_orders);
        let mut values: Vec<i64> =
            orders.filter_map(|values| values.get(report.shown)).copied().collect();
        values.sort_unstable();
        values.dedup();
        let texts: Vec<String> = values.into_iter().map(signed).collect();
        (!texts.is_empty()).then(|| texts.join(" or "))
    };
    let first = |is_apart| report.rows.iter().find(|row| row.shares_nothing() == is_apart);
    let name = shown(report);
    let expected = match (first(false).and_then(of), first(true).and_then(of)) {
        (Some(value), Some(each)) if value != each => {
            format!("; expected: {name} = {value}, a process {each}")
        }
        (Some(value), _) | (None, Some(value)) => format!("; expected: {name} = {value}"),
        (None, None) => String::new(),
    };
    let trains = grouped(report.threads as u64);
    let noun = if report.threads == 1 { "train" } else { "trains" };
    let (times, runs) = (times(report.rounds), count(report.runs, "run"));
    wrap(&format!("{trains} {noun}, each {times}; {runs}{expected}"), COLUMNS, 0) + "\n"
}

fn cells(report: &Report, row: &Row) -> Vec<String> {
    let values = row.values_of(report.shown, report.variables.len());
    let range = match (values.iter().min(), values.iter().max()) {
        (Some(&least), Some(&most)) if least == most => signed(least),
        (Some(&least), Some(&most)) => format!("{} to {}", signed(least), signed(most)),
        _ => String::new(),
    };
    let lost = row.lost_share.get(report.shown).copied().flatten();
    let switches = |number: u64, is_counted: bool| {
        if is_counted { grouped(number) } else { String::new() }
    };
    vec![
        row.label.clone(),
        range,
        lost.map_or_else(|| "-".to_owned(), percent),
        format!("{} of {}", row.wrong_runs, report.runs),
        switches(row.forced_switches, row.gil == "on"),
        switches(row.involuntary_switches, row.model == Model::Threads),
    ]
}

/// What decided a row.
fn reason(row: &Row) -> Vec<String> {
    let failures = row.failures.iter().map(|says| format!("; a train failed: {says}"));
    vec![row.label.clone(), format!("{}{}", row.why, failures.collect::<String>())]
}

fn recorded(report: &Report) -> String {
    let Some(recorded) = &report.recorded else { return String::new() };
    let Recorded { of, columns, sentence, schedule, .. } = recorded;
    let again = |schedule: &String| again(&report.program, report.threads, report.rounds, schedule);
    let again = schedule.as_ref().map(again).unwrap_or_default();
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
    let aligned = |(command, shows): &(String, &str)| format!("  {command:width$}  {shows}\n");
    let below = |(command, shows): &(String, &str)| {
        format!("{}    {shows}\n", folded(&format!("  {command}")))
    };
    let lines: String = rows.iter().map(aligned).collect();
    let fits = lines.lines().all(|line| line.chars().count() <= COLUMNS);
    let lines = if fits { lines } else { rows.iter().map(below).collect() };
    format!("\nTry next:\n{lines}")
}
