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
//! Not here: depth. What needs zooming goes to Perfetto or to the page. Read next: `lane`, `style`.

mod lane;
mod style;
#[cfg(test)]
pub(super) mod tests;

use std::collections::HashMap;
use std::io::{self, Write};

use super::axis::Axis;
use super::missing::missing;
use super::palette::{LOOKS, State};
use super::timeline::{Asked, Lock, Row, Scale, Shown, Timeline, places, plan, shares};
use crate::look::lanes::Holder;
use crate::text::plain::escaped;
use crate::text::wrap::wrap;
use crate::text::{add, numbers};
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
/// The most rows of a picture, and the most runs.
const ROWS_MAX: usize = 64;
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
/// The letters of a line: few are wider than seven units.
const LINE_LETTERS: usize = 130;
/// The most lines of one text.
const LINES_MAX: usize = 8;
/// There is room for two shares behind a lane.
const NARROW: usize = 80;

/// Writes the picture.
pub fn write(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let mut picture = Picture { body: String::new(), y: 14.0 };
    let title = trace.about.get("command").or(trace.about.get("program"));
    let title = title.unwrap_or("a recording");
    picture.lines("head", &lines_of(title));
    picture.missing(&missing(trace));
    match plan(trace, &Asked::default()) {
        Ok(timeline) => picture.draw(&timeline, trace),
        Err(nothing) => picture.lines("warn", &lines_of(&nothing.to_string())),
    }
    let height = picture.y + 4.0;
    let (title, style, body) = (escaped(title), style::definitions(), picture.body);
    write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" \
         width=\"{WIDTH}\" height=\"{height:.0}\" role=\"img\">\n<title>{title}</title>\n{style}\
         <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height:.0}\"/>\n{body}</svg>\n"
    )?;
    out.flush()
}

/// A text as lines that fit the page.
fn lines_of(text: &str) -> Vec<String> {
    wrap(text, LINE_LETTERS, 0).lines().take(LINES_MAX).map(str::to_owned).collect()
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

/// What is drawn so far, and down to where.
struct Picture {
    body: String,
    y: f64,
}

impl Picture {
    fn lines(&mut self, class: &str, lines: &[String]) {
        for (index, line) in lines.iter().enumerate() {
            let x = if index == 0 { 8.0 } else { 20.0 };
            self.text(class, (x, self.y), line);
            self.y += LINE_HEIGHT;
        }
    }

    fn text(&mut self, class: &str, (x, y): (f64, f64), text: &str) {
        let text = escaped(text);
        add!(self.body, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>\n");
    }

    fn missing(&mut self, texts: &[String]) {
        let mut lines_left = MISSING_MAX;
        for (index, text) in texts.iter().enumerate() {
            let lines = lines_of(text);
            if lines.len() > lines_left {
                let more = numbers::count(texts.len() - index, "more warning");
                return self.lines("warn", &[format!("and so on: {more}")]);
            }
            lines_left -= lines.len();
            self.lines("warn", &lines);
        }
    }

    fn draw(&mut self, timeline: &Timeline, trace: &Trace) {
        self.legend(timeline);
        let all = timeline.scales.iter().map(|scale| scale.runs.len()).sum();
        let drawn = runs_that_fit(timeline);
        let marks_max = self.marks_of_a_row(timeline, drawn);
        let mut runs_left = drawn;
        for scale in &timeline.scales {
            let runs = &scale.runs[..scale.runs.len().min(runs_left)];
            for run in runs {
                self.run(scale, run, &trace.runs[run.number - 1].recording, marks_max);
            }
            runs_left -= runs.len();
            if !runs.is_empty() {
                self.axis(scale);
            }
        }
        if all > drawn {
            self.left_out(all, drawn, "more run", "; --run draws one of them alone");
            self.y += 10.0;
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
        let rows =
            || timeline.scales.iter().flat_map(|scale| &scale.runs).flat_map(|run| &run.rows);
        let mut x = LEFT;
        for look in LOOKS.iter().filter(|look| look.state != State::Idle) {
            if !rows().any(|row| row.spent.ns(look.state) > 0) {
                continue;
            }
            let height = LANE_HEIGHT * f64::from(look.height) / 100.0;
            let (name, top) = (look.name, self.y + 4.0 - height);
            add!(
                self.body,
                "<rect class=\"{name}\" x=\"{x:.1}\" y=\"{top:.1}\" width=\"24\" \
                 height=\"{height:.1}\"/>\n"
            );
            self.text("small", (x + 29.0, self.y + 3.0), look.meaning);
            // Letters of this size are seven units wide, at most.
            x += 50.0 + 6.2 * look.meaning.len() as f64;
        }
        if rows().any(|row| !row.in_vain_ns.is_empty()) {
            let (top, bottom) = (self.y - 3.0, self.y + 3.0);
            add!(self.body, "<path class=\"vain\" d=\"M{x:.1},{top:.1} v6\"/>\n");
            self.text("small", (x + 6.0, bottom), "woken in vain");
        }
        self.y += LINE_HEIGHT;
    }

    fn run(&mut self, scale: &Scale, run: &Shown, recording: &Recording, marks_max: usize) {
        let (from_ns, until_ns) = scale.window(run);
        let frame = Frame { origin_ns: run.begin_ns, from_ns, until_ns };
        self.y += 14.0;
        let length = numbers::nanoseconds(run.length_ns);
        self.lines("head", &[format!("{}: {length}", run.label)]);
        self.y -= LINE_HEIGHT - 6.0;
        let places = places(&run.rows);
        for lock in run.locks.iter().take(LOCKS_MAX) {
            self.lock(frame, lock, (&run.rows, &places), marks_max);
        }
        for (index, row) in run.rows.iter().take(LANES_MAX).enumerate() {
            let key = if run.locks.is_empty() { String::new() } else { format!("{index} ") };
            let name: String = row.name.chars().take(NAME_MAX).collect();
            let top = self.y;
            self.text("name", (8.0, top + 13.0), &format!("{key}{name}"));
            // The ground ends with the run, which may be shorter than the longest.
            let (ground, end) = (top + LANE_HEIGHT, frame.x(run.begin_ns + run.length_ns));
            add!(self.body, "<path class=\"rule\" d=\"M{LEFT},{ground:.1} H{end:.1}\"/>\n");
            let (name, height) = (row.name.as_str(), LANE_HEIGHT);
            let place = lane::Place { frame, top, height, marks_max, name };
            self.body += &lane::draw(&row.spans, place, Some(recording));
            self.in_vain(frame, &row.in_vain_ns, ground + 1.0);
            let shares = shares(&row.spent, NARROW).replace("  ", ", ");
            self.text("shares", (RIGHT + 8.0, top + 13.0), &shares);
            self.y += LANE_PITCH;
        }
        self.left_out(run.locks.len(), LOCKS_MAX, "more lock", "");
        self.left_out(run.rows.len(), LANES_MAX, "more lane", "");
    }

    fn left_out(&mut self, all: usize, drawn: usize, what: &str, remedy: &str) {
        if all > drawn {
            self.y += 10.0;
            let left_out = numbers::count(all - drawn, what);
            self.lines("small", &[format!("{left_out} of {all} not drawn{remedy}")]);
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
            add!(self.body, "<path class=\"vain\" d=\"{path}\">{title}</path>\n");
        }
    }

    /// Whose the lock was: the number of the lane, where there is room for it.
    fn lock(
        &mut self,
        frame: Frame,
        lock: &Lock,
        (rows, places): (&[Row], &HashMap<u32, usize>),
        marks_max: usize,
    ) {
        let (top, height) = (self.y, LANE_HEIGHT * 0.6);
        self.y += LANE_PITCH * 0.7;
        self.text("name", (8.0, top + 10.0), &lock.name);
        let held = lock.spans.iter().filter_map(|span| match span.state {
            Holder::Track(track) => Some((span, places.get(&track).copied())),
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
            let title = escaped(index.map_or("another thread", |index| &rows[index].name));
            add!(
                self.body,
                "<rect class=\"{class}\" x=\"{x:.2}\" y=\"{top:.1}\" width=\"{width:.2}\" \
                 height=\"{height:.1}\"><title>{title} holds the lock</title></rect>\n"
            );
            if let Some(index) = index.filter(|_| width > 10.0) {
                self.text("small", (x + width / 2.0 - 3.0, top + 9.5), &index.to_string());
            }
        }
    }

    fn axis(&mut self, scale: &Scale) {
        let Scale { from_ns, until_ns, .. } = *scale;
        let Axis { labels, unit } = Axis::new(from_ns, until_ns, AXIS_LABELS_MAX);
        let frame = Frame { origin_ns: 0, from_ns, until_ns };
        let (y, last) = (self.y, labels.len().saturating_sub(1));
        for (index, (at_ns, label)) in labels.into_iter().enumerate() {
            let x = frame.x(at_ns);
            add!(self.body, "<path class=\"rule\" d=\"M{x:.1},{y:.1} v4\"/>\n");
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
