//! What the pages of a race are made of: tables, sentences and commands. No line is wider than
//! [`COLUMNS`], whatever the figures and the names.

use std::ops::Range;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use lab_core::text::numbers::grouped;
use lab_core::work::race::run::{Ending, Trouble};
use lab_core::work::race::schedule;
use lab_core::work::race::tape::Cell;

/// What a line may have.
pub(super) const COLUMNS: usize = 80;

/// How many trains are drawn beside each other: more are not read.
const TRAINS_MAX: usize = 4;

/// Two blanks stand between two columns.
const GAP: u16 = 2;

/// Rows as a table, those columns that are `numbers` to the right. What finds no room is broken.
pub(super) fn table(margin: u16, rows: Vec<Vec<String>>, numbers: Range<usize>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    // What is to the right of the last column is cut off.
    table.set_width(u16::try_from(COLUMNS).unwrap_or(u16::MAX) + GAP - margin);
    table.add_rows(rows);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((margin, GAP - margin));
        if numbers.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines: Vec<String> = table.lines().collect();
    lines.iter().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// Draws what trains did, time downwards, a column for each: for `culprit`, and for those that had
/// the last turns.
pub(super) fn drawn(cells: &[Cell], culprit: Option<usize>) -> String {
    let mut trains: Vec<usize> = culprit.into_iter().collect();
    let mut others: Vec<usize> = Vec::new();
    for (train, _) in cells.iter().rev() {
        if !trains.contains(train) && !others.contains(train) {
            if trains.len() < TRAINS_MAX { trains.push(*train) } else { others.push(*train) }
        }
    }
    trains.sort_unstable();
    let mut rows = vec![trains.iter().map(|&train| schedule::name(train)).collect()];
    for (train, cell) in cells.iter().filter(|(train, _)| trains.contains(train)) {
        let own = |column: &usize| if column == train { cell.clone() } else { String::new() };
        rows.push(trains.iter().map(own).collect());
    }
    let drawn = table(2, rows, 0..0);
    match others.len() {
        0 => drawn,
        1 => drawn + "  (1 more train is not drawn)\n",
        more => drawn + &format!("  ({more} more trains are not drawn)\n"),
    }
}

/// The program, indented.
pub(super) fn quoted(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.flat_map(|line| ["    ", line, "\n"]).collect()
}

/// `once`, `1 000 000 times`.
pub(super) fn times(rounds: u32) -> String {
    if rounds == 1 { "once".to_owned() } else { format!("{} times", grouped(u64::from(rounds))) }
}

pub(super) fn in_words(ending: &Ending, names: &[String]) -> String {
    match ending {
        Ok(values) => {
            let both = names.iter().zip(values);
            let texts: Vec<String> =
                both.map(|(name, value)| format!("{name} = {value}")).collect();
            texts.join(", ")
        }
        Err(Trouble::Deadlock) => "a deadlock".to_owned(),
        Err(Trouble::Failed(says)) => format!("an error, {says}"),
    }
}

/// What to type.
pub(super) fn command(verb: &str, program: &str, flags: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let argument = if program.chars().all(is_plain) {
        program.to_owned()
    } else {
        format!("'{}'", program.replace('\'', "'\\''"))
    };
    format!("trainyard {verb} {argument} {flags}").trim_end().to_owned()
}

/// What to type to see it once more.
pub(super) fn again(program: &str, trains: usize, rounds: u32, schedule: &str) -> String {
    let flags = format!("--threads {trains} --rounds {rounds} --replay {schedule}");
    folded(&format!("Again: {}", command("race", program, &flags)))
}

/// A line with a command; one that is too long ends where a shell joins it with the next, at a
/// backslash outside of quotes.
pub(super) fn folded(command: &str) -> String {
    if command.lines().all(|line| line.chars().count() <= COLUMNS) {
        return format!("{command}\n");
    }
    let (mut folded, mut len, mut blank) = (String::new(), 0, None);
    let (mut is_quoted, mut is_escaped) = (false, false);
    for c in command.chars() {
        // There must be room for an escaped character, a quote and a backslash.
        if len >= COLUMNS - 3 && c != '\n' && !is_escaped {
            let (at, joint) = match (blank.take(), is_quoted) {
                (Some(at), _) => (at, "\\\n"),
                (None, true) => (folded.len(), "'\\\n'"),
                (None, false) => (folded.len(), "\\\n"),
            };
            len = folded[at..].chars().count() + usize::from(joint.ends_with('\''));
            folded.insert_str(at, joint);
        }
        folded.push(c);
        len += 1;
        match c {
            '\n' => (len, blank) = (0, None),
            ' ' if !is_quoted && len > 1 => blank = Some(folded.len()),
            _ => {}
        }
        is_quoted ^= c == '\'' && !is_escaped;
        is_escaped = c == '\\' && !is_quoted;
    }
    folded + "\n"
}

/// Breaks the lines that are still too long: those of the program, and words without an end.
pub(super) fn fitted(page: &str) -> String {
    let mut fitted = String::new();
    for line in page.lines() {
        for (at, c) in line.chars().enumerate() {
            if at > 0 && at % COLUMNS == 0 {
                fitted.push('\n');
            }
            fitted.push(c);
        }
        fitted.push('\n');
    }
    fitted
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_shell_joins_a_command_that_was_folded() {
        for program in ["x".repeat(300), "it's ".repeat(90), "'".repeat(90), "a\n\\b'".repeat(60)] {
            for shift in 1..5 {
                let (flag, schedule) = ("-".repeat(shift), "A12".repeat(99));
                let words = ["race", &program, &flag, "--replay", &schedule];
                let folded = folded(&command("race", &program, &words[2..].join(" ")));
                assert!(folded.lines().all(|line| line.chars().count() <= COLUMNS), "{folded}");
                let script = folded.replacen("trainyard", "printf '%s\\n'", 1);
                let joined = Command::new("sh").args(["-c", &script]).output().unwrap().stdout;
                assert_eq!(String::from_utf8(joined).unwrap(), words.join("\n") + "\n", "{folded}");
            }
        }
    }
}
