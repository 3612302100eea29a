//! Every example runs to its good end, and prints something.
//!
//! What they print is read by people; `lab/tests/docs/the_notes.rs` looks for what the notes' page says.

#[path = "../support/program.rs"]
mod program;

use std::ffi::OsStr;
use std::path::Path;

#[test]
fn every_example_runs_and_tells_something() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let sources = entries.filter(|path| path.extension() == Some(OsStr::new("rs")));
    let names: Vec<String> =
        sources.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert!(names.len() >= 5, "only these were found: {names:?}");
    for name in names {
        program::run(&program::example(&name), &[]);
    }
}
