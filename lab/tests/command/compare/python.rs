//! CPython beside ours: the article's programs, in processes that end with the lab.
//!
//! Where there is no `python3` on the PATH these tests say so, and pass.

#![expect(clippy::print_stderr, reason = "a test that cannot run says why")]

use std::process::Command;

use nix::sys::signal::Signal;
use serde_json::Value;
use trainyard::trace::file::{Run, Trace};

use crate::program::{Process, Program, document, eventually, rows, send};
use crate::web::Web;

/// Whether there is a Python to test with.
pub(crate) fn there_is_a_python() -> bool {
    let version = Command::new("python3").arg("--version").output();
    let is_there = version.is_ok_and(|output| output.status.success());
    if !is_there {
        eprintln!("skipped: there is no python3 on the PATH");
    }
    is_there
}

fn row<'d>(document: &'d Value, model: &str) -> &'d Value {
    let found = rows(document).iter().find(|row| row["model"] == model);
    found.unwrap_or_else(|| panic!("no {model} in {document}"))
}

/// Fails if a script digests something else, or another number of answers.
#[test]
fn a_cpython_does_the_same_work_in_four_models() {
    if !there_is_a_python() {
        return;
    }
    for line in ["io --requests 12 --latency 1ms", "cpu --inputs 2 --workers 2"] {
        let document = document(&format!("compare {line} --python=auto --runs 1 --warmup 0"));
        let sync = row(&document, "sync");
        for model in ["python-sync", "python-threads", "python-coop", "python-procs"] {
            let row = row(&document, model);
            for key in ["checksum", "units", "workload"] {
                assert_eq!(row[key], sync[key], "{model}, {key}");
            }
            assert!(row["python"].as_str().unwrap().starts_with("3."), "{row}");
            assert!(row["speedup_vs_python_sync"].as_f64().unwrap() > 0.0, "{row}");
            assert!(row["in_flight_max"].is_null(), "nothing was recorded: {row}");
        }
        assert_eq!(row(&document, "python-sync")["speedup_vs_python_sync"], 1.0);
        assert_eq!(row(&document, "threads")["python"], Value::Null);
    }
}

#[test]
fn a_cpython_plays_the_models_that_are_asked_for() {
    if !there_is_a_python() {
        return;
    }
    let line = "compare cpu --inputs 1 --models threads-native,coop --python auto --runs 1 \
                --warmup 0";
    let document = document(line);
    let models: Vec<&str> =
        rows(&document).iter().map(|row| row["model"].as_str().unwrap()).collect();
    assert_eq!(models, ["sync", "threads-native", "coop", "python-sync", "python-coop"]);
}

#[test]
fn a_cpython_that_is_swept_has_rows_and_no_recordings() {
    if !there_is_a_python() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.trace");
    let line = format!(
        "sweep cpu -P workers 1 2 --gil on --inputs 1 --python=auto --runs 1 --warmup 0 -o {}",
        path.display()
    );
    let document = document(&line);
    let of_cpython = rows(&document).iter().filter(|row| row["python"] != Value::Null).count();
    assert_eq!(of_cpython, 2 * 2);
    let trace = Trace::read(&path).unwrap();
    let labels: Vec<&str> = trace.runs.iter().map(Run::label).collect();
    assert_eq!(labels, ["one after another", "1 thread, lock on", "2 threads, lock on"]);
}

#[test]
fn a_cpython_fetches_from_somebody_elses_server_too() {
    if !there_is_a_python() {
        return;
    }
    let web = Web::answering(usize::MAX);
    let line = format!(
        "compare io --requests 6 --workers 2 --runs 2 --warmup 0 --python=auto \
         --models threads,coop,procs --gil on --url {}",
        web.url()
    );
    let document = document(&line);
    assert_eq!(rows(&document).len(), 8, "{document}");
    // Four of ours are recorded once more; CPython has no recorder.
    assert_eq!(web.asked(), 6 * (8 * 2 + 4));
}

/// The Pythons that `program` has started, workers included.
fn pythons(family: &[Process]) -> Vec<&Process> {
    family.iter().filter(|process| process.arguments.contains("serve(")).collect()
}

/// Starts a comparison of processes and waits until those of CPython fetch: `sync`, `procs` and
/// `python-sync` have each asked four times by then.
fn python_at_work(web: &Web) -> (Program, Vec<Process>) {
    let program = Program::start(&format!(
        "compare io --models procs --workers 2 --requests 4 --runs 2 --warmup 0 --format json \
         --python=auto --url {}",
        web.url()
    ));
    web.wait_for(14);
    let family = program.family();
    let all = pythons(&family);
    let is_worker = |one: &&&Process| all.iter().any(|other| other.pid == one.parent);
    let workers: Vec<Process> = all.iter().filter(is_worker).map(|one| (*one).clone()).collect();
    assert_eq!((workers.len(), all.len()), (2, 4), "{all:?}");
    (program, workers)
}

/// Fails if the script waits with `Pool.map`, which waits for ever.
#[test]
fn a_round_in_which_a_worker_of_cpython_is_killed_is_void_and_repeated() {
    if !there_is_a_python() {
        return;
    }
    let web = Web::answering(12);
    let (mut program, workers) = python_at_work(&web);
    send(Signal::SIGKILL, workers[0].pid);
    web.release();
    let ended = program.end().with_code(0);
    let (victim, said) = (workers[0].pid, &ended.stderr);
    assert!(said.contains(&format!("worker {victim} ended before it answered")), "{said}");
    assert!(said.contains("this round is void and repeated"), "{said}");
    assert_eq!(rows(&ended.json()).len(), 4);
}

/// Fails if `begin_worker` watches nothing: workers of `multiprocessing` outlive a killed parent.
#[test]
fn no_cpython_outlives_a_lab_that_is_killed() {
    if !there_is_a_python() {
        return;
    }
    let web = Web::answering(12);
    let (program, workers) = python_at_work(&web);
    program.signal(Signal::SIGKILL);
    eventually("no python is left", || pythons(&program.family()).is_empty());
    eventually("no worker runs", || workers.iter().all(|worker| !worker.is_running()));
}

#[test]
fn ctrl_c_ends_every_cpython() {
    if !there_is_a_python() {
        return;
    }
    let web = Web::answering(12);
    let (mut program, _) = python_at_work(&web);
    program.signal(Signal::SIGINT);
    program.end().with_code(130);
    assert_eq!(pythons(&program.family()).len(), 0);
}
