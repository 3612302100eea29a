//! A test alone in a process of its own, for what a process has once: its recorder, its limits.
//!
//! Tests of one program run beside each other. A test that counts every event of the process, or
//! uses up its descriptors, calls [`alone`] with its own name: this process runs the test program
//! again, for that one test, with a mark in its environment, and passes the verdict on.

use std::process::Command;

/// The name of the mark. Its value is the name of the test.
const MARK: &str = "TRAINYARD_ALONE";

/// Runs `body` alone in a fresh process, and panics unless it succeeds there. `test` is the full
/// name of the calling test, its modules included.
#[track_caller]
pub(crate) fn alone(test: &str, body: impl FnOnce()) {
    if std::env::var_os(MARK).is_some_and(|mark| mark == test) {
        return body();
    }
    let output = Command::new(std::env::current_exe().expect("the test knows its program"))
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(MARK, test)
        .output()
        .expect("the test program runs again");
    let [stdout, stderr] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    let status = output.status;
    assert!(status.success(), "{test}, alone in a process: {status}\n{stdout}\n{stderr}");
    assert!(stdout.contains("1 passed"), "no test named {test} ran:\n{stdout}");
}
