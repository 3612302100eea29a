//! Who runs the trains, and so where one can be switched out.

use std::fmt;

use clap::ValueEnum;
use serde::Serialize;

use trainyard::threads::{Place, Placement};
use trainyard::vm;

/// A way to run trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runner {
    /// Threads under one lock, which looks at requests there.
    LockOn(Checks),
    LockOff,
    Coop,
    Procs,
}

/// Where a thread looks whether another wants the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checks {
    /// Before every operation, as CPython up to 3.9.
    EveryOp,
    /// At back edges and calls, as CPython since 3.10.
    BackEdge,
    /// Nowhere.
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    Threads,
    Coop,
    Procs,
}

impl Checks {
    pub(super) fn placement(self) -> Placement {
        match self {
            Self::EveryOp => Placement::EveryOperation,
            Self::BackEdge => Placement::BackEdgesAndCalls,
            Self::Never => Placement::Never,
        }
    }

    /// Whether the lock looks before an instruction.
    pub fn look_at(self, place: vm::Place) -> bool {
        self.placement().honours(to_threads(place))
    }
}

/// The machine knows no lock, and the lock no machine; here they meet.
pub fn to_threads(place: vm::Place) -> Place {
    match place {
        vm::Place::Operation => Place::Operation,
        vm::Place::BackEdge => Place::BackEdge,
        vm::Place::Call => Place::Call,
    }
}

impl Runner {
    pub fn model(self) -> Model {
        match self {
            Self::LockOn(_) | Self::LockOff => Model::Threads,
            Self::Coop => Model::Coop,
            Self::Procs => Model::Procs,
        }
    }
}

impl fmt::Display for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LockOn(Checks::EveryOp) => "lock on, every-op",
            Self::LockOn(Checks::BackEdge) => "lock on, back-edge",
            Self::LockOn(Checks::Never) => "lock on, never",
            Self::LockOff => "lock off",
            Self::Coop => "tasks",
            Self::Procs => "processes",
        })
    }
}
