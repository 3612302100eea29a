//! What many runs came to: rows of figures, and the reason for each.
//!
//! The document of `--format json`, schema `trainyard.race/1`, is this report.

use std::time::Duration;

use serde::Serialize;

use lab_core::text::numbers::grouped;
use lab_core::work::race::run::{Outcome, Trouble};
use lab_core::work::race::setting::{Checks, Model, Runner};

/// The whole answer.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// `trainyard.race/1`.
    pub schema: &'static str,
    /// The puzzle's name, the file, or the text.
    pub program: String,
    /// The text.
    pub text: String,
    /// How many trains.
    pub threads: usize,
    /// How often each train does it in a run.
    pub rounds: u32,
    /// How many runs each row had.
    pub runs: usize,
    /// How long a thread waits before it asks for the lock.
    pub switch_interval_s: f64,
    /// The shared variables.
    pub variables: Vec<String>,
    /// The one that the table shows: the first that went wrong.
    pub shown: usize,
    /// One for each way to run it.
    pub rows: Vec<Row>,
    /// One loss, or one deadlock, recorded.
    pub recorded: Option<Recorded>,
}

/// One way to run it.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What it is called in the table.
    #[serde(skip)]
    pub label: String,
    /// `threads`, `coop` or `procs`.
    pub model: &'static str,
    /// `on`, `off` or `none`.
    pub gil: &'static str,
    /// Where the lock looks, if there is one.
    pub checks: Option<&'static str>,
    /// The processors that it was restricted to; none means it was not.
    pub cpus: Vec<usize>,
    /// What comes out when the trains go one after another: the variables, for processes of each.
    pub expected: Vec<i64>,
    /// What comes out when they go in another order, if that is something else.
    pub other_orders: Vec<Vec<i64>>,
    /// The variables after each run.
    pub found: Vec<Vec<i64>>,
    /// How many runs came to something else.
    pub wrong_runs: usize,
    /// The share of what was expected that is missing, of each variable, over all runs; null where
    /// nothing positive was expected, more was found, or a run did not come to its end.
    pub lost_share: Vec<Option<f64>>,
    /// How many runs ended with trains that waited for each other.
    pub deadlocks: usize,
    /// What the trains that could not go on said, once each.
    pub failures: Vec<String>,
    /// Over all runs.
    pub forced_switches: u64,
    /// Over all runs.
    pub involuntary_switches: u64,
    /// What decided it.
    pub why: String,
}

/// One run that was recorded until something went wrong.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    /// The row's name.
    pub of: String,
    /// `lost` or `deadlock`.
    pub what: &'static str,
    /// What `--replay` takes; null if it is too long.
    pub schedule: Option<String>,
    /// In words.
    pub sentence: String,
    /// The instructions, drawn.
    pub columns: String,
}

/// Whether the program takes locks of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locks {
    /// No.
    None,
    /// Yes.
    Some,
}

/// Who can have made trains that nobody holds back come between each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Culprit {
    SecondProcessor,
    System,
    /// Neither was measured.
    Nobody,
}

impl Row {
    /// Adds up the outcomes of a row's runs.
    pub fn new(
        runner: Runner,
        cpus: &[usize],
        locks: Locks,
        serial: &[Vec<i64>],
        outcomes: &[Outcome],
    ) -> Self {
        let is_wrong =
            |outcome: &&Outcome| outcome.trouble.is_some() || !serial.contains(&outcome.values);
        let has_deadlock = |outcome: &&Outcome| outcome.trouble == Some(Trouble::Deadlock);
        let mut failures: Vec<String> = Vec::new();
        for outcome in outcomes {
            if let Some(Trouble::Failed(says)) = &outcome.trouble
                && !failures.contains(says)
            {
                failures.push(says.clone());
            }
        }
        let (gil, checks) = match runner {
            Runner::LockOn(checks) => ("on", Some(checks.name())),
            Runner::LockOff => ("off", None),
            Runner::Coop | Runner::Procs => ("none", None),
        };
        let deadlocks = outcomes.iter().filter(has_deadlock).count();
        let mut row = Self {
            label: runner.to_string(),
            model: runner.model().name(),
            gil,
            checks,
            cpus: cpus.to_vec(),
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
        row.why = row.reason(runner, locks, culprit(outcomes));
        if deadlocks > 0 {
            let runs = outcomes.len();
            row.why = format!("{}; {deadlocks} of {runs} runs end in a deadlock", row.why);
        }
        row
    }

    /// What decided it: who switched, and where.
    fn reason(&self, runner: Runner, locks: Locks, culprit: Culprit) -> String {
        let forced = count(self.forced_switches, "forced switch");
        let involuntary = count(self.involuntary_switches, "time");
        let is_wrong = self.wrong_runs > 0;
        match (runner, is_wrong) {
            (Runner::LockOn(Checks::Never), _) => {
                "the lock is kept until the train ends, or waits".to_owned()
            }
            (Runner::LockOn(_), true) if self.forced_switches == 0 => {
                "nobody asked for the lock: it changed hands where a train ended or waited"
                    .to_owned()
            }
            (Runner::LockOn(Checks::EveryOp), true) => {
                format!("the lock: {forced}, anywhere in a statement")
            }
            (Runner::LockOn(Checks::BackEdge), true) => {
                format!("the lock: {forced}, at a back edge or a call")
            }
            (Runner::LockOn(_), false) if self.forced_switches == 0 => {
                "nobody asked for the lock".to_owned()
            }
            (Runner::LockOn(_), false) => {
                format!("{forced}, and none did harm where it fell")
            }
            (Runner::LockOff, true) => match culprit {
                Culprit::SecondProcessor => {
                    "a second processor: trains run at the same time".to_owned()
                }
                Culprit::System => format!("the system: it took the processor away {involuntary}"),
                Culprit::Nobody => {
                    "trains came between each other, too briefly to say how".to_owned()
                }
            },
            (Runner::LockOff, false) if locks == Locks::Some => {
                "no harm was done: the program has locks of its own".to_owned()
            }
            (Runner::LockOff, false) => "no train came between, though each could".to_owned(),
            (Runner::Coop, true) => "the await: it lets others in, in the middle".to_owned(),
            (Runner::Coop, false) => "a task is switched out where it awaits, only".to_owned(),
            (Runner::Procs, _) => "nothing is shared: each has its own".to_owned(),
        }
    }

    /// The values of one variable, over all runs, and where nothing is shared over all trains.
    pub fn values_of(&self, variable: usize, variables: usize) -> Vec<i64> {
        let own = |values: &Vec<i64>| -> Vec<i64> {
            values.iter().skip(variable).step_by(variables.max(1)).copied().collect()
        };
        self.found.iter().flat_map(own).collect()
    }

    /// Whether this is a row of processes.
    pub fn shares_nothing(&self) -> bool {
        self.model == Model::Procs.name()
    }
}

/// `1 forced switch`, `2 forced switches`, `2 times`.
fn count(number: u64, noun: &str) -> String {
    let ending = match (number, noun.ends_with('h')) {
        (1, _) => "",
        (_, true) => "es",
        (_, false) => "s",
    };
    format!("{} {noun}{ending}", grouped(number))
}

/// More processor time than time is a second processor's work; some of it could be an error.
const PROCESSORS_MIN: f64 = 1.1;

fn culprit(outcomes: &[Outcome]) -> Culprit {
    let worked: Duration = outcomes.iter().map(|outcome| outcome.processor_time).sum();
    let lasted: Duration = outcomes.iter().map(|outcome| outcome.duration).sum();
    if worked > lasted.mul_f64(PROCESSORS_MIN) {
        Culprit::SecondProcessor
    } else if outcomes.iter().any(|outcome| outcome.involuntary_switches > 0) {
        Culprit::System
    } else {
        Culprit::Nobody
    }
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
        let lost: f64 = found.iter().map(|&found| (first - found) as f64).sum();
        Some(lost / (first as f64 * found.len().max(1) as f64))
    };
    (0..serial.first().map_or(0, Vec::len)).map(share).collect()
}
