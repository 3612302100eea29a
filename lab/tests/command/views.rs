//! `trainyard timeline` and `trainyard export` as their users run them, on recordings of real runs.

#[path = "../../core/src/look/perfetto/validator.rs"]
mod validator;

use std::io::Read;
use std::path::{Display, Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use trainyard::trace::Kind;
use trainyard::trace::file::block::VERSION_WORD;
use trainyard::trace::file::{Ending, Facts, Run, Trace};

use crate::program::{check_refused, document, printed, trainyard, words};

/// Two workers, in every model, few and short units: the file, and the page that was drawn of it.
static RECORDED: LazyLock<(PathBuf, String)> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("views.trace");
    let models = "--model threads,threads-native,coop,procs";
    let file = path.display();
    let page = printed(&format!("timeline cpu {models} --workers 2 --inputs 4 -o '{file}'"));
    (path, page)
});

fn recorded() -> Display<'static> {
    RECORDED.0.display()
}

#[test]
fn a_workload_is_recorded_and_drawn_and_the_file_shows_the_same() {
    let (path, page) = (recorded(), &RECORDED.1);
    for label in ["1. 2 threads, lock on", "2. 2 threads, lock off", "native", "coop", "processes"]
    {
        assert!(page.contains(label), "{page}");
    }
    // The reference was recorded with the others, and is not drawn unless it was asked for.
    assert!(!page.contains("one after another"), "{page}");
    assert_eq!(printed(&format!("timeline '{path}'")), *page);
    let one = printed(&format!("timeline '{path}' --run '2 threads, lock on' --ascii"));
    assert!(one.is_ascii() && one.contains("the lane that holds the lock"), "{one}");
    let json = document(&format!("timeline {path}"));
    assert_eq!(json["schema"], "trainyard.timeline/1");
    let runs = json["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 5);
    for run in runs {
        for lane in run["lanes"].as_array().unwrap() {
            let shares = lane["share"].as_object().unwrap().values();
            let sum: f64 = shares.map(|share| share.as_f64().unwrap()).sum();
            assert!((sum - 1.0).abs() < 1e-6, "{lane}");
        }
    }
    let on = runs.iter().find(|run| run["label"] == "2 threads, lock on").unwrap();
    assert_eq!(on["running_at_once_max"], 1, "one at a time, on any number of processors");
}

#[test]
fn a_timeline_under_each_rule_of_the_lock_is_named_and_possible() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.trace").display().to_string();
    let rules =
        "--policy timed,ticks,fifo,priority,no-forced-switching --placement back-edge,never";
    let small = "--inputs 4 --gil on --check-interval 100000";
    let page = printed(&format!("timeline cpu {rules} {small} -o {path}"));
    let labels = page.lines().filter(|line| line.contains(". 2 threads, lock on, "));
    assert_eq!(labels.count(), 10, "{page}");
    assert!(page.contains("2 threads, lock on, no-forced-switching, never"), "{page}");
    let checked = printed(&format!("trace check {path}"));
    assert_eq!(checked.lines().filter(|line| line.contains("each legal")).count(), 10, "{checked}");
    let each = printed(&format!("timeline cpu --lock-per-worker --gil on --inputs 4 -o {path}"));
    assert!(each.contains("2 threads, a lock each: "), "{each}");
    assert!(printed(&format!("trace check {path}")).contains("each legal"));
}

#[test]
fn a_real_recording_makes_a_valid_document_for_perfetto() {
    let path = recorded();
    let text = printed(&format!("export '{path}' --to perfetto"));
    let records = validator::validate(&text);
    let trace = Trace::read(&RECORDED.0).unwrap();
    let events = || trace.runs.iter().flat_map(|run| &run.recording.events);
    let requests = events().filter(|event| event.kind == Kind::GilDropRequest).count();
    let moments = records.iter().filter(|record| record.name == "drop request").count();
    assert_eq!(moments, requests);
    let polls = events().filter(|event| event.kind == Kind::TaskPollBegin).count();
    let begun = records.iter().filter(|r| r.phase == 'b' && r.name == "poll").count();
    // Polls that took no time are not drawn, and the task of the round itself is not recorded whole.
    assert!(begun > 0 && begun <= polls, "{begun} of {polls}");
    // Worker processes are processes.
    let pids: std::collections::BTreeSet<u32> = records.iter().map(|r| r.pid).collect();
    assert!(pids.len() >= trace.runs.len() + 2, "{pids:?}");
}

#[test]
fn a_real_recording_makes_a_picture_a_page_and_a_table() {
    let (path, folder) = (recorded(), tempfile::tempdir().unwrap());
    let output = folder.path().join("document");
    let shown = output.display();
    for (form, begin) in [("svg", "<svg xmlns="), ("html", "<!doctype html>"), ("csv", "run,lane,")]
    {
        let said = printed(&format!("export '{path}' --to {form} -o {shown}"));
        assert_eq!(said, "", "talk goes to standard error");
        let document = std::fs::read_to_string(&output).unwrap();
        assert!(document.to_lowercase().starts_with(begin), "{form}: {document:.80}");
        let piped = printed(&format!("export '{path}' --to {form} --output -"));
        assert_eq!(piped, document, "{form}");
    }
    let one = printed(&format!("export '{path}' --to csv --events --run 1"));
    let trace = Trace::read(&RECORDED.0).unwrap();
    assert_eq!(one.lines().count(), 1 + trace.runs[0].recording.events.len());
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let path = recorded();
    for form in ["perfetto", "svg", "html", "csv", "csv --events"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trainyard"));
        command.args(words(&format!("export '{path}' --to {form}")));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() && said.is_empty(), "{form}: {}: {said}", ended.status);
    }
}

#[test]
fn bad_input_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let shown = path.display();
    std::fs::write(&path, "run,lane\n").unwrap();
    let no_trace = format!("cannot read '{shown}': it is no trace");
    for (line, says) in [
        ("timeline no-such-file", "cannot read 'no-such-file': No such file"),
        ("export no-such-file --to svg", "cannot read 'no-such-file': No such file"),
        (&format!("timeline {shown}"), &no_trace),
        (&format!("export {shown} --to csv"), &no_trace),
        ("export x", "--to is missing"),
        ("timeline cpu -o /no/such/folder/x", "cannot write to '/no/such/folder/x'"),
    ] {
        check_refused(line, says);
    }
}

#[test]
fn what_a_file_does_not_have_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let shown = path.display();
    let trace = Trace::of(Facts::default(), vec![Run::default()]);
    trace.write_to(&mut std::fs::File::create(&path).unwrap()).unwrap();
    check_refused(&format!("timeline {shown}"), "there is nothing to draw");
    check_refused(&format!("timeline {shown} --run 3"), "no run '3'; the runs are 1 (a run)");
    let export = format!("export {shown} --to svg -o");
    check_refused(&format!("{export} {shown}"), &format!("'{shown}' is the trace itself"));
    check_refused(&format!("{export} /no/such/x"), "cannot write to '/no/such/x'");
    assert_eq!(Trace::read(&path).unwrap(), trace, "nothing was lost");
    // Newer, and cut in the middle of its header.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[VERSION_WORD * 8] = 99;
    std::fs::write(&path, &bytes).unwrap();
    let newer = trainyard(&format!("timeline {shown}")).with_code(2).stderr;
    assert!(newer.contains("a newer one is needed"), "{newer}");
    std::fs::write(&path, &bytes[..5]).unwrap();
    check_refused(&format!("export {shown} --to perfetto"), "cannot read");
}

#[test]
fn a_file_without_its_end_is_refused_by_every_view() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x").display().to_string();
    let bytes = std::fs::read(&RECORDED.0).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() * 2 / 3]).unwrap();
    let says = format!("cannot read '{path}': its end is missing: it stops after ");
    check_refused(&format!("timeline {path}"), &says);
    check_refused(&format!("trace check {path}"), &says);
    for form in ["perfetto", "svg", "html", "csv"] {
        check_refused(&format!("export '{path}' --to {form} --output -"), &says);
    }
}

#[test]
fn the_trace_of_a_program_that_died_is_drawn_up_to_its_death_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x").display().to_string();
    let mut trace = Trace::read(&RECORDED.0).unwrap();
    trace.ending = Ending::CutShort;
    trace.write_to(&mut std::fs::File::create(&path).unwrap()).unwrap();
    let page = printed(&format!("timeline {path}"));
    assert!(page.starts_with("this trace is cut short"), "{page}");
    let ended = trainyard(&format!("export '{path}' --to svg --output -")).with_code(0);
    assert!(ended.stderr.contains("cut short") && ended.stdout.contains("cut short"), "{ended:?}");
}

/// What others record has lanes too.
#[test]
fn a_recording_of_a_race_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.trace");
    let shown = path.display();
    printed(&format!("race counter --runs 1 --rounds 100 -o {shown}"));
    let page = printed(&format!("timeline {shown}"));
    assert!(page.contains("run "), "{page}");
    validator::validate(&printed(&format!("export {shown} --to perfetto")));
}
