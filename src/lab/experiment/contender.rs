//! Who is measured: our runtime, and each real CPython that the user names.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::cell::{Cell, Lock};
use crate::lab::{LabError, Result};

/// Who is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contender {
    /// Our own runtime.
    Ours,
    /// A CPython.
    Python(Python),
}

/// A CPython that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Python {
    /// What is run.
    pub path: PathBuf,
    /// As it says.
    pub version: (u32, u32, u32),
    /// Which lock it has.
    pub gil: PythonGil,
}

/// Which lock a CPython has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PythonGil {
    /// Released every so many ticks: before 3.2.
    Ticks,
    /// Asked for after an interval.
    Timed,
    /// A free-threaded build, with the lock off.
    Off,
}

impl Contender {
    /// The name in every output.
    pub fn name(&self) -> String {
        match self {
            Self::Ours => "ours".to_owned(),
            Self::Python(python) => python.name(),
        }
    }
}

impl fmt::Display for Contender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.name())
    }
}

/// What a Python prints of itself; 2.6 and later understand it.
const WHO: &str = "\
import json, platform, sys
gil = getattr(sys, '_is_gil_enabled', lambda: True)()
print(json.dumps({'implementation': platform.python_implementation(),
                  'version': list(sys.version_info[:3]), 'gil': gil}))
";

#[derive(Deserialize)]
struct Answer {
    implementation: String,
    version: (u32, u32, u32),
    gil: bool,
}

impl Python {
    /// Finds the CPython that `--python` names, and asks who it is.
    ///
    /// # Errors
    ///
    /// [`LabError::BadInput`] with one line if there is none, or it is something else.
    pub fn find(named: &Path) -> Result<Self> {
        if named != Path::new("auto") {
            return Self::ask(named);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut programs = std::env::split_paths(&path).map(|folder| folder.join("python3"));
        let found = programs.find(|program| program.is_file()).ok_or_else(|| {
            LabError::BadInput("--python=auto: there is no python3 on the PATH".to_owned())
        })?;
        Self::ask(&found)
    }

    fn ask(path: &Path) -> Result<Self> {
        let shown = path.display();
        let bad = |why: &str| LabError::BadInput(format!("--python '{shown}' {why}"));
        let output = Command::new(path)
            .args([OsStr::new("-c"), OsStr::new(WHO)])
            .stdin(Stdio::null())
            .output()
            .map_err(|why| bad(&format!("cannot be run: {why}")))?;
        let answer: Answer = serde_json::from_slice(&output.stdout)
            .map_err(|_| bad("is no Python: it does not say which version it is"))?;
        if answer.implementation != "CPython" {
            return Err(bad(&format!("is {}, not CPython", answer.implementation)));
        }
        let gil = match answer.version {
            version if version < (3, 2, 0) => PythonGil::Ticks,
            _ if answer.gil => PythonGil::Timed,
            _ => PythonGil::Off,
        };
        Ok(Self { path: path.to_owned(), version: answer.version, gil })
    }

    /// Whether it knows `asyncio.run`, as every twin about tasks does: 3.7 and later.
    pub fn has_tasks(&self) -> bool {
        self.version >= (3, 7, 0)
    }

    /// `CPython 3.13.0`, or `CPython 3.13.0, lock off`.
    pub fn name(&self) -> String {
        let (major, minor, patch) = self.version;
        let lock = if self.gil == PythonGil::Off { ", lock off" } else { "" };
        format!("CPython {major}.{minor}.{patch}{lock}")
    }
}

/// A CPython is measured in the cells whose lock it has, as it cannot change it, and in those that
/// are about no lock.
pub fn by_lock(python: &Python, cell: &Cell) -> bool {
    match cell.lock {
        Lock::Timed { .. } => python.gil == PythonGil::Timed,
        Lock::Off => python.gil == PythonGil::Off,
        Lock::Ticks { .. } => python.gil == PythonGil::Ticks,
        Lock::None => true,
        // No CPython lets one switch that off.
        Lock::Unforced { .. } | Lock::Bare => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(version: (u32, u32, u32), gil: PythonGil) -> Python {
        Python { path: PathBuf::from("python"), version, gil }
    }

    #[test]
    fn a_python_is_measured_in_the_cells_whose_lock_it_has() {
        let (timed, off) = (Cell::new("t", Lock::timed_ms(5.0)), Cell::new("o", Lock::Off));
        let new = python((3, 13, 0), PythonGil::Timed);
        let free = python((3, 13, 0), PythonGil::Off);
        assert_eq!((by_lock(&new, &timed), by_lock(&new, &off)), (true, false));
        assert_eq!((by_lock(&free, &timed), by_lock(&free, &off)), (false, true));
        assert!(by_lock(&new, &Cell::plain("p")) && by_lock(&free, &Cell::plain("p")));
        assert_eq!(new.name(), "CPython 3.13.0");
        assert_eq!(free.name(), "CPython 3.13.0, lock off");
    }

    #[track_caller]
    fn check_refused(path: &str, line: &str) {
        let error = Python::find(Path::new(path)).unwrap_err();
        assert!(error.to_string().starts_with(line), "{error}");
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn what_is_no_python_is_refused_in_one_line() {
        check_refused("/no/such/python", "--python '/no/such/python' cannot be run: No such file");
        check_refused("/bin/true", "--python '/bin/true' is no Python");
        check_refused("/", "--python '/' cannot be run: ");
    }
}
