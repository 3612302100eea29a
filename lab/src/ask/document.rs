//! The forms that results take: JSON, CSV, Markdown, and columns that fit a terminal.
//!
//! Whoever has results says what stands in them; how a form is written is said here once. CSV is
//! made of the JSON form, so that both have the same values.

use anstyle::{AnsiColor, Style as Ansi};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;
use serde_json::Value;

use lab_core::text::add;
use lab_core::text::wrap::wrap;

/// What stands out on a terminal.
pub const BOLD: Ansi = Ansi::new().bold();
const WARNING: Ansi = AnsiColor::Yellow.on_default().bold();

/// One document for programs, with a line end.
pub(crate) fn json(report: &impl Serialize) -> String {
    serde_json::to_string_pretty(report).expect("a report is plain data") + "\n"
}

/// Comma-separated values for spreadsheets: a line of names, and one for each of `rows`.
///
/// `columns` has the names between blanks; `name:/a/b` stands for the value at that JSON pointer, a
/// name alone for the value of that key. What is not there, or is null, is empty. No value holds a
/// comma, a quote or a line end, so none needs quotes.
pub fn csv(columns: &str, rows: impl IntoIterator<Item = Value>) -> String {
    let columns: Vec<(&str, String)> = columns
        .split_ascii_whitespace()
        .map(|column| match column.split_once(':') {
            Some((name, pointer)) => (name, pointer.to_owned()),
            None => (column, format!("/{column}")),
        })
        .collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let mut text = names.join(",") + "\n";
    for row in rows {
        let cells = columns.iter().map(|(_, pointer)| cell(row.pointer(pointer)));
        text += &(cells.collect::<Vec<_>>().join(",") + "\n");
    }
    text
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        // `1`, where JSON has `1.0`.
        Some(Value::Number(number)) if number.is_f64() => {
            number.as_f64().unwrap_or_default().to_string()
        }
        Some(other) => other.to_string(),
    }
}

/// A Markdown table, whose columns are aligned as `---` and `---:` say.
pub fn markdown(
    header: &[&str],
    alignment: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let mut text = String::new();
    for names in [header, alignment] {
        add!(text, "| {} |\n", names.join(" | "));
    }
    for cells in rows {
        add!(text, "| {} |\n", cells.join(" | "));
    }
    text
}

/// Lays `rows` out below `header`, without frames and without blanks at the ends of lines. The first
/// `names` columns begin at the left; the others are figures, and end at the right.
pub fn columns(header: &[String], rows: &[Vec<String>], names: usize) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(names) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string().lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// The text of the most columns, `least` to `most`, that fit on `width`, and how many these are;
/// of the fewest, if none fit.
pub fn widest(
    (least, most): (usize, usize),
    width: usize,
    lay_out: impl Fn(usize) -> String,
) -> (String, usize) {
    let fits = |text: &str| text.lines().all(|line| line.chars().count() <= width);
    let texts = (least..=most).rev().map(|count| (lay_out(count), count));
    let narrowest = || (lay_out(least), least);
    texts.into_iter().find(|(text, _)| fits(text)).unwrap_or_else(narrowest)
}

/// What makes the figures doubtful, a paragraph of its own.
pub fn warnings(warnings: &[String], width: usize) -> String {
    let mut text = String::from(if warnings.is_empty() { "" } else { "\n" });
    for warning in warnings {
        let line = wrap(&format!("warning: {warning}"), width, 2);
        text += &line.replacen("warning:", &format!("{WARNING}warning:{WARNING:#}"), 1);
    }
    text
}

/// The same as a list in Markdown.
pub fn markdown_warnings(warnings: &[String]) -> String {
    let mut text = String::new();
    for warning in warnings {
        add!(text, "- warning: {warning}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn csv_has_a_value_or_nothing_for_every_name() {
        let row = serde_json::json!({ "a": 1.0, "b": null, "c": { "d": [1e-7, true] }, "e": "x" });
        let text = super::csv("a b low:/c/d/0 is_it:/c/d/1 e gone", [row]);
        assert_eq!(text, "a,b,low,is_it,e,gone\n1,,0.0000001,true,x,\n");
    }
}
