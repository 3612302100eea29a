//! Comma-separated values, for spreadsheets: one line for each contender.
//!
//! The columns are the keys of the JSON form, without the samples; what does not apply is empty.
//! No value holds a comma, a quote or a line end, so none needs quotes.

use crate::ask::compare::report::{Report, Row};
use lab_core::terms::stats::Verdict;

const HEADER: &str = "workload,model,gil,workers,units,checksum,wall_s_median,wall_s_mean,\
    wall_s_stddev,wall_s_min,wall_s_max,startup_s,user_s,system_s,max_rss_bytes,\
    voluntary_switches,involuntary_switches,in_flight_max,running_at_once_max,cpus_used,\
    lines_changed,speedup_vs_sync,speedup_low,speedup_high,verdict,gil_acquisitions,\
    gil_contended,gil_drop_requests,gil_forced_switches,gil_wait_s,gil_hold_s,python,\
    speedup_vs_python_sync,speedup_vs_python_sync_low,speedup_vs_python_sync_high";

/// Renders `report` with a line of column names first.
pub fn render(report: &Report) -> String {
    let mut text = format!("{HEADER}\n");
    for row in &report.results {
        text += &line(row);
        text.push('\n');
    }
    text
}

fn line(row: &Row) -> String {
    let wall = row.wall_s.summary;
    let [low, high] = row.speedup_interval.map_or([None; 2], |bounds| bounds.map(Some));
    let [python_low, python_high] =
        row.speedup_vs_python_sync_interval.map_or([None; 2], |bounds| bounds.map(Some));
    let gil = row.gil_stats;
    let values = [
        row.workload.to_string(),
        row.model.to_string(),
        row.gil.to_string(),
        row.workers.to_string(),
        row.units.to_string(),
        row.checksum.clone(),
        wall.median.to_string(),
        wall.mean.to_string(),
        wall.stddev.to_string(),
        wall.min.to_string(),
        wall.max.to_string(),
        row.startup_s.to_string(),
        row.user_s.to_string(),
        row.system_s.to_string(),
        row.max_rss_bytes.to_string(),
        row.voluntary_switches.to_string(),
        row.involuntary_switches.to_string(),
        or_empty(row.in_flight_max),
        or_empty(row.running_at_once_max),
        or_empty(row.cpus_used),
        or_empty(row.lines_changed),
        or_empty(row.speedup_vs_sync),
        or_empty(low),
        or_empty(high),
        or_empty(row.verdict.map(Verdict::name)),
        or_empty(gil.map(|gil| gil.acquisitions)),
        or_empty(gil.map(|gil| gil.contended)),
        or_empty(gil.map(|gil| gil.drop_requests)),
        or_empty(gil.map(|gil| gil.forced_switches)),
        or_empty(gil.map(|gil| gil.wait_s)),
        or_empty(gil.map(|gil| gil.hold_s)),
        or_empty(row.python),
        or_empty(row.speedup_vs_python_sync),
        or_empty(python_low),
        or_empty(python_high),
    ];
    values.join(",")
}

fn or_empty(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::compare::testing;

    #[test]
    fn every_line_has_a_value_or_nothing_for_every_column() {
        let (report, _) = testing::report();
        let text = render(&report);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        assert_eq!(lines.len(), 1 + report.results.len());
        assert!(lines.iter().all(|values| values.len() == lines[0].len()), "{text}");
        let value = |line: usize, name: &str| {
            lines[line][lines[0].iter().position(|column| *column == name).unwrap()]
        };
        assert_eq!(
            (value(1, "model"), value(1, "verdict"), value(1, "gil_wait_s")),
            ("sync", "", "")
        );
        assert_eq!((value(2, "model"), value(2, "verdict")), ("threads", "faster"));
        assert_eq!((value(2, "gil_acquisitions"), value(2, "in_flight_max")), ("1000", "5"));
    }
}
