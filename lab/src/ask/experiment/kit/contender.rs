//! Who is measured: our runtime, and each real CPython that the user names.

use std::fmt;

use super::cell::{Cell, Lock};

pub use lab_core::terms::python::{Python, PythonGil};

/// Who is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contender {
    /// Our own runtime.
    Ours,
    /// A CPython.
    Python(Python),
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
    use std::path::PathBuf;

    use super::*;

    fn python(version: (u32, u32, u32), gil: PythonGil) -> Python {
        Python { path: PathBuf::from("python"), version, gil }
    }

    #[test]
    fn a_python_is_measured_in_the_cells_whose_lock_it_has() {
        let (timed, off) = (Lock::TIMED, Lock::Off);
        let new = python((3, 13, 0), PythonGil::Timed);
        let free = python((3, 13, 0), PythonGil::Off);
        for (python, lock, plays) in [
            (&new, timed, true),
            (&new, off, false),
            (&free, timed, false),
            (&free, off, true),
            (&new, Lock::None, true),
            (&free, Lock::None, true),
        ] {
            assert_eq!(by_lock(python, &Cell { lock, ..Cell::plain("") }), plays, "{lock:?}");
        }
        assert_eq!(new.name(), "CPython 3.13.0");
        assert_eq!(free.name(), "CPython 3.13.0, lock off");
    }
}
