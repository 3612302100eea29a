//! What a whole comparison prints: one true document in each format.

use std::fs;

use serde_json::Value;

use crate::program::{document, printed, rows, trainyard};

fn rows_of<'d>(document: &'d Value, workload: &str) -> Vec<&'d Value> {
    rows(document).iter().filter(|row| row["workload"] == workload).collect()
}

/// `threads on`, `coop none`.
fn names<'d>(rows: &[&'d Value]) -> Vec<(&'d str, &'d str)> {
    let name = |row: &&'d Value| (row["model"].as_str().unwrap(), row["gil"].as_str().unwrap());
    rows.iter().map(name).collect()
}

#[test]
fn the_json_document_has_every_key_and_every_contender() {
    let line = "compare --requests 10 --inputs 1 --workers 2 --latency 1ms --runs 1 --warmup 0";
    let ended = trainyard(&format!("{line} --format json")).with_code(0);
    assert_eq!(ended.stderr, "", "progress is for terminals, warnings are in the document");
    let document = ended.json();
    assert_eq!(
        (&document["schema"], &document["complete"]),
        (&"trainyard.compare/1".into(), &true.into())
    );
    let (io, cpu) = (rows_of(&document, "io"), rows_of(&document, "cpu"));
    let threads = [("threads", "on"), ("threads", "off")];
    let (first, last) = ([("sync", "none")], [("coop", "none"), ("procs", "none")]);
    assert_eq!(names(&io), [&first[..], &threads, &last].concat());
    assert_eq!(names(&cpu), [&first[..], &threads, &[("threads-native", "on")], &last].concat());
    for (workload, units) in [(&io, 10), (&cpu, 1)] {
        for row in workload {
            check_row(row, units);
            assert_eq!(row["checksum"], workload[0]["checksum"], "{row}");
        }
    }
    assert_ne!(io[0]["checksum"], cpu[0]["checksum"]);
}

#[track_caller]
fn check_row(row: &Value, units: u64) {
    assert_eq!(row["units"], units);
    assert_eq!(row["wall_s"]["samples"].as_array().unwrap().len(), 1);
    assert_eq!(row["checksum"].as_str().unwrap().len(), 16);
    assert!(row["max_rss_bytes"].as_u64().unwrap() > 0, "{row}");
    assert!(row["startup_s"].as_f64().unwrap() > 0.0, "{row}");
    // One round is too few for either.
    assert!(row["speedup_interval"].is_null() && row["verdict"].is_null(), "{row}");
    let (model, gil) = (row["model"].as_str().unwrap(), row["gil"].as_str().unwrap());
    assert_eq!(row["lines_changed"] == 0, model == "sync", "{row}");
    assert_eq!(row["gil_stats"].is_object(), model.starts_with("threads"), "{row}");
    if gil == "on" {
        assert!(row["gil_stats"]["acquisitions"].as_u64().unwrap() >= units, "{row}");
    }
}

/// Who waits at once is the explanation of who wins.
#[test]
fn requests_in_flight_are_as_many_as_there_are_trains() {
    let document = document("compare io --requests 10 --latency 50ms --runs 1 --warmup 0");
    let in_flight = rows_of(&document, "io").into_iter().map(|row| &row["in_flight_max"]);
    assert_eq!(in_flight.collect::<Vec<_>>(), [1, 5, 5, 10, 5]);
}

#[test]
fn with_the_lock_on_one_train_runs_at_a_time() {
    // An input takes some milliseconds, so that a waiter's interval of 100 µs ends in each of them.
    let line = "compare cpu --models threads,procs --workers 2 --inputs 8 --runs 1 --warmup 0 \
                --switch-interval 100us";
    let document = document(line);
    let rows = rows_of(&document, "cpu");
    let at_once: Vec<u64> =
        rows.iter().map(|row| row["running_at_once_max"].as_u64().unwrap()).collect();
    assert_eq!(at_once[..2], [1, 1], "sync, and two threads with the lock on");
    // Without it they may run at once, where there is room for two. That they do is the affair of a
    // busy kernel, which may leave both on one processor.
    let room = document["host"]["cpus"].as_u64().unwrap().min(2);
    assert!(at_once[2..].iter().all(|count| (1..=room).contains(count)), "{at_once:?}");
    assert!(rows[1]["gil_stats"]["drop_requests"].as_u64().unwrap() > 0);
    assert_eq!(rows[2]["gil_stats"]["contended"], 0);
}

const SMALL: &str = "compare io --models coop --requests 10 --latency 1ms --runs 1 --warmup 0";

#[test]
fn the_files_hold_what_standard_output_would_hold() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (json, csv, markdown) = (path("a.json"), path("a.csv"), path("a.md"));
    fs::write(&json, "{ \"something\": \"longer\" }".repeat(1_000)).unwrap();
    let exports = format!("--export-json {json} --export-csv {csv} --export-markdown {markdown}");
    let ended = trainyard(&format!("{SMALL} {exports} --format json")).with_code(0);
    assert_eq!(fs::read_to_string(json).unwrap(), ended.stdout);
    check_csv(&fs::read_to_string(csv).unwrap());
    check_markdown(&fs::read_to_string(markdown).unwrap());
}

#[test]
fn every_format_can_be_had_on_standard_output() {
    check_csv(&printed(&format!("{SMALL} --format csv")));
    check_csv(&printed(&format!("{SMALL} --export-csv -")));
    check_markdown(&printed(&format!("{SMALL} --format markdown")));
    let table = printed(&format!("{SMALL} --format table"));
    for expected in ["I/O-bound: 10 requests", "coop, one thread ", " in flight", "Try next:"] {
        assert!(table.contains(expected), "no {expected:?} in\n{table}");
    }
    assert!(!table.contains('\u{1b}'), "no colours where there is no terminal");
    let ascii = printed(&format!("{SMALL} --ascii --color always"));
    assert!(ascii.contains('\u{1b}'));
    let picture = ascii.split_once("median").unwrap().0;
    assert!(picture.is_ascii(), "{picture}");
}

/// A header and two contenders; what is in the columns, unit tests hold.
#[track_caller]
fn check_csv(text: &str) {
    let begins = ["workload,model,", "io,sync,", "io,coop,"];
    assert!(text.lines().zip(begins).all(|(line, begin)| line.starts_with(begin)), "{text}");
    assert_eq!(text.lines().count(), 3, "{text}");
}

#[track_caller]
fn check_markdown(text: &str) {
    assert!(text.starts_with("### io\n\n| contender | median |"), "{text}");
    assert_eq!(text.matches("\n| ").count(), 4, "a header, a rule and two contenders:\n{text}");
}
