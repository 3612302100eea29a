//! A sweep as charts: one for each workload, time over the variable.
//!
//! The first variable whose values lie on a line goes from left to right; without one, the values of
//! the first stand side by side. Every contender, and every combination of the other variables, is
//! a line of its own, with the 95 % interval of its median at each point.

use super::report::{Report, Row};
use super::variable::Variable;
use crate::lab::contender::Workload;
use crate::lab::plot::{Axis, Chart, Dot, Mark, Scale, Series, Unit};
use crate::lab::render::numbers;

/// Values that span more than this are drawn on a logarithmic scale.
const LINEAR_SPAN_MAX: f64 = 10.0;

/// Draws each workload that was measured.
pub fn charts(report: &Report) -> Vec<Chart> {
    let workloads = report.params.workloads.iter();
    workloads.filter_map(|&workload| chart(report, workload)).collect()
}

fn chart(report: &Report, workload: Workload) -> Option<Chart> {
    let axis = report.axis()?;
    let rows: Vec<Vec<&Row>> = report.series();
    let rows: Vec<Vec<&Row>> =
        rows.into_iter().filter(|series| series[0].compared.workload == workload).collect();
    let names = names(&rows, axis);
    let series: Vec<Series> = rows.iter().map(|rows| line(rows, axis, &names, report)).collect();
    let dots = || series.iter().flat_map(|line| &line.dots);
    let span = |of: fn(&Dot) -> f64| {
        let (low, high) = dots()
            .map(of)
            .fold((f64::MAX, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        if low > 0.0 && high / low > LINEAR_SPAN_MAX { Scale::Log } else { Scale::Linear }
    };
    if series.is_empty() {
        return None;
    }
    let (x, unit) = match axis {
        Variable::SwitchInterval | Variable::Latency => (span(|dot| dot.x), Unit::Seconds),
        _ if axis.is_numeric() => (span(|dot| dot.x), Unit::Count),
        _ => (Scale::Names(names), Unit::Count),
    };
    let rounds =
        rows.iter().flatten().map(|row| row.compared.wall_s.samples.len()).max().unwrap_or(0);
    let title = match workload {
        Workload::Io => format!("io: {} requests a round", report.params.requests),
        Workload::Cpu => format!("cpu: {} sums a round", report.params.kernel.inputs()),
    };
    let about = "medians, with their 95 % interval";
    let complete = if report.complete { "" } else { "; interrupted" };
    Some(Chart {
        title,
        subtitle: format!("{about}; {}{complete}", numbers::count(rounds, "round")),
        x: Axis { label: axis.name().to_owned(), scale: x, unit },
        y: Axis { label: "time".to_owned(), scale: span(|dot| dot.y), unit: Unit::Seconds },
        series,
    })
}

/// The values of an axis that is no line, in order.
fn names(rows: &[Vec<&Row>], axis: Variable) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for value in rows.iter().flatten().filter_map(|row| row.value_of(axis)) {
        let name = value.to_string();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[expect(clippy::cast_precision_loss, reason = "a position among at most 100")]
fn line(rows: &[&Row], axis: Variable, names: &[String], report: &Report) -> Series {
    let first = rows[0];
    let others = first.point.iter().filter(|(it, _)| *it != axis);
    let others: Vec<String> = others.map(|(it, value)| format!("{} {value}", it.name())).collect();
    let name = [vec![first.column.clone()], others].concat().join(", ");
    let knee = report.knees.iter().find(|knee| {
        let is_mine =
            knee.workload == first.compared.workload.name() && knee.contender == first.column;
        let stood_still = knee.parameters.iter();
        is_mine && stood_still.clone().all(|(key, value)| first.parameters.get(key) == Some(value))
    });
    let dots = rows.iter().filter_map(|row| {
        let value = row.value_of(axis)?;
        let position = || names.iter().position(|name| *name == value.to_string());
        let x = value.number().or_else(|| Some(position()? as f64))?;
        let median = row.compared.wall_s.summary.median;
        let [low, high] = row.wall_interval_s.unwrap_or([median; 2]);
        let is_knee = knee.is_some_and(|knee| knee.shown.value == value && !knee.is_end_of_range);
        let title = format!("{name}, {} {value}: {}", axis.name(), numbers::seconds(median));
        let mark = if is_knee { Mark::Knee } else { Mark::None };
        Some(Dot { x, y: median, low, high, title, mark })
    });
    Series { dots: dots.collect(), name: name.clone() }
}
