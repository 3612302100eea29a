//! The comparison for programs and issues: JSON, CSV, Markdown.

use super::beside;
use super::report::{Report, Row};
use crate::ask::document;
use lab_core::terms::Workload;
use lab_core::text::{add, numbers};

/// The keys of the JSON form, without the samples.
const CSV: &str = "workload model gil workers units checksum wall_s_median:/wall_s/median \
    wall_s_mean:/wall_s/mean wall_s_stddev:/wall_s/stddev wall_s_min:/wall_s/min \
    wall_s_max:/wall_s/max startup_s user_s system_s max_rss_bytes voluntary_switches \
    involuntary_switches in_flight_max running_at_once_max cpus_used lines_changed \
    speedup_vs_sync speedup_low:/speedup_interval/0 speedup_high:/speedup_interval/1 verdict \
    gil_acquisitions:/gil_stats/acquisitions gil_contended:/gil_stats/contended \
    gil_drop_requests:/gil_stats/drop_requests gil_forced_switches:/gil_stats/forced_switches \
    gil_wait_s:/gil_stats/wait_s gil_hold_s:/gil_stats/hold_s python speedup_vs_python_sync \
    speedup_vs_python_sync_low:/speedup_vs_python_sync_interval/0 \
    speedup_vs_python_sync_high:/speedup_vs_python_sync_interval/1 \
    policy placement lock_per_worker";

pub(crate) fn csv(report: &Report) -> String {
    let row = |row| serde_json::to_value(row).expect("a row is plain data");
    document::csv(CSV, report.results.iter().map(row))
}

const HEADER: &str = "contender,median,speed-up,95 % interval,verdict,in flight,at once,CPUs,lines";
const ALIGNMENT: &str = "---,---:,---:,---:,---,---:,---:,---:,---:";

/// A table for each workload, to paste into an issue.
pub fn markdown(report: &Report) -> String {
    let [header, alignment] = [HEADER, ALIGNMENT].map(|row| row.split(',').collect::<Vec<_>>());
    let mut text = String::new();
    for workload in [Workload::Io, Workload::Cpu] {
        if report.rows(workload).next().is_none() {
            continue;
        }
        let rows = document::markdown(&header, &alignment, report.rows(workload).map(cells));
        add!(text, "### {workload}\n\n{rows}\n");
        for sentence in beside::sentences(report, workload) {
            add!(text, "{sentence}\n\n");
        }
    }
    let host = &report.host;
    add!(
        text,
        "{} interleaved rounds, ratios of each to `sync` beside it. {} CPUs ({}), Linux {}, \
         trainyard {}.{}\n",
        report.results.first().map_or(0, Row::rounds),
        host.cpus,
        host.cpu_model,
        host.kernel,
        host.trainyard,
        if report.complete { "" } else { " **Interrupted.**" }
    );
    text + &document::markdown_warnings(&report.warnings)
}

fn cells(row: &Row) -> Vec<String> {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let number = |count: Option<usize>| or_dash(count.map(|count| count.to_string()));
    vec![
        row.contender().label(),
        numbers::seconds(row.median_s()),
        or_dash(row.speedup_vs_sync.map(numbers::ratio)),
        or_dash(row.speedup_interval.map(numbers::interval)),
        or_dash(row.verdict.map(|verdict| verdict.name().to_owned())),
        number(row.in_flight_max),
        number(row.running_at_once_max),
        number(row.cpus_used),
        or_dash(row.lines_changed.map(|lines| format!("+{lines}"))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::compare::testing;
    use lab_core::terms::Model;

    /// Fails if a key of the schema goes, or a figure gets into another column. Some may come.
    #[test]
    fn every_form_of_a_comparison_looks_like_this() {
        let (mut report, _) = testing::report_beside_python();
        let shown = [Model::Sync, Model::Threads, Model::PythonSync, Model::PythonThreads];
        report.results.retain(|row| row.workload == Workload::Io && shown.contains(&row.model));
        let report = Report { warnings: vec!["noise".to_owned()], complete: false, ..report };
        let json = document::json(&report);
        assert_eq!(json, include_str!("expected.json"), "\n{json}");
        assert_eq!(csv(&report), include_str!("expected.csv"), "\n{}", csv(&report));
        assert_eq!(markdown(&report), include_str!("expected.md"), "\n{}", markdown(&report));
    }
}
