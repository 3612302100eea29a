//! One JSON document, for programs.

use crate::ask::compare::report::Report;

/// Renders `report` as the schema `trainyard.compare/1`, with a line end.
///
/// # Panics
///
/// Never: every key is a string and every value can be written.
pub fn render(report: &Report) -> String {
    let text = serde_json::to_string_pretty(report).expect("a report is plain data");
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::compare::testing;

    #[test]
    fn a_report_survives_the_way_through_json() {
        let (report, _) = testing::report();
        let back: Report = serde_json::from_str(&render(&report)).unwrap();
        assert_eq!(back, report);
    }

    #[test]
    fn a_cpython_has_the_name_of_its_model_and_its_version() {
        let (report, _) = testing::report_beside_python();
        let value: serde_json::Value = serde_json::from_str(&render(&report)).unwrap();
        let rows = value["results"].as_array().unwrap();
        let threads = rows.iter().find(|row| row["model"] == "python-threads").unwrap();
        assert_eq!((&threads["python"], &threads["gil"]), (&"3.13.0".into(), &"on".into()));
        assert!(threads["speedup_vs_python_sync"].as_f64().unwrap() > 4.0, "{threads}");
        assert!(threads["speedup_vs_sync"].is_number() && threads["in_flight_max"].is_null());
        assert_eq!(value["params"]["pythons"][0]["path"], "/usr/bin/python3");
        let back: Report = serde_json::from_value(value).unwrap();
        assert_eq!(back, report);
    }

    /// The keys of the schema, as they are promised: none may go, some may come.
    #[test]
    fn every_key_of_the_schema_is_there_and_what_does_not_apply_is_null() {
        let (report, _) = testing::report();
        let value: serde_json::Value = serde_json::from_str(&render(&report)).unwrap();
        let keys = |value: &serde_json::Value| -> Vec<String> {
            value.as_object().unwrap().keys().cloned().collect()
        };
        let top = ["complete", "host", "params", "results", "schema", "seed", "server", "warnings"];
        assert_eq!(keys(&value), top);
        assert_eq!(value["schema"], "trainyard.compare/1");
        assert_eq!(keys(&value["host"]), ["cpu_model", "cpus", "kernel", "trainyard"]);
        let sync = &value["results"][0];
        let mut row = "workload model gil workers units checksum wall_s startup_s user_s system_s \
                       max_rss_bytes voluntary_switches involuntary_switches in_flight_max \
                       running_at_once_max cpus_used lines_changed speedup_vs_sync \
                       speedup_interval verdict gil_stats python speedup_vs_python_sync \
                       speedup_vs_python_sync_interval"
            .split_whitespace()
            .collect::<Vec<_>>();
        row.sort_unstable();
        assert_eq!(keys(sync), row);
        assert_eq!(keys(&sync["wall_s"]), ["max", "mean", "median", "min", "samples", "stddev"]);
        for key in ["speedup_interval", "verdict", "gil_stats", "python"] {
            assert!(sync[key].is_null(), "{key}");
        }
        assert_eq!((&sync["model"], &sync["gil"]), (&"sync".into(), &"none".into()));
        let threads = &value["results"][1];
        assert_eq!((&threads["gil"], &threads["verdict"]), (&"on".into(), &"faster".into()));
        assert_eq!(threads["checksum"], "9f00000000000001");
        assert_eq!(
            keys(&threads["gil_stats"]),
            "acquisitions contended drop_requests failed_wakeups forced_switches hold_s wait_s"
                .split(' ')
                .collect::<Vec<_>>()
        );
    }
}
