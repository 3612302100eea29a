//! What can come out, and what a schedule comes to.

use serde_json::json;

use super::{COLUMNS, aligned, command, in_words, quoted, times};
use crate::ask::race::{Found, columns, names};
use lab_core::terms::error::Result;
use lab_core::terms::output::Format;
use lab_core::text::numbers::count;
use lab_core::text::wrap::wrap;
use lab_core::work::race::puzzle::Puzzle;
use lab_core::work::race::replay::{Replayed, replay as run};
use lab_core::work::race::schedule::TRAINS_MAX;
use lab_core::work::race::search::{Ending, Possible};
use lab_core::work::race::setting::{Checks, Runner};
use trainyard::vm::Program;

/// Endings that are listed on a terminal; a document has them all.
const ENDINGS_MAX: usize = 30;

/// Renders every way in which a program can end.
///
/// # Errors
///
/// A schedule that was found and cannot be done: a mistake of ours.
pub fn search(puzzle: &Puzzle, found: &Found, format: Format) -> Result<String> {
    if format == Format::Json {
        return Ok(search_json(puzzle, found));
    }
    let things = match found.possible.len() {
        1 => "one thing".to_owned(),
        more => format!("{more} things"),
    };
    let (trains, times, rule) =
        (count(found.trains, "train"), times(found.rounds), rule(found.runner));
    let head = format!("{trains}, each {times}; {rule}; {things} can come out");
    let head = format!("\n{}{}\n", wrap(&head, COLUMNS, 0), assumption(found));
    let (program, endings) = (quoted(&puzzle.text), listed(found));
    Ok([program, head, endings, wrong_one(puzzle, found)?].concat())
}

/// What a processor may do and the search does not: of one variable all trains see one order.
fn assumption(found: &Found) -> String {
    if found.runner != Runner::LockOff || found.variables.len() < 2 {
        return String::new();
    }
    let says = "This assumes sequential consistency: each store is seen at once. Without a lock, \
                processors may let a load overtake a store of another variable, so that real runs \
                can end in more ways.";
    wrap(says, COLUMNS, 0)
}

/// How it comes to the first ending that is not what one after another comes to.
fn wrong_one(puzzle: &Puzzle, found: &Found) -> Result<String> {
    let wrong = found.possible.iter().find(|possible| !found.is_expected(&possible.ending));
    let Some(Possible { ending, schedule }) = wrong else { return Ok(String::new()) };
    let Found { program, trains, rounds, .. } = found;
    let drawn = columns::whole(&run(program, *trains, schedule)?.tape, program);
    let again = if *trains <= TRAINS_MAX {
        let flags = format!("--threads {trains} --rounds {rounds} --replay {schedule}");
        format!("\nAgain: {}\n", command("race", &puzzle.name, &flags))
    } else {
        String::new()
    };
    let ending = in_words(ending, &found.variables);
    Ok(format!("\nHow it comes to {ending}:\n\n{drawn}{again}"))
}

fn listed(found: &Found) -> String {
    let names = ["", "", "switches", "schedule"];
    let mut rows = vec![names.map(str::to_owned).to_vec()];
    for Possible { ending, schedule } in found.possible.iter().take(ENDINGS_MAX) {
        let mark = if found.is_expected(ending) { "as one after another" } else { "" };
        let (switches, schedule) = (schedule.switches().to_string(), schedule.to_string());
        rows.push(vec![in_words(ending, &found.variables), mark.to_owned(), switches, schedule]);
    }
    let more = found.possible.len().saturating_sub(ENDINGS_MAX);
    let rest = format!(" and {more} more; --format json has them all\n");
    format!("{}{}", aligned(&rows, &[0, 1, 3]), if more > 0 { rest.as_str() } else { "" })
}

/// Where a switch can fall.
fn rule(runner: Runner) -> &'static str {
    match runner {
        Runner::LockOff | Runner::LockOn(Checks::EveryOp) => "a switch can fall anywhere",
        Runner::LockOn(Checks::BackEdge) => "a switch can fall at back edges and calls",
        Runner::LockOn(Checks::Never) | Runner::Procs => "a switch can fall at a train's end",
        Runner::Coop => "a switch can fall at an await",
    }
}

fn search_json(puzzle: &Puzzle, found: &Found) -> String {
    let endings = found.possible.iter().map(|Possible { ending, schedule }| {
        json!({
            "ending": kind(ending),
            "values": values(ending),
            "as_one_after_another": found.is_expected(ending),
            "switches": schedule.switches(),
            "schedule": schedule.to_string(),
        })
    });
    let document = json!({
        "schema": "trainyard.race-search/1",
        "program": puzzle.name,
        "text": puzzle.text,
        "threads": found.trains,
        "rounds": found.rounds,
        "rule": rule(found.runner),
        "variables": found.variables,
        "expected": found.serial.first(),
        "other_orders": found.serial.get(1..),
        "assumes": "sequential consistency",
        "endings": endings.collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

/// Renders a schedule that was done.
pub fn replay(puzzle: &Puzzle, program: &Program, replayed: &Replayed, format: Format) -> String {
    let names = names(program);
    let Replayed { tape, ending } = replayed;
    let drawn = columns::whole(tape, program);
    let lost = tape.lost.map(|lost| columns::sentence(&lost, program));
    if format == Format::Json {
        let document = json!({
            "schema": "trainyard.race-replay/1",
            "program": puzzle.name,
            "text": puzzle.text,
            "schedule": tape.schedule.to_string(),
            "ending": kind(ending),
            "values": values(ending),
            "variables": names,
            "lost": lost,
            "columns": drawn,
        });
        return format!("{document:#}\n");
    }
    let lost = lost.map_or_else(String::new, |sentence| wrap(&sentence, COLUMNS, 0));
    let end = in_words(ending, &names);
    format!("{}\n{drawn}\n{lost}It ends with {end}.\n", quoted(&puzzle.text))
}

fn kind(ending: &Ending) -> &'static str {
    match ending {
        Ending::Values(_) => "values",
        Ending::Deadlock => "deadlock",
        Ending::Failed(_) => "failed",
    }
}

fn values(ending: &Ending) -> Option<&[i64]> {
    match ending {
        Ending::Values(values) => Some(values),
        Ending::Deadlock | Ending::Failed(_) => None,
    }
}
