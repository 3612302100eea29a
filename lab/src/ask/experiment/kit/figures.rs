//! What was measured: figures by cell and contender, and what is made of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::contender::Contender;
use super::quantity::{is_count, written};
use lab_core::terms::stats;

/// The figures of one cell in one round, by name. A name ends with its unit, if it has one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Figures(pub BTreeMap<String, f64>);

impl Figures {
    pub fn with(mut self, name: &str, value: f64) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// Adds a figure that may be missing.
    pub fn with_some(self, name: &str, value: Option<f64>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub fn with_count(self, name: &str, count: impl TryInto<u64>) -> Self {
        self.with(name, to_f64(count))
    }

    /// How many of the updates that were `expected` were not `found`, and which share that is.
    pub fn lost(expected: u64, found: impl TryInto<u64>) -> Self {
        let lost = to_f64(expected) - to_f64(found);
        Self::default().with("lost", lost).with("lost_share", lost / to_f64(expected))
    }

    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }
}

/// A count as a figure.
#[expect(clippy::cast_precision_loss, reason = "counts of a few seconds are far below 2^53")]
pub(crate) fn to_f64(count: impl TryInto<u64>) -> f64 {
    count.try_into().unwrap_or(u64::MAX) as f64
}

#[derive(Clone, Debug)]
pub struct Column {
    /// How it is [`written`], if its name does not say it.
    pub form: &'static str,
    /// Its name in [`Figures`].
    pub figure: &'static str,
    /// What stands above it.
    pub title: String,
}

impl Column {
    pub fn write(&self, value: f64) -> String {
        let form =
            if self.form.is_empty() && is_count(self.figure) { "grouped" } else { self.form };
        written(form, self.figure, value)
    }
}

/// One cell of one contender, in all rounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    pub contender: Contender,
    pub cell: String,
    pub rounds: Vec<Figures>,
}

/// A cell that this machine has no room for.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    pub contender: Contender,
    pub cell: String,
    pub why: String,
}

#[derive(Clone, Debug, Default)]
pub struct Results {
    /// In the order in which it was measured.
    pub measured: Vec<Measured>,
    pub left_out: Vec<LeftOut>,
}

impl Results {
    pub fn push(&mut self, contender: &Contender, cell: &str, figures: Figures) {
        let known = self.measured.iter_mut().find(|one| one.is(contender, cell));
        match known {
            Some(known) => known.rounds.push(figures),
            None => self.measured.push(Measured {
                contender: contender.clone(),
                cell: cell.to_owned(),
                rounds: vec![figures],
            }),
        }
    }

    /// Notes that a cell could not be measured, once.
    pub fn leave_out(&mut self, contender: &Contender, cell: &str, why: String) {
        let is_it = |one: &LeftOut| one.contender == *contender && one.cell == cell;
        if !self.left_out.iter().any(is_it) {
            let (contender, cell) = (contender.clone(), cell.to_owned());
            self.left_out.push(LeftOut { contender, cell, why });
        }
    }

    /// Takes the cells of `newer` instead of the ones that were here.
    pub fn replace(&mut self, newer: Self) {
        for LeftOut { contender, cell, why } in newer.left_out {
            self.leave_out(&contender, &cell, why);
        }
        for one in newer.measured {
            let old = self.measured.iter_mut().find(|old| old.is(&one.contender, &one.cell));
            match old {
                Some(old) => *old = one,
                None => self.measured.push(one),
            }
        }
    }

    /// The median over the rounds of `figure`, if it was measured.
    pub fn of(&self, contender: &Contender, cell: &str, figure: &str) -> Option<f64> {
        self.measured.iter().find(|one| one.is(contender, cell))?.median(figure)
    }

    /// The same of our own runtime.
    pub fn ours(&self, cell: &str, figure: &str) -> Option<f64> {
        self.of(&Contender::Ours, cell, figure)
    }

    /// The first CPython of which there is this figure.
    pub fn first_python(&self, cell: &str, figure: &str) -> Option<&Contender> {
        let there = self.measured.iter().filter(|one| one.cell == cell);
        let mut theirs = there.filter(|one| one.contender != Contender::Ours);
        Some(&theirs.find(|one| one.median(figure).is_some())?.contender)
    }
}

impl Measured {
    fn is(&self, contender: &Contender, cell: &str) -> bool {
        self.contender == *contender && self.cell == cell
    }

    pub fn median(&self, figure: &str) -> Option<f64> {
        stats::median(&self.samples(figure))
    }

    pub fn samples(&self, figure: &str) -> Vec<f64> {
        self.rounds.iter().filter_map(|round| round.0.get(figure).copied()).collect()
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rounds.first().into_iter().flat_map(|round| round.0.keys()).map(String::as_str)
    }
}

/// The share of `samples` that is at most the answer is `share`; `None` if there are none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an index of a list in memory"
)]
pub(crate) fn percentile(samples: &[f64], share: f64) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

/// Jain's index of fairness: 1 if all have the same, 1/n if one has it all.
///
/// Jain, Chiu and Hawe, "A quantitative measure of fairness" (DEC-TR-301, 1984).
#[expect(clippy::cast_precision_loss, reason = "a handful of threads")]
pub(crate) fn jain(shares: &[f64]) -> f64 {
    let sum: f64 = shares.iter().sum();
    let squares: f64 = shares.iter().map(|share| share * share).sum();
    if squares == 0.0 { 1.0 } else { sum * sum / (shares.len() as f64 * squares) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_close(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-9, "{left} is not {right}");
    }

    #[test]
    fn a_percentile_is_one_of_the_samples() {
        let samples: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        for (samples, share, value) in [
            (&samples[..], 0.5, 50.0),
            (&samples, 0.99, 99.0),
            (&samples, 1.0, 100.0),
            (&[7.0], 0.5, 7.0),
        ] {
            check_close(percentile(samples, share).unwrap(), value);
        }
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn jains_index_goes_from_one_over_n_to_one() {
        for (shares, index) in
            [([5.0, 5.0], 1.0), ([5.0, 0.0], 0.5), ([0.0, 0.0], 1.0), ([1.0, 3.0], 0.8)]
        {
            check_close(jain(&shares), index);
        }
    }

    #[test]
    fn a_figure_is_the_median_of_its_rounds_and_newer_cells_replace_older_ones() {
        let of = |cells: &[(&str, f64)]| {
            let mut results = Results::default();
            for (cell, value) in cells {
                results.push(&Contender::Ours, cell, Figures::default().with("x", *value));
            }
            results
        };
        let mut results = of(&[("a", 1.0), ("a", 9.0), ("a", 2.0)]);
        check_close(results.ours("a", "x").unwrap(), 2.0);
        assert_eq!((results.ours("b", "x"), results.ours("a", "y")), (None, None));
        results.replace(of(&[("a", 7.0), ("b", 8.0)]));
        check_close(results.ours("a", "x").unwrap(), 7.0);
        check_close(results.ours("b", "x").unwrap(), 8.0);
    }
}
