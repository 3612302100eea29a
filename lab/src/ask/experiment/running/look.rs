//! A relation that is checked for somebody: when it is measured again, and what a failure is worth.
//!
//! # The life of one look
//!
//! 1. It holds, is skipped, or is about counts: that is its end.
//! 2. It is about times and fails. If others used more than a small share of the machine in a cell
//!    that it reads, the try was *disturbed*, else it was *undisturbed*; either way its cells are
//!    measured again.
//! 3. After three undisturbed tries it has failed: three times the machine was its own. After three
//!    disturbed ones it is skipped: this machine cannot show it now. So there are five tries at most.
//!
//! What holds, holds: nothing is asked of the machine then.

use super::finding::Finding;
use super::others::{OTHERS_SHARE, OTHERS_SHARE_MAX};
use crate::ask::experiment::kit::cell::{Cell, Lock};
use crate::ask::experiment::kit::contender::Contender;
use crate::ask::experiment::kit::relation::{Check, Ending, Nature, Of, Outcome, Relation};
use lab_core::text::numbers::percent;

/// So many tries of one kind decide. What chance upsets once in ten times, it upsets three times in a
/// row once in a thousand.
const TRIES: usize = 3;

/// A relation, whom it is checked for, and how often it has failed.
#[derive(Debug)]
pub struct Look {
    relation: &'static Relation,
    contender: Contender,
    disturbed: usize,
    undisturbed: usize,
}

impl Look {
    /// Has not looked yet.
    pub fn new(relation: &'static Relation, contender: Contender) -> Self {
        Self { relation, contender, disturbed: 0, undisturbed: 0 }
    }

    /// Whether it reads what `contender` does in `cell`: the one whom it is about, and we whom it
    /// compares with, or whose bare threads are the measure.
    pub fn concerns(&self, contender: &Contender, cell: &Cell) -> bool {
        let is_compared = self.relation.of == Of::EachPython || cell.lock == Lock::Bare;
        let is_read = self.contender == *contender || is_compared && *contender == Contender::Ours;
        is_read && self.relation.reads(cell)
    }

    /// Notes how it ended; or gives itself back, to be measured again.
    pub fn close(mut self, finding: &mut Finding) -> Option<Self> {
        let mut check = self.relation.check(&finding.results, &self.contender);
        let mut attempts = self.disturbed + self.undisturbed + 1;
        if let (Some(Check::Fails(figures)), Nature::Timing) = (&check, self.relation.nature) {
            let others = self.others(finding);
            let is_disturbed = others > OTHERS_SHARE_MAX;
            let tries = if is_disturbed { &mut self.disturbed } else { &mut self.undisturbed };
            *tries += 1;
            if *tries < TRIES {
                return Some(self);
            }
            attempts = self.disturbed + self.undisturbed;
            if is_disturbed {
                let others = percent(others);
                check = Some(Check::Skipped(format!(
                    "others used {others} of the machine's processor time meanwhile ({figures})"
                )));
            }
        }
        let outcome = self.outcome(check, attempts, finding);
        finding.outcomes.extend(outcome);
        None
    }

    /// The largest share of the machine that others used in a cell that it reads, on average over
    /// the rounds.
    fn others(&self, finding: &Finding) -> f64 {
        let measured = finding.results.measured.iter().filter(|one| {
            let cell = finding.cells.iter().find(|cell| cell.label == one.cell);
            cell.is_some_and(|cell| self.concerns(&one.contender, cell))
        });
        let shares = measured.map(|one| {
            let samples = one.samples(OTHERS_SHARE);
            let rounds = u32::try_from(samples.len()).unwrap_or(u32::MAX);
            samples.iter().sum::<f64>() / f64::from(rounds.max(1))
        });
        shares.fold(0.0, f64::max)
    }

    /// Why a cell that it reads was left out, if one was.
    fn left_out(&self, finding: &Finding) -> Option<String> {
        let is_read = |label: &str| {
            let cell = finding.cells.iter().find(|cell| cell.label == label);
            cell.is_some_and(|cell| self.relation.reads(cell))
        };
        let mut left_out = finding.results.left_out.iter();
        let one = left_out.find(|one| one.contender == self.contender && is_read(&one.cell))?;
        Some(format!("{}: {}", one.cell, one.why))
    }

    /// Nothing, if the contender was not measured in what the relation reads.
    fn outcome(self, check: Option<Check>, attempts: usize, finding: &Finding) -> Option<Outcome> {
        let (ending, figures) = match check {
            Some(Check::Holds(figures)) => (Ending::Holds, figures),
            Some(Check::Fails(figures)) => (Ending::Failed, figures),
            Some(Check::Skipped(why)) => (Ending::Skipped, why),
            None => match self.left_out(finding) {
                Some(why) => (Ending::Skipped, why),
                None if self.contender == Contender::Ours => {
                    (Ending::Failed, "a figure is missing".to_owned())
                }
                None => return None,
            },
        };
        let Relation { name, says, nature, .. } = *self.relation;
        let contender = self.contender.name();
        Some(Outcome { name, says, nature, contender, ending, figures, attempts })
    }
}
