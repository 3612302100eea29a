//! A sweep as charts: one for each workload, time over the variable.
//!
//! The first variable whose values lie on a line goes from left to right; without one, the values of
//! the first stand side by side. Every contender, and every combination of the other variables, is
//! a line of its own, with the 95 % interval of its median at each point that was measured often
//! enough to have one.

use super::plan::said_of;
use super::report::{Report, Row, firsts, grouped};
use super::variable::Variable;
use lab_core::terms::contender::Workload;
use lab_core::terms::stats::VERDICT_ROUNDS_MIN;
use lab_core::text::numbers;
use lab_core::text::plot::{Axis, Chart, Dot, Scale, Series, Unit};

/// Values that span more than this are drawn on a logarithmic scale.
const LINEAR_SPAN_MAX: f64 = 10.0;

pub(super) fn charts(report: &Report) -> Vec<Chart> {
    let workloads = report.params.workloads.iter();
    workloads.filter_map(|&workload| chart(report, workload)).collect()
}

fn chart(report: &Report, workload: Workload) -> Option<Chart> {
    let axis = report.axis()?;
    let mut rows = report.series();
    rows.retain(|series| series[0].workload == workload);
    let names = names(&rows, axis);
    let series: Vec<Series> = rows.iter().map(|rows| line(rows, axis, &names, report)).collect();
    let dots = || series.iter().flat_map(|line| &line.dots);
    let span = |of: fn(&Dot) -> f64| {
        let (low, high) =
            (dots().map(of).fold(f64::MAX, f64::min), dots().map(of).fold(0.0, f64::max));
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
    let rounds = rows.iter().flatten().map(|row| row.rounds()).max().unwrap_or(0);
    let title = match workload {
        Workload::Io => format!("io: {} requests a round", report.params.requests),
        Workload::Cpu => format!("cpu: {} sums a round", report.params.kernel.inputs()),
    };
    let have_intervals = rows.iter().flatten().all(|row| row.wall_interval_s.is_some());
    let about = if have_intervals {
        "medians, with their 95 % interval".to_owned()
    } else {
        format!("medians (a 95 % interval takes {VERDICT_ROUNDS_MIN} rounds)")
    };
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
    let values = firsts(grouped(rows.iter().flatten().copied(), |row| row.value_of(axis)));
    values.iter().filter_map(|row| Some(row.value_of(axis)?.to_string())).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a position among at most 100")]
fn line(rows: &[&Row], axis: Variable, names: &[String], report: &Report) -> Series {
    let first = rows[0];
    let others = first.place().filter(|(it, _)| *it != axis);
    let others = others.map(|pair| said_of(&pair));
    let name = std::iter::once(first.column.clone()).chain(others).collect::<Vec<_>>().join(", ");
    let knee = report.knees.iter().find(|knee| knee.is_of(first));
    let dots = rows.iter().filter_map(|row| {
        let value = row.value_of(axis)?;
        let position = || names.iter().position(|name| *name == value.to_string());
        let x = value.number().or_else(|| Some(position()? as f64))?;
        let median = row.median_s();
        let [low, high] = row.wall_interval_s.unwrap_or([median; 2]);
        let is_knee = knee.is_some_and(|knee| knee.value == value && !knee.is_end_of_range);
        let title = format!("{name}, {} {value}: {}", axis.name(), numbers::seconds(median));
        Some(Dot { x, y: median, low, high, title, is_knee })
    });
    Series { dots: dots.collect(), name: name.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::sweep::testing;
    use lab_core::terms::stats;

    #[test]
    fn a_subtitle_speaks_of_intervals_only_where_they_are_drawn() {
        let subtitle = |report: &Report| charts(report)[0].subtitle.clone();
        let enough = testing::report(|_| ());
        assert_eq!(subtitle(&enough), "medians, with their 95 % interval; 7 rounds");
        let few = testing::report(|row| {
            row.compared.wall_s.samples.truncate(2);
            row.wall_interval_s = None;
        });
        assert_eq!(subtitle(&few), "medians (a 95 % interval takes 6 rounds); 2 rounds");
    }

    /// Fails if the end of the range, beyond which more may still help, is drawn as a knee.
    #[test]
    fn the_end_of_the_range_is_not_marked() {
        let report = testing::report(|row| {
            let (workers, wall_s) = (f64::from(row.workers.ilog2()), &mut row.compared.wall_s);
            for (round, sample) in (0_i32..).zip(&mut wall_s.samples) {
                *sample = (-workers).exp2() * (1.0 + f64::from(round) / 1_000.0);
            }
            wall_s.summary = stats::summary(&wall_s.samples).unwrap();
        });
        assert!(report.knees.iter().any(|knee| knee.is_end_of_range));
        let charts = charts(&report);
        let mut dots = charts.iter().flat_map(|chart| &chart.series).flat_map(|line| &line.dots);
        assert!(dots.all(|dot| !dot.is_knee), "{:?}", report.knees);
    }
}
