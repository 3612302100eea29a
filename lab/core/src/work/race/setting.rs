//! Who runs the trains, and so where one can be switched out.

use std::fmt;

use clap::ValueEnum;
use serde::Serialize;

use crate::terms::lock::{Placement, Rules};
use trainyard::threads::Place;
use trainyard::vm;

/// A way to run trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runner {
    /// Threads under one lock, or a lock each, by these rules.
    LockOn(Rules),
    /// Threads without a lock.
    LockOff,
    Coop,
    Procs,
}

/// One of the three runtimes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    Threads,
    Coop,
    Procs,
}

/// Whether the lock looks before an instruction.
pub fn looks_at(placement: Placement, place: vm::Place) -> bool {
    placement.in_threads().honours(to_threads(place))
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
    /// Where its trains hand a lock over that holds the others back, if they have one.
    pub fn placement(self) -> Option<Placement> {
        match self {
            Self::LockOn(rules) if !rules.per_worker => Some(rules.placement.unwrap_or_default()),
            _ => None,
        }
    }

    /// The runtime.
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
            Self::LockOn(rules) => return rules.fmt(f),
            Self::LockOff => "lock off",
            Self::Coop => "tasks",
            Self::Procs => "processes",
        })
    }
}
