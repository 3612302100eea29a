//! A Markdown table for each workload, to paste into an issue.

use std::fmt::Write;

use crate::ask::compare::beside;
use crate::ask::compare::report::{Report, Row};
use lab_core::terms::contender::Workload;
use lab_core::text::numbers;

const HEADER: &str = "\
| contender | median | speed-up | 95 % interval | verdict | in flight | at once | CPUs | lines |
| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: |";

/// Renders `report`.
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    for workload in [Workload::Io, Workload::Cpu] {
        if report.rows(workload).next().is_none() {
            continue;
        }
        let rows: String = report.rows(workload).map(line).collect();
        write!(text, "### {workload}\n\n{HEADER}\n{rows}\n").expect("writing to memory");
        for sentence in beside::sentences(report, workload) {
            write!(text, "{sentence}\n\n").expect("writing to memory");
        }
    }
    let host = &report.host;
    let rounds = report.results.first().map_or(0, |row| row.wall_s.samples.len());
    writeln!(
        text,
        "{rounds} interleaved rounds, ratios of each to `sync` beside it. {} CPUs ({}), Linux {}, \
         trainyard {}.{}",
        host.cpus,
        host.cpu_model,
        host.kernel,
        host.trainyard,
        if report.complete { "" } else { " **Interrupted.**" }
    )
    .expect("writing to memory");
    for warning in &report.warnings {
        writeln!(text, "- warning: {warning}").expect("writing to memory");
    }
    text
}

fn line(row: &Row) -> String {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let number = |count: Option<usize>| or_dash(count.map(|count| count.to_string()));
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        row.contender().label(),
        numbers::seconds(row.wall_s.summary.median),
        or_dash(row.speedup_vs_sync.map(numbers::ratio)),
        or_dash(row.speedup_interval.map(numbers::interval)),
        or_dash(row.verdict.map(|verdict| verdict.name().to_owned())),
        number(row.in_flight_max),
        number(row.running_at_once_max),
        number(row.cpus_used),
        or_dash(row.lines_changed.map(|lines| format!("+{lines}"))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::compare::testing;

    #[test]
    fn each_workload_has_its_table() {
        let (report, _) = testing::report();
        let text = render(&report.with_warnings(vec!["noise".to_owned()]).interrupted());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "### io");
        assert_eq!(lines[4], "| one after another | 850 ms | 1.00x | – | – | 1 | 1 | 1 | +0 |");
        assert_eq!(
            lines[5],
            "| 5 threads, lock on | 180 ms | 4.7x | [4.6, 4.9] | faster | 5 | 1 | 2 | +9 |"
        );
        let tail = "\n7 interleaved rounds, ratios of each to `sync` beside it. 2 CPUs (Test CPU), \
                    Linux 6.1, trainyard 0.1.0. **Interrupted.**\n- warning: noise\n";
        assert!(text.ends_with(tail), "{text}");
    }
}
