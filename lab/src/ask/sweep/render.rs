//! A sweep as a table, as JSON, as CSV, as Markdown.
//!
//! One line for each point, one column for each contender, its model included: its median, its
//! spread, and its ratio to the sequential run of the same point. A `*` stands at the knee. Where
//! the terminal is too narrow the table is continued below, with the points again.

use super::knee::Knee;
use super::plan::said_of;
use super::report::{Report, Row, grouped};
use super::variable::Variable;
use crate::ask::compare::report::measured_on;
use crate::ask::document::{self, BOLD};
use lab_core::terms::contender::{Model, Workload};
use lab_core::text::wrap::wrap;
use lab_core::text::{add, capitalised, numbers};

/// What a person gets.
pub(super) fn table(report: &Report, columns: usize) -> String {
    if report.results.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    for &workload in &report.params.workloads {
        let names = report.columns(workload);
        let mut rest = names.as_slice();
        while !rest.is_empty() {
            let lay_out = |count: usize| lay_out(report, workload, &rest[..count]);
            let (part, shown) = document::widest((1, rest.len()), columns, lay_out);
            add!(text, "{part}\n");
            rest = &rest[shown..];
        }
        for knee in report.knees.iter().filter(|knee| knee.workload == workload) {
            text += &wrap(&format!("* {}", about(knee)), columns, 2);
        }
        text.push('\n');
    }
    text += &wrap(&conditions(report), columns, 0);
    if let Some(conclusion) = &report.conclusion {
        add!(text, "\n{BOLD}{}{BOLD:#}", wrap(&capitalised(conclusion), columns, 0));
    }
    text + &document::warnings(&report.warnings, columns)
}

fn lay_out(report: &Report, workload: Workload, names: &[&str]) -> String {
    let mut header: Vec<String> = variables(report).map(str::to_owned).collect();
    match header.first_mut() {
        Some(first) => *first = format!("{workload}: {first}"),
        // Models alone are scanned: there is one line, and it needs no name.
        None => header.push(workload.to_string()),
    }
    let unnamed = vec![String::new(); header.len() - variables(report).count()];
    header.extend(names.iter().map(|name| (*name).to_owned()));
    let lines = lines(report, workload).into_iter();
    let rows: Vec<_> =
        lines.map(|line| [unnamed.clone(), cells(report, &line, names)].concat()).collect();
    document::columns(&header, &rows, 0)
}

/// What a line says: its point, and the cell of each of `names`.
fn cells(report: &Report, line: &[&Row], names: &[&str]) -> Vec<String> {
    let place = line[0].place().map(|(_, value)| value.to_string());
    let cells = names.iter().map(|name| {
        let row = line.iter().find(|row| row.column == *name);
        row.map_or_else(|| "–".to_owned(), |row| cell(row, report))
    });
    place.chain(cells).collect()
}

/// What a line is at: all variables but the models, which have columns.
fn variables(report: &Report) -> impl Iterator<Item = &'static str> {
    report.scanned().filter(|it| *it != Variable::Models).map(Variable::name)
}

/// The rows of each point, in the order of the points; those of all models are in one line.
fn lines(report: &Report, workload: Workload) -> Vec<Vec<&Row>> {
    grouped(report.rows(workload), |row| row.place().collect::<Vec<_>>())
}

/// `180 ms ±5 %  4.7x *`.
fn cell(row: &Row, report: &Report) -> String {
    let wall = row.wall_s.summary;
    let mut text = numbers::seconds(wall.median);
    if row.rounds() > 1 {
        add!(text, " ±{}", numbers::percent(wall.stddev / wall.median));
    }
    if let Some(ratio) = row.speedup_vs_sync.filter(|_| row.model != Model::Sync) {
        add!(text, " {:>5}", numbers::ratio(ratio));
    }
    if report.knees.iter().any(|knee| knee.is_of_column(row)) {
        text += if report.is_knee(row) { " *" } else { "  " };
    }
    text
}

/// `the knee of threads, lock on: 16 workers, 57 ms; the best is 64, 55 ms`.
fn about(knee: &Knee) -> String {
    let others = knee.parameters.iter().filter(|(it, _)| *it != Variable::Models);
    let others: Vec<String> = others.map(said_of).collect();
    let others =
        if others.is_empty() { String::new() } else { format!(" ({})", others.join(", ")) };
    let Knee { contender, variable, value, .. } = knee;
    let median = numbers::seconds(knee.median_s);
    let at = format!("the knee of {contender}{others}: {} {value}, {median}", variable.name());
    if knee.is_end_of_range {
        format!("{at}: the range ends with it, and more may still help.")
    } else if knee.value == knee.best {
        format!("{at}, is also the best.")
    } else {
        let best = numbers::seconds(knee.best_median_s);
        format!("{at}, is as good as the best, {} with {best}.", knee.best)
    }
}

fn conditions(report: &Report) -> String {
    let knee = if report.knees.is_empty() {
        ""
    } else {
        " The knee (*) is the smallest value within 5 % of the best, or within 10 % and not \
         distinguishable from it."
    };
    let rounds = numbers::count(report.rounds(), "round");
    let machine = measured_on(&report.host, report.complete);
    format!(
        "{rounds}, all points in turn: the median, its spread, and the ratio to one after another \
         beside it.{knee} {machine}"
    )
}

/// What [`document::csv`] makes of a row; the variables come first, under names of their own:
/// `workers` and `model` are columns anyway.
const CSV: &str = "workload model gil workers python wall_s_median:/wall_s/median \
    wall_s_low:/wall_interval_s/0 wall_s_high:/wall_interval_s/1 wall_s_stddev:/wall_s/stddev \
    user_s system_s in_flight_max running_at_once_max speedup_vs_sync \
    speedup_low:/speedup_interval/0 speedup_high:/speedup_interval/1 is_knee \
    policy placement lock_per_worker";

pub(super) fn csv(report: &Report) -> String {
    let mut columns = String::new();
    for key in report.scanned().map(Variable::key) {
        add!(columns, "scanned_{key}:/parameters/{key} ");
    }
    let row = |row: &Row| {
        let mut value = serde_json::to_value(row).expect("a row is plain data");
        value["is_knee"] = report.is_knee(row).into();
        value
    };
    document::csv(&(columns + CSV), report.results.iter().map(row))
}

pub(super) fn markdown(report: &Report) -> String {
    let mut text = String::new();
    for &workload in &report.params.workloads {
        let names = report.columns(workload);
        if names.is_empty() {
            continue;
        }
        let header = [&variables(report).collect::<Vec<_>>()[..], &names].concat();
        let rows = lines(report, workload).into_iter().map(|line| {
            let cells = cells(report, &line, &names).into_iter();
            cells.map(|cell| cell.trim_end().to_owned()).collect()
        });
        let table = document::markdown(&header, &vec!["---:"; header.len()], rows);
        add!(text, "### {workload}\n\n{table}\n");
    }
    for knee in &report.knees {
        add!(text, "- {}: {}\n", knee.workload, about(knee));
    }
    add!(text, "\n{}\n", conditions(report));
    if let Some(conclusion) = &report.conclusion {
        add!(text, "\n{}\n", capitalised(conclusion));
    }
    text + &document::markdown_warnings(&report.warnings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::sweep::plan::Scan;
    use crate::ask::sweep::testing;
    use crate::ask::sweep::variable::Value;
    use lab_core::testing::check_known;

    /// Fails if each model has lines of its own: half of the cells would have nothing in them.
    #[test]
    fn every_form_of_a_sweep_looks_like_this() {
        let plain = |report: &Report, columns| {
            anstream::adapter::strip_str(&table(report, columns)).to_string()
        };
        let of = |scans| testing::report_of(scans, |_| ());
        let counts =
            Scan { variable: Variable::Workers, values: [1, 2, 8].map(Value::Count).into() };
        let models = [Model::Threads, Model::Procs].map(Value::Model).into();
        let models = Scan { variable: Variable::Models, values: models };
        let report = testing::report(|_| ());
        let models_first = of(vec![models.clone(), counts.clone()]);
        let mut said = String::new();
        for (what, text) in [
            ("a sweep on 80 columns", plain(&report, 80)),
            ("on 50 columns it comes in parts", plain(&report, 50)),
            ("as Markdown", markdown(&report)),
            ("as CSV", csv(&report)),
            ("models stand side by side", plain(&models_first, 200)),
            ("in either order", plain(&of(vec![counts, models.clone()]), 200)),
            ("as Markdown", markdown(&models_first)),
            ("models alone", plain(&of(vec![models]), 200)),
        ] {
            add!(said, "## {what}\n\n{text}\n");
        }
        check_known("lab/src/ask/sweep/shown.txt", &said);
    }

    #[test]
    fn the_document_has_the_keys_of_its_schema() {
        let value: serde_json::Value =
            serde_json::from_str(&document::json(&testing::report(|_| ()))).unwrap();
        let keys = |value: &serde_json::Value, keys: &str| {
            assert!(keys.split(' ').all(|key| value.get(key).is_some()), "{value}");
        };
        keys(&value, "complete seed params warnings host variables knees conclusion");
        keys(&value["results"][1], "parameters wall_interval_s workload model wall_s verdict");
        assert_eq!(
            (&value["schema"], &value["knees"][0]["value"]),
            (&"trainyard.sweep/1".into(), &16.into())
        );
    }
}
