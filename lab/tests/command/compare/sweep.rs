//! `trainyard sweep`: points in turn, a picture, a knee, and an end that keeps what was measured.

use std::fs;
use std::path::Path;

use nix::sys::signal::Signal;
use serde_json::Value;
use trainyard::trace::file::{Run, Trace};

use crate::program::{Program, check_refused, document, names, printed, rows, trainyard};

const SMALL: &str = "--requests 12 --inputs 1 --latency 1ms --warmup 0 --runs 2";

#[test]
fn every_point_and_contender_is_measured_and_the_same_one_only_once() {
    let document = document(&format!("sweep io cpu -P workers 1 3 {SMALL}"));
    assert_eq!(
        (&document["schema"], &document["complete"]),
        (&"trainyard.sweep/1".into(), &true.into())
    );
    assert_eq!(document["variables"][0]["values"], serde_json::json!([1, 2, 3]));
    let all = rows(&document);
    // Two workloads, three points, and sync, threads with the lock on and off at each.
    assert_eq!(all.len(), 2 * 3 * 3);
    for row in all {
        assert_eq!(row["wall_s"]["samples"].as_array().unwrap().len(), 2, "{row}");
        assert!(row["speedup_vs_sync"].as_f64().unwrap() > 0.0, "{row}");
        let is_sync = row["model"] == "sync";
        assert!(is_sync || row["workers"] == row["parameters"]["workers"], "{row}");
    }
    let of_sync: Vec<&Value> =
        all.iter().filter(|row| row["model"] == "sync" && row["workload"] == "io").collect();
    assert_eq!(of_sync[0]["wall_s"], of_sync[2]["wall_s"], "measured once, for all points");
    assert!(document["conclusion"].as_str().unwrap().contains("number of threads"), "{document}");
}

/// Fails if all points ask one server.
#[test]
fn a_latency_is_that_of_its_own_point() {
    let line = "sweep io -L latency 1ms,40ms --models threads --gil on --workers 4 --requests 8 \
                --runs 1 --warmup 0";
    let document = document(line);
    let medians: Vec<(f64, f64)> = rows(&document)
        .iter()
        .filter(|row| row["model"] == "threads")
        .map(|row| {
            let latency = row["parameters"]["latency_s"].as_f64().unwrap();
            (latency, row["wall_s"]["median"].as_f64().unwrap())
        })
        .collect();
    assert_eq!(medians.len(), 2);
    // Eight requests in four threads are two waits.
    assert!(medians.iter().all(|(latency, median)| *median >= 2.0 * latency), "{medians:?}");
    assert!(medians[0].1 < 0.08, "{medians:?}");
}

#[test]
fn files_hold_the_picture_and_the_table_and_standard_output_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (svg, csv, markdown) = (path("a.svg"), path("a.csv"), path("a.md"));
    let ended = trainyard(&format!(
        "sweep cpu -L gil on,off -P workers 1 3 --inputs 2 --runs 2 --warmup 0 --export-svg {svg} \
         --export-csv {csv} --export-markdown {markdown}"
    ));
    let page = ended.with_code(0).stdout;
    assert!(page.contains("cpu: workers") && page.contains(" threads"), "{page}");
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    let svg = fs::read_to_string(svg).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert_eq!(svg.matches("<title>").count(), 2 * 3 * 2, "a title for each point");
    let csv = fs::read_to_string(csv).unwrap();
    assert_eq!(csv.lines().count(), 1 + 2 * 3 * 2);
    assert!(csv.starts_with("scanned_workers,scanned_gil,workload,"), "{csv}");
    assert!(fs::read_to_string(markdown).unwrap().starts_with("### cpu\n\n| workers | gil |"));
}

/// Fails if a label leaves out what two runs differ in.
#[test]
fn each_point_is_recorded_under_a_label_of_its_own_and_every_recording_is_possible() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.trace");
    let shown = path.display().to_string();
    let ended = trainyard(&format!(
        "sweep cpu -P workers 1 2 -L switch-interval 1ms,5ms --inputs 2 --runs 1 --warmup 0 \
         --format json -o {shown}"
    ));
    let ended = ended.with_code(0);
    assert!(ended.stderr.starts_with("recorded 7 runs, "), "{ended:?}");
    assert_eq!(rows(&ended.json()).len(), 4 * 3);
    assert_eq!(names(folder.path()), ["run.trace"], "the flight files are gone");
    let trace = Trace::read(&path).unwrap();
    let label = "2 threads, lock on, switch-interval 1 ms";
    let labels: Vec<&str> = trace.runs.iter().map(Run::label).collect();
    let expected = [
        "one after another",
        "1 thread, lock on, switch-interval 1 ms",
        "1 thread, lock off",
        "1 thread, lock on, switch-interval 5 ms",
        label,
        "2 threads, lock off",
        "2 threads, lock on, switch-interval 5 ms",
    ];
    assert_eq!(labels, expected);
    let facts = ["workload", "model", "gil", "workers"].map(|fact| trace.runs[4].about.get(fact));
    assert_eq!(facts, [Some("cpu"), Some("threads"), Some("on"), Some("2")]);
    let page = printed(&format!("trace check {shown}"));
    assert_eq!(page.lines().filter(|line| line.ends_with("each legal")).count(), 7, "{page}");
    let timeline = document(&format!("timeline {shown} --run '{label}'"));
    let drawn = timeline["runs"].as_array().unwrap();
    assert_eq!((drawn.len(), &drawn[0]["label"]), (1, &label.into()));
}

/// Fails if a policy is not in a label, a row or a chart, or its recording could not have been.
#[test]
fn policies_and_placements_stand_side_by_side_under_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (svg, csv, trace) = (path("a.svg"), path("a.csv"), path("run.trace"));
    let small = "--inputs 4 --runs 1 --warmup 0 --check-interval 100000";
    let line = format!(
        "sweep cpu -L policy={} --gil on {small} --export-svg {svg} --export-csv {csv} -o {trace}",
        POLICIES.join(",")
    );
    let page = trainyard(&line).with_code(0).stdout;
    let svg = fs::read_to_string(svg).unwrap();
    assert_eq!(svg.matches("<title>").count(), 2 * POLICIES.len(), "a title for each point");
    let csv = fs::read_to_string(csv).unwrap();
    for policy in POLICIES {
        let lines =
            page.lines().filter(|line| line.trim_start().starts_with(&format!("{policy} ")));
        assert_eq!(lines.count(), 1, "{page}");
        assert!(svg.contains(&format!("threads, lock on, policy {policy}: ")), "{svg}");
        assert!(csv.contains(&format!(",{policy},back-edge,false\n")), "{csv}");
    }
    let recorded = Trace::read(Path::new(&trace)).unwrap();
    for (run, policy) in recorded.runs.iter().skip(1).zip(POLICIES) {
        assert_eq!(run.label(), format!("2 threads, lock on, {policy}"));
        assert_eq!(run.about.get("policy"), Some(policy));
    }
    let checked = printed(&format!("trace check {trace}"));
    assert_eq!(checked.lines().filter(|line| line.contains("each legal")).count(), 6, "{checked}");
    let places =
        "sweep cpu -L placement=never,back-edge --gil on --policy fifo --inputs 4 --runs 1";
    let document = document(places);
    let locked: Vec<&Value> = rows(&document).iter().filter(|row| row["gil"] == "on").collect();
    for (row, place) in locked.iter().zip(["never", "back-edge"]) {
        assert_eq!((&row["placement"], &row["policy"]), (&place.into(), &"fifo".into()), "{row}");
    }
    assert_eq!(locked[0]["gil_stats"]["forced_switches"], 0, "{document}");
}

/// Under their names.
const POLICIES: [&str; 5] = ["timed", "ticks", "fifo", "priority", "no-forced-switching"];

#[test]
fn what_cannot_be_is_refused_before_anything_is_measured() {
    let sweep = "sweep cpu -P workers 1 2 --runs 10000 -o";
    check_refused(&format!("{sweep} /no/such/x"), "cannot write to '/no/such/x': No such file");
    let says = "invalid value '-' for --output: a trace is written to a file";
    check_refused(&format!("{sweep} -"), says);
    let many = trainyard("sweep io -P workers 100 200 -D 50 --models procs").with_code(2);
    assert!(many.stderr.contains("would be alive at the same time"), "{many:?}");
    assert_eq!((many.stderr.lines().count(), many.stdout.as_str()), (1, ""));
}

#[test]
fn an_interrupted_sweep_prints_what_was_measured() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.trace");
    fs::write(&path, "an older one").unwrap();
    let mut program = Program::start(&format!(
        "sweep cpu -P workers 1 2 --gil on --inputs 1 --runs 10000 --warmup 0 --format json -o {}",
        path.display()
    ));
    // Two arms of threads and one of sync are alive when the rounds begin.
    program.family_when("all are at work", |family| {
        let arms: Vec<_> = family.iter().filter(|process| process.is_arm()).collect();
        arms.len() == 3 && arms.iter().all(|arm| arm.ticks() > 20)
    });
    program.signal(Signal::SIGINT);
    let document = program.end().with_code(130).json();
    assert_eq!(document["complete"], false);
    assert_eq!(rows(&document).len(), 4);
    assert_eq!(program.family().len(), 0);
    assert_eq!(fs::read_to_string(&path).unwrap(), "an older one", "nothing was recorded");
    assert_eq!(names(folder.path()), ["run.trace"], "the flight files are gone");
}
