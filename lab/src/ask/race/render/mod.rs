//! A race as people read it, and as programs do.

mod endings;
mod table;

pub use super::render::endings::{replay, search};
pub use super::render::table::{json, table};

use lab_core::text::numbers::grouped;
use lab_core::work::race::search::Ending;

/// What a line may have.
const COLUMNS: usize = 80;

/// `-1 000 000`.
pub(super) fn spaced(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(value.unsigned_abs()))
}

/// `once`, `1 000 000 times`.
fn times(rounds: u32) -> String {
    if rounds == 1 { "once".to_owned() } else { format!("{} times", grouped(u64::from(rounds))) }
}

/// The program, indented.
fn quoted(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.flat_map(|line| ["    ", line, "\n"]).collect()
}

/// Rows as a table: the columns in `texts` to the left, the others, numbers, to the right.
fn aligned(rows: &[Vec<String>], texts: &[usize]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let line = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = width(column);
            if texts.contains(&column) {
                format!(" {cell:width$} ")
            } else {
                format!(" {cell:>width$} ")
            }
        });
        format!("{}\n", cells.collect::<String>().trim_end())
    };
    rows.iter().map(line).collect()
}

/// How trains end, in words.
fn in_words(ending: &Ending, names: &[String]) -> String {
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

/// What to type.
fn command(verb: &str, program: &str, flags: &str) -> String {
    format!("trainyard {verb} {} {flags}", argument(program)).trim_end().to_owned()
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
