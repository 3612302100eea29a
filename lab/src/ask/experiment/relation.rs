//! A relation: what must hold between figures, and a wrong setting under which it must not.
//!
//! A relation never names a time of its own: it compares figures of one run with each other, or
//! with the settings of the run, so that it is as true on a slow machine as on a fast one.

use std::fmt;

use serde::Serialize;

use super::cell::Cell;
use super::contender::Contender;
use super::figures::Results;

/// What must hold.
pub struct Relation {
    /// What the command line calls it.
    pub name: &'static str,
    /// The claim, one sentence.
    pub says: &'static str,
    /// Whom it is about.
    pub of: Of,
    /// Whether chance can make it fail.
    pub nature: Nature,
    /// Which cells it looks at.
    pub reads: fn(&Cell) -> bool,
    /// Looks. `None` if a figure is missing that it needs.
    pub check: fn(&Results, &Contender) -> Option<Check>,
    /// How to make it fail.
    pub wrong: Wrong,
}

/// Whom a relation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Ours, and each CPython that was measured in the cells it reads.
    Everybody,
    /// Our runtime and the machine alone.
    Ours,
    /// Each CPython, compared with ours.
    EachPython,
}

/// Whether chance can make a relation fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nature {
    /// It compares counts, which are right or wrong: checked once.
    Count,
    /// It compares times: measured again when it fails, twice at most.
    Timing,
}

impl Nature {
    /// How often it may be measured.
    pub fn attempts_max(self) -> usize {
        match self {
            Self::Count => 1,
            Self::Timing => 3,
        }
    }
}

/// A setting that makes the relation false.
#[derive(Clone, Copy, Debug)]
pub struct Wrong {
    /// What is changed.
    pub says: &'static str,
    /// Changes one of the cells that the relation reads.
    pub change: fn(&mut Cell),
}

/// What a look has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// It holds, as these figures show.
    Holds(String),
    /// It does not.
    Fails(String),
    /// This machine cannot show it, for this reason.
    Skipped(String),
}

impl Check {
    /// Holds if `holds`, with the figures that say so.
    pub fn that(holds: bool, figures: String) -> Self {
        if holds { Self::Holds(figures) } else { Self::Fails(figures) }
    }
}

/// The end of a relation, in every output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The relation.
    pub name: &'static str,
    /// Its claim.
    pub says: &'static str,
    /// Whether chance can make it fail.
    pub nature: Nature,
    /// Whom it was checked for.
    pub contender: String,
    /// How it ended.
    #[serde(rename = "outcome")]
    pub ending: Ending,
    /// The figures, or why it was not checked.
    pub figures: String,
    /// How often it was measured.
    pub attempts: usize,
}

/// How a relation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// It holds.
    Holds,
    /// It was measured as often as it may be, and does not.
    Failed,
    /// It could not be checked here.
    Skipped,
}

impl fmt::Debug for Relation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Relation({})", self.name)
    }
}
