//! What every process that the laboratory starts begins with: nothing blocked, the program that
//! runs, and no file of the user's in its way; and what is said if it cannot be had.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::Signal;

use crate::program::{Process, Program, eventually};

const PROGRAM: &str = env!("CARGO_BIN_EXE_trainyard");

/// The signals that a process blocks, as the kernel writes them.
fn blocked(process: &Process) -> String {
    let status = fs::read_to_string(format!("/proc/{}/status", process.pid)).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigBlk:"));
    line.map_or(String::new(), |mask| mask.trim().trim_start_matches('0').to_owned())
}

/// What a child is called, and how it is known.
type Kind = (&'static str, fn(&Process) -> bool);

/// Waits until there is a child of each of `kinds`, and none blocks a signal. Between fork and exec
/// a child may still have its parent's mask, so no single look counts.
#[track_caller]
fn check_nothing_is_blocked(line: &str, kinds: &[Kind]) {
    let program = Program::start(line);
    for (kind, is_of_kind) in kinds {
        program.family_when(&format!("{kind} blocks no signal"), |family| {
            let mut of_kind = family.iter().filter(|one| is_of_kind(one)).peekable();
            of_kind.peek().is_some() && of_kind.all(|one| blocked(one).is_empty())
        });
    }
}

/// Fails if a child keeps the mask of a program that listens to Ctrl-C.
#[test]
fn no_child_blocks_a_signal() {
    check_nothing_is_blocked(
        "compare io --requests 200 --latency 100ms --runs 1",
        &[
            ("the server", Process::is_server),
            ("an arm", Process::is_arm),
            ("a worker", Process::is_worker),
        ],
    );
    let cell = |process: &Process| process.arguments.contains(" __experiment ");
    check_nothing_is_blocked("experiment run scaling", &[("a cell", cell)]);
    let inside = |process: &Process| process.arguments.contains("\"inside\"");
    check_nothing_is_blocked("experiment run daemon", &[("a program in a cell", inside)]);
    if super::python::there_is_a_python() {
        let python = |process: &Process| process.name.starts_with("python");
        let line = "compare io --requests 200 --latency 100ms --runs 1 --python=auto";
        check_nothing_is_blocked(line, &[("a Python", python)]);
        let folder = tempfile::tempdir().unwrap();
        let slow = script(folder.path(), "sleep 1; exec python3 \"$@\"");
        let line = format!("compare cpu --inputs 1 --runs 1 --python {}", slow.display());
        let asked = |process: &Process| process.name == "sleep";
        check_nothing_is_blocked(&line, &[("a Python that is asked who it is", asked)]);
        let line = "experiment run chunk-size --python=auto";
        check_nothing_is_blocked(
            line,
            &[("a Python of an experiment", |process| {
                process.name.starts_with("python") && process.arguments.contains("SET")
            })],
        );
    }
}

/// A Python of our own: a shell does what it is told with the words of the real one.
fn script(folder: &Path, body: &str) -> PathBuf {
    let python = folder.join("python");
    fs::write(&python, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    python
}

/// A program of its own that a test may change.
fn copy_into(folder: &Path) -> Command {
    let copy = folder.join("trainyard");
    fs::copy(PROGRAM, &copy).unwrap();
    let mut command = Command::new(copy);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn has_children(child: &Child) -> bool {
    let pid = child.id();
    fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).is_ok_and(|it| !it.is_empty())
}

/// Fails if a child is started from the path that the program once had.
#[test]
fn a_program_that_is_replaced_while_it_runs_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = copy_into(folder.path());
    command.args("compare io cpu --requests 10 --latency 20ms --inputs 2 --runs 1".split(' '));
    let child = command.spawn().unwrap();
    eventually("it starts a process", || has_children(&child));
    let other = folder.path().join("other");
    fs::write(&other, "#!/bin/false\n").unwrap();
    fs::rename(other, folder.path().join("trainyard")).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
}

/// Fails if a Python looks for its modules in the current folder.
#[test]
fn a_python_imports_nothing_from_the_current_folder() {
    if !super::python::there_is_a_python() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for module in ["json", "threading", "platform", "socket"] {
        let hostile = "raise RuntimeError('this module is not for you')\n";
        fs::write(folder.path().join(module).with_extension("py"), hostile).unwrap();
    }
    for line in [
        "compare cpu --inputs 2 --workers 2 --runs 1 --warmup 0 --python=auto",
        "experiment run await-in-the-middle --quick --python=auto",
    ] {
        let mut command = Command::new(PROGRAM);
        let ended = command.args(line.split(' ')).current_dir(folder.path()).output().unwrap();
        assert!(ended.status.success(), "{line}: {ended:?}");
    }
}

/// Runs the program within a limit of `prlimit`, and as somebody who is not root, whom no limit of
/// processes holds.
fn within(limit: &str, line: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = copy_into(folder.path());
    let mut command = Command::new("prlimit");
    command.arg(limit).arg(program.get_program()).args(line.split(' ')).stdin(Stdio::null());
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        // No user of this machine, so there is no other process that counts.
        command.uid(54_321).gid(54_321);
    }
    command.output().unwrap()
}

/// Fails if an error is the kernel's alone: it names what could not be had, and the limit.
#[test]
fn what_cannot_be_had_is_named_with_its_limit() {
    let line = "compare cpu --inputs 2 --workers 4 --runs 1 --warmup 0";
    let check = |line: &str, limit: &str, calls: &[&str], why: &str| {
        let ended = within(limit, line);
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_ne!(ended.status.code(), Some(0), "{said}");
        let says = |call: &&str| said.contains(&format!("{call}: {why}"));
        assert!(calls.iter().any(says), "{limit}: {said}");
        assert!(!said.contains("Custom {"), "a line, no Debug form: {said}");
    };
    let why = "Resource temporarily unavailable (os error 11) (limit 4: ulimit -u)";
    let calls = ["a thread cannot be started", "a process cannot be started"];
    check(line, "--nproc=4:4", &calls, why);
    // Fails, after minutes, if the threads that have started wait for one that cannot; and by a Debug
    // form, of those beside a server.
    let (busy, server) = ("experiment run scaling --quick", "experiment run ccbench --quick");
    check(busy, "--nproc=4:4", &calls, why);
    check(server, "--nproc=4:4", &calls, why);
    let calls = ["socketpair", "a process cannot be started"];
    for few in 4..=9 {
        let why = format!("Too many open files (os error 24) (limit {few}: ulimit -n)");
        check(line, &format!("--nofile={few}:{few}"), &calls, &why);
        check(busy, &format!("--nofile={few}:{few}"), &calls, &why);
    }
}

/// Fails if a line, once it has begun, is read to its end without a look at anything else.
#[test]
fn ctrl_c_ends_a_comparison_whose_python_stops_in_the_middle_of_a_line() {
    if !super::python::there_is_a_python() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let stops = r#"case "$*" in *serve\(*) printf '{"Started":' >&0; exec sleep 61; esac"#;
    let python = script(folder.path(), &format!("{stops}\nexec python3 \"$@\""));
    let line = "compare cpu --inputs 1 --models threads --runs 1 --warmup 0 --python";
    let mut program = Program::start(&format!("{line} {}", python.display()));
    program.family_when("it has written half a line", |family| {
        family.iter().any(|process| process.name == "sleep")
    });
    program.signal(Signal::SIGINT);
    assert_eq!(program.end().with_code(130).stderr, "trainyard: interrupted\n");
}
