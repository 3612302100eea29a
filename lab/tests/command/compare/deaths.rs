//! `kill -9` in the middle of a comparison: a round is lost, not the comparison, and never a hang.
//!
//! The contenders are `sync` and two processes, four requests a round, so the test knows who asks:
//! requests 0 to 3 are the first round of `sync`, 4 to 7 that of the processes.

use nix::sys::signal::Signal;
use serde_json::Value;
use trainyard::trace::file::{Ending, Run, Trace};

use crate::program::{Ended, Process, Program, names, rows, send};
use crate::web::Web;

fn start(workers: usize, web: &Web) -> Program {
    start_with("", workers, web)
}

fn start_with(options: &str, workers: usize, web: &Web) -> Program {
    Program::start(&format!(
        "compare io --models procs --workers {workers} --requests 4 --runs 2 --warmup 0 \
         --format json --url {} {options}",
        web.url()
    ))
}

/// Waits for `count` worker processes, of another arm than `old_arm`.
#[track_caller]
fn workers(program: &Program, count: usize, old_arm: Option<u32>) -> Vec<Process> {
    let is_new = |process: &Process| process.is_worker() && Some(process.parent) != old_arm;
    let all = program.family_when("the workers are there", |family| {
        family.iter().filter(|process| is_new(process)).count() == count
    });
    all.into_iter().filter(is_new).collect()
}

/// The comparison came to its end, with all rounds of both contenders.
#[track_caller]
fn check_complete(ended: &Ended) {
    let document = ended.json();
    assert_eq!(document["complete"], true);
    let rows = rows(&document);
    let samples = |row: &Value| row["wall_s"]["samples"].as_array().unwrap().len();
    assert_eq!(rows.iter().map(samples).collect::<Vec<_>>(), [2, 2]);
    let same = |key: &str| assert_eq!(rows[0][key], rows[1][key], "{key}");
    same("units");
    same("checksum");
}

/// Kills whom `victim` makes of a worker when `asked` requests have come, the last of which wait for
/// it. The comparison comes to its end, and standard error is one line, with these words in this
/// order, in which PID is the dead one's.
#[track_caller]
fn check_survives(answered: usize, asked: usize, victim: fn(&Process) -> u32, says: &[&str]) {
    let web = Web::answering(answered);
    let mut program = start(2, &web);
    web.wait_for(asked);
    let workers = workers(&program, 2, None);
    let pid = victim(&workers[0]);
    send(Signal::SIGKILL, pid);
    web.release();
    let ended = program.end().with_code(0);
    check_complete(&ended);
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    let mut rest = ended.stderr.as_str();
    for word in says {
        let word = word.replace("PID", &pid.to_string());
        rest = rest.split_once(&word).unwrap_or_else(|| panic!("no {word:?} in {ended:?}")).1;
    }
    // Two rounds and the recorded one for each, and what the void round asked.
    assert!((24..=24 + 4).contains(&web.asked()), "{}", web.asked());
    let is_arm = pid == workers[0].parent;
    let is_gone = |worker: &Process| !worker.is_known();
    assert!(!is_arm || workers.iter().all(is_gone), "its workers went with it");
}

/// Fails if the arm answers with the error of the job alone: that does not know the last event.
#[test]
fn a_round_in_which_a_worker_is_killed_is_void_and_repeated() {
    let says = [
        "trainyard: io/procs/2: worker PID ended (signal: 9 (SIGKILL)) before",
        "its last event: WorkerJobBegin (job ",
        "ms before; this round is void and repeated",
    ];
    check_survives(4, 6, |worker| worker.pid, &says);
}

/// Fails if the arm looks for deaths only where a job was lost.
#[test]
fn a_worker_that_is_killed_between_its_rounds_voids_the_next_one() {
    let says = [
        "worker PID ended (signal: 9 (SIGKILL)) while it had no job",
        "its last event: WorkerIdle",
        "this round is void and repeated",
    ];
    check_survives(0, 1, |worker| worker.pid, &says);
}

/// Fails if the orphans of a killed arm are not adopted.
#[test]
fn an_arm_that_is_killed_in_its_round_or_between_two_is_started_again() {
    let says = [
        "trainyard: io/procs/2: its process PID ended (signal: 9 (SIGKILL)); ",
        "this round is void and repeated once",
    ];
    check_survives(4, 6, |worker| worker.parent, &says);
    check_survives(0, 1, |worker| worker.parent, &says);
}

#[test]
fn the_second_death_ends_the_comparison() {
    let web = Web::answering(4);
    let mut program = start(1, &web);
    web.wait_for(5);
    let first = workers(&program, 1, None).remove(0);
    send(Signal::SIGKILL, first.pid);
    // The repeated round gets no further than the one before. A worker without a job would not be
    // missed before the next round.
    web.wait_for(6);
    let second = workers(&program, 1, Some(first.parent)).remove(0);
    send(Signal::SIGKILL, second.pid);
    let ended = program.end().with_code(1);
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{ended:?}");
    assert!(lines[0].contains(&format!("worker {} ended", first.pid)), "{ended:?}");
    assert!(lines[1].contains(&format!("worker {} ended", second.pid)), "{ended:?}");
    let document = ended.json();
    assert_eq!(document["complete"], false);
    assert_eq!(document["results"][0]["model"], "sync", "the one round that was measured");
}

/// The measured rounds ask 16 times, and the recorded one of `sync` 4 times more.
#[test]
fn a_contender_that_dies_over_its_recording_leaves_what_it_has_done_so_far() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.trace");
    let web = Web::answering(20);
    let mut program = start_with(&format!("-o {}", path.display()), 2, &web);
    web.wait_for(22);
    let first = workers(&program, 2, None)[0].parent;
    send(Signal::SIGKILL, first);
    // Void, and recorded once more, which gets no further.
    web.wait_for(24);
    let second = workers(&program, 2, Some(first))[0].parent;
    send(Signal::SIGKILL, second);
    let ended = program.end().with_code(1);
    assert_eq!(rows(&ended.json()).len(), 2, "both were measured");
    let trace = Trace::read(&path).unwrap();
    let labels: Vec<&str> = trace.runs.iter().map(Run::label).collect();
    assert_eq!(
        (trace.ending, &labels[..]),
        (Ending::CutShort, &["one after another", "2 processes"][..])
    );
    let fallen = &trace.runs[1];
    assert_eq!(fallen.about.get("ending"), Some("cut short: its process died"));
    assert!(fallen.recording.tracks.iter().any(|track| track.pid == second), "{fallen:?}");
    assert_eq!(names(folder.path()), ["run.trace"], "the flight files are gone");
}
