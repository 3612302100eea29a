//! How the CPython that `--python` names is found, and asked who it is: it may be any program, and
//! answer, end, chatter or sleep for ever.
//!
//! # The life of one question
//!
//! 1. The program is started with the question as `-c QUESTION`, and nothing to read. Processes that
//!    lose their parent become ours from now on, as in every comparison.
//! 2. What it writes is read until it closes its output, has written more than any answer, or its
//!    time is over.
//! 3. It is ended and reaped in every case, with the processes that it started.
//!
//! # Not here
//!
//! A process group of its own, by which its processes could be ended together: Ctrl-C at the
//! terminal ends us, and is to end it too.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::Deserialize;

use super::NO_CURRENT_FOLDER;
use crate::measure::progress::tell;
use crate::measure::usage::Tree;
use lab_core::terms::{LabError, Python, PythonGil, Result};
use lab_core::text::plain::plain;
use trainyard::sys::child::{self, Heard};
use trainyard::sys::process;

/// What a Python prints of itself; 2.6 and later understand it.
const WHO: &str = "\
import json, platform, sys
gil = getattr(sys, '_is_gil_enabled', lambda: True)()
print(json.dumps({'implementation': platform.python_implementation(),
                  'version': list(sys.version_info[:3]), 'gil': gil}))
";

/// How long it may take to print that. A CPython takes some 50 ms, and some seconds behind a wrapper on
/// a disk that is cold; nobody waits much longer for a line.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Who {
    implementation: String,
    version: (u32, u32, u32),
    gil: bool,
}

/// Finds each CPython that is named, and each version once: `auto` may be one that is named
/// too. Another of the same version is left out, and that is said.
pub(crate) fn find_all(named: &[PathBuf]) -> Result<Vec<Python>> {
    let mut pythons: Vec<Python> = Vec::new();
    for path in named {
        let python = find(path)?;
        match pythons.iter().find(|known| known.name() == python.name()) {
            None => pythons.push(python),
            Some(known) if known.path == python.path => {}
            Some(known) => {
                let (kept, dropped) = (known.path.display(), python.path.display());
                let name = python.name();
                tell(format_args!(
                    "trainyard: '{dropped}' is {name}, as '{kept}' is: only '{kept}' is measured"
                ));
            }
        }
    }
    Ok(pythons)
}

/// Finds the CPython that `--python` names, and asks who it is; what is none is refused in one line.
pub(crate) fn find(named: &Path) -> Result<Python> {
    if named != Path::new("auto") {
        return ask_who(named, PATIENCE);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut programs = std::env::split_paths(&path).map(|folder| folder.join("python3"));
    let found = programs.find(|program| program.is_file()).ok_or_else(|| {
        LabError::BadInput("--python=auto: there is no python3 on the PATH".to_owned())
    })?;
    ask_who(&found, PATIENCE)
}

fn ask_who(path: &Path, patience: Duration) -> Result<Python> {
    match ask(path, &format!("{NO_CURRENT_FOLDER}{WHO}"), patience) {
        Ok(Some(said)) => who_says(path, &said),
        Ok(None) => {
            let seconds = patience.as_secs_f64();
            let why = format!("did not say within {seconds} s which version it is");
            Err(refusal(path, &why))
        }
        Err(why) => Err(refusal(path, &format!("cannot be run: {why}"))),
    }
}

/// More than any answer is long: one that prints for ever is not heard out.
const ANSWER_MAX: usize = 4096;

/// Runs `program -c question`, and listens for `patience` at most: to all that it writes before it
/// closes its output, or `None` if its time is over before that.
fn ask(program: &Path, question: &str, patience: Duration) -> io::Result<Option<Vec<u8>>> {
    process::adopt_orphans()?;
    let mut command = Command::new(program);
    command.args([OsStr::new("-c"), OsStr::new(question)]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut asked = Tree::of(child::start(&mut command)?);
    let mut output = asked.child.stdout.take().expect("its output is a pipe");
    let mut said = Vec::new();
    let heard = child::hear(&mut output, patience, &mut said, |said| said.len() > ANSWER_MAX)?;
    Ok(Some(said).filter(|_| heard != Heard::Silence))
}

/// Reads what the program at `path` says of itself.
fn who_says(path: &Path, said: &[u8]) -> Result<Python> {
    let bad = |why: &str| refusal(path, why);
    let who: Who = serde_json::from_slice(said)
        .map_err(|_| bad("is no Python: it does not say which version it is"))?;
    if who.implementation != "CPython" {
        return Err(bad(&format!("is {}, not CPython", plain(&who.implementation))));
    }
    let gil = match who.version {
        version if version < (3, 2, 0) => PythonGil::Ticks,
        _ if who.gil => PythonGil::Timed,
        _ => PythonGil::Off,
    };
    Ok(Python { path: path.to_owned(), version: who.version, gil })
}

/// Reads `data` as what a program says when it is asked which Python it is, and says whether it is
/// one. Fuzzers call it.
/// Panics if a refusal is more than one line, or ends in success.
#[doc(hidden)]
pub fn fuzz_who(data: &[u8]) -> bool {
    match who_says(Path::new("python"), data) {
        Ok(python) => !python.id().to_string().is_empty(),
        Err(why) => {
            assert_eq!((why.to_string().lines().count(), why.exit_code()), (1, 2), "{why}");
            false
        }
    }
}

fn refusal(path: &Path, why: &str) -> LabError {
    LabError::BadInput(format!("--python '{}' {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpython_is_known_by_its_version_and_its_lock() {
        let who = |implementation: &str, version: &str, gil: bool| {
            let who = format!("\"version\": {version}, \"gil\": {gil}");
            let said = format!("{{\"implementation\": \"{implementation}\", {who}}}");
            who_says(Path::new("python"), said.as_bytes())
        };
        for (version, gil, name, id, kind) in [
            ("[2, 7, 18]", true, "CPython 2.7.18", "2.7.18", PythonGil::Ticks),
            ("[3, 13, 0]", true, "CPython 3.13.0", "3.13.0", PythonGil::Timed),
            ("[3, 13, 0]", false, "CPython 3.13.0, lock off", "3.13.0t", PythonGil::Off),
        ] {
            let python = who("CPython", version, gil).unwrap();
            assert_eq!((python.name().as_str(), python.gil), (name, kind));
            assert_eq!(python.id().to_string(), id);
        }
        // A name that is more than one line stays in its line.
        for (name, shown) in [("PyPy", "PyPy"), ("Py\\n\\u001bPy", "Py??Py")] {
            let refused = who(name, "[3, 10, 0]", true).unwrap_err();
            assert_eq!(refused.to_string(), format!("--python 'python' is {shown}, not CPython"));
        }
    }

    /// Fails if the wait has no end, or if the shell's own child is left to hold the pipe.
    #[test]
    fn a_program_that_does_not_answer_is_refused_when_its_time_is_over() {
        let slow = std::env::temp_dir().join(format!("trainyard-slow-{}", std::process::id()));
        // Written by another process: while one that a test beside this one has just forked holds a
        // program open for writing, nobody can run it.
        let write = "printf '#!/bin/sh\\nsleep 100\\n' > \"$0\" && chmod +x \"$0\"";
        assert!(Command::new("sh").args(["-c", write]).arg(&slow).status().unwrap().success());
        let begin = std::time::Instant::now();
        let refused = ask_who(&slow, Duration::from_millis(100)).unwrap_err();
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
        std::fs::remove_file(&slow).unwrap();
        let line = "did not say within 0.1 s which version it is";
        assert_eq!(refused.to_string(), format!("--python '{}' {line}", slow.display()));
        assert_eq!(refused.exit_code(), 2);
    }

    #[test]
    fn a_program_is_heard_to_its_end_but_not_for_ever() {
        let shell = |script| ask(Path::new("/bin/sh"), script, Duration::from_mins(1)).unwrap();
        assert_eq!(shell("echo one; echo two"), Some(b"one\ntwo\n".to_vec()));
        assert_eq!(shell("exit 3"), Some(Vec::new()));
        let said = shell("while :; do echo y; done").unwrap();
        assert!((ANSWER_MAX + 1..=2 * ANSWER_MAX).contains(&said.len()), "{}", said.len());
    }
}
