//! Who is measured: our runtime, and each real CPython that the user names.

use std::fmt;

use super::cell::{Cell, Lock};

pub(crate) use lab_core::terms::python::{Python, PythonGil};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contender {
    Ours,
    Python(Python),
}

/// The name in every output.
impl fmt::Display for Contender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours => formatter.pad("ours"),
            Self::Python(python) => formatter.pad(&python.name()),
        }
    }
}

/// A CPython is measured in the cells whose lock it has, as it cannot change it, and in those that
/// are about no lock.
pub(crate) fn by_lock(python: &Python, cell: &Cell) -> bool {
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

    #[test]
    fn a_python_is_measured_in_the_cells_whose_lock_it_has() {
        for (gil, timed, off) in [(PythonGil::Timed, true, false), (PythonGil::Off, false, true)] {
            let python = Python { path: PathBuf::from("python"), version: (3, 13, 0), gil };
            for (lock, plays) in [(Lock::TIMED, timed), (Lock::Off, off), (Lock::None, true)] {
                assert_eq!(by_lock(&python, &Cell { lock, ..Cell::plain("") }), plays, "{lock:?}");
            }
        }
    }
}
