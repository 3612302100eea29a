//! What a person gets: the picture, the table, what they mean, and what to do next.
//!
//! Everything is made for 80 columns. Escape sequences are always in the text: whoever prints it
//! takes them out where they are not wanted (`anstream` does).

use crate::ask::compare::picture::{self, Style};
use crate::ask::compare::report::{Report, Row, measured_on};
use crate::ask::compare::{explain, next};
use crate::ask::document::{self, BOLD};
use lab_core::terms::{Measured, Workload};
use lab_core::text::{add, numbers, wrap};

const HEADER: [&str; 7] = ["", "median", "±", "CPU", "memory", "switches", "start-up"];
/// Who, how long, and how sure that is.
const COLUMNS_MIN: usize = 3;

/// Renders `report`, with a picture of what was recorded.
///
/// Where nothing was measured there is nothing to show.
pub fn render(report: &Report, measured: &[Measured], style: Style) -> String {
    if report.results.is_empty() {
        return String::new();
    }
    let columns = style.columns();
    let mut text = picture::draw(report, measured, style);
    for &workload in &report.params.workloads {
        text += &table(report, workload, columns);
    }
    add!(text, "\n{}", wrap(&conditions(report), columns, 0));
    let pythons = pythons(report);
    if !pythons.is_empty() {
        text += &wrap(&format!("{pythons}."), columns, 0);
    }
    for sentence in explain::sentences(report) {
        add!(text, "\n{}", bold_name(&wrap(&sentence, columns, 0)));
    }
    text += &document::warnings(&report.warnings, columns);
    if report.complete {
        add!(text, "\n{}", suggestions(report, columns));
    }
    text
}

/// The figures that are not in the picture, one line for each contender. Columns that find no room
/// are left out: every figure is in JSON.
fn table(report: &Report, workload: Workload, columns: usize) -> String {
    let rows: Vec<_> = report.rows(workload).map(cells).collect();
    if rows.is_empty() {
        return String::new();
    }
    let mut header = HEADER.map(str::to_owned);
    workload.name().clone_into(&mut header[0]);
    let lay_out = |shown: usize| {
        let rows: Vec<Vec<String>> = rows.iter().map(|cells| cells[..shown].to_vec()).collect();
        format!("\n{}", document::columns(&header[..shown], &rows, 1))
    };
    document::widest((COLUMNS_MIN, HEADER.len()), columns, lay_out).0
}

#[expect(clippy::cast_precision_loss, reason = "counts of switches, shown in thousands")]
fn cells(row: &Row) -> [String; HEADER.len()] {
    let wall = row.wall_s.summary;
    let spread = match row.rounds() {
        0 | 1 => "–".to_owned(),
        _ => numbers::percent(wall.stddev / wall.median),
    };
    let switches = match row.usage.voluntary_switches + row.usage.involuntary_switches {
        few @ ..10_000 => few.to_string(),
        many => format!("{:.0}k", many as f64 / 1e3),
    };
    [
        row.contender().label(),
        numbers::seconds(wall.median),
        spread,
        numbers::seconds(row.usage.user_s + row.usage.system_s),
        numbers::megabytes(row.usage.max_rss_bytes),
        switches,
        numbers::seconds(row.startup_s),
    ]
}

/// How it was measured, and on what.
#[expect(clippy::cast_precision_loss, reason = "requests are far below 2^53")]
fn conditions(report: &Report) -> String {
    let rounds = report.results.iter().map(Row::rounds).max().unwrap_or(0);
    let ratios = if report.results.iter().any(|row| row.speedup_interval.is_some()) {
        "ratios are medians of each round's ratio to the sequential one beside it, with a 95 % \
         interval; "
    } else {
        ""
    };
    let server = report.server.filter(|server| server.requests > 0).map(|server| {
        let each = numbers::seconds((server.user_s + server.system_s) / server.requests as f64);
        format!(" The server, another process, used {each} of CPU for a request.")
    });
    format!(
        "{}, interleaved; {ratios}per round: CPU time and switches.{} {}",
        numbers::count(rounds, "round"),
        server.unwrap_or_default(),
        measured_on(&report.host, report.complete),
    )
}

/// Who the rows of each CPython are.
fn pythons(report: &Report) -> String {
    let names = report.params.pythons.iter().map(|python| {
        let build = if python.id().is_free_threaded() { ", free-threaded, lock off" } else { "" };
        format!("py{} is CPython at {}{build}", python.id(), python.path.display())
    });
    names.collect::<Vec<_>>().join("; ")
}

/// The workload's name stands out at the start of its sentence.
fn bold_name(sentence: &str) -> String {
    match sentence.split_once(':') {
        Some((name, rest)) => format!("{BOLD}{name}:{BOLD:#}{rest}"),
        None => sentence.to_owned(),
    }
}

fn suggestions(report: &Report, columns: usize) -> String {
    let suggestions = next::suggestions(&report.params);
    let width = suggestions.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
    let mut text = String::from("Try next:\n");
    for (command, shows) in suggestions {
        // Indent, gap and words; escape sequences take no room.
        if 2 + width + 2 + shows.len() <= columns {
            add!(text, "  {BOLD}{command:width$}{BOLD:#}  {shows}\n");
        } else {
            add!(text, "  {BOLD}{command}{BOLD:#}\n      {shows}\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::compare::testing;
    use lab_core::terms::output::Glyphs;

    fn plain(report: &Report, measured: &[Measured], width: usize) -> String {
        let text = render(report, measured, Style { width, glyphs: Glyphs::Unicode });
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn the_whole_output_fits_eighty_columns_and_looks_like_this() {
        let (mut report, measured) = testing::report();
        let busy = "the machine is busy: a load of 3.1 on 2 processors; end what else runs, and \
                    run again";
        report.warnings.push(busy.to_owned());
        let text = plain(&report, &measured, 80);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(text, include_str!("expected_80.txt"), "\n{text}");
    }

    #[test]
    fn a_cpython_has_its_rows_and_is_named() {
        let (report, measured) = testing::report_beside_python();
        let text = plain(&report, &measured, 80);
        assert_eq!(text, include_str!("expected_python.txt"), "\n{text}");
    }

    #[test]
    fn an_interrupted_run_says_so_and_suggests_nothing() {
        let (report, measured) = testing::report();
        let text = plain(&Report { complete: false, ..report }, &measured, 80);
        assert!(text.contains("Not complete: this is what"), "{text}");
        assert!(!text.contains("Try next"), "{text}");
        let (report, measured) = testing::report_of(Vec::new());
        assert_eq!(plain(&report, &measured, 80), "");
    }

    #[test]
    fn a_narrow_terminal_gets_narrow_lines() {
        let (report, measured) = testing::report();
        // Commands are not broken, and the longest needs this much.
        for width in 48..80 {
            let text = plain(&report, &measured, width);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}\n{text}");
            let rows = text.lines().filter(|line| line.starts_with(" 2 processes  "));
            assert!(rows.count() >= 2, "its strip and its figures are a line each: {text}");
        }
    }
}
