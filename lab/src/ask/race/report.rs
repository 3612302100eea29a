//! What many runs came to: rows of figures, and the reason for each.
//!
//! The document of `--format json`, schema `trainyard.race/1`, is this report.

use std::time::Duration;

use serde::Serialize;

use lab_core::text::add;
use lab_core::text::numbers::grouped;
use lab_core::work::race::run::{Job, Outcome, Trouble};
use lab_core::work::race::setting::{Checks, Model, Runner};
use trainyard::vm::WordKind;

/// The whole answer.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) schema: &'static str,
    /// The puzzle's name, the file, or the text.
    pub(super) program: String,
    pub(super) text: String,
    /// How many trains.
    pub(super) threads: usize,
    /// How often each train does it in a run.
    pub(super) rounds: u32,
    /// How many runs each row had.
    pub(super) runs: usize,
    pub(super) switch_interval_s: f64,
    pub(super) variables: Vec<String>,
    /// The variable that the table shows: the first that went wrong.
    pub(super) shown: usize,
    /// One for each way to run it.
    pub(super) rows: Vec<Row>,
    /// One loss, or one deadlock.
    pub(super) recorded: Option<Recorded>,
}

/// One way to run it. Figures are over all runs.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// What it is called in the table.
    #[serde(skip)]
    pub(super) label: String,
    pub(super) model: Model,
    /// `on`, `off` or `none`.
    pub(super) gil: &'static str,
    /// Where the lock looks, if there is one.
    pub(super) checks: Option<Checks>,
    /// The processors that it was restricted to; none means it was not.
    pub(super) cpus: Vec<usize>,
    /// What comes out when the trains go one after another: the variables, for processes of each.
    pub(super) expected: Vec<i64>,
    /// What comes out when they go in another order, if that is something else.
    pub(super) other_orders: Vec<Vec<i64>>,
    /// The variables after each run.
    pub(super) found: Vec<Vec<i64>>,
    /// How many runs came to something else.
    pub(super) wrong_runs: usize,
    /// The share of what was expected that is missing, of each variable, over all runs; null where
    /// nothing positive was expected, more was found, or a run did not come to its end.
    pub(super) lost_share: Vec<Option<f64>>,
    /// How many runs ended with trains that waited for each other.
    pub(super) deadlocks: usize,
    /// What the trains that could not go on said, once each.
    pub(super) failures: Vec<String>,
    pub(super) forced_switches: u64,
    pub(super) involuntary_switches: u64,
    /// What decided it.
    pub(super) why: String,
}

/// One run that was recorded until something went wrong.
#[derive(Debug, Serialize)]
pub(super) struct Recorded {
    /// The row's name.
    pub(super) of: String,
    /// `lost` or `deadlock`.
    pub(super) what: &'static str,
    /// What `--replay` takes; null if it is too long.
    pub(super) schedule: Option<String>,
    /// In words.
    pub(super) sentence: String,
    /// The instructions, drawn.
    pub(super) columns: String,
}

impl Row {
    /// Adds up the outcomes of a row's runs.
    pub(super) fn new(job: &Job<'_>, serial: &[Vec<i64>], outcomes: &[Outcome]) -> Self {
        let is_wrong =
            |outcome: &&Outcome| outcome.trouble.is_some() || !serial.contains(&outcome.values);
        let has_deadlock = |outcome: &&Outcome| outcome.trouble == Some(Trouble::Deadlock);
        let mut failures: Vec<String> = Vec::new();
        for outcome in outcomes {
            match &outcome.trouble {
                Some(Trouble::Failed(says)) if !failures.contains(says) => {
                    failures.push(says.clone());
                }
                _ => {}
            }
        }
        let (gil, checks) = match job.runner {
            Runner::LockOn(checks) => ("on", Some(checks)),
            Runner::LockOff => ("off", None),
            Runner::Coop | Runner::Procs => ("none", None),
        };
        let deadlocks = outcomes.iter().filter(has_deadlock).count();
        let mut row = Self {
            label: job.runner.to_string(),
            model: job.runner.model(),
            gil,
            checks,
            cpus: job.cpus.to_vec(),
            expected: serial.first().cloned().unwrap_or_default(),
            other_orders: serial.get(1..).unwrap_or_default().to_vec(),
            found: outcomes.iter().map(|outcome| outcome.values.clone()).collect(),
            wrong_runs: outcomes.iter().filter(is_wrong).count(),
            lost_share: lost_shares(serial, outcomes),
            deadlocks,
            failures,
            forced_switches: outcomes.iter().map(|outcome| outcome.forced_switches).sum(),
            involuntary_switches: outcomes.iter().map(|outcome| outcome.involuntary_switches).sum(),
            why: String::new(),
        };
        row.why = row.reason(job, outcomes);
        if deadlocks > 0 {
            add!(row.why, "; {deadlocks} of {} runs end in a deadlock", outcomes.len());
        }
        row
    }

    /// What decided it: who switched, and where.
    fn reason(&self, job: &Job<'_>, outcomes: &[Outcome]) -> String {
        let plural = if self.forced_switches == 1 { "" } else { "es" };
        let forced = format!("{} forced switch{plural}", grouped(self.forced_switches));
        let is_wrong = self.wrong_runs > 0;
        let says = match (job.runner, is_wrong) {
            (Runner::LockOn(Checks::Never), _) => "the lock is kept until the train ends, or waits",
            (Runner::LockOn(_), true) if self.forced_switches == 0 => {
                "nobody asked for the lock: it changed hands where a train ended or waited"
            }
            (Runner::LockOn(_), false) if self.forced_switches == 0 => "nobody asked for the lock",
            (Runner::LockOn(Checks::EveryOp), true) => {
                return format!("the lock: {forced}, anywhere in a statement");
            }
            (Runner::LockOn(_), true) => {
                return format!("the lock: {forced}, at a back edge or a call");
            }
            (Runner::LockOn(_), false) => {
                return format!("{forced}, and none did harm where it fell");
            }
            (Runner::LockOff, true) => return self.culprit(outcomes),
            (Runner::LockOff, false) if has_locks(job) => {
                "no harm was done: the program has locks of its own"
            }
            (Runner::LockOff, false) => "no train came between, though each could",
            (Runner::Coop, true) => "the await: it lets others in, in the middle",
            (Runner::Coop, false) => "a task is switched out where it awaits, only",
            (Runner::Procs, _) => "nothing is shared: each has its own",
        };
        says.to_owned()
    }

    /// Who can have made trains that nobody holds back come between each other.
    fn culprit(&self, outcomes: &[Outcome]) -> String {
        let worked: Duration = outcomes.iter().map(|outcome| outcome.processor_time).sum();
        let lasted: Duration = outcomes.iter().map(|outcome| outcome.duration).sum();
        if worked > lasted.mul_f64(PROCESSORS_MIN) {
            return "a second processor: trains run at the same time".to_owned();
        }
        if self.involuntary_switches == 0 {
            return "trains came between each other, too briefly to say how".to_owned();
        }
        let plural = if self.involuntary_switches == 1 { "" } else { "s" };
        let times = grouped(self.involuntary_switches);
        format!("the system: it took the processor away {times} time{plural}")
    }

    /// The values of one variable, over all runs, and where nothing is shared over all trains.
    pub(super) fn values_of(&self, variable: usize, variables: usize) -> Vec<i64> {
        let own = |values: &Vec<i64>| -> Vec<i64> {
            values.iter().skip(variable).step_by(variables.max(1)).copied().collect()
        };
        self.found.iter().flat_map(own).collect()
    }

    pub(super) fn shares_nothing(&self) -> bool {
        self.model == Model::Procs
    }
}

/// More processor time than time is a second processor's work; some of it could be an error.
const PROCESSORS_MIN: f64 = 1.1;

/// Whether the program takes locks of its own.
fn has_locks(job: &Job<'_>) -> bool {
    job.program.words().iter().any(|word| word.kind == WordKind::Lock)
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn lost_shares(serial: &[Vec<i64>], outcomes: &[Outcome]) -> Vec<Option<f64>> {
    let share = |variable: usize| {
        let mut expected = serial.iter().filter_map(|values| values.get(variable).copied());
        let first = expected.next()?;
        let found: Vec<i64> =
            outcomes.iter().filter_map(|outcome| outcome.values.get(variable)).copied().collect();
        let has_trouble = outcomes.iter().any(|outcome| outcome.trouble.is_some());
        let is_unclear = first <= 0 || expected.any(|other| other != first);
        if is_unclear || has_trouble || found.iter().any(|&found| found > first) {
            return None;
        }
        let lost: f64 = found.iter().map(|&found| first.abs_diff(found) as f64).sum();
        Some(lost / (first as f64 * found.len().max(1) as f64))
    };
    (0..serial.first().map_or(0, Vec::len)).map(share).collect()
}
