//! Where more stops to help.
//!
//! The *knee* of a series is its smallest value that is as good as its best: whose median is within
//! 5 % of the shortest median, or within 10 % and not distinguishable from it, round by round. It
//! takes three values at least. From the knee on one pays for more threads and gets nothing. A knee
//! at the end of the range is none yet: more may still help, and that is said. Only workers and the
//! switch interval have knees: more requests are more work, and nobody asks when they stop to help.

use serde::Serialize;

use super::plan::{Point, as_map};
use super::report::Row;
use super::variable::{Value, Variable};
use lab_core::terms::contender::Workload;
use lab_core::terms::stats::{self, Verdict};

/// Nobody feels a twentieth.
const AS_GOOD: f64 = 1.05;
/// Noise of more than a tenth hides a knee, and does not make one.
const AS_GOOD_WITHIN_NOISE: f64 = 1.10;
/// Two points have no knee between them.
const VALUES_MIN: usize = 3;

/// The knee of one series.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Knee {
    pub(super) workload: Workload,
    /// The contender, as the column is called.
    pub(super) contender: String,
    /// What else was scanned, and stood still here.
    #[serde(serialize_with = "as_map")]
    pub(super) parameters: Point,
    pub(super) variable: Variable,
    /// Its value at the knee.
    pub(super) value: Value,
    pub(super) median_s: f64,
    /// The value with the shortest median.
    pub(super) best: Value,
    pub(super) best_median_s: f64,
    /// Whether the range ends with it: more may still help.
    pub(super) is_end_of_range: bool,
}

impl Knee {
    /// Whether `row` is of its contender.
    pub(super) fn is_of_column(&self, row: &Row) -> bool {
        (self.workload, &self.contender) == (row.workload, &row.column)
    }

    /// Whether `row` belongs to its series.
    pub(super) fn is_of(&self, row: &Row) -> bool {
        self.is_of_column(row) && self.parameters.iter().all(|it| row.point.contains(it))
    }

    /// Whether it is at `row`.
    pub(super) fn is_at(&self, row: &Row) -> bool {
        self.is_of(row) && row.value_of(self.variable) == Some(self.value)
    }
}

/// Finds the index of the knee in `series`, in rising order of its values, and that of the best.
pub(super) fn find(series: &[&Row], seed: u64) -> Option<(usize, usize)> {
    let median = |index: usize| series[index].median_s();
    let best = (0..series.len()).min_by(|&a, &b| median(a).total_cmp(&median(b)))?;
    let samples = |index: usize| series[index].wall_s.samples.as_slice();
    // One contender that was measured once has no knee.
    if series.len() < VALUES_MIN || (1..series.len()).all(|index| samples(index) == samples(0)) {
        return None;
    }
    let is_as_good = |index: usize| {
        let ratio = median(index) / median(best);
        let verdict = || stats::speedup(samples(best), samples(index), seed)?.verdict;
        ratio <= AS_GOOD
            || ratio <= AS_GOOD_WITHIN_NOISE && verdict() == Some(Verdict::NotDistinguishable)
    };
    let knee = (0..series.len()).find(|&index| is_as_good(index))?;
    Some((knee, best))
}

/// Describes the knee of `series`, whose rows differ in `variable`.
pub(super) fn describe(series: &[&Row], variable: Variable, seed: u64) -> Option<Knee> {
    let (knee, best) = find(series, seed)?;
    let value = |index: usize| series[index].value_of(variable);
    let others = series[knee].point.iter().filter(|(other, _)| *other != variable);
    Some(Knee {
        workload: series[knee].workload,
        contender: series[knee].column.clone(),
        parameters: others.copied().collect(),
        variable,
        value: value(knee)?,
        median_s: series[knee].median_s(),
        best: value(best)?,
        best_median_s: series[best].median_s(),
        is_end_of_range: knee + 1 == series.len(),
    })
}
