//! The picture: why the times differ, on one page.
//!
//! For each workload a block, for each contender a strip or two to a common scale, and beside them
//! the figures that explain: how much faster, how many units were in flight, how many trains ran at
//! once. Of a pool two trains are drawn: two lanes that alternate are what a lock looks like, two
//! lanes that wait side by side are what concurrency is for.
//!
//! ```text
//! I/O-bound: 160 requests, each answered after 5 ms               the first 30 ms
//!                      █ working  ▂ working a little  ░ waiting
//!  one after another  |▂░░░▂▂░░░▂▂░░░▂▂░░░▂░░| 1.0x, 1 in flight
//!  5 threads, lock on |▂░░░▂▂░░░▂▂░░░▂▂░░░▂░░| 4.7x [4.6, 4.9] faster
//!                     |▂░░░░▂░░░░▂░░░░▂░░░▂▂░| 5 in flight, +9 lines
//! ```
//!
//! # Invariants
//!
//! - **PICTURE-1** No line is wider than the terminal, if that has at least `WIDTH_MIN` columns.
//! - **PICTURE-2** All strips of a block show the same length of time, which stands above them.
//!
//! Read next: `scene`, [`strip`].

mod scene;

use crate::ask::compare::picture::scene::{Scene, strips, window_ns};
use crate::ask::compare::report::{Report, Row};
use crate::measure::progress::width_of;
use lab_core::look::lanes::Lanes;
use lab_core::look::strip::{self, Mark};
use lab_core::terms::output::Glyphs;
use lab_core::terms::{CpuKernel, Measured, Model, Verdict, Workload};
use lab_core::text::numbers;
use lab_core::text::wrap::{fill, wrap};

/// How the picture and the table are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub width: usize,
    pub glyphs: Glyphs,
}

/// Below this there is no room for a strip; such terminals get wider lines than they have.
const WIDTH_MIN: usize = 40;
/// Wider than this a strip says nothing more, and lines are hard to follow.
const WIDTH_MAX: usize = 100;
/// The widest figures: `2 CPUs, 1 at a time, +12 lines`.
const FIGURES_WIDTH: usize = 30;
/// Narrower strips than this show no pattern: the figures go below them instead.
const STRIP_WIDTH_MIN: usize = 20;

impl Style {
    /// As wide as the terminal of standard output; 80 columns where that is none.
    pub fn of_stdout(glyphs: Glyphs) -> Self {
        Self { width: width_of(std::io::stdout()), glyphs }
    }

    /// The columns that are used.
    pub fn columns(self) -> usize {
        self.width.clamp(WIDTH_MIN, WIDTH_MAX)
    }
}

struct Subject<'a> {
    row: &'a Row,
    lanes: Option<Lanes>,
}

pub fn draw(report: &Report, measured: &[Measured], style: Style) -> String {
    let subject = |row| {
        let one = measured.iter().find(|one| one.contender == Row::contender(row));
        let lanes = one.and_then(|one| one.recording.as_ref()).and_then(Lanes::read);
        Subject { row, lanes }
    };
    let blocks = report.params.workloads.iter().filter_map(|&workload| {
        let subjects: Vec<Subject<'_>> = report.rows(workload).map(subject).collect();
        (!subjects.is_empty()).then(|| block(report, workload, &subjects, style))
    });
    blocks.collect::<Vec<_>>().join("\n")
}

fn block(report: &Report, workload: Workload, subjects: &[Subject<'_>], style: Style) -> String {
    let label_width = subjects.iter().map(|subject| subject.row.contender().label().len()).max();
    let layout = Layout::new(style, label_width.unwrap_or(0));
    // INVARIANT: [PICTURE-2] one window for all.
    let window_ns = window_ns(report, workload, subjects);
    let scene = |subject: &Subject<'_>| {
        subject.lanes.as_ref().map(|lanes| strips(lanes, window_ns, layout.strip_width))
    };
    let scenes: Vec<Option<Scene>> = subjects.iter().map(scene).collect();
    let drawn = || scenes.iter().flatten();
    let window = numbers::nanoseconds(window_ns);
    let window = if drawn().any(|scene| scene.waits_for_second) {
        Some(format!("{window}, from when two are at work"))
    } else {
        drawn().next().map(|_| format!("the first {window}"))
    };
    let mut text = heading(report, workload, window.as_deref(), style.columns());
    let strips: Vec<&[Mark]> = drawn().flat_map(|scene| &scene.strips).map(Vec::as_slice).collect();
    text += &legend(&strips, layout);
    for (subject, scene) in subjects.iter().zip(&scenes) {
        text += &contender(subject, scene.as_ref().map_or(&[], |scene| &scene.strips), layout);
    }
    text
}

#[derive(Clone, Copy)]
struct Layout {
    label_width: usize,
    strip_width: usize,
    /// Whether the figures stand beside the strips, or below them.
    is_beside: bool,
    glyphs: Glyphs,
}

impl Layout {
    fn new(style: Style, label_width: usize) -> Self {
        // A space before the label, one after it, a bar on each side of the strip.
        let room = style.columns().saturating_sub(label_width + 4);
        let beside = room.saturating_sub(1 + FIGURES_WIDTH);
        let is_beside = beside >= STRIP_WIDTH_MIN;
        let strip_width = if is_beside { beside } else { room.max(1) };
        Self { label_width, strip_width, is_beside, glyphs: style.glyphs }
    }
}

/// What is done, and which part of it is drawn.
fn heading(report: &Report, workload: Workload, window: Option<&str>, columns: usize) -> String {
    let params = &report.params;
    let left = match (workload, params.kernel) {
        (Workload::Io, _) => {
            let requests = numbers::count(params.requests, "request");
            let whose = match params.urls.len() {
                0 => format!(", each answered after {}", numbers::nanoseconds(params.latency_ns)),
                urls => format!(" to {}", numbers::count(urls, "URL")),
            };
            format!("I/O-bound: {requests}{whose}")
        }
        (Workload::Cpu, CpuKernel::SumOfSquares { inputs, first_n }) => {
            let sums = numbers::count(inputs, "sum");
            format!("CPU-bound: {sums} of {} squares", numbers::grouped(first_n))
        }
        (Workload::Cpu, CpuKernel::Fib { n, inputs }) => {
            format!("CPU-bound: {} fib({n})", numbers::count(inputs, "time"))
        }
    };
    let Some(window) = window else { return wrap(&left, columns, 1) };
    let gap = columns.saturating_sub(left.len() + window.len());
    if gap >= 2 {
        format!("{left}{:gap$}{window}\n", "")
    } else {
        wrap(&format!("{left}; {window}"), columns, 1)
    }
}

/// Explains the marks that occur, on as many lines as they need.
fn legend(strips: &[&[Mark]], layout: Layout) -> String {
    let Layout { label_width, strip_width, is_beside, glyphs } = layout;
    let (indent, columns) = if is_beside {
        (label_width + 3, strip_width + 1 + FIGURES_WIDTH)
    } else {
        (1, label_width + strip_width + 2)
    };
    let lines = fill(strip::legend(strips, glyphs), columns, "  ", 0).into_iter();
    let indent = " ".repeat(indent);
    lines.fold(String::new(), |text, line| text + &indent + &line + "\n")
}

/// The lines of one contender: its strips, and the figures beside or below them.
fn contender(subject: &Subject<'_>, strips: &[Vec<Mark>], layout: Layout) -> String {
    let Layout { label_width, strip_width, is_beside, glyphs } = layout;
    let label = subject.row.contender().label();
    let figures = figures(subject, strips.len());
    let (beside, below) = if is_beside { (&figures[..], &[][..]) } else { (&[][..], &figures[..]) };
    let mut text = String::new();
    for index in 0..strips.len().max(beside.len()).max(1) {
        let label = if index == 0 { label.as_str() } else { "" };
        let strip = match strips.get(index) {
            Some(marks) => format!("|{}|", strip::paint(marks, glyphs)),
            None if strips.is_empty() && index == 0 => {
                format!("|{:^strip_width$}|", "not recorded")
            }
            None => format!(" {:strip_width$} ", ""),
        };
        let figure = beside.get(index).map_or("", String::as_str);
        text += format!(" {label:label_width$} {strip} {figure}").trim_end();
        text += "\n";
    }
    below.iter().fold(text, |text, figure| text + "   " + figure + "\n")
}

/// Two lines that explain, or one where the contender has one strip and they fit.
fn figures(subject: &Subject<'_>, strips: usize) -> Vec<String> {
    let row = subject.row;
    let speedup = speedup(row);
    if row.python.is_some() && row.model != Model::PythonSync {
        return figures_of_python(row, speedup);
    }
    let mut reasons = match (row.workload, row.in_flight_max) {
        (Workload::Io, Some(in_flight)) => vec![format!("{in_flight} in flight")],
        (Workload::Cpu, Some(_)) => {
            let cpus = numbers::count(row.cpus_used.unwrap_or(0), "CPU");
            vec![cpus, format!("{} at a time", row.running_at_once_max.unwrap_or(0))]
        }
        (_, None) => Vec::new(),
    };
    let lines = row.lines_changed.filter(|_| row.model.in_ours() != Model::Sync);
    reasons.extend(lines.map(|lines| format!("+{}", numbers::count(lines, "line"))));
    let reasons = reasons.join(", ");
    let both = format!("{speedup}, {reasons}");
    let mut figures = match reasons.as_str() {
        "" => vec![speedup],
        _ if strips < 2 && both.len() <= FIGURES_WIDTH => vec![both],
        _ => vec![speedup, reasons],
    };
    // Said in every view: with events missing, the figures are lower bounds.
    let lost = subject.lanes.as_ref().map_or(0, |lanes| lanes.overwritten);
    if lost > 0 {
        figures.push(format!("({lost} events were lost)"));
    }
    figures
}

/// What a model of CPython makes of CPython's own sequential run, and then of ours.
fn figures_of_python(row: &Row, speedup_vs_sync: String) -> Vec<String> {
    let interval = row.speedup_vs_python_sync_interval.map(numbers::interval);
    let interval = interval.map_or_else(String::new, |bounds| format!(" {bounds}"));
    let of_its_own = row.speedup_vs_python_sync.map(numbers::ratio);
    let of_its_own = of_its_own.map(|ratio| format!("{ratio}{interval} of its own"));
    let lines = row.lines_changed.map_or_else(String::new, |lines| format!(", +{lines} lines"));
    let of_ours =
        row.speedup_vs_sync.map(|ratio| format!("{} of ours{lines}", numbers::ratio(ratio)));
    of_its_own.into_iter().chain(of_ours.or(Some(speedup_vs_sync))).collect()
}

fn speedup(row: &Row) -> String {
    let Some(speedup) = row.speedup_vs_sync else { return "no reference".to_owned() };
    let ratio = numbers::ratio(speedup);
    match (row.model, row.verdict, row.speedup_interval) {
        (Model::Sync, ..) => "1.0x".to_owned(),
        (_, Some(verdict @ Verdict::NotDistinguishable), _) => {
            format!("{ratio} {}", verdict.name())
        }
        (_, Some(verdict), Some(interval)) => {
            format!("{ratio} {} {}", numbers::interval(interval), verdict.name())
        }
        _ => format!("{ratio}, no verdict"),
    }
}

#[cfg(test)]
mod tests;
