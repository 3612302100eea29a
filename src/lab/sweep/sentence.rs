//! What follows: the notes' last sentence, with the figures of this very run.
//!
//! "The correct number of threads is not a constant from one task to another." Which numbers, and
//! why, is computed from what was measured: how much of a unit's time one after another is computing
//! (its process's CPU time), how many units were in flight at the knee, how many trains ran at once.

use super::knee;
use super::report::{Report, Row};
use super::variable::Variable;
use crate::lab::contender::{GilState, Model, Workload};
use crate::lab::params::CpuKernel;
use crate::lab::render::numbers;

/// Compares the knees of the workloads; `None` unless there are two, and the workers were scanned.
pub fn conclusion(report: &Report) -> Option<String> {
    if report.axis() != Some(Variable::Workers) {
        return None;
    }
    let workloads = report.params.workloads.iter();
    let knees: Vec<Best<'_>> = workloads.filter_map(|&it| Best::of(report, it)).collect();
    let [first, others @ ..] = knees.as_slice() else { return None };
    if others.is_empty() {
        return None;
    }
    let noun =
        if knees.iter().all(|best| best.noun() == "threads") { "threads" } else { "workers" };
    let counts: Vec<String> =
        knees.iter().map(|best| format!("{} for {}", best.count(), best.workload())).collect();
    let reasons: Vec<String> = knees.iter().map(|best| best.reason(report)).collect();
    let (counts, reasons) = (counts.join(", "), reasons.join("; "));
    if others.iter().any(|other| other.knee.row.workers != first.knee.row.workers) {
        let claim =
            format!("the correct number of {noun} is not a constant from one task to another");
        Some(format!("{claim}: {counts}, because {reasons}."))
    } else {
        Some(format!("here the correct number of {noun} came out the same: {counts}; {reasons}."))
    }
}

/// The series of a workload that comes to the shortest time, and its knee.
struct Best<'a> {
    knee: &'a Row,
    series: Vec<&'a Row>,
    /// The knee of the threads that have the lock on, if that is another series.
    locked: Option<usize>,
}

/// The rows of one contender, and where among them its knee and its best time are.
struct Candidate<'a> {
    rows: Vec<&'a Row>,
    knee: usize,
    best_s: f64,
}

impl<'a> Candidate<'a> {
    fn of(rows: Vec<&'a Row>, seed: u64) -> Option<Self> {
        let (knee, best) = knee::find(&rows, seed)?;
        let best_s = rows[best].row.wall_s.summary.median;
        Some(Self { rows, knee, best_s })
    }

    fn at_knee(&self) -> &'a Row {
        self.rows[self.knee]
    }
}

impl<'a> Best<'a> {
    fn of(report: &'a Report, workload: Workload) -> Option<Self> {
        let series = report.series().into_iter();
        let ours =
            series.filter(|rows| rows[0].row.workload == workload && rows[0].row.python.is_none());
        let mut pool: Vec<Candidate<'_>> =
            ours.filter_map(|rows| Candidate::of(rows, report.seed)).collect();
        if pool.iter().any(|one| one.at_knee().row.model == Model::Threads) {
            pool.retain(|one| one.at_knee().row.model == Model::Threads);
        }
        let fastest_s = pool.iter().map(|one| one.best_s).min_by(f64::total_cmp)?;
        // Of two that are as fast as each other the one that has less switched off, which is first.
        let chosen = pool.iter().position(|one| one.best_s <= fastest_s * AS_FAST)?;
        let has_lock = |one: &Candidate<'_>| one.at_knee().row.gil == GilState::On;
        let locked = pool.iter().position(has_lock).filter(|&index| index != chosen);
        let locked = locked.map(|index| pool[index].at_knee().row.workers);
        let Candidate { rows, knee, .. } = pool.swap_remove(chosen);
        Some(Self { knee: rows[knee], series: rows, locked })
    }

    fn workload(&self) -> Workload {
        self.knee.row.workload
    }

    fn noun(&self) -> &'static str {
        match self.knee.row.model {
            Model::Threads | Model::ThreadsNative => "threads",
            Model::Procs => "processes",
            _ => "workers",
        }
    }

    /// `2`, `2 with the lock off, 1 with it on`.
    fn count(&self) -> String {
        let count = self.knee.row.workers;
        match self.locked {
            Some(locked) => format!("{count} (with the lock on {locked})"),
            None => count.to_string(),
        }
    }

    fn reason(&self, report: &Report) -> String {
        let workload = self.workload();
        let unit = match (workload, report.params.kernel) {
            (Workload::Io, _) => "a request",
            (Workload::Cpu, CpuKernel::SumOfSquares { .. }) => "a sum",
            (Workload::Cpu, CpuKernel::Fib { .. }) => "a call of fib",
        };
        let is_sync = |row: &&Row| row.row.model == Model::Sync && row.row.workload == workload;
        let Some(sync) = report.results.iter().find(is_sync) else {
            return format!("of {workload} no sequential run was measured");
        };
        let each = |seconds: f64| seconds / to_f64(sync.row.units.max(1));
        let unit_s = each(sync.row.wall_s.summary.median);
        let computing_s = each(sync.row.user_s + sync.row.system_s);
        let share = (computing_s / unit_s).min(1.0);
        if share < 0.5 {
            self.waits(unit, unit_s, computing_s)
        } else {
            self.computes(unit, unit_s, share)
        }
    }

    fn waits(&self, unit: &str, unit_s: f64, computing_s: f64) -> String {
        let in_flight = self
            .knee
            .row
            .in_flight_max
            .map_or_else(String::new, |count| format!(", and {count} were in flight at once"));
        format!(
            "{unit} of {} takes {} and computes for {} of it: the rest is waiting, which {} do side \
             by side{in_flight}",
            self.workload(),
            numbers::seconds(unit_s),
            numbers::seconds(computing_s),
            self.noun(),
        )
    }

    fn computes(&self, unit: &str, unit_s: f64, share: f64) -> String {
        let at_once = self.series.iter().filter_map(|row| row.row.running_at_once_max).max();
        let at_once = at_once.map_or_else(String::new, |most| {
            let cpus = self.series.iter().filter_map(|row| row.row.cpus_used).max().unwrap_or(most);
            let cpus = numbers::count(cpus, "processor");
            format!(", and no more than {most} ran at the same time, on {cpus}")
        });
        format!(
            "{unit} of {} computes for {} of its {}{at_once}",
            self.workload(),
            numbers::percent(share),
            numbers::seconds(unit_s),
        )
    }
}

/// As for a knee: nobody feels a twentieth.
const AS_FAST: f64 = 1.05;

#[expect(clippy::cast_precision_loss, reason = "units of a round are far below 2^53")]
fn to_f64(count: u64) -> f64 {
    count as f64
}
