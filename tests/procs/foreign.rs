//! Whole programs seen from outside, and a pool beside other users of processes.

use std::io::{BufRead, BufReader};
use std::process::Command;

use crate::belongings::{eventually, is_gone, scaled};
use crate::deaths::end;
use crate::jobs::pool;
use crate::runner::tests;
use crate::stories::{begin, tell, tell_in_copy};

tests![
    a_program_without_init_is_told_the_line_to_add_and_starts_no_process,
    a_program_whose_workers_leave_before_init_is_told_once,
    a_program_whose_workers_dawdle_before_init_is_told,
    a_program_without_descriptors_gets_an_error,
    a_program_that_cannot_be_executed_says_why,
    a_program_whose_file_is_deleted_still_starts_workers,
    a_worker_that_cannot_be_replaced_is_missed_until_it_can,
    a_pool_whose_thread_cannot_go_on_answers_its_jobs,
    a_program_that_is_killed_leaves_no_worker,
    a_program_that_never_drops_its_pool_leaves_no_worker,
    what_a_program_and_its_jobs_print_comes_once,
    a_program_that_ignores_its_children_still_learns_how_they_ended,
    other_processes_keep_their_exit_codes_beside_a_pool,
];

/// Tells a story that ends with exit code 2, and returns how often `main` ran and what it said.
fn refusal(story: &str) -> (usize, String) {
    let output = tell(story);
    let (out, error) = (String::from_utf8(output.stdout).unwrap(), output.stderr);
    let error = String::from_utf8(error).unwrap();
    assert_eq!(output.status.code(), Some(2), "{out}{error}");
    (out.lines().filter(|line| *line == "main runs").count(), error)
}

const LINE: &str = "trainyard::procs::init();";

fn a_program_without_init_is_told_the_line_to_add_and_starts_no_process() {
    let (mains, error) = refusal("forgets init");
    let expected = format!("add this as the first line of main: {LINE}");
    assert!(error.contains(&expected), "{error}");
    assert_eq!(mains, 1);
}

fn a_program_whose_workers_leave_before_init_is_told_once() {
    let (mains, error) = refusal("leaves before init");
    assert!(error.contains(LINE) && error.contains("exit status: 3"), "{error}");
    assert!(mains <= 1 + 4, "one start for each worker, no second: {mains}");
}

fn a_program_whose_workers_dawdle_before_init_is_told() {
    let (mains, error) = refusal("dawdles before init");
    assert!(error.contains(LINE) && error.contains("did not say hello"), "{error}");
    assert!(mains <= 1 + 4, "one start for each worker, no second: {mains}");
}

fn a_program_without_descriptors_gets_an_error() {
    let (_, error) = refusal("has few descriptors");
    assert!(error.contains("Too many open files"), "{error}");
}

fn a_program_that_cannot_be_executed_says_why() {
    let (_, error) = refusal("has a huge environment");
    let expected = format!("exit status: {}", libc::E2BIG);
    assert!(error.contains("could not be executed") && error.contains(&expected), "{error}");
}

fn a_program_whose_file_is_deleted_still_starts_workers() {
    let output = tell_in_copy("is deleted");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn a_worker_that_cannot_be_replaced_is_missed_until_it_can() {
    let text = String::from_utf8(tell("runs out of descriptors").stdout).unwrap();
    let workers: Vec<&str> = text.lines().filter(|line| line.starts_with("workers")).collect();
    assert_eq!(workers, ["workers 1", "workers 2"]);
}

fn a_pool_whose_thread_cannot_go_on_answers_its_jobs() {
    let text = String::from_utf8(tell("cannot even poll").stdout).unwrap();
    assert!(text.contains("JobError"), "{text}");
}

/// Starts a story and returns its process and the workers that it announces.
fn begin_with_workers(story: &str) -> (std::process::Child, Vec<u32>) {
    let mut child = begin(story);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.map(Result::unwrap).find(|line| line.starts_with("pids")).unwrap();
    let pids = line.split(' ').skip(1).map(|pid| pid.parse().unwrap()).collect();
    (child, pids)
}

/// Fails if a worker neither looks for the end of its socket nor asks to die with its parent.
fn a_program_that_is_killed_leaves_no_worker() {
    for _ in 0..scaled(5) {
        let (mut child, workers) = begin_with_workers("waits to be killed");
        assert_eq!(workers.len(), 3);
        child.kill().unwrap();
        child.wait().unwrap();
        check_gone(&workers);
    }
}

fn a_program_that_never_drops_its_pool_leaves_no_worker() {
    let (mut child, workers) = begin_with_workers("never drops its pool");
    assert!(child.wait().unwrap().success());
    check_gone(&workers);
}

#[track_caller]
fn check_gone(workers: &[u32]) {
    eventually("all workers are gone", || workers.iter().all(|&pid| is_gone(pid)));
}

fn what_a_program_and_its_jobs_print_comes_once() {
    let output = tell("prints");
    // Each worker's `main` comes by the line that says so; the job's text is written at its end.
    let text = String::from_utf8(output.stdout).unwrap().replace("main runs\n", "");
    assert_eq!(text, "from a job, half a line, and the rest\n");
}

fn a_program_that_ignores_its_children_still_learns_how_they_ended() {
    let text = String::from_utf8(tell("ignores children").stdout).unwrap();
    assert!(text.contains("signal: 9"), "{text}");
}

/// Fails if anything of ours waits for children that are not its own.
fn other_processes_keep_their_exit_codes_beside_a_pool() {
    let pool = pool(2);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..scaled(25)).for_each(check_exit_code));
        }
        for _ in 0..scaled(25) {
            assert!(pool.submit(end, 99).join().is_err());
        }
    });
}

fn check_exit_code(round: usize) {
    let code = i32::try_from(round % 100).unwrap();
    let status = Command::new("sh").args(["-c", &format!("exit {code}")]).status().unwrap();
    assert_eq!(status.code(), Some(code));
}
