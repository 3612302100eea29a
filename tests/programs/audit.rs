//! The audit is itself put to the test: each thing that a body can leave behind is reported.
//!
//! Each of these tests fails if the census does not look for the thing that it leaks. In the
//! marked process a leak ends the test at `run`; only the first process gets its report.

use std::fs::{self, File};
use std::os::fd::IntoRawFd;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::census::{self, Audit};

/// The audit must fail, and its report must say so in these words.
#[track_caller]
fn check_reported(test: &str, words: &[&str], body: impl FnOnce()) {
    let audit = Audit { patience: Duration::from_millis(300), ..Audit::of(test) };
    let report = audit.run(body).expect_err("the audit must fail");
    for word in words {
        assert!(report.contains(word), "no {word:?} in this report:\n{report}");
    }
}

fn wait_for_ever() {
    let (_sender, never) = mpsc::channel::<()>();
    let _ = never.recv();
}

#[test]
fn a_body_that_cleans_up_passes() {
    census::alone("audit::a_body_that_cleans_up_passes", || {
        let file = File::open("/dev/null").unwrap();
        thread::spawn(move || drop(file)).join().unwrap();
        assert!(Command::new("true").status().unwrap().success());
    });
}

#[test]
fn a_thread_that_is_still_on_its_way_out_is_waited_for() {
    census::alone("audit::a_thread_that_is_still_on_its_way_out_is_waited_for", || {
        let (finish, finished) = mpsc::channel();
        thread::spawn(move || finished.recv().unwrap());
        finish.send(()).unwrap();
    });
}

#[test]
fn a_descriptor_left_open_is_reported() {
    let test = "audit::a_descriptor_left_open_is_reported";
    check_reported(test, &["left over: descriptor", "/dev/null"], || {
        let _number = File::open("/dev/null").unwrap().into_raw_fd();
    });
}

#[test]
fn a_thread_left_running_is_reported_by_name() {
    let test = "audit::a_thread_left_running_is_reported_by_name";
    check_reported(test, &["left over: thread", "straggler"], || {
        thread::Builder::new().name("straggler".into()).spawn(wait_for_ever).unwrap();
    });
}

#[test]
#[expect(clippy::zombie_processes, reason = "that is the leak")]
fn a_zombie_is_reported() {
    check_reported(
        "audit::a_zombie_is_reported",
        &["left over: child process", "true, state Z"],
        || {
            Command::new("true").spawn().unwrap();
        },
    );
}

#[test]
#[expect(clippy::zombie_processes, reason = "that is the leak")]
fn a_living_child_is_reported() {
    check_reported(
        "audit::a_living_child_is_reported",
        &["left over: child process", "sleep"],
        || {
            Command::new("sleep").arg("1000").spawn().unwrap();
        },
    );
}

#[test]
fn an_orphan_that_init_has_taken_over_is_reported() {
    let test = "audit::an_orphan_that_init_has_taken_over_is_reported";
    check_reported(test, &["left over: orphaned process", "sleep"], || {
        Command::new("sh").args(["-c", "sleep 1000 &"]).status().unwrap();
    });
}

#[test]
fn shared_memory_left_behind_is_reported() {
    let path = "/dev/shm/trainyard-audit-leaks-this";
    drop(fs::remove_file(path)); // An earlier run may have failed half way.
    check_reported("audit::shared_memory_left_behind_is_reported", &["left over", path], || {
        File::create(path).unwrap();
    });
    fs::remove_file(path).unwrap();
}

#[test]
fn a_body_that_panics_is_reported_with_its_message() {
    let test = "audit::a_body_that_panics_is_reported_with_its_message";
    check_reported(test, &["failed with", "the reason"], || panic!("the reason"));
}

#[test]
fn a_body_that_does_not_end_is_killed_and_reported() {
    let test = "audit::a_body_that_does_not_end_is_killed_and_reported";
    let audit = Audit { limit: Duration::from_millis(500), ..Audit::of(test) };
    let report = audit.run(wait_for_ever).expect_err("it never ends");
    assert!(report.contains("was not done after 500ms"), "{report}");
}

#[test]
fn a_name_that_no_test_has_is_no_success() {
    let report = Audit::of("no_such_test").run(|| ()).expect_err("no test ran");
    assert!(report.contains("no test named no_such_test ran"), "{report}");
}
