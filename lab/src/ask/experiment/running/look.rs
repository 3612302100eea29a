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

use super::others::{OTHERS_SHARE, OTHERS_SHARE_MAX};
use super::report::Finding;
use crate::ask::experiment::kit::prelude::*;

/// So many tries of one kind decide. What chance upsets once in ten times, it upsets three times in a
/// row once in a thousand.
const TRIES: usize = 3;

/// A relation, whom it is checked for, how often it has failed, and how it ended.
#[derive(Debug)]
pub(crate) struct Look {
    relation: &'static Relation,
    contender: Contender,
    attempts: usize,
    disturbed: usize,
    undisturbed: usize,
    end: End,
}

#[derive(Debug)]
enum End {
    Open,
    /// The contender was not measured in what the relation reads.
    Unseen,
    Seen(Check),
}

impl Look {
    pub(crate) fn new(relation: &'static Relation, contender: Contender) -> Self {
        Self { relation, contender, attempts: 0, disturbed: 0, undisturbed: 0, end: End::Open }
    }

    /// Whether it is to be measured, once or again.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.end, End::Open)
    }

    /// Whether it reads what `contender` does in `cell`: the one whom it is about, and we whom it
    /// compares with, or whose bare threads are the measure.
    pub(crate) fn concerns(&self, contender: &Contender, cell: &Cell) -> bool {
        let is_compared = self.relation.of == Of::EachPython || cell.lock == Lock::Bare;
        let is_read = self.contender == *contender || is_compared && *contender == Contender::Ours;
        is_read && self.relation.reads(cell)
    }

    /// Looks, and ends with what it sees, or stays open.
    pub(crate) fn look(&mut self, finding: &Finding) {
        self.attempts += 1;
        let checked = self.relation.check(&finding.results, &self.contender);
        let has_failed = checked.as_ref().is_some_and(|check| check.ending == Ending::Failed);
        let mut check = checked.or_else(|| self.unchecked(finding));
        if has_failed && self.relation.nature == Nature::Timing {
            let others = self.others(finding);
            let is_disturbed = others > OTHERS_SHARE_MAX;
            let tries = if is_disturbed { &mut self.disturbed } else { &mut self.undisturbed };
            *tries += 1;
            if *tries < TRIES {
                return;
            }
            if is_disturbed {
                let (others, figures) =
                    (percent(others), check.map_or_else(String::new, |check| check.figures));
                check = Some(Check::skipped(format!(
                    "others used {others} of the machine's processor time meanwhile ({figures})"
                )));
            }
        }
        self.end = check.map_or(End::Unseen, End::Seen);
    }

    /// How it ended. What holds quotes the figures of the last look, as the tables do.
    pub(crate) fn outcome(&self, finding: &Finding) -> Option<Outcome> {
        let End::Seen(check) = &self.end else { return None };
        let last = self.relation.check(&finding.results, &self.contender);
        let last = last.filter(|last| [last.ending, check.ending] == [Ending::Holds; 2]);
        let Check { ending, figures } = last.unwrap_or_else(|| check.clone());
        let (Relation { name, says, nature, .. }, attempts) = (*self.relation, self.attempts);
        let contender = self.contender.to_string();
        Some(Outcome { name, says, nature, contender, ending, figures, attempts })
    }

    /// The largest share of the machine that others used in a cell that it reads, on average over
    /// the rounds.
    fn others(&self, finding: &Finding) -> f64 {
        let measured = finding.results.measured.iter().filter(|one| {
            let mut cells = finding.cells.iter().filter(|cell| cell.label == one.cell);
            cells.any(|cell| self.concerns(&one.contender, cell))
        });
        let shares = measured.map(|one| {
            let samples = one.samples(OTHERS_SHARE);
            samples.iter().sum::<f64>() / to_f64(samples.len()).max(1.0)
        });
        shares.fold(0.0, f64::max)
    }

    /// Why it was not checked: a cell that it reads was left out, or else there is a mistake in ours.
    /// Nothing, if the contender was not measured in what it reads.
    fn unchecked(&self, finding: &Finding) -> Option<Check> {
        let is_read = |one: &&LeftOut| {
            let mut cells = finding.cells.iter().filter(|cell| cell.label == one.cell);
            one.contender == self.contender && cells.any(|cell| self.relation.reads(cell))
        };
        let left_out = finding.results.left_out.iter().find(is_read);
        let left_out = left_out.map(|one| Check::skipped(format!("{}: {}", one.cell, one.why)));
        let is_ours = self.contender == Contender::Ours;
        left_out.or(is_ours.then(|| Check::that(false, "a figure is missing".to_owned())))
    }
}
