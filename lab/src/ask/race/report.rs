//! What many runs came to: rows of figures, and the reason for each. The document of
//! `--format json`, schema `trainyard.race/1`, is this report; [`page`] is for people.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::Serialize;

use super::layout::{COLUMNS, again, command, fitted, folded, quoted, table, times};
use lab_core::terms::{Placement, Policy};
use lab_core::text::add;
use lab_core::text::numbers::{count, grouped, percent};
use lab_core::text::wrap::wrap;
use lab_core::work::race::run::{Job, Outcome, Trouble};
use lab_core::work::race::setting::{Model, Runner};
use lab_core::work::race::tape::signed;
use trainyard::vm::WordKind;

#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) schema: &'static str,
    /// The puzzle's name, the file, or the text.
    pub(super) program: String,
    pub(super) text: String,
    pub(super) threads: usize,
    /// How often each train does it in a run.
    pub(super) rounds: u32,
    pub(super) runs: usize,
    pub(super) switch_interval_s: f64,
    pub(super) check_interval: NonZeroU32,
    pub(super) variables: Vec<String>,
    /// The variable that the table shows: the first that went wrong.
    pub(super) shown: usize,
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
    model: Model,
    /// `on`, `off` or `none`.
    gil: &'static str,
    /// Where the lock looks, if there is one.
    checks: Option<Placement>,
    /// By which rules it changes hands.
    policy: Option<Policy>,
    /// Whether each train has its own.
    lock_per_worker: bool,
    /// The processors that it was restricted to; none means it was not.
    cpus: Vec<usize>,
    /// What comes out when the trains go one after another: the variables, for processes of each.
    pub(super) expected: Vec<i64>,
    /// What comes out when they go in another order, if that is something else.
    other_orders: Vec<Vec<i64>>,
    /// The variables after each run.
    pub(super) found: Vec<Vec<i64>>,
    /// How many runs came to something else.
    pub(super) wrong_runs: usize,
    /// The share of what was expected that is missing, of each variable, over all runs; null where
    /// nothing positive was expected, more was found, or a run did not come to its end.
    pub(super) lost_share: Vec<Option<f64>>,
    /// How many runs ended with trains that waited for each other.
    deadlocks: usize,
    /// What the trains that could not go on said, once each.
    pub(super) failures: Vec<String>,
    pub(super) forced_switches: u64,
    pub(super) involuntary_switches: u64,
    /// What decided it.
    why: String,
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
    pub(super) sentence: String,
    /// The instructions, drawn.
    pub(super) columns: String,
}

impl Row {
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
        let (gil, rules) = match job.runner {
            Runner::LockOn(rules) => ("on", Some(rules)),
            Runner::LockOff => ("off", None),
            Runner::Coop | Runner::Procs => ("none", None),
        };
        let deadlocks = outcomes.iter().filter(has_deadlock).count();
        let mut row = Self {
            label: job.runner.to_string(),
            model: job.runner.model(),
            gil,
            checks: job.runner.placement(),
            policy: rules.map(|rules| rules.policy.unwrap_or_default()),
            lock_per_worker: rules.is_some_and(|rules| rules.per_worker),
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
        let forced = self.forced();
        let is_wrong = self.wrong_runs > 0;
        let mut words = job.program.words().iter();
        let has_locks = words.any(|word| word.kind == WordKind::Lock);
        let says = match (job.runner.placement(), job.runner.model(), is_wrong) {
            (Some(Placement::Never), ..) => "the lock is kept until the train ends, or waits",
            (Some(_), _, true) if self.forced_switches == 0 => {
                "nobody asked for the lock: it changed hands where a train ended or waited"
            }
            (Some(_), _, false) if self.forced_switches == 0 => "nobody asked for the lock",
            (Some(Placement::EveryOp), _, true) => {
                return format!("the lock: {forced}, anywhere in a statement");
            }
            (Some(Placement::BackEdge), _, true) => {
                return format!("the lock: {forced}, at a back edge or a call");
            }
            (Some(_), _, false) => return format!("{forced}, and none did harm where it fell"),
            (None, Model::Threads, true) => return self.culprit(outcomes),
            (None, Model::Threads, false) if has_locks => {
                "no harm was done: the program has locks of its own"
            }
            (None, Model::Threads, false) => "no train came between, though each could",
            (None, Model::Coop, true) => "the await: it lets others in, in the middle",
            (None, Model::Coop, false) => "a task is switched out where it awaits, only",
            (None, Model::Procs, _) => "nothing is shared: each has its own",
        };
        says.to_owned()
    }

    /// How often a train had to give the lock up, in the words of the lock's rules.
    fn forced(&self) -> String {
        let words = match self.policy {
            Some(Policy::Ticks) => ["drop by ticks", "drops by ticks"],
            Some(Policy::NoForcedSwitching) => ["drop on request", "drops on request"],
            _ => ["forced switch", "forced switches"],
        };
        let many = usize::from(self.forced_switches != 1);
        format!("{} {}", grouped(self.forced_switches), words[many])
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
}

/// More processor time than time is a second processor's work; some of it could be an error.
const PROCESSORS_MIN: f64 = 1.1;

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

pub(super) fn page(report: &Report) -> String {
    let names = ["", shown(report), "lost", "wrong", "forced", "involuntary"];
    let head = vec![names.map(str::to_owned).to_vec()];
    let rows = report.rows.iter().map(|row| cells(report, row));
    let figures = table(1, head.into_iter().chain(rows).collect(), 1..names.len());
    let reasons = table(1, report.rows.iter().map(reason).collect(), 0..0);
    fitted(&format!(
        "{}\n{}{figures}\n{reasons}{}{}",
        quoted(&report.text),
        head_line(report),
        recorded(report),
        try_next(report)
    ))
}

fn shown(report: &Report) -> &str {
    report.variables.get(report.shown).map_or("(nothing is shared)", String::as_str)
}

/// Who did what how often, and what one after another comes to; where nothing is shared, each alone.
fn head_line(report: &Report) -> String {
    let of = |row: &Row| {
        let orders = std::iter::once(&row.expected).chain(&row.other_orders);
        let mut values: Vec<i64> =
            orders.filter_map(|values| values.get(report.shown)).copied().collect();
        values.sort_unstable();
        values.dedup();
        let texts: Vec<String> = values.into_iter().map(signed).collect();
        (!texts.is_empty()).then(|| texts.join(" or "))
    };
    let first = |is_apart| report.rows.iter().find(|row| (row.model == Model::Procs) == is_apart);
    let name = shown(report);
    let expected = match (first(false).and_then(of), first(true).and_then(of)) {
        (Some(value), Some(each)) if value != each => {
            format!("; expected: {name} = {value}, a process {each}")
        }
        (Some(value), _) | (None, Some(value)) => format!("; expected: {name} = {value}"),
        (None, None) => String::new(),
    };
    let trains = grouped(report.threads as u64);
    let noun = if report.threads == 1 { "train" } else { "trains" };
    let (times, runs) = (times(report.rounds), count(report.runs, "run"));
    wrap(&format!("{trains} {noun}, each {times}; {runs}{expected}"), COLUMNS, 0) + "\n"
}

fn cells(report: &Report, row: &Row) -> Vec<String> {
    // Where nothing is shared, of all trains.
    let step = report.variables.len().max(1);
    let of_run = |values: &Vec<i64>| -> Vec<i64> {
        values.iter().skip(report.shown).step_by(step).copied().collect()
    };
    let values: Vec<i64> = row.found.iter().flat_map(of_run).collect();
    let range = match (values.iter().min(), values.iter().max()) {
        (Some(&least), Some(&most)) if least == most => signed(least),
        (Some(&least), Some(&most)) => format!("{} to {}", signed(least), signed(most)),
        _ => String::new(),
    };
    let lost = row.lost_share.get(report.shown).copied().flatten();
    let switches = |number: u64, is_counted: bool| {
        if is_counted { grouped(number) } else { String::new() }
    };
    vec![
        row.label.clone(),
        range,
        lost.map_or_else(|| "-".to_owned(), percent),
        format!("{} of {}", row.wrong_runs, report.runs),
        switches(row.forced_switches, row.gil == "on"),
        switches(row.involuntary_switches, row.model == Model::Threads),
    ]
}

fn reason(row: &Row) -> Vec<String> {
    let failures = row.failures.iter().map(|says| format!("; a train failed: {says}"));
    vec![row.label.clone(), format!("{}{}", row.why, failures.collect::<String>())]
}

fn recorded(report: &Report) -> String {
    let Some(recorded) = &report.recorded else { return String::new() };
    let Recorded { of, columns, sentence, schedule, .. } = recorded;
    let again = |schedule: &String| again(&report.program, report.threads, report.rounds, schedule);
    let again = schedule.as_ref().map(again).unwrap_or_default();
    let sentence = wrap(sentence, COLUMNS, 0);
    format!("\nOne of them, instruction by instruction ({of}):\n\n{columns}\n{sentence}{again}")
}

fn try_next(report: &Report) -> String {
    let mut rows =
        vec![(command("dis", &report.program, ""), "the instructions, and where the lock looks")];
    // What loops by itself has too many orders.
    if report.rounds > 1 {
        rows.push((command("race", &report.program, "--search"), "every possible ending"));
    }
    let width = rows.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
    let aligned = |(command, shows): &(String, &str)| format!("  {command:width$}  {shows}\n");
    let below = |(command, shows): &(String, &str)| {
        format!("{}    {shows}\n", folded(&format!("  {command}")))
    };
    let lines: String = rows.iter().map(aligned).collect();
    let fits = lines.lines().all(|line| line.chars().count() <= COLUMNS);
    let lines = if fits { lines } else { rows.iter().map(below).collect() };
    format!("\nTry next:\n{lines}")
}
