//! Programs that a test runs as a user would, and what they print.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Ten times what the slowest of them takes on a busy machine, in seconds.
const LIMIT_S: &str = "120";

/// Where cargo has put an example: beside the folder of the tests.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let folder = test.ancestors().nth(2).expect("tests lie in <profile>/deps");
    let path = folder.join("examples").join(name);
    let shown = path.display();
    assert!(path.exists(), "{shown} does not exist; `cargo build --examples` makes it");
    path
}

/// Runs a program to its good end, and returns what it printed.
#[track_caller]
pub(crate) fn run(program: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("timeout");
    command.arg(LIMIT_S).arg(program).args(arguments);
    let output = command.output().expect("coreutils has `timeout`");
    let (printed, complaints) = (text(&output.stdout), text(&output.stderr));
    let status = output.status;
    assert!(status.success(), "{command:?}: {status}\n{printed}\n{complaints}");
    assert!(!printed.is_empty(), "{command:?} printed nothing");
    printed
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
