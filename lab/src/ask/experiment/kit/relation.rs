//! A relation: what must hold between figures, and a wrong setting under which it must not.
//!
//! A relation never names a time of its own: it compares figures of one run with each other, or
//! with the settings of the run, so that it is as true on a slow machine as on a fast one.

use std::fmt;

use serde::Serialize;

use super::cell::Cell;
use super::claim::{Claim, Special, special};

/// What must hold. Written as a sentence of calls:
///
/// ```ignore
/// timing("chunks-share-the-cost")
///     .says("small jobs in chunks of 100 take a third of the time one by one, at most.")
///     .claims(&that("{job_s in chunks of 1} and {job_s in chunks of 100}", |[one, hundred]| {
///         hundred <= one / 3.0
///     }))
///     .wrong("jobs of 2 ms", make_long)
/// ```
pub struct Relation {
    /// What the command line calls it.
    pub name: &'static str,
    /// The claim, one sentence.
    pub says: &'static str,
    /// Whom it is about.
    pub of: Of,
    /// Whether chance can make it fail.
    pub nature: Nature,
    /// The claim, for a program.
    pub claim: &'static dyn Claim,
    /// How to make it fail.
    pub wrong: Wrong,
}

/// A relation that compares times. One that fails has failed three times while the machine was its
/// own; one that others disturbed is skipped.
pub const fn timing(name: &'static str) -> Relation {
    Relation::new(name, Nature::Timing)
}

/// A relation that compares counts, which are right or wrong: checked once.
pub const fn counting(name: &'static str) -> Relation {
    Relation::new(name, Nature::Count)
}

impl Relation {
    /// About everybody, until it is told otherwise.
    const fn new(name: &'static str, nature: Nature) -> Self {
        const NOTHING: Special = special(|_| false, |_, _| None);
        let wrong = Wrong { says: "", change: |_| () };
        Self { name, says: "", of: Of::Everybody, nature, claim: &NOTHING, wrong }
    }

    /// Says the claim, in a sentence.
    #[must_use]
    pub const fn says(self, says: &'static str) -> Self {
        Self { says, ..self }
    }

    /// Limits it to our runtime and the machine.
    #[must_use]
    pub const fn of_ours(self) -> Self {
        Self { of: Of::Ours, ..self }
    }

    /// Makes it about each CPython, compared with ours.
    #[must_use]
    pub const fn of_each_python(self) -> Self {
        Self { of: Of::EachPython, ..self }
    }

    /// Says the claim to the program.
    #[must_use]
    pub const fn claims(self, claim: &'static dyn Claim) -> Self {
        Self { claim, ..self }
    }

    /// Names the setting under which it must fail, and how a cell gets it.
    #[must_use]
    pub const fn wrong(self, says: &'static str, change: fn(&mut Cell)) -> Self {
        Self { wrong: Wrong { says, change }, ..self }
    }
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
    /// It compares times, which chance and others on the machine can upset: measured again when it
    /// fails.
    Timing,
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
