//! A relation: what must hold between figures, and a wrong setting under which it must not.
//!
//! A relation never names a time of its own: it compares figures of one run with each other, or
//! with the settings of the run, so that it is as true on a slow machine as on a fast one.
//!
//! ```ignore
//! timing("chunks-share-the-cost", &that(|[one, hundred]| hundred <= one / 3.0))
//! ```
//!
//! Its words are on the experiment's page: what it says, which figures are seen, in the order of the
//! claim's arguments, and which setting is wrong.

use serde::Serialize;

use super::cell::Cell;
use super::claim::Claim;
use super::contender::Contender;
use super::figures::Results;
use super::page::{Setting, parameters, set};

/// What must hold.
#[derive(Clone, Copy, Debug)]
pub struct Relation {
    pub name: &'static str,
    /// The claim, one sentence.
    pub says: &'static str,
    /// The figures that it is about, as a text with holes.
    pub seen: &'static str,
    /// The setting under which it must fail.
    pub fails_with: &'static str,
    pub of: Of,
    pub nature: Nature,
    /// The claim, for a program.
    pub claim: &'static dyn Claim,
    /// That setting.
    pub wrong: &'static [Setting],
}

/// A relation that compares times. One that fails has failed three times while the machine was its
/// own; one that others disturbed is skipped. Its words are added when the page is read.
pub(crate) const fn timing(name: &'static str, claim: &'static dyn Claim) -> Relation {
    let (of, nature) = (Of::Everybody, Nature::Timing);
    Relation { name, says: "", seen: "", fails_with: "", wrong: &[], of, nature, claim }
}

/// A relation that compares counts, which are right or wrong: checked once.
pub(crate) const fn counting(name: &'static str, claim: &'static dyn Claim) -> Relation {
    Relation { nature: Nature::Count, ..timing(name, claim) }
}

impl Relation {
    /// Limits it to our runtime and the machine.
    pub const fn of_ours(self) -> Self {
        Self { of: Of::Ours, ..self }
    }

    /// Makes it about each CPython, compared with ours.
    pub const fn of_each_python(self) -> Self {
        Self { of: Of::EachPython, ..self }
    }

    /// Gives a cell that it reads the wrong setting.
    pub fn make_wrong(&self, cell: &mut Cell) {
        let own = self.wrong.iter().filter(|(label, _)| cell.label.starts_with(label));
        let parameters: Vec<_> = own.flat_map(|(_, text)| parameters(text)).collect();
        for (name, value) in parameters {
            set(cell, name, value);
        }
    }

    /// Whether it looks at this cell.
    pub fn reads(&self, cell: &Cell) -> bool {
        self.claim.labels(self.seen).contains(&cell.label.as_str())
    }

    /// Looks. `None` if a figure is missing that it needs.
    pub fn check(&self, results: &Results, who: &Contender) -> Option<Check> {
        self.claim.check(self.seen, results, who)
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

/// Whether chance can make a relation fail: see [`counting`] and [`timing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nature {
    Count,
    Timing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub ending: Ending,
    /// The figures that show it, or why it was not checked.
    pub figures: String,
}

impl Check {
    /// Holds if `holds`, with the figures that say so.
    pub fn that(holds: bool, figures: String) -> Self {
        Self { ending: if holds { Ending::Holds } else { Ending::Failed }, figures }
    }

    /// This machine cannot show it, for this reason.
    pub fn skipped(figures: String) -> Self {
        Self { ending: Ending::Skipped, figures }
    }
}

/// The end of a relation, in every output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Outcome {
    pub name: &'static str,
    pub says: &'static str,
    pub nature: Nature,
    pub contender: String,
    #[serde(rename = "outcome")]
    pub ending: Ending,
    /// The figures, or why it was not checked.
    pub figures: String,
    pub attempts: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    Holds,
    /// It was measured as often as it may be, and does not.
    Failed,
    /// It could not be checked here.
    Skipped,
}
