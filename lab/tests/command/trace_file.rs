//! Trace files as a user meets them: written by every command that runs something, refused in one
//! line when they are none, and there when their program is not any more.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use trainyard::trace::file::{Ending, Facts, Run, Trace, flight};
use trainyard::trace::{self, Event, Kind, Recording, Track};

use crate::program::{check_refused, names, printed};

const PROGRAM: &str = env!("CARGO_BIN_EXE_trainyard");

#[test]
fn a_comparison_records_a_run_for_each_contender_and_all_are_possible() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.trace");
    let shown = path.display();
    printed(&format!("compare --requests 4 --inputs 2 --latency 1ms --runs 1 -o {shown}"));
    assert_eq!(names(folder.path()), ["run.trace"], "the flight files are gone");
    let trace = Trace::read(&path).unwrap();
    assert_eq!(trace.ending, Ending::Whole);
    let labels: Vec<&str> = trace.runs.iter().map(Run::label).collect();
    assert_eq!(labels.len(), 11, "{labels:?}");
    assert!(labels.contains(&"io: 5 threads, lock on"), "{labels:?}");
    for run in &trace.runs {
        let events = &run.recording.events;
        assert!(events.iter().any(|event| event.kind == Kind::UnitBegin), "{}", run.label());
    }
    // A worker process writes into the file of its parent, under its own number.
    let procs = trace.runs.iter().find(|run| run.about.get("model") == Some("procs")).unwrap();
    let pids: std::collections::BTreeSet<u32> =
        procs.recording.tracks.iter().map(|track| track.pid).collect();
    assert!(pids.len() > 2, "{pids:?}");
    let page = printed(&format!("trace check {shown}"));
    assert_eq!(page.lines().count(), 11, "{page}");
    assert!(page.lines().all(|line| line.ends_with("each legal")), "{page}");
}

#[test]
fn an_experiment_and_a_race_record_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.trace");
    let shown = path.display();
    printed(&format!("experiment record the-articles-race --quick -o {shown}"));
    let trace = Trace::read(&path).unwrap();
    assert!(trace.runs.iter().all(|run| run.about.get("experiment") == Some("the-articles-race")));
    printed(&format!("race counter --runs 1 --rounds 100 -o {shown}"));
    let trace = Trace::read(&path).unwrap();
    assert_eq!(trace.runs.len(), 6, "one for each way to run it");
    printed(&format!("trace check {shown}"));
    assert_eq!(names(folder.path()), ["x.trace"]);
}

#[test]
fn a_file_that_is_no_trace_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let shown = path.display();
    check_refused(&format!("trace check {shown}"), &format!("cannot read '{shown}': No such file"));
    std::fs::write(folder.path().join("x.io-sync-1.7.flight"), "").unwrap();
    let left = folder.path().join("x.io-sync-1.7.flight");
    let line = format!(
        "cannot read '{shown}': No such file or directory (os error 2); what recorded it was \
         killed, and left 1 file, of which each is a trace: '{}'",
        left.display()
    );
    check_refused(&format!("timeline {shown}"), &line);
    std::fs::write(&path, "no trace").unwrap();
    check_refused(
        &format!("trace check {shown}"),
        &format!("cannot read '{shown}': it is no trace that `-o FILE` has written"),
    );
    check_refused("compare -o /no/such/x", "cannot write to '/no/such/x'");
    check_refused("compare -o -", "invalid value '-' for --output");
    check_refused("experiment run convoy -o /no/such/x", "cannot write to '/no/such/x'");
    check_refused("race -o /no/such/x", "cannot write to '/no/such/x'");
}

/// Every command that reads a trace, with `path` for it.
fn every_reader(path: &str) -> Vec<String> {
    let forms = ["perfetto", "svg", "html", "csv", "csv --events"];
    let exports = forms.map(|form| format!("export {path} --to {form} --output -"));
    let others = [format!("trace check {path}"), format!("timeline {path}")];
    [others.to_vec(), exports.to_vec()].concat()
}

/// Fails if the reader believes such times: then some of these wrap, and others never end.
#[test]
fn a_trace_of_impossible_times_is_refused_by_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.trace");
    let shown = path.display().to_string();
    for (begin_ns, end_ns, time_ns, what) in [
        (0, 0, u64::MAX, "a run begins more than a century after its machine was started"),
        (1, 0, u64::MAX, "a run is longer than a year"),
        (1, u64::MAX, 2, "a run is longer than a year"),
        (9, 8, 9, "a run ends before it begins"),
        (1, 9, u64::MAX, "a run has an event long after its end"),
    ] {
        let event = Event { time_ns, track: 1, kind: Kind::UnitBegin, cpu: 0, a: 0, b: 0 };
        let track = Track { number: 1, name: "main".to_owned(), pid: 1, overwritten: 0 };
        let recording = Recording { begin_ns, end_ns, events: vec![event], tracks: vec![track] };
        let run = Run { about: Facts::default(), recording };
        let impossible = Trace::of(Facts::default(), vec![run]);
        impossible.write_to(&mut File::create(&path).unwrap()).unwrap();
        let says = format!("cannot read '{shown}': it is damaged: at byte 128 {what}");
        for line in every_reader(&shown) {
            check_refused(&line, &says);
        }
    }
}

/// Fails if a file is read to its end before it is looked at: these have none.
#[test]
fn a_device_without_an_end_is_refused_by_every_command() {
    let says = "cannot read '/dev/zero': it is no trace that `-o FILE` has written";
    for line in every_reader("/dev/zero") {
        check_refused(&line, says);
    }
    let says = "cannot read '/dev/zero': it is longer than 200 kB, and no program";
    check_refused("dis /dev/zero", says);
    check_refused("race /dev/zero", says);
}

#[test]
fn a_trace_that_comes_through_a_pipe_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.trace");
    let trace = Trace::of(Facts::default(), vec![Run::default()]);
    trace.write_to(&mut File::create(&path).unwrap()).unwrap();
    let script = format!("cat {} | {} trace check /dev/stdin", path.display(), PROGRAM);
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "a run: 0 events, each legal\n");
}

const CRASH: &str = "TRAINYARD_TEST_CRASH";

/// The other half of the test below: records, and kills itself in the middle.
#[test]
fn being_the_program_that_is_killed() {
    let Some(path) = std::env::var_os(CRASH) else { return };
    // Somebody records while the file is made: the events of its making go elsewhere.
    let make = move || {
        let _recorder = trace::arm();
        flight::keep_in(Path::new(&path), &Facts::default(), &Facts::default()).unwrap();
        // So that nobody takes it for a dead program's.
        assert!(File::open(&path).unwrap().try_lock().is_err());
    };
    std::thread::spawn(make).join().unwrap();
    let _recorder = trace::arm();
    trace::emit(Kind::UnitBegin, 7, 0);
    let other = std::thread::Builder::new().name("other".to_owned());
    other.spawn(|| trace::emit(Kind::UnitBegin, 8, 0)).unwrap().join().unwrap();
    let pid = std::process::id().to_string();
    Command::new("kill").args(["-KILL", &pid]).status().unwrap();
    unreachable!("a signal that nobody survives");
}

/// Fails if rings are not kept in the file: nobody had the time to write anything.
#[test]
fn the_trace_of_a_killed_program_has_every_event_up_to_its_death() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flight.trace");
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "trace_file::being_the_program_that_is_killed"])
        .env(CRASH, &path)
        .output()
        .unwrap()
        .status;
    assert_eq!(status.signal(), Some(9), "{status}");
    let file = File::open(&path).unwrap();
    assert!(file.try_lock().is_ok(), "the lock has died with it");
    assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o600);
    let trace = Trace::read(&path).unwrap();
    assert_eq!(trace.ending, Ending::CutShort);
    let recording = &trace.runs[0].recording;
    assert_eq!(recording.events.iter().map(|event| event.a).collect::<Vec<_>>(), [7, 8]);
    let names: Vec<&str> = recording.tracks.iter().map(|track| track.name.as_str()).collect();
    assert!(names.contains(&"other"), "{names:?}");
}
