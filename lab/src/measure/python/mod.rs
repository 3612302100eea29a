//! CPython: how one is found, who it says it is, and what it runs beside our own contenders.
//!
//! `--python=PATH` names one. It is asked once, before anything is measured, who it is; what does
//! not answer is refused in one line. `compare` then gives it the article's programs, as arms like
//! our own: `arm.py` holds the same conversation, `io_*.py` and `cpu_*.py` are the twins of
//! `lab/core/src/work/io` and `lab/core/src/work/cpu`, one short file for each workload and model, with nothing in them
//! that does not come with Python.
//!
//! # The life of one arm
//!
//! 1. Our program starts itself as the arm, asks the kernel to be ended with the lab, and then
//!    becomes the Python ([`become_python`]): so no Python is left behind, whatever happens.
//! 2. The script arrives as an argument: the shared part, what the workload needs, the contender.
//! 3. It is told what to fetch as URLs: it does not know our server's pages by heart as ours do. Its
//!    answers are held to ours by the checksum of each round.
//!
//! # Not here
//!
//! A recording: there is nothing in CPython that would make one, and the picture draws none.
//!
//! Read next: `arm.py`, and [`conversation`](super::conversation).

pub mod find;

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::Command;

use lab_core::terms::{LabError, Model, Workload};

/// The word that makes an arm of our program a Python: `__arm PARENT python PATH SCRIPT`.
pub const ARM_WORD: &str = "python";

/// What every script begins with.
const ARM: &str = include_str!("arm.py");
const SESSION: &str = include_str!("session.py");
const ASYNC_SESSION: &str = include_str!("async_session.py");
const SQUARES: &str = include_str!("squares.py");
const WORKERS: &str = include_str!("workers.py");

/// What each script goes on with; the last part is the contender's own file.
const SCRIPTS: [(Workload, Model, &[&str]); 8] = [
    (Workload::Io, Model::PythonSync, &[SESSION, include_str!("io_sync.py")]),
    (Workload::Io, Model::PythonThreads, &[SESSION, include_str!("io_threads.py")]),
    (Workload::Io, Model::PythonCoop, &[SESSION, ASYNC_SESSION, include_str!("io_coop.py")]),
    (Workload::Io, Model::PythonProcs, &[SESSION, WORKERS, include_str!("io_procs.py")]),
    (Workload::Cpu, Model::PythonSync, &[SQUARES, include_str!("cpu_sync.py")]),
    (Workload::Cpu, Model::PythonThreads, &[SQUARES, include_str!("cpu_threads.py")]),
    (Workload::Cpu, Model::PythonCoop, &[SQUARES, include_str!("cpu_coop.py")]),
    (Workload::Cpu, Model::PythonProcs, &[SQUARES, WORKERS, include_str!("cpu_procs.py")]),
];

fn parts(workload: Workload, model: Model) -> Option<&'static [&'static str]> {
    let found = SCRIPTS.iter().find(|(work, who, _)| (*work, *who) == (workload, model));
    found.map(|(_, _, parts)| *parts)
}

/// The contender's own file, which is what it costs in lines; `None` for a model of ours.
pub fn source(workload: Workload, model: Model) -> Option<&'static str> {
    parts(workload, model)?.last().copied()
}

/// The whole program of an arm; `None` for a model of ours.
pub fn script(workload: Workload, model: Model) -> Option<String> {
    Some([&[NO_CURRENT_FOLDER, ARM], parts(workload, model)?].concat().join("\n"))
}

/// What keeps a Python from importing what lies in the current folder: a `json.py` there is none of
/// our business. From 3.11 on [`SAFE_PATH`] does the same for the processes that it starts.
pub const NO_CURRENT_FOLDER: &str = "import sys\nif sys.path[:1] == ['']: del sys.path[0]\n";

/// The variable that a Python of 3.11 and later leaves the current folder out for.
pub const SAFE_PATH: (&str, &str) = ("PYTHONSAFEPATH", "1");

/// Turns this process into the Python at `path`, running `script` with `arguments`. Returns only if
/// it cannot.
pub fn become_python(path: &OsStr, script: &OsStr, arguments: &[OsString]) -> LabError {
    let mut python = Command::new(path);
    python.arg("-c").arg(script).args(arguments).env(SAFE_PATH.0, SAFE_PATH.1);
    LabError::failed(path.display(), python.exec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_of_python_has_a_script_and_none_of_ours_has() {
        for workload in [Workload::Io, Workload::Cpu] {
            let ours = Model::IN_TABLE_ORDER.into_iter();
            assert!(ours.clone().all(|model| script(workload, model).is_none()));
            for model in ours.filter_map(Model::in_python) {
                let script = script(workload, model).unwrap();
                let last = script.lines().last().unwrap();
                assert!(last.starts_with("serve("), "{workload}/{model} ends with {last}");
            }
        }
    }
}
