//! A race as people read it, and as programs do.

use serde_json::json;

use super::Found;
use super::columns;
use super::puzzle::Puzzle;
use super::replay::Replayed;
use super::report::{Report, Row};
use super::run::variables;
use super::schedule::TRAINS_MAX;
use super::search::{Ending, Possible};
use crate::lab::Result;
use crate::lab::cli::Format;
use crate::lab::render::numbers::{count, grouped, percent};
use crate::lab::render::wrap::wrap;
use crate::vm::Program;

const COLUMNS: usize = 80;

/// Endings that are listed on a terminal; a document has them all.
const ENDINGS_MAX: usize = 30;

/// Renders what many runs came to.
pub fn table(report: &Report) -> String {
    let Report { threads, rounds, runs, .. } = report;
    let times = if *rounds == 1 {
        "once".to_owned()
    } else {
        format!("{} times", spaced(i64::from(*rounds)))
    };
    let mut page = quoted(&report.text);
    page += &format!(
        "\n{} trains, each {times}; {}\n\n",
        grouped(*threads as u64),
        count(*runs, "run")
    );
    let variable = report.variables.get(report.shown).map_or("nothing shared", String::as_str);
    let head = ["", "expected", variable, "lost", "wrong", "forced", "involuntary"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(report.rows.iter().map(|row| cells(report, row)));
    page += &aligned(&rows);
    page += "\n";
    let width = report.rows.iter().map(|row| row.label.len()).max().unwrap_or(0);
    for row in &report.rows {
        let text = format!(" {:width$}  {}", row.label, row.why);
        page += &format!("{}\n", text.trim_end());
        for failure in &row.failures {
            page += &wrap(&format!("some failed: {failure}"), COLUMNS - width - 3, width + 3);
        }
    }
    if let Some(recorded) = &report.recorded {
        page += &format!("\nOne of them, instruction by instruction ({}):\n\n", recorded.of);
        page += &recorded.columns;
        page += &format!("\n{}", wrap(&recorded.sentence, COLUMNS, 0));
        page += &recorded.schedule.as_ref().map_or_else(String::new, |schedule| {
            let again = format!("--threads {threads} --rounds {rounds} --replay {schedule}");
            format!("Again: {}\n", command(&report.program, &again))
        });
    }
    let try_next = [
        (command(&report.program, "--search"), "every possible ending"),
        (format!("trainyard dis {}", argument(&report.program)), "where the lock looks"),
    ];
    page += "\nTry next:\n";
    let width = try_next.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
    for (command, shows) in try_next {
        page += &format!("  {command:width$}  {shows}\n");
    }
    page
}

fn cells(report: &Report, row: &Row) -> [String; 7] {
    let expected = row.expected.get(report.shown).map_or(String::new(), |&value| spaced(value));
    let lost = row.lost_share.get(report.shown).copied().flatten();
    let lost = match lost {
        Some(share) => percent(share),
        None if row.deadlocks > 0 => "-".to_owned(),
        None => String::new(),
    };
    let wrong = match row.deadlocks {
        0 => format!("{} of {}", row.wrong_runs, report.runs),
        some => format!("{some} deadlocked"),
    };
    let is_threads = row.model == "threads";
    let switches = |number: u64, is_there: bool| {
        if is_there { grouped(number) } else { String::new() }
    };
    [
        row.label.clone(),
        if row.shares_nothing() { format!("{expected} each") } else { expected },
        range(&row.values_of(report.shown, report.variables.len())),
        lost,
        wrong,
        switches(row.forced_switches, row.gil == "on"),
        switches(row.involuntary_switches, is_threads),
    ]
}

/// `7`, or `3 to 7`.
fn range(values: &[i64]) -> String {
    match (values.iter().min(), values.iter().max()) {
        (Some(&least), Some(&most)) if least == most => spaced(least),
        (Some(&least), Some(&most)) => format!("{} to {}", spaced(least), spaced(most)),
        _ => String::new(),
    }
}

fn spaced(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(value.unsigned_abs()))
}

/// The first column to the left, the others to the right.
fn aligned(rows: &[[String; 7]]) -> String {
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let lines = rows.iter().map(|row| {
        let mut line = format!(" {:1$}", row[0], width(0));
        for (column, cell) in row.iter().enumerate().skip(1) {
            line += &format!("  {cell:>0$}", width(column));
        }
        format!("{}\n", line.trim_end())
    });
    lines.collect()
}

/// Renders what many runs came to as one document.
pub fn json(report: &Report) -> String {
    let text = serde_json::to_string_pretty(report).expect("a report is plain data");
    text + "\n"
}

/// Renders every way in which a program can end.
///
/// # Errors
///
/// A schedule that was found and cannot be done: a mistake of ours.
pub fn search(puzzle: &Puzzle, found: &Found, format: Format) -> Result<String> {
    if format == Format::Json {
        return Ok(search_json(puzzle, found));
    }
    let mut page = quoted(&puzzle.text);
    page += &format!(
        "\n{} trains, each {}, {}: {} can come out\n\n",
        found.trains,
        if found.rounds == 1 { "once".to_owned() } else { format!("{} times", found.rounds) },
        found.runner,
        match found.possible.len() {
            1 => "one thing".to_owned(),
            more => format!("{more} things"),
        }
    );
    let mut rows = vec![["", "", "switches", "schedule"].map(str::to_owned)];
    for possible in found.possible.iter().take(ENDINGS_MAX) {
        let mark = if found.is_expected(&possible.ending) { "as one after another" } else { "" };
        rows.push([
            ending(&possible.ending, &found.variables),
            mark.to_owned(),
            possible.schedule.switches().to_string(),
            possible.schedule.to_string(),
        ]);
    }
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    for row in &rows {
        let [ending, mark, switches, schedule] = row;
        let (one, two, three) = (width(0), width(1), width(2));
        let line = format!(" {ending:one$}  {mark:two$}  {switches:>three$}  {schedule}");
        page += &format!("{}\n", line.trim_end());
    }
    if found.possible.len() > ENDINGS_MAX {
        let more = found.possible.len() - ENDINGS_MAX;
        page += &format!(" and {more} more; --format json has them all\n");
    }
    let wrong = found.possible.iter().find(|possible| !found.is_expected(&possible.ending));
    if let Some(Possible { ending: how, schedule }) = wrong {
        let replayed = super::replay::replay(&found.program, found.trains, schedule)?;
        page += &format!("\nHow it comes to {}:\n\n", ending(how, &found.variables));
        page += &columns::whole(&replayed.tape, &found.program);
        if found.trains <= TRAINS_MAX {
            let rounds = found.rounds;
            let flags = format!("--threads {} --rounds {rounds} --replay {schedule}", found.trains);
            page += &format!("\nAgain: {}\n", command(&puzzle.name, &flags));
        }
    }
    Ok(page)
}

fn search_json(puzzle: &Puzzle, found: &Found) -> String {
    let possible = found.possible.iter().map(|Possible { ending, schedule }| {
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
        "runner": found.runner.to_string(),
        "variables": found.variables,
        "expected": found.expected,
        "endings": possible.collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

/// Renders a schedule that was done.
pub fn replay(puzzle: &Puzzle, program: &Program, replayed: &Replayed, format: Format) -> String {
    let names: Vec<String> = variables(program).map(|(_, name)| name.to_owned()).collect();
    let Replayed { tape, ending: how } = replayed;
    let drawn = columns::whole(tape, program);
    let lost = tape.lost.map(|lost| columns::sentence(&lost, program));
    if format == Format::Json {
        let document = json!({
            "schema": "trainyard.race-replay/1",
            "program": puzzle.name,
            "text": puzzle.text,
            "schedule": tape.schedule.to_string(),
            "ending": kind(how),
            "values": values(how),
            "variables": names,
            "lost": lost,
            "columns": drawn,
        });
        return format!("{document:#}\n");
    }
    let lost = lost.map_or_else(String::new, |sentence| wrap(&sentence, COLUMNS, 0));
    format!("{}\n{drawn}\n{lost}It ends with {}.\n", quoted(&puzzle.text), ending(how, &names))
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

fn ending(ending: &Ending, names: &[String]) -> String {
    match ending {
        Ending::Values(values) => {
            let both = names.iter().zip(values);
            let texts: Vec<String> =
                both.map(|(name, value)| format!("{name} = {value}")).collect();
            texts.join(", ")
        }
        Ending::Deadlock => "a deadlock".to_owned(),
        Ending::Failed(says) => format!("an error, {says}"),
    }
}

/// The program, indented.
fn quoted(text: &str) -> String {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| format!("    {line}\n"))
        .collect()
}

fn command(program: &str, flags: &str) -> String {
    format!("trainyard race {} {flags}", argument(program))
}

/// As a shell wants it.
fn argument(program: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if program.chars().all(is_plain) {
        program.to_owned()
    } else {
        format!("'{}'", program.replace('\'', "'\\''"))
    }
}
