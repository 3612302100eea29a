//! A sweep as a table, as JSON, as CSV, as Markdown.
//!
//! One line for each point, one column for each contender, its model included: its median, its spread, and its ratio to
//! the sequential run of the same point. A `*` stands at the knee. Where the terminal is too narrow
//! for all contenders the table is continued below, with the points again.

use std::fmt::Write;

use anstyle::{AnsiColor, Style as Ansi};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::knee::Knee;
use super::report::{Report, Row};
use super::variable::{Value, Variable};
use lab_core::terms::contender::{Model, Workload};
use lab_core::text::numbers;
use lab_core::text::wrap::wrap;

const BOLD: Ansi = Ansi::new().bold();
const WARNING: Ansi = AnsiColor::Yellow.on_default().bold();

/// What a person gets.
pub fn table(report: &Report, columns: usize) -> String {
    if report.results.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    for &workload in &report.params.workloads {
        let names = report.columns(workload);
        let mut rest = names.as_slice();
        while !rest.is_empty() {
            let (part, shown) = widest(report, workload, rest, columns);
            text += &part;
            text.push('\n');
            rest = &rest[shown..];
        }
        for knee in report.knees.iter().filter(|knee| knee.workload == workload.name()) {
            text += &wrap(&format!("* {}", about(knee)), columns, 2);
        }
        text.push('\n');
    }
    text += &wrap(&conditions(report), columns, 0);
    if let Some(conclusion) = &report.conclusion {
        write!(text, "\n{BOLD}{}{BOLD:#}", wrap(&capitalised(conclusion), columns, 0))
            .expect("writing to memory");
    }
    if !report.warnings.is_empty() {
        text.push('\n');
    }
    for warning in &report.warnings {
        let line = wrap(&format!("warning: {warning}"), columns, 2);
        text += &line.replacen("warning:", &format!("{WARNING}warning:{WARNING:#}"), 1);
    }
    text
}

/// The table with as many of `names` as fit, one at least, and how many these are.
fn widest(report: &Report, workload: Workload, names: &[&str], columns: usize) -> (String, usize) {
    let fits = |text: &str| text.lines().all(|line| line.chars().count() <= columns);
    let tables = (1..=names.len()).rev().map(|count| {
        let table = lay_out(report, workload, &names[..count]);
        (table, count)
    });
    let one = || (lay_out(report, workload, &names[..1]), 1);
    tables.into_iter().find(|(table, _)| fits(table)).unwrap_or_else(one)
}

fn lay_out(report: &Report, workload: Workload, names: &[&str]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let mut header: Vec<String> = variables(report).map(str::to_owned).collect();
    match header.first_mut() {
        Some(first) => *first = format!("{workload}: {first}"),
        // Models alone are scanned: there is one line, and it needs no name.
        None => header.push(workload.to_string()),
    }
    let own_width = header.len();
    header.extend(names.iter().map(|name| (*name).to_owned()));
    table.set_header(header);
    for line in lines(report, workload) {
        let mut cells: Vec<String> = line[0].place().map(|(_, value)| value.to_string()).collect();
        cells.resize(own_width, String::new());
        cells.extend(names.iter().map(|name| {
            let row = line.iter().find(|row| row.column == *name);
            row.map_or_else(|| "–".to_owned(), |row| cell(row, report))
        }));
        table.add_row(cells);
    }
    for column in table.column_iter_mut() {
        column.set_padding((1, 1));
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines = table.to_string();
    lines.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// What a line is at: all variables but the models, which have columns.
fn variables(report: &Report) -> impl Iterator<Item = &str> {
    let scanned = report.scanned.iter().filter(|variable| **variable != Variable::Models);
    scanned.map(|variable| variable.name())
}

/// The rows of each point, in the order of the points; those of all models are in one line.
fn lines(report: &Report, workload: Workload) -> Vec<Vec<&Row>> {
    let mut lines: Vec<Vec<&Row>> = Vec::new();
    for row in report.results.iter().filter(|row| row.compared.workload == workload) {
        let place: Vec<(Variable, Value)> = row.place().collect();
        match lines.iter_mut().find(|line| line[0].place().eq(place.iter().copied())) {
            Some(line) => line.push(row),
            None => lines.push(vec![row]),
        }
    }
    lines
}

/// `180 ms ±5 %  4.7x *`.
fn cell(row: &Row, report: &Report) -> String {
    let wall = row.compared.wall_s.summary;
    let mut text = numbers::seconds(wall.median);
    if row.compared.wall_s.samples.len() > 1 {
        let spread = numbers::percent(wall.stddev / wall.median);
        write!(text, " ±{spread}").expect("to memory");
    }
    let ratio = row.compared.speedup_vs_sync.filter(|_| row.compared.model != Model::Sync);
    if let Some(ratio) = ratio {
        write!(text, " {:>5}", numbers::ratio(ratio)).expect("to memory");
    }
    let has_knee = |knee: &&Knee| {
        knee.workload == row.compared.workload.name() && knee.contender == row.column
    };
    if report.knees.iter().any(|knee| has_knee(&knee)) {
        text += if is_knee(row, report) { " *" } else { "  " };
    }
    text
}

fn is_knee(row: &Row, report: &Report) -> bool {
    report.knees.iter().any(|knee| {
        let mut parameters = knee.parameters.clone();
        parameters.insert(knee.variable.to_owned(), knee.value.clone());
        knee.workload == row.compared.workload.name()
            && knee.contender == row.column
            && parameters == row.parameters
    })
}

/// `the knee of threads, lock on: 16 workers, 57 ms; the best is 64, 55 ms`.
fn about(knee: &Knee) -> String {
    let others = if knee.shown.others.is_empty() {
        String::new()
    } else {
        format!(" ({})", knee.shown.others.join(", "))
    };
    let variable = knee.variable.trim_end_matches("_s").replace('_', "-");
    let at = format!(
        "the knee of {}{others}: {variable} {}, {}",
        knee.contender,
        knee.shown.value,
        numbers::seconds(knee.median_s)
    );
    if knee.is_end_of_range {
        format!("{at}: the range ends with it, and more may still help.")
    } else if knee.shown.value == knee.shown.best {
        format!("{at}, is also the best.")
    } else {
        let best = numbers::seconds(knee.best_median_s);
        format!("{at}, is as good as the best, {} with {best}.", knee.shown.best)
    }
}

fn conditions(report: &Report) -> String {
    let rounds =
        report.results.iter().map(|row| row.compared.wall_s.samples.len()).max().unwrap_or(0);
    let knee = if report.knees.is_empty() {
        ""
    } else {
        " The knee (*) is the smallest value within 5 % of the best, or within 10 % and not \
         distinguishable from it."
    };
    format!(
        "{}, all points in turn: the median, its spread, and the ratio to one after another beside \
         it.{knee} {} ({}), Linux {}.{}",
        numbers::count(rounds, "round"),
        numbers::count(report.host.cpus, "CPU"),
        report.host.cpu_model,
        report.host.kernel,
        if report.complete { "" } else { " Not complete: this is what was measured." },
    )
}

fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters
        .next()
        .map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}

/// One document for programs, `trainyard.sweep/1`.
///
/// # Panics
///
/// Never: every key is a string and every value can be written.
pub fn json(report: &Report) -> String {
    serde_json::to_string_pretty(report).expect("a report is plain data") + "\n"
}

/// One line for each point and contender.
pub fn csv(report: &Report) -> String {
    let keys = report.scanned.iter().map(|variable| variable.key());
    // `workers` and `model` are columns of their own, too.
    let scanned: Vec<String> = keys.map(|key| format!("scanned_{key}")).collect();
    let mut text = format!(
        "{},workload,model,gil,workers,python,wall_s_median,wall_s_low,wall_s_high,wall_s_stddev,\
         user_s,system_s,in_flight_max,running_at_once_max,speedup_vs_sync,speedup_low,\
         speedup_high,is_knee\n",
        scanned.join(",")
    );
    for row in &report.results {
        let one = &row.compared;
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let count =
            |value: Option<usize>| value.map_or_else(String::new, |value| value.to_string());
        let bounds = |bounds: Option<[f64; 2]>| bounds.map_or([None; 2], |it| it.map(Some));
        let [low, high] = bounds(row.wall_interval_s);
        let [speedup_low, speedup_high] = bounds(one.speedup_interval);
        let mut cells: Vec<String> = row
            .point
            .iter()
            .map(|(_, value)| value.number().map_or_else(|| value.to_string(), |n| n.to_string()))
            .collect();
        cells.extend([
            one.workload.to_string(),
            one.model.to_string(),
            one.gil.to_string(),
            one.workers.to_string(),
            one.python.map_or_else(String::new, |version| version.to_string()),
            one.wall_s.summary.median.to_string(),
            number(low),
            number(high),
            one.wall_s.summary.stddev.to_string(),
            one.user_s.to_string(),
            one.system_s.to_string(),
            count(one.in_flight_max),
            count(one.running_at_once_max),
            number(one.speedup_vs_sync),
            number(speedup_low),
            number(speedup_high),
            is_knee(row, report).to_string(),
        ]);
        text += &cells.join(",");
        text.push('\n');
    }
    text
}

/// A table for each workload, to paste into an issue.
pub fn markdown(report: &Report) -> String {
    let mut text = String::new();
    for &workload in &report.params.workloads {
        let names = report.columns(workload);
        if names.is_empty() {
            continue;
        }
        let header: Vec<&str> = variables(report).chain(names.iter().copied()).collect();
        writeln!(text, "### {workload}\n\n| {} |", header.join(" | ")).expect("to memory");
        writeln!(text, "|{}", " ---: |".repeat(header.len())).expect("to memory");
        for line in lines(report, workload) {
            let mut cells: Vec<String> =
                line[0].place().map(|(_, value)| value.to_string()).collect();
            cells.extend(names.iter().map(|name| {
                let row = line.iter().find(|row| row.column == *name);
                row.map_or_else(|| "–".to_owned(), |row| cell(row, report).trim_end().to_owned())
            }));
            writeln!(text, "| {} |", cells.join(" | ")).expect("to memory");
        }
        text.push('\n');
    }
    for knee in &report.knees {
        writeln!(text, "- {}: {}", knee.workload, about(knee)).expect("to memory");
    }
    writeln!(text, "\n{}", conditions(report)).expect("to memory");
    if let Some(conclusion) = &report.conclusion {
        writeln!(text, "\n{}", capitalised(conclusion)).expect("to memory");
    }
    for warning in &report.warnings {
        writeln!(text, "- warning: {warning}").expect("to memory");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::sweep::plan::Scan;
    use crate::ask::sweep::testing;

    fn plain(report: &Report, columns: usize) -> String {
        anstream::adapter::strip_str(&table(report, columns)).to_string()
    }

    #[test]
    fn a_line_has_a_point_and_the_knee_is_marked() {
        let text = plain(&testing::report(|_| ()), 80);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let knees: Vec<&str> = text.lines().filter(|line| line.ends_with('*')).collect();
        assert!(knees[0].trim_start().starts_with("16 "), "{text}");
        assert!(text.contains("* the knee of threads, lock on: workers 16, "), "{text}");
        assert!(text.contains("The correct number of threads is not a constant"), "{text}");
    }

    #[test]
    fn a_narrow_terminal_gets_the_table_in_parts() {
        let text = plain(&testing::report(|_| ()), 50);
        assert!(text.lines().all(|line| line.chars().count() <= 50), "{text}");
        assert_eq!(text.matches("io: workers").count(), 3, "{text}");
    }

    /// Fails if each model has lines of its own: half of the cells would have nothing in them.
    #[test]
    fn models_that_are_scanned_stand_side_by_side() {
        let counts =
            Scan { variable: Variable::Workers, values: [1, 2, 8].map(Value::Count).into() };
        let models = [Model::Threads, Model::Procs].map(Value::Model).into();
        let models = Scan { variable: Variable::Models, values: models };
        for scans in [vec![models.clone(), counts.clone()], vec![counts, models.clone()]] {
            let report = testing::report_of(scans, |_| ());
            let text = plain(&report, 200);
            let header =
                "io: workers one after another threads, lock on threads, lock off processes";
            let first = text.lines().next().unwrap();
            assert_eq!(first.split_whitespace().collect::<Vec<_>>().join(" "), header);
            let points = text.lines().skip(1).take_while(|line| !line.is_empty());
            assert_eq!(points.filter(|line| line.contains(" ms ")).count(), 3, "{text}");
            assert!(!text.contains('–'), "{text}");
            assert!(text.contains("* the knee of processes: workers"), "{text}");
            let table = markdown(&report);
            let header = "| workers | one after another | threads, lock on | threads, lock off | ";
            assert!(table.contains(header) && !table.contains('–'), "{table}");
        }
        let alone = plain(&testing::report_of(vec![models], |_| ()), 200);
        let lines: Vec<&str> = alone.lines().take(3).map(str::trim).collect();
        assert!(lines[0].starts_with("io  one after another"), "{alone}");
        assert!(lines[1].contains(" ms") && lines[2].is_empty(), "{alone}");
    }

    #[test]
    fn csv_has_as_many_values_as_names_in_every_line() {
        let text = csv(&testing::report(|_| ()));
        let commas: Vec<usize> = text.lines().map(|line| line.matches(',').count()).collect();
        assert_eq!(commas.len(), 1 + 2 * 5 * 3);
        assert!(commas.iter().all(|count| *count == commas[0]), "{text}");
        assert_eq!(text.matches(",true").count(), 4, "a knee in each series of threads");
    }

    #[test]
    fn the_document_has_the_keys_of_its_schema() {
        let value: serde_json::Value =
            serde_json::from_str(&json(&testing::report(|_| ()))).unwrap();
        assert_eq!(value["schema"], "trainyard.sweep/1");
        let keys =
            ["complete", "seed", "params", "warnings", "host", "variables", "knees", "conclusion"];
        assert!(keys.iter().all(|key| value.get(key).is_some()), "{value}");
        let row = &value["results"][1];
        let keys = ["parameters", "wall_interval_s", "workload", "model", "wall_s", "verdict"];
        assert!(keys.iter().all(|key| row.get(key).is_some()), "{row}");
        assert_eq!(value["knees"][0]["value"], 16);
    }
}
