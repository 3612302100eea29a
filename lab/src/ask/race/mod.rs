//! `trainyard race`: where a switch can fall, who makes it fall there, and what it costs.
//!
//! "The operating system may switch threads at any time, even in the middle of `x = x + 1`." Whether
//! it does, how often, and what then happens depends on who runs the program and on where the lock
//! looks whether somebody wants it. So the same program is run in every way there is, many times, and
//! the first update that is lost is shown instruction by instruction.
//!
//! # The life of one race
//!
//! 1. The program is read: a [`puzzle`](lab_core::work::race::puzzle), a file or a text. It is compiled with a loop around it, and
//!    what it comes to when nobody interferes is computed: [`serial`].
//! 2. Each [`setting`](lab_core::work::race::setting), a row, gets its real runs: [`run`].
//! 3. The rows become a [`report`]. One that went wrong is run once more on [`tape`](lab_core::work::race::tape), until an update
//!    is lost; the tape is drawn in [`columns`] and can be run again by [`replay`].
//! 4. With `--search` nothing is left to chance: every ending there can be is found, by [`search`].
//!
//! Read in that order.

pub mod columns;
pub mod dis;
pub mod render;
pub mod report;

use std::path::PathBuf;
use std::time::Duration;

use crate::measure::record::{about, save};
use lab_core::terms::door::{Extent, check_writable};
use lab_core::terms::error::{LabError, Result};
use lab_core::terms::output::Format;
use lab_core::work::race::{record, replay, run, search, serial};
use trainyard::sys::affinity;
use trainyard::trace;
use trainyard::trace::file::{Facts, Trace};
use trainyard::vm::{Program, WordKind};

use super::race::report::{Locks, Recorded, Report, Row};
use lab_core::work::race::puzzle::{Puzzle, ROUNDS, Start};
use lab_core::work::race::run::{Job, variables};
use lab_core::work::race::schedule::Schedule;
use lab_core::work::race::search::{Ending, Possible};
use lab_core::work::race::setting::{Model, Runner};

/// What `race` is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Race {
    /// A puzzle, a file, or a text.
    pub program: String,
    /// The ways to run it.
    pub runners: Vec<Runner>,
    /// How many trains; `None` leaves it to the puzzle.
    pub trains: Option<usize>,
    /// How often each does it; `None`: often enough to be seen, or once where all is tried.
    pub rounds: Option<u32>,
    /// How many runs each row gets.
    pub runs: usize,
    /// How long a thread waits before it asks for the lock.
    pub switch_interval: Duration,
    /// The processors to run on; none means all.
    pub cpus: Vec<usize>,
    /// What to do with it.
    pub action: Action,
    /// Table or JSON.
    pub format: Format,
    /// Where the recordings go: of each row's run one more.
    pub trace: Option<PathBuf>,
}

/// What to do with the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Run it.
    Run,
    /// Find every way in which it can end.
    Search,
    /// Run it by this schedule.
    Replay(Schedule),
}

/// Does what was asked for, and returns the page.
///
/// # Errors
///
/// [`LabError::BadInput`] for a program that does not compile, or fails though nobody interferes;
/// what prevents a run.
pub fn race(race: &Race) -> Result<String> {
    race.trace.as_deref().map_or(Ok(()), check_writable)?;
    let puzzle = Puzzle::read(&race.program)?;
    match &race.action {
        Action::Run => {
            let report = measure(race, &puzzle)?;
            Ok(match race.format {
                Format::Json => render::json(&report),
                _ => render::table(&report),
            })
        }
        Action::Search => {
            let (rounds, trains) = (race.rounds.unwrap_or(1), race.trains.unwrap_or(2));
            let program = puzzle.compile(rounds)?;
            let runner = *race.runners.first().unwrap_or(&Runner::LockOff);
            if runner == Runner::Procs {
                let says = "--search: processes share nothing, so there is one way only";
                return Err(LabError::BadInput(says.to_owned()));
            }
            let found = Found {
                serial: serial::one_after_another(&program, &puzzle.text, rounds, trains)?,
                possible: search::search(&program, trains, runner)?,
                variables: names(&program),
                program,
                trains,
                rounds,
                runner,
            };
            render::search(&puzzle, &found, race.format)
        }
        Action::Replay(schedule) => {
            let program = puzzle.compile(race.rounds.unwrap_or(1))?;
            let highest = schedule.turns.iter().map(|turn| turn.train + 1).max().unwrap_or(0);
            let trains = race.trains.unwrap_or_else(|| highest.max(2));
            let replayed = replay::replay(&program, trains, schedule)?;
            Ok(render::replay(&puzzle, &program, &replayed, race.format))
        }
    }
}

/// All that a search found.
#[derive(Debug)]
pub struct Found {
    /// The program.
    pub program: Program,
    /// How many trains.
    pub trains: usize,
    /// How often each does it.
    pub rounds: u32,
    /// Who runs them.
    pub runner: Runner,
    /// The shared variables.
    pub variables: Vec<String>,
    /// What comes out when they go one after another, first in the order of their numbers.
    pub serial: Vec<Vec<i64>>,
    /// What can come out.
    pub possible: Vec<Possible>,
}

impl Found {
    /// Whether this is what comes out when they go one after another.
    pub fn is_expected(&self, ending: &Ending) -> bool {
        matches!(ending, Ending::Values(values) if self.serial.contains(values))
    }
}

fn names(program: &Program) -> Vec<String> {
    variables(program).map(|(_, name)| name.to_owned()).collect()
}

/// Runs every row, and records one that went wrong.
fn measure(race: &Race, puzzle: &Puzzle) -> Result<Report> {
    // A program that has loops of its own says itself how often.
    let own = if puzzle.compile(1)?.has_loop() { 1 } else { ROUNDS };
    let rounds = race.rounds.or(puzzle.rounds).unwrap_or(own);
    let trains = race.trains.unwrap_or(puzzle.trains);
    let program = puzzle.compile(rounds)?;
    let serial = serial::one_after_another(&program, &puzzle.text, rounds, trains)?;
    // Before anything is run: alone, a train may wait for ever for what it does not share.
    let apart = if race.runners.contains(&Runner::Procs) {
        let says = |why| LabError::BadInput(format!("--model procs shares nothing: {why}"));
        vec![serial::apart(&program, rounds, trains).map_err(says)?]
    } else {
        Vec::new()
    };
    let all = affinity::allowed_cpus().map_err(|why| LabError::failed("the machine", why))?;
    let (mut rows, mut runs, mut recorded) = (Vec::new(), Vec::new(), None);
    for (runner, cpus) in ways(race, puzzle, &all) {
        let job = Job {
            program: &program,
            text: &puzzle.text,
            rounds,
            trains,
            runner,
            cpus: &cpus,
            switch_interval: race.switch_interval,
            start: puzzle.start,
        };
        let expected = if runner == Runner::Procs { &apart } else { &serial };
        let row = row(race, &job, expected, &all)?;
        if row.wrong_runs > 0 && recorded.is_none() {
            recorded = record(&job, &row.label)?;
        }
        if race.trace.is_some() {
            runs.push(on_the_record(&job, &row.label)?);
        }
        rows.push(row);
    }
    if let Some(path) = &race.trace {
        save(Trace::of(about(None, None), runs), path, Extent::Whole)?;
    }
    let variables = names(&program);
    let differs = |variable: &usize| {
        rows.iter().any(|row| {
            let expected = row.expected.get(*variable);
            row.found.iter().any(|values| values.get(*variable) != expected)
        })
    };
    Ok(Report {
        schema: "trainyard.race/1",
        program: puzzle.name.clone(),
        text: puzzle.text.clone(),
        threads: trains,
        rounds,
        runs: race.runs,
        switch_interval_s: race.switch_interval.as_secs_f64(),
        shown: (0..variables.len()).find(differs).unwrap_or(0),
        variables,
        rows,
        recorded,
    })
}

/// The rows: each runner; and if they are restricted to some processors, no lock on all of them too.
fn ways(race: &Race, puzzle: &Puzzle, all: &[usize]) -> Vec<(Runner, Vec<usize>)> {
    // Thousands of processes are no pool.
    let is_pool = |runner: &Runner| puzzle.start == Start::Together || *runner != Runner::Procs;
    let runners = race.runners.iter().copied().filter(is_pool);
    let mut ways: Vec<_> = runners.map(|runner| (runner, race.cpus.clone())).collect();
    let is_restricted = !race.cpus.is_empty() && race.cpus.len() < all.len();
    if is_restricted && race.runners.contains(&Runner::LockOff) {
        ways.push((Runner::LockOff, Vec::new()));
    }
    ways
}

fn row(race: &Race, job: &Job<'_>, expected: &[Vec<i64>], all: &[usize]) -> Result<Row> {
    let outcomes: Vec<_> = (0..race.runs).map(|_| run::run(job)).collect::<Result<_>>()?;
    let words = job.program.words();
    let has_locks = words.iter().any(|word| word.kind == WordKind::Lock);
    let locks = if has_locks { Locks::Some } else { Locks::None };
    let mut row = Row::new(job.runner, job.cpus, locks, expected, &outcomes);
    if !race.cpus.is_empty() && job.runner.model() == Model::Threads {
        let where_to = match job.cpus {
            [] => format!("{} CPUs", all.len()),
            [cpu] => format!("CPU {cpu}"),
            more => format!("{} CPUs", more.len()),
        };
        row.label = format!("{}, {where_to}", row.label);
    }
    Ok(row)
}

/// One run more, for the trace.
fn on_the_record(job: &Job<'_>, label: &str) -> Result<trace::file::Run> {
    let recorder = trace::arm();
    let ran = run::run(job);
    let recording = recorder.finish();
    ran?;
    let about = Facts::default().with("label", label).with("program", job.text);
    Ok(trace::file::Run { about, recording })
}

fn record(job: &Job<'_>, label: &str) -> Result<Option<Recorded>> {
    let Some(recording) = record::record(job)? else { return Ok(None) };
    let tape = &recording.tape;
    let schedule = tape.schedule.can_be_replayed().then(|| tape.schedule.to_string());
    let (what, sentence, columns) = match &tape.lost {
        Some(lost) => (
            "lost",
            columns::sentence(lost, job.program),
            columns::how_lost(tape, lost, job.program),
        ),
        None => (
            "deadlock",
            "Now each waits for a lock that another has.".to_owned(),
            columns::end(tape, job.program),
        ),
    };
    Ok(Some(Recorded { of: label.to_owned(), what, schedule, sentence, columns }))
}
