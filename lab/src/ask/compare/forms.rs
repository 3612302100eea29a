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
    speedup_vs_python_sync_high:/speedup_vs_python_sync_interval/1";

/// One line for each contender.
pub(crate) fn csv(report: &Report) -> String {
    let row = |row| serde_json::to_value(row).expect("a row is plain data");
    document::csv(CSV, report.results.iter().map(row))
}

const HEADER: [&str; 9] = [
    "contender",
    "median",
    "speed-up",
    "95 % interval",
    "verdict",
    "in flight",
    "at once",
    "CPUs",
    "lines",
];
const ALIGNMENT: [&str; 9] = ["---", "---:", "---:", "---:", "---", "---:", "---:", "---:", "---:"];

/// A table for each workload, to paste into an issue.
pub fn markdown(report: &Report) -> String {
    let mut text = String::new();
    for workload in [Workload::Io, Workload::Cpu] {
        if report.rows(workload).next().is_none() {
            continue;
        }
        let rows = document::markdown(&HEADER, &ALIGNMENT, report.rows(workload).map(cells));
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
    use serde_json::Value;

    fn json(report: &Report) -> Value {
        let value: Value = serde_json::from_str(&document::json(report)).unwrap();
        let back: Report = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(back, *report, "it survives the way through JSON");
        value
    }

    #[test]
    fn a_cpython_has_the_name_of_its_model_and_its_version() {
        let value = json(&testing::report_beside_python().0);
        let rows = value["results"].as_array().unwrap();
        let threads = rows.iter().find(|row| row["model"] == "python-threads").unwrap();
        assert_eq!((&threads["python"], &threads["gil"]), (&"3.13.0".into(), &"on".into()));
        assert!(threads["speedup_vs_python_sync"].as_f64().unwrap() > 4.0, "{threads}");
        assert!(threads["speedup_vs_sync"].is_number() && threads["in_flight_max"].is_null());
        assert_eq!(value["params"]["pythons"][0]["path"], "/usr/bin/python3");
    }

    /// The keys of the schema, as they are promised: none may go, some may come.
    #[test]
    fn every_key_of_the_schema_is_there_and_what_does_not_apply_is_null() {
        let value = json(&testing::report().0);
        let (sync, threads) = (&value["results"][0], &value["results"][1]);
        for (object, keys) in [
            (&value, "complete host params results schema seed server warnings"),
            (&value["host"], "cpu_model cpus kernel trainyard"),
            (
                sync,
                "checksum cpus_used gil gil_stats in_flight_max involuntary_switches \
                 lines_changed max_rss_bytes model python running_at_once_max speedup_interval \
                 speedup_vs_python_sync speedup_vs_python_sync_interval speedup_vs_sync startup_s \
                 system_s units user_s verdict voluntary_switches wall_s workers workload",
            ),
            (&sync["wall_s"], "max mean median min samples stddev"),
            (
                &threads["gil_stats"],
                "acquisitions contended drop_requests failed_wakeups forced_switches hold_s wait_s",
            ),
        ] {
            let there: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(there.join(" "), keys);
        }
        for key in ["speedup_interval", "verdict", "gil_stats", "python"] {
            assert!(sync[key].is_null(), "{key}");
        }
        assert_eq!(value["schema"], "trainyard.compare/1");
        assert_eq!((&sync["model"], &sync["gil"]), (&"sync".into(), &"none".into()));
        assert_eq!((&threads["gil"], &threads["verdict"]), (&"on".into(), &"faster".into()));
        assert_eq!(threads["checksum"], "9f00000000000001");
    }

    #[test]
    fn a_line_of_csv_has_the_figures_of_its_contender() {
        let text = csv(&testing::report().0);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        let value = |line: usize, name: &str| {
            lines[line][lines[0].iter().position(|column| *column == name).unwrap()]
        };
        for (line, name, expected) in [
            (1, "model", "sync"),
            (1, "verdict", ""),
            (1, "gil_wait_s", ""),
            (2, "model", "threads"),
            (2, "verdict", "faster"),
            (2, "gil_acquisitions", "1000"),
            (2, "in_flight_max", "5"),
        ] {
            assert_eq!(value(line, name), expected, "{name}");
        }
    }

    #[test]
    fn each_workload_has_its_table() {
        let (report, _) = testing::report();
        let warnings = vec!["noise".to_owned()];
        let text = markdown(&Report { warnings, complete: false, ..report });
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "### io");
        assert_eq!(lines[4], "| one after another | 850 ms | 1.00x | – | – | 1 | 1 | 1 | +0 |");
        let tail = "\n7 interleaved rounds, ratios of each to `sync` beside it. 2 CPUs (Test CPU), \
                    Linux 6.1, trainyard 0.1.0. **Interrupted.**\n- warning: noise\n";
        assert!(text.ends_with(tail), "{text}");
    }
}
