//! What can come out, and what a schedule comes to: the pages of `--search` and of `--replay`.

use serde_json::{Value, json};

use super::layout::{COLUMNS, again, drawn, fitted, in_words, quoted, table, times};
use crate::ask::document::json;
use lab_core::terms::Placement;
use lab_core::terms::error::{LabError, Result};
use lab_core::terms::output::Format;
use lab_core::text::numbers::count;
use lab_core::text::wrap::wrap;
use lab_core::work::race::replay::{self, Replayed};
use lab_core::work::race::run::{Ending, Job, Trouble, names};
use lab_core::work::race::schedule::{Schedule, TRAINS_MAX};
use lab_core::work::race::search::{self, Possible};
use lab_core::work::race::serial;
use lab_core::work::race::setting::{Model, Runner};

/// Endings that are listed on a terminal; a document has them all.
const ENDINGS_MAX: usize = 30;

struct Found<'a> {
    job: &'a Job<'a>,
    variables: Vec<String>,
    /// What comes out when the trains go one after another, first in the order of their numbers.
    serial: Vec<Vec<i64>>,
    possible: Vec<Possible>,
}

pub(super) fn search(job: &Job<'_>, format: Format) -> Result<String> {
    let Job { puzzle, program, trains, rounds, runner, .. } = *job;
    if runner == Runner::Procs {
        let says = "--search: processes share nothing, so there is one way only";
        return Err(LabError::BadInput(says.to_owned()));
    }
    let serial = serial::one_after_another(program, &puzzle.text, rounds, trains)?;
    let possible = search::search(program, trains, runner)?;
    let found = Found { job, variables: names(program), serial, possible };
    if format == Format::Json { Ok(found.document()) } else { found.page() }
}

impl Found<'_> {
    /// Whether this is what comes out when they go one after another.
    fn is_expected(&self, ending: &Ending) -> bool {
        ending.as_ref().is_ok_and(|values| self.serial.contains(values))
    }

    fn page(&self) -> Result<String> {
        let things = match self.possible.len() {
            1 => "one thing".to_owned(),
            more => format!("{more} things"),
        };
        let (trains, times) = (count(self.job.trains, "train"), times(self.job.rounds));
        let head =
            format!("{trains}, each {times}; {}; {things} can come out", rule(self.job.runner));
        let (program, head) = (quoted(&self.job.puzzle.text), wrap(&head, COLUMNS, 0));
        let (assumption, endings, wrong) = (self.assumption(), self.listed(), self.wrong_one()?);
        Ok(fitted(&format!("{program}\n{head}{assumption}\n{endings}{wrong}")))
    }

    /// What a processor may do and the search does not: of one variable all trains see one order.
    fn assumption(&self) -> String {
        let Job { runner, .. } = self.job;
        let is_free = (runner.placement(), runner.model()) == (None, Model::Threads);
        if !is_free || self.variables.len() < 2 {
            return String::new();
        }
        let says = "This assumes sequential consistency: each store is seen at once. Without a \
                    lock, processors may let a load overtake a store of another variable, so that \
                    real runs can end in more ways.";
        wrap(says, COLUMNS, 0)
    }

    /// How it comes to the first ending that is not what one after another comes to.
    fn wrong_one(&self) -> Result<String> {
        let wrong = self.possible.iter().find(|possible| !self.is_expected(&possible.ending));
        let Some(Possible { ending, schedule }) = wrong else { return Ok(String::new()) };
        let Job { puzzle, program, trains, rounds, .. } = self.job;
        let tape = replay::replay(program, *trains, schedule)?.tape;
        let drawn = drawn(&tape.whole(program), tape.culprit());
        let again = again(&puzzle.name, *trains, *rounds, &schedule.to_string());
        let again = if *trains <= TRAINS_MAX { format!("\n{again}") } else { String::new() };
        let ending = in_words(ending, &self.variables);
        let ending = wrap(&format!("How it comes to {ending}:"), COLUMNS, 0);
        Ok(format!("\n{ending}\n{drawn}{again}"))
    }

    fn listed(&self) -> String {
        let mut rows = vec![["", "", "switches", "schedule"].map(str::to_owned).to_vec()];
        for Possible { ending, schedule } in self.possible.iter().take(ENDINGS_MAX) {
            let mark = if self.is_expected(ending) { "as one after another" } else { "" };
            let switches = schedule.switches().to_string();
            let ending = in_words(ending, &self.variables);
            rows.push(vec![ending, mark.to_owned(), switches, schedule.to_string()]);
        }
        let table = table(1, rows, 2..3);
        match self.possible.len().saturating_sub(ENDINGS_MAX) {
            0 => table,
            more => format!("{table} and {more} more; --format json has them all\n"),
        }
    }

    fn document(&self) -> String {
        let endings = self.possible.iter().map(|Possible { ending, schedule }| {
            let (kind, values) = in_json(ending);
            json!({
                "ending": kind,
                "values": values,
                "as_one_after_another": self.is_expected(ending),
                "switches": schedule.switches(),
                "schedule": schedule.to_string(),
            })
        });
        json(&json!({
            "schema": "trainyard.race-search/1",
            "program": self.job.puzzle.name,
            "text": self.job.puzzle.text,
            "threads": self.job.trains,
            "rounds": self.job.rounds,
            "rule": rule(self.job.runner),
            "variables": self.variables,
            "expected": self.serial.first(),
            "other_orders": self.serial.get(1..),
            "assumes": "sequential consistency",
            "endings": endings.collect::<Vec<_>>(),
        }))
    }
}

/// Where a switch can fall.
fn rule(runner: Runner) -> &'static str {
    match (runner.placement(), runner.model()) {
        (Some(Placement::EveryOp), _) | (None, Model::Threads) => "a switch can fall anywhere",
        (Some(Placement::BackEdge), _) => "a switch can fall at back edges and calls",
        (Some(Placement::Never), _) | (None, Model::Procs) => "a switch can fall at a train's end",
        (None, Model::Coop) => "a switch can fall at an await",
    }
}

/// Does a schedule, and tells what it comes to.
pub(super) fn replay(job: &Job<'_>, schedule: &Schedule, format: Format) -> Result<String> {
    let Job { puzzle, program, trains, .. } = *job;
    let Replayed { tape, ending } = replay::replay(program, trains, schedule)?;
    let (names, lost) = (names(program), tape.loss(program));
    let drawn = drawn(&tape.whole(program), tape.culprit());
    if format == Format::Json {
        let (kind, values) = in_json(&ending);
        return Ok(json(&json!({
            "schema": "trainyard.race-replay/1",
            "program": puzzle.name,
            "text": puzzle.text,
            "schedule": tape.schedule.to_string(),
            "ending": kind,
            "values": values,
            "variables": names,
            "lost": lost,
            "columns": drawn,
        })));
    }
    let lost = wrap(&lost.unwrap_or_default(), COLUMNS, 0);
    let end = wrap(&format!("It ends with {}.", in_words(&ending, &names)), COLUMNS, 0);
    Ok(fitted(&format!("{}\n{drawn}\n{lost}{end}", quoted(&puzzle.text))))
}

fn in_json(ending: &Ending) -> (&'static str, Value) {
    match ending {
        Ok(values) => ("values", json!(values)),
        Err(Trouble::Deadlock) => ("deadlock", Value::Null),
        Err(Trouble::Failed(_)) => ("failed", Value::Null),
    }
}
