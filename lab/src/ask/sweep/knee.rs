//! Where more stops to help, and what follows.
//!
//! The *knee* of a series is its smallest value that is as good as its best: whose median is within
//! 5 % of the shortest median, or within 10 % and not distinguishable from it, round by round. It
//! takes three values at least. From the knee on one pays for more threads and gets nothing. A knee
//! at the end of the range is none yet: more may still help, and that is said. Only workers and the
//! switch interval have knees: more requests are more work, and nobody asks when they stop to help.
//!
//! "The correct number of threads is not a constant from one task to another." Which numbers, and
//! why, is computed from what was measured: whether the sequential run gave its processor up within
//! its units (its voluntary switches: a wait of its own accord, which a busy machine does not add
//! to), how much of a unit is computing (its CPU time), how many units were in flight at the knee,
//! how many trains ran at once.

use serde::Serialize;

use super::plan::{Point, as_map};
use super::report::{Report, Row};
use super::variable::{Value, Variable};
use lab_core::terms::stats::{self, VERDICT_ROUNDS_MIN, Verdict};
use lab_core::terms::{CpuKernel, GilState, Model, Workload};
use lab_core::text::{add, numbers};

/// Nobody feels a twentieth.
const AS_GOOD: f64 = 1.05;
/// A unit that waits gives its processor up once at least; one that computes now and then.
const WAITS_MIN: f64 = 0.5;
/// Noise of more than a tenth hides a knee, and does not make one.
const AS_GOOD_WITHIN_NOISE: f64 = 1.10;
/// Two points have no knee between them.
const VALUES_MIN: usize = 3;

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

    pub(super) fn is_of(&self, row: &Row) -> bool {
        self.is_of_column(row) && self.parameters.iter().all(|it| row.point.contains(it))
    }

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

/// Compares the knees of the workloads, or says that the rounds are too few for it; `None` unless
/// there are two, and the workers were scanned.
pub(super) fn conclusion(report: &Report) -> Option<String> {
    if report.axis() != Some(Variable::Workers) {
        return None;
    }
    let workloads = report.params.workloads.iter();
    let knees: Vec<Best<'_>> = workloads.filter_map(|&it| Best::of(report, it)).collect();
    if knees.len() < 2 {
        return None;
    }
    let noun =
        if knees.iter().all(|best| best.noun() == "threads") { "threads" } else { "workers" };
    let rounds = report.results.iter().map(|row| row.rounds());
    if rounds.min().is_some_and(|rounds| rounds < VERDICT_ROUNDS_MIN) {
        return Some(format!(
            "which number of {noun} is correct cannot be concluded from so few rounds: it takes \
             {VERDICT_ROUNDS_MIN}, `--runs {VERDICT_ROUNDS_MIN}`."
        ));
    }
    let counts = knees.iter().map(|best| format!("{} for {}", best.count(), best.workload()));
    let reasons = knees.iter().map(|best| best.reason(report));
    let (counts, reasons) = (counts.collect::<Vec<_>>(), reasons.collect::<Vec<_>>());
    let (counts, reasons) = (counts.join(", "), reasons.join("; "));
    let are_same = knees.iter().all(|best| best.knee.workers == knees[0].knee.workers);
    Some(if are_same {
        format!("here the correct number of {noun} came out the same: {counts}; {reasons}.")
    } else {
        format!(
            "the correct number of {noun} is not a constant from one task to another: {counts}, \
             because {reasons}."
        )
    })
}

/// The series of a workload that comes to the shortest time, and its knee.
struct Best<'a> {
    series: Vec<&'a Row>,
    knee: &'a Row,
    shortest_s: f64,
    /// The knee of the threads that have the lock on, if that is another one.
    locked: Option<usize>,
    is_end_of_range: bool,
}

impl<'a> Best<'a> {
    fn of(report: &'a Report, workload: Workload) -> Option<Self> {
        let series = report.series().into_iter();
        let ours = series.filter(|rows| rows[0].workload == workload && rows[0].python.is_none());
        let mut pool: Vec<Self> =
            ours.filter_map(|rows| Self::of_series(rows, report.seed)).collect();
        if pool.iter().any(|one| one.knee.model == Model::Threads) {
            pool.retain(|one| one.knee.model == Model::Threads);
        }
        let fastest_s = pool.iter().map(|one| one.shortest_s).min_by(f64::total_cmp)?;
        // One of several would not be told from the others.
        let mut locked = pool.iter().filter(|one| one.knee.gil == GilState::On);
        let locked = locked.next().filter(|_| locked.next().is_none());
        let locked = locked.map(|one| one.knee.workers);
        // Of two that are as fast as each other the one that has less switched off, which is first.
        let best = pool.into_iter().find(|one| one.shortest_s <= fastest_s * AS_GOOD)?;
        let locked = locked.filter(|count| *count != best.knee.workers);
        Some(Self { locked, ..best })
    }

    fn of_series(series: Vec<&'a Row>, seed: u64) -> Option<Self> {
        let (knee, best) = find(&series, seed)?;
        let (shortest_s, is_end_of_range) = (series[best].median_s(), knee + 1 == series.len());
        Some(Self { knee: series[knee], series, shortest_s, locked: None, is_end_of_range })
    }

    fn workload(&self) -> Workload {
        self.knee.workload
    }

    fn noun(&self) -> &'static str {
        match self.knee.model {
            Model::Threads | Model::ThreadsNative => "threads",
            Model::Procs => "processes",
            _ => "workers",
        }
    }

    /// `2`, `2 (with the lock on 1)`, `64 or more`.
    fn count(&self) -> String {
        let count = self.knee.workers;
        let more = if self.is_end_of_range { " or more" } else { "" };
        let locked = self.locked.map(|locked| format!(" (with the lock on {locked})"));
        format!("{count}{more}{}", locked.unwrap_or_default())
    }

    fn reason(&self, report: &Report) -> String {
        let workload = self.workload();
        let unit = match (workload, report.params.kernel) {
            (Workload::Io, _) => "a request",
            (Workload::Cpu, CpuKernel::SumOfSquares { .. }) => "a sum",
            (Workload::Cpu, CpuKernel::Fib { .. }) => "a call of fib",
        };
        let is_sync = |row: &&Row| row.model == Model::Sync && row.workload == workload;
        let Some(sync) = report.results.iter().find(is_sync) else {
            return format!("of {workload} no sequential run was measured");
        };
        let units = to_f64(sync.units.max(1));
        let computing = numbers::seconds((sync.usage.user_s + sync.usage.system_s) / units);
        if to_f64(sync.usage.voluntary_switches) / units < WAITS_MIN {
            return self.computes(unit, &computing);
        }
        let takes = numbers::seconds(sync.median_s() / units);
        self.waits(unit, &takes, &computing)
    }

    fn waits(&self, unit: &str, takes: &str, computing: &str) -> String {
        let in_flight = self.knee.in_flight_max;
        let in_flight = in_flight.map(|count| format!(", and {count} were in flight at once"));
        format!(
            "{unit} of {} takes {takes} and computes for {computing} of it: the rest is waiting, \
             which {} do side by side{}",
            self.workload(),
            self.noun(),
            in_flight.unwrap_or_default(),
        )
    }

    fn computes(&self, unit: &str, computing: &str) -> String {
        let workload = self.workload();
        let mut says = format!("{unit} of {workload} is {computing} of computing and no waiting");
        if let Some(most) = self.series.iter().filter_map(|row| row.running_at_once_max).max() {
            let cpus = self.series.iter().filter_map(|row| row.cpus_used).max().unwrap_or(most);
            let cpus = numbers::count(cpus, "processor");
            add!(says, ", and no more than {most} ran at the same time, on {cpus}");
            // More of them than run at once get more turns, where others want the processors too.
            if self.knee.workers > most {
                let workers = self.knee.workers;
                add!(says, ": {workers} are more than that explains, as on a busy machine");
            }
        }
        says
    }
}

#[expect(clippy::cast_precision_loss, reason = "units of a round are far below 2^53")]
fn to_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::sweep::testing;

    #[test]
    fn two_tasks_with_two_knees_are_the_notes_last_sentence() {
        let report = testing::report(|_| ());
        assert_eq!(
            report.conclusion.unwrap(),
            "the correct number of threads is not a constant from one task to another: 16 for io, \
             2 (with the lock on 1) for cpu, because a request of io takes 5.31 ms and computes for \
             200 us of it: the rest is waiting, which threads do side by side, and 16 were in \
             flight at once; a sum of cpu is 1.60 ms of computing and no waiting, and no more than \
             2 ran at the same time, on 2 processors."
        );
    }

    /// Each fails if the sentence is there whatever was measured.
    #[test]
    fn what_was_measured_decides_what_is_said() {
        type Doctor = fn(&mut Row);
        let same_knee: Doctor = |row| {
            let threads = row.workers.min(2);
            row.compared.wall_s.samples.fill(1.0 / to_f64(threads as u64));
        };
        let unexplained: Doctor = |row| {
            if row.gil == GilState::On && row.workers == 8 {
                row.compared.wall_s.samples.iter_mut().for_each(|sample| *sample /= 4.0);
            }
        };
        let few_rounds: Doctor = |row| row.compared.wall_s.samples.truncate(5);
        let cases = [
            (same_knee, "here the correct number of threads came out the same: 2 for io"),
            (unexplained, ": 8 are more than that explains, as on a busy machine"),
            (few_rounds, "cannot be concluded from so few rounds: it takes 6, `--runs 6`"),
        ];
        for (doctor, expected) in cases {
            let report = testing::report(|row| {
                doctor(row);
                row.compared.wall_s.summary = stats::summary(&row.wall_s.samples).unwrap();
            });
            let said = report.conclusion.unwrap();
            assert!(said.contains(expected), "{said}");
        }
    }

    /// Fails if more requests are said to be no better.
    #[test]
    fn one_task_or_another_variable_has_no_such_sentence_and_more_work_no_knee() {
        let mut report = testing::report(|_| ());
        report.params.workloads.truncate(1);
        assert_eq!(conclusion(&report), None);
        let mut report = testing::report(|_| ());
        report.variables[0].variable = Variable::Requests;
        assert_eq!(conclusion(&report), None);
        report.results.iter_mut().for_each(|row| row.point[0].0 = Variable::Requests);
        report.knees.clear();
        report.conclude();
        assert_eq!(report.knees, []);
    }
}
