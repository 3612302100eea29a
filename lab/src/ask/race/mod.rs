//! `trainyard race`: where a switch can fall, who makes it fall there, and what it costs.
//!
//! "The operating system may switch threads at any time, even in the middle of `x = x + 1`." Whether
//! it does, and what then happens, depends on who runs the program and on where the lock looks
//! whether somebody wants it. So the same program is run in every way there is, many times.
//!
//! # The life of one race
//!
//! 1. A [`Puzzle`], a file or a text is compiled with a loop around it, and what it comes to when
//!    nobody interferes is computed: [`serial`].
//! 2. Each [`Runner`], a row of the `report`, gets its real runs: [`run`].
//! 3. One that went wrong is run once more on [`tape`](lab_core::work::race::tape), until an update
//!    is lost, which is shown instruction by instruction.
//! 4. With `--search` nothing is left to chance: every ending there can be is found, and listed by
//!    `endings`; each comes with a schedule, which `--replay` does again.

pub mod dis;
mod endings;
mod layout;
mod options;
mod report;

pub use self::options::Race;
use self::report::{Recorded, Report, Row};
use crate::ask::document::json;
use crate::measure::record::{about, save};
use lab_core::terms::error::{LabError, Result};
use lab_core::terms::outfile::{Extent, check_writable};
use lab_core::terms::output::Format;
use lab_core::work::race::puzzle::{Puzzle, ROUNDS, Start, compile};
use lab_core::work::race::run::{Job, names, record, run};
use lab_core::work::race::serial;
use lab_core::work::race::setting::{Model, Runner};
use trainyard::sys::affinity;
use trainyard::trace::{self, file::Facts, file::Trace};

/// Does what was asked for, and returns the page.
pub fn race(race: &Race) -> Result<String> {
    race.output.as_deref().map_or(Ok(()), check_writable)?;
    let runners = &race.runners().map_err(LabError::BadInput)?;
    with_job(race, runners, |job| match &race.replay {
        Some(schedule) => endings::replay(job, schedule, race.format),
        None if race.search => endings::search(job, race.format),
        None => {
            let report = measure(race, runners, job)?;
            Ok(if race.format == Format::Json { json(&report) } else { report::page(&report) })
        }
    })
}

/// Hands on what is to be run, with the first of the runners.
fn with_job<R>(
    race: &Race,
    runners: &[Runner],
    ask: impl FnOnce(&Job<'_>) -> Result<R>,
) -> Result<R> {
    let puzzle = &Puzzle::read(&race.program)?;
    // A program that has loops of its own says itself how often.
    let own = if compile(&puzzle.text, 1)?.has_loop() { 1 } else { ROUNDS };
    let (trains, rounds) = match &race.replay {
        Some(schedule) => {
            let highest = schedule.turns.iter().map(|turn| turn.train + 1).max();
            (highest.unwrap_or(0).max(2), 1)
        }
        None if race.search => (2, 1),
        None => (puzzle.trains, puzzle.rounds.unwrap_or(own)),
    };
    let (trains, rounds) = (race.threads.unwrap_or(trains), race.rounds.unwrap_or(rounds));
    let program = &compile(&puzzle.text, rounds)?;
    let runner = *runners.first().unwrap_or(&Runner::LockOff);
    let (cpus, pace) = (race.cpus(), race.lock.pace());
    ask(&Job { puzzle, program, rounds, trains, runner, cpus, pace })
}

/// Runs every row, and records one that went wrong.
fn measure(race: &Race, runners: &[Runner], job: &Job<'_>) -> Result<Report> {
    let Job { puzzle, program, rounds, trains, .. } = *job;
    let serial = serial::one_after_another(program, &puzzle.text, rounds, trains)?;
    // Before anything is run: alone, a train may wait for ever for what it does not share.
    let mut apart = Vec::new();
    if runners.contains(&Runner::Procs) {
        let says = |why| LabError::BadInput(format!("--model procs shares nothing: {why}"));
        apart.push(serial::apart(program, rounds, trains).map_err(says)?);
    }
    let all = affinity::allowed_cpus().map_err(|why| LabError::failed("the machine", why))?;
    let (mut rows, mut runs, mut recorded) = (Vec::new(), Vec::new(), None);
    for (runner, cpus) in ways(runners, job, &all) {
        let job = Job { runner, cpus, ..job.clone() };
        let expected = if runner == Runner::Procs { &apart } else { &serial };
        let row = row(race, &job, expected, &all)?;
        if row.wrong_runs > 0 && recorded.is_none() {
            recorded = one_that_went_wrong(&job, &row.label)?;
        }
        if race.output.is_some() {
            runs.push(on_the_record(&job, &row.label)?);
        }
        rows.push(row);
    }
    if let Some(path) = &race.output {
        save(Trace::of(about(None, None), runs), path, Extent::Whole)?;
    }
    let differs = |variable: &usize| {
        let is_other = |row: &Row| {
            let expected = row.expected.get(*variable);
            row.found.iter().any(|values| values.get(*variable) != expected)
        };
        rows.iter().any(is_other)
    };
    let variables = names(program);
    Ok(Report {
        schema: "trainyard.race/1",
        program: puzzle.name.clone(),
        text: puzzle.text.clone(),
        threads: trains,
        rounds,
        runs: race.runs,
        switch_interval_s: job.pace.switch_interval.as_secs_f64(),
        check_interval: job.pace.check_interval,
        shown: (0..variables.len()).find(differs).unwrap_or(0),
        variables,
        rows,
        recorded,
    })
}

/// The rows: each runner; and if they are restricted to some processors, no lock on all of them too.
fn ways<'a>(runners: &[Runner], job: &Job<'a>, all: &[usize]) -> Vec<(Runner, &'a [usize])> {
    // Thousands of processes are no pool.
    let together = job.puzzle.start == Start::Together;
    let is_pool = |runner: &Runner| together || *runner != Runner::Procs;
    let is_restricted = !job.cpus.is_empty() && job.cpus.len() < all.len();
    let free = runners.contains(&Runner::LockOff) && is_restricted;
    let free = free.then_some((Runner::LockOff, &[][..]));
    let runners = runners.iter().copied().filter(is_pool);
    runners.map(|runner| (runner, job.cpus)).chain(free).collect()
}

fn row(race: &Race, job: &Job<'_>, expected: &[Vec<i64>], all: &[usize]) -> Result<Row> {
    let outcomes: Vec<_> = (0..race.runs).map(|_| run(job)).collect::<Result<_>>()?;
    let mut row = Row::new(job, expected, &outcomes);
    if !race.cpus().is_empty() && job.runner.model() == Model::Threads {
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
    let ran = run(job);
    let recording = recorder.finish();
    ran?;
    let about = Facts::default().with("label", label).with("program", &job.puzzle.text);
    Ok(trace::file::Run { about, recording })
}

/// One run more, on tape.
fn one_that_went_wrong(job: &Job<'_>, label: &str) -> Result<Option<Recorded>> {
    let Some(tape) = record(job)? else { return Ok(None) };
    let columns = layout::drawn(&tape.end(job.program), tape.culprit());
    let schedule = tape.schedule.can_be_replayed().then(|| tape.schedule.to_string());
    let deadlock = || ("deadlock", "Now each waits for a lock that another has.".to_owned());
    let (what, sentence) = tape.loss(job.program).map_or_else(deadlock, |says| ("lost", says));
    Ok(Some(Recorded { of: label.to_owned(), what, schedule, sentence, columns }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use lab_core::terms::Pace;
    use lab_core::work::race::run::Outcome;

    /// A command line of options alone.
    #[derive(Parser)]
    struct Asked {
        #[command(flatten)]
        race: Race,
    }

    #[track_caller]
    fn check_width(page: &str) {
        let widest = page.lines().max_by_key(|line| line.chars().count()).unwrap();
        assert!(widest.chars().count() <= layout::COLUMNS, "{widest}\n{page}");
    }

    /// Every figure as wide as it can be, and names and texts without an end. Fails without `folded`
    /// or `fitted`, and with tables that are as wide as what is in them.
    #[test]
    fn no_line_of_a_page_is_wider_than_the_page() {
        let name = "name".repeat(40);
        let wide = format!("{name} = 9223372036854775807 - train");
        let lines = format!("for i in range(3):\n  {wide} # it's {}", "long ".repeat(40));
        for text in ["x = x + 1", "long = 0 - 9223372036854775807 + train", &wide, &lines] {
            let of = |options: &str| {
                let words = options.split_whitespace();
                Asked::try_parse_from(["race", text].into_iter().chain(words)).unwrap().race
            };
            check_width(&race(&of("--search --gil off --threads 3")).unwrap());
            check_width(&race(&of("--replay AB1CDE")).unwrap());
            let asked = of("--gil both --placement back-edge --policy no-forced-switching \
                            --model threads,coop --rounds 1 --runs 1 --threads 3");
            let runners = &asked.runners().unwrap();
            let mut report =
                with_job(&asked, runners, |job| measure(&asked, runners, job)).unwrap();
            for row in &mut report.rows {
                row.label += ", 1024 CPUs";
                row.found = vec![vec![i64::MIN; 9], vec![i64::MAX; 9]];
                (row.forced_switches, row.involuntary_switches) = (u64::MAX, u64::MAX);
                (row.wrong_runs, row.lost_share) = (usize::MAX, vec![Some(9.2e18); 9]);
                row.failures = vec![name.clone(), "it does not end ".repeat(20)];
            }
            (report.threads, report.rounds, report.runs) = (usize::MAX, u32::MAX, usize::MAX);
            report.recorded = Some(Recorded {
                of: "lock on, back-edge, 1024 CPUs".to_owned(),
                what: "lost",
                schedule: Some("A18446744073709551615B".repeat(5000)),
                sentence: format!("{name} is lost: {}", i64::MIN),
                columns: String::new(),
            });
            check_width(&report::page(&report));
        }
    }

    /// Fails if the difference of what was expected and what was found is a number of 64 bits.
    #[test]
    fn a_share_can_be_lost_that_no_number_holds() {
        let (puzzle, cpus) = (&Puzzle::read("x = 1").unwrap(), &[]);
        let (program, runner) = (&compile(&puzzle.text, 1).unwrap(), Runner::LockOff);
        let (rounds, trains, pace) = (1, 2, Pace::default());
        let job = Job { puzzle, program, rounds, trains, runner, cpus, pace };
        let outcome = Outcome { values: vec![i64::MIN], ..Outcome::default() };
        assert!(Row::new(&job, &[vec![1]], &[outcome]).lost_share[0] > Some(9e18));
    }
}
