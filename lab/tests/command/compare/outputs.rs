//! Files that results are written to: one file under two names, full disks, Ctrl-C, odd names.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use nix::sys::signal::Signal;

use crate::program::{Program, names};
use crate::web::Web;

/// A comparison that ends in a moment.
const SMALL: &str = "compare io --models coop --requests 2 --latency 1ms --runs 1 --warmup 0";

/// Runs the program in `folder`; the last arguments may hold anything.
fn run_in(folder: &Path, line: &str, last: &[&OsStr]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainyard"));
    command.args(line.split_whitespace()).args(last);
    command.current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

/// Runs it by a shell, after `before`; `line` may redirect its outputs.
fn run_after(folder: &Path, before: &str, line: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_trainyard");
    let script = format!("{before}exec '{program}' {line}");
    Command::new("sh").args(["-c", &script]).current_dir(folder).output().unwrap()
}

/// Runs it where no file may grow beyond so many blocks of 512 bytes: as on a full disk.
fn run_full(folder: &Path, blocks: u32, line: &str) -> Output {
    run_after(folder, &format!("trap '' XFSZ; ulimit -f {blocks}; "), line)
}

#[track_caller]
fn check(output: &Output, code: i32, line: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(line), "{said}");
}

#[test]
fn two_options_that_name_one_file_are_refused_however_it_is_spelled() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("old"), "kept").unwrap();
    fs::hard_link(at("old"), at("hard")).unwrap();
    symlink("new", at("link")).unwrap();
    for (one, other) in [
        ("--export-json new", "--export-csv ./new"),
        ("--export-json new", "--export-markdown link"),
        ("--export-csv old", "--output hard"),
    ] {
        let ended = run_in(folder.path(), &format!("{SMALL} {one} {other}"), &[]);
        let option = |text: &str| text.split(' ').next().unwrap().to_owned();
        check(&ended, 2, &format!("{} and {} name the same file", option(one), option(other)));
    }
    let sweep = "sweep io -P workers 1 2 --export-svg new -o ./new";
    check(&run_in(folder.path(), sweep, &[]), 2, "--export-svg and --output name the same file");
    assert_eq!(names(folder.path()), ["hard", "link", "old"]);
    assert_eq!(fs::read_to_string(at("old")).unwrap(), "kept");
}

/// Runs it with standard output redirected to `x`, which exists.
fn run_redirected(folder: &Path, line: &str) -> Output {
    run_after(folder, "", &format!("{line} >> x"))
}

#[test]
fn a_file_that_standard_output_goes_to_is_refused_by_every_command_that_prints_a_page() {
    let folder = tempfile::tempdir().unwrap();
    for line in [
        &format!("{SMALL} -o x"),
        &format!("{SMALL} --export-csv ./x"),
        "sweep io -P workers 1 2 --export-svg x",
        "race counter -o x",
        "timeline cpu -o x",
        "experiment run convoy --quick -o x",
        "experiment record convoy --quick -o x",
    ] {
        let ended = run_redirected(folder.path(), line);
        check(&ended, 2, "x': standard output goes there");
        assert_eq!(fs::read(folder.path().join("x")).unwrap(), b"", "{line}");
    }
    check(&run_in(folder.path(), &format!("{SMALL} -o run.trace"), &[]), 0, "recorded");
    // A document and no page: it is on standard output.
    check(&run_redirected(folder.path(), "export run.trace --to svg -o x"), 0, "");
    assert!(fs::read_to_string(folder.path().join("x")).unwrap().starts_with("<svg"));
}

#[test]
fn a_trace_and_a_program_are_not_replaced_by_what_is_made_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    check(&run_in(folder.path(), &format!("{SMALL} -o run.trace"), &[]), 0, "recorded");
    fs::hard_link(at("run.trace"), at("hard")).unwrap();
    let export = run_in(folder.path(), "export run.trace --to csv -o hard", &[]);
    check(&export, 2, "'hard' is the trace itself");
    fs::write(at("x.py"), "x = x + 1").unwrap();
    let race = run_in(folder.path(), "race x.py --runs 1 -o ./x.py", &[]);
    check(&race, 2, "--output names the program itself, 'x.py'");
    assert_eq!(fs::read_to_string(at("x.py")).unwrap(), "x = x + 1");
}

#[test]
fn a_dangling_link_gets_its_target() {
    let folder = tempfile::tempdir().unwrap();
    symlink("there", folder.path().join("link")).unwrap();
    let ended = run_in(folder.path(), &format!("{SMALL} --export-csv link"), &[]);
    check(&ended, 0, "");
    assert_eq!(names(folder.path()), ["link", "there"]);
}

/// Fails if a document is written in place.
#[test]
fn a_full_disk_leaves_the_old_document() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    check(&run_in(folder.path(), &format!("{SMALL} -o run.trace"), &[]), 0, "recorded");
    for to in ["html", "perfetto", "csv"] {
        fs::write(at("old"), "kept").unwrap();
        let ended = run_full(folder.path(), 1, &format!("export run.trace --to {to} -o old"));
        check(&ended, 1, "cannot write to 'old': File too large");
        assert_eq!(fs::read_to_string(at("old")).unwrap(), "kept", "{to}");
    }
    assert_eq!(names(folder.path()), ["old", "run.trace"]);
}

/// Fails if it says that what was done, programs of their own did.
#[test]
fn an_experiment_that_finds_no_room_for_its_recording_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let ended = run_full(folder.path(), 16, "experiment record three-names --quick -o x.trace");
    check(&ended, 1, "nothing was recorded: 'x.trace' is not written");
    check(&ended, 1, ".flight': File too large");
    assert_eq!(names(folder.path()), [""; 0]);
}

/// Fails if half a result takes the place of a whole one.
#[test]
fn an_interrupted_run_does_not_replace_an_earlier_result() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    fs::write(at("old.json"), "whole").unwrap();
    // A round of sync, and one request of the next.
    let web = Web::answering(5);
    let mut program = Program::start(&format!(
        "compare io --models threads --gil on --requests 4 --runs 3 --warmup 0 --url {} \
         --export-json {} --export-csv {}",
        web.url(),
        at("old.json"),
        at("new.csv"),
    ));
    web.wait_for(6);
    program.signal(Signal::SIGINT);
    let said = program.end().with_code(130).stderr;
    assert_eq!(fs::read_to_string(at("old.json")).unwrap(), "whole");
    assert_eq!(names(folder.path()), ["new.csv", "old.json", "old.json.incomplete"]);
    let line = format!("'{}' is as it was, this run's is", at("old.json"));
    assert!(said.contains(&line) && said.ends_with("trainyard: interrupted\n"), "{said}");
    let part = fs::read_to_string(at("old.json.incomplete")).unwrap();
    assert!(part.contains("\"complete\": false"), "{part}");
}

#[test]
fn a_name_with_blanks_is_quoted_and_one_that_is_not_text_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    for (name, quoted) in
        [(&b"my run.trace"[..], "'my run.trace'"), (b"\xff.trace", r"$'\xff.trace'")]
    {
        let name = OsStr::from_bytes(name);
        let line = "compare cpu --models procs --inputs 2 --runs 1 --warmup 0 -o";
        let ended = run_in(folder.path(), line, &[name]);
        check(&ended, 0, &format!(": trainyard timeline {quoted}\n"));
        check(&run_in(folder.path(), "trace check", &[name]), 0, "");
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    assert_eq!(names(folder.path()), [""; 0]);
}
