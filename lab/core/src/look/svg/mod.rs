//! The picture of the notes: blue works, orange waits, one lane for each train.
//!
//! ```text
//!  worker-0  ███▨▨▨▨▨▨███▨▨▨▨▨▨   run 33 %  wait GIL 67 %
//!  worker-1  ▨▨▨███▨▨▨▨▨▨███▨▨▨   run 33 %  wait GIL 67 %
//! ```
//!
//! Text is text: it can be selected and searched. Each mark has a title that a browser shows under
//! the pointer. The colours follow the reader's light or dark paper, without a script.
//!
//! # Invariants
//!
//! - **SVG-1** A picture has at most `MARKS_MAX` marks, however many spans there are: an editor
//!   opens it, and a page that holds it scrolls.
//! - **SVG-2** A short wait never vanishes; see `lane`.
//!
//! # Not here
//!
//! Depth: what needs zooming goes to Perfetto or to the page.
//!
//! Read next: `lane`, `style`.

mod lane;
mod style;
#[cfg(test)]
pub(super) mod tests;
mod text;

use std::collections::HashMap;
use std::fmt;
use std::io::{self, BufWriter, Write};

use super::axis::Axis;
use super::missing::missing;
use super::palette::LOOKS;
use super::timeline::{Asked, Row, Scale, Shown, Timeline, Whose, lock_name, plan, shares};
use crate::look::lanes::Lane;
use crate::look::lanes::lock::Holder;
use crate::look::lanes::train::State;
pub(super) use crate::look::svg::text::escaped;
use crate::look::svg::text::lines_of;
use crate::text::numbers;
use trainyard::trace::Recording;
use trainyard::trace::file::Trace;

/// The most marks of one picture.
const MARKS_MAX: usize = 3000;
/// Of them, those of the paper and the textures.
const MARKS_OF_PAPER: usize = 50;
/// Its heading, and what is left out.
const MARKS_OF_RUN: usize = 3;
/// Its name, its ground line, its ticks and its shares.
const MARKS_OF_ROW: usize = 4;
/// A line and a text for each label.
const MARKS_OF_AXIS: usize = 2 * (AXIS_LABELS_MAX + 1);
/// The most lanes of one run that are drawn: a page has room for so many.
const LANES_MAX: usize = 16;
/// The most locks of one run that are drawn.
const LOCKS_MAX: usize = 4;
/// The most rows of a picture.
const ROWS_MAX: usize = 64;
/// The most runs of a picture.
const RUNS_MAX: usize = 32;
/// The most lines on what is missing.
const MISSING_MAX: usize = 40;

const WIDTH: f64 = 1000.0;
/// Where the lanes begin; names stand before it.
const LEFT: f64 = 150.0;
/// Where they end; shares stand behind it.
const RIGHT: f64 = 790.0;
const LANE_HEIGHT: f64 = 18.0;
const LANE_PITCH: f64 = 25.0;
const LINE_HEIGHT: f64 = 18.0;
const AXIS_LABELS_MAX: usize = 10;
/// Longer names do not fit before the lanes.
const NAME_MAX: usize = 20;

/// Writes the picture.
///
/// # Errors
///
/// Fails if `out` does.
pub fn write(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let asked = Asked { run: None, from_ns: 0, until_ns: None, whose: Whose::Trains };
    let mut picture = Picture { body: String::new(), y: 14.0 };
    let title = trace.about.get("command").or(trace.about.get("program"));
    picture.lines("head", &lines_of(title.unwrap_or("a recording")));
    picture.missing(&missing(trace));
    match plan(trace, &asked) {
        Ok(timeline) => picture.draw(&timeline, trace),
        Err(nothing) => picture.lines("warn", &lines_of(&nothing.to_string())),
    }
    let mut out = BufWriter::new(out);
    let height = picture.y + 4.0;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" \
         width=\"{WIDTH}\" height=\"{height:.0}\" role=\"img\">"
    )?;
    writeln!(out, "<title>{}</title>", escaped(title.unwrap_or("a recording")))?;
    out.write_all(style::definitions().as_bytes())?;
    writeln!(out, "<rect class=\"paper\" width=\"{WIDTH}\" height=\"{height:.0}\"/>")?;
    out.write_all(picture.body.as_bytes())?;
    writeln!(out, "</svg>")?;
    out.flush()
}

/// What is drawn so far, and down to where.
struct Picture {
    body: String,
    y: f64,
}

/// A part of a run, all moments of which have a place between the left and the right; its end is
/// not before its begin.
#[derive(Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "units come last")]
struct Frame {
    /// When the run began.
    origin_ns: u64,
    from_ns: u64,
    until_ns: u64,
}

impl Frame {
    #[expect(clippy::cast_precision_loss, reason = "a place on paper")]
    fn x(&self, at_ns: u64) -> f64 {
        let at_ns = at_ns.clamp(self.from_ns, self.until_ns) - self.from_ns;
        let length_ns = (self.until_ns - self.from_ns).max(1);
        LEFT + (RIGHT - LEFT) * at_ns as f64 / length_ns as f64
    }

    /// Where a span begins, and how wide it is.
    fn extent(&self, from_ns: u64, until_ns: u64) -> (f64, f64) {
        let x = self.x(from_ns);
        (x, self.x(until_ns) - x)
    }
}

impl Picture {
    /// A line of the document.
    fn put(&mut self, line: fmt::Arguments<'_>) {
        self.body += &line.to_string();
        self.body.push('\n');
    }

    /// A line of text across the page.
    fn line(&mut self, class: &str, text: &str) {
        self.lines(class, &[text.to_owned()]);
    }

    /// Several of them, all but the first indented.
    fn lines(&mut self, class: &str, lines: &[String]) {
        for (index, line) in lines.iter().enumerate() {
            let x = if index == 0 { 8.0 } else { 20.0 };
            self.text(class, (x, self.y), line);
            self.y += LINE_HEIGHT;
        }
    }

    fn missing(&mut self, texts: &[String]) {
        let mut lines_left = MISSING_MAX;
        for (index, text) in texts.iter().enumerate() {
            let lines = lines_of(text);
            if lines.len() > lines_left {
                let more = numbers::count(texts.len() - index, "more warning");
                return self.line("warn", &format!("and so on: {more}"));
            }
            lines_left -= lines.len();
            self.lines("warn", &lines);
        }
    }

    fn text(&mut self, class: &str, (x, y): (f64, f64), text: &str) {
        let text = escaped(text);
        self.put(format_args!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>"));
    }

    fn draw(&mut self, timeline: &Timeline, trace: &Trace) {
        self.legend(timeline);
        let drawn = runs_that_fit(timeline);
        let marks_max = self.marks_of_a_row(timeline, drawn);
        let mut runs_left = drawn;
        for scale in &timeline.scales {
            let runs = &scale.runs[..scale.runs.len().min(runs_left)];
            for run in runs {
                let recording = &trace.runs[run.number - 1].recording;
                self.run(scale, run, recording, marks_max);
            }
            runs_left -= runs.len();
            if !runs.is_empty() {
                self.axis(scale);
            }
        }
        let all: usize = timeline.scales.iter().map(|scale| scale.runs.len()).sum();
        if all > drawn {
            let runs = numbers::count(all - drawn, "more run");
            let line = format!("{runs} of {all} not drawn; --run draws one of them alone");
            self.y += 10.0;
            self.line("small", &line);
        }
    }

    /// How many marks a row may have, when the title and the legend are written.
    // INVARIANT: [SVG-1] the rows that are drawn share what nothing else takes.
    fn marks_of_a_row(&self, timeline: &Timeline, runs: usize) -> usize {
        let drawn = timeline.scales.iter().flat_map(|scale| &scale.runs).take(runs);
        let rows = drawn.map(rows_of).sum::<usize>().max(1);
        // Each mark stands on a line of its own.
        let written = self.body.lines().count();
        let elsewhere = MARKS_OF_PAPER
            + written
            + MARKS_OF_RUN * (1 + runs)
            + MARKS_OF_AXIS * timeline.scales.len().min(runs)
            + MARKS_OF_ROW * rows;
        MARKS_MAX.saturating_sub(elsewhere) / rows
    }

    #[expect(clippy::cast_precision_loss, reason = "a place on paper")]
    fn legend(&mut self, timeline: &Timeline) {
        self.y += 8.0;
        let spans = || {
            let runs = timeline.scales.iter().flat_map(|scale| &scale.runs);
            runs.flat_map(|run| &run.rows)
        };
        let mut x = LEFT;
        for look in LOOKS.iter().filter(|look| look.state != State::Idle) {
            if !spans().any(|row| row.spent.ns(look.state) > 0) {
                continue;
            }
            let height = LANE_HEIGHT * f64::from(look.height) / 100.0;
            let (name, top) = (look.name, self.y + 4.0 - height);
            self.put(format_args!(
                "<rect class=\"{name}\" x=\"{x:.1}\" y=\"{top:.1}\" width=\"24\" \
                 height=\"{height:.1}\"/>"
            ));
            self.text("small", (x + 29.0, self.y + 3.0), look.meaning);
            // Letters of this size are seven units wide, at most.
            x += 50.0 + 6.2 * look.meaning.len() as f64;
        }
        if spans().any(|row| !row.in_vain_ns.is_empty()) {
            let (top, bottom) = (self.y - 3.0, self.y + 3.0);
            self.put(format_args!("<path class=\"vain\" d=\"M{x:.1},{top:.1} v6\"/>"));
            self.text("small", (x + 6.0, bottom), "woken in vain");
        }
        self.y += LINE_HEIGHT;
    }

    fn run(&mut self, scale: &Scale, run: &Shown, recording: &Recording, marks_max: usize) {
        let (from_ns, until_ns) = scale.window(run);
        let frame = Frame { origin_ns: run.begin_ns, from_ns, until_ns };
        self.y += 14.0;
        let length = numbers::nanoseconds(run.length_ns);
        self.line("head", &format!("{}: {length}", run.label));
        self.y -= LINE_HEIGHT - 6.0;
        let lanes = run.lanes();
        for lock in run.locks.iter().take(LOCKS_MAX) {
            self.lock(frame, lock, (run, &lanes), marks_max);
        }
        for (index, Row { lane, spent, in_vain_ns }) in run.rows.iter().take(LANES_MAX).enumerate()
        {
            let key = if run.locks.is_empty() { String::new() } else { format!("{index} ") };
            let name: String = lane.name.chars().take(NAME_MAX).collect();
            let top = self.y;
            self.text("name", (8.0, top + 13.0), &format!("{key}{name}"));
            // The ground ends with the run, which may be shorter than the longest.
            let (ground, end) = (top + LANE_HEIGHT, frame.x(run.begin_ns + run.length_ns));
            let path = format_args!("M{LEFT},{ground:.1} H{end:.1}");
            self.put(format_args!("<path class=\"rule\" d=\"{path}\"/>"));
            let place = lane::Row { frame, top, height: LANE_HEIGHT, marks_max, name: &lane.name };
            self.body += &lane::draw(&lane.spans, place, Some(recording));
            self.in_vain(frame, in_vain_ns, ground + 1.0);
            let shares = shares(spent, NARROW).replace("  ", ", ");
            self.text("shares", (RIGHT + 8.0, top + 13.0), &shares);
            self.y += LANE_PITCH;
        }
        self.left_out(run.locks.len(), LOCKS_MAX, "more lock");
        self.left_out(run.rows.len(), LANES_MAX, "more lane");
    }

    fn left_out(&mut self, all: usize, drawn: usize, what: &str) {
        if all > drawn {
            self.y += 10.0;
            let left_out = numbers::count(all - drawn, what);
            self.line("small", &format!("{left_out} of {all} not drawn"));
            self.y -= 10.0;
        }
    }

    /// One mark for all ticks of a lane; those that fall together are drawn once.
    fn in_vain(&mut self, frame: Frame, at: &[u64], y: f64) {
        let inside = at.iter().filter(|at| (frame.from_ns..frame.until_ns).contains(at));
        let mut places: Vec<String> =
            inside.map(|&at| format!("M{:.0},{y:.1} v5", frame.x(at))).collect();
        let times = places.len();
        places.dedup();
        if times > 0 {
            let (times, path) = (numbers::count(times, "time"), places.concat());
            let title = format_args!("<title>woken in vain {times}</title>");
            self.put(format_args!("<path class=\"vain\" d=\"{path}\">{title}</path>"));
        }
    }

    /// Whose the lock was: the number of the lane, where there is room for it.
    fn lock(
        &mut self,
        frame: Frame,
        lock: &Lane<Holder>,
        (run, lanes): (&Shown, &HashMap<u32, usize>),
        marks_max: usize,
    ) {
        let (top, height) = (self.y, LANE_HEIGHT * 0.6);
        self.y += LANE_PITCH * 0.7;
        self.text("name", (8.0, top + 10.0), lock_name(lock, run));
        let held = lock.spans.iter().filter_map(|span| match span.state {
            Holder::Track(track) => Some((span, lanes.get(&track).copied())),
            _ => None,
        });
        let held: Vec<_> = held.collect();
        // Two marks for each: the area, and the number in it.
        if held.len() * 2 > marks_max {
            let many = numbers::count(held.len(), "holder");
            self.text("small", (LEFT, top + 10.0), &format!("{many}: too many to draw here"));
            return;
        }
        for (span, index) in held {
            let (x, width) = frame.extent(span.from_ns, span.until_ns);
            let class = if index.is_some_and(|index| index % 2 == 0) { "holder" } else { "other" };
            let name = index.map_or("another thread", |index| run.rows[index].lane.name.as_str());
            let title = escaped(name);
            self.put(format_args!(
                "<rect class=\"{class}\" x=\"{x:.2}\" y=\"{top:.1}\" width=\"{width:.2}\" \
                 height=\"{height:.1}\"><title>{title} holds the lock</title></rect>"
            ));
            if let Some(index) = index.filter(|_| width > 10.0) {
                self.text("small", (x + width / 2.0 - 3.0, top + 9.5), &index.to_string());
            }
        }
    }

    fn axis(&mut self, scale: &Scale) {
        let Axis { labels, unit } = Axis::new(scale.from_ns, scale.until_ns, AXIS_LABELS_MAX);
        let frame = Frame { origin_ns: 0, from_ns: scale.from_ns, until_ns: scale.until_ns };
        let (y, last) = (self.y, labels.len().saturating_sub(1));
        for (index, (at_ns, label)) in labels.into_iter().enumerate() {
            let x = frame.x(at_ns);
            self.put(format_args!("<path class=\"rule\" d=\"M{x:.1},{y:.1} v4\"/>"));
            let label = if index == last { format!("{label} {unit}") } else { label };
            self.text("small", (x, y + 15.0), &label);
        }
        self.y += LINE_HEIGHT + 8.0;
    }
}

/// How many runs are drawn: the first ones, each of them with all its rows.
fn runs_that_fit(timeline: &Timeline) -> usize {
    let mut rows = 0;
    let runs = timeline.scales.iter().flat_map(|scale| &scale.runs).take(RUNS_MAX);
    let fits = |run: &&Shown| {
        rows += rows_of(run);
        rows <= ROWS_MAX
    };
    runs.take_while(fits).count()
}

fn rows_of(run: &Shown) -> usize {
    run.locks.len().min(LOCKS_MAX) + run.rows.len().min(LANES_MAX)
}

/// There is room for two shares behind a lane.
const NARROW: usize = 80;
