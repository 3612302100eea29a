//! The page: legend, lanes, axis.

use std::collections::HashMap;

use super::{Row, Scale, Shown, Timeline, places};
use crate::look::axis;
use crate::look::lanes::tape::{pieces, place};
use crate::look::lanes::{Holder, Span, Spent};
use crate::look::palette::{State, look};
use crate::look::strip::{self, Mark};
use crate::terms::output::Glyphs;
use crate::text::plain::plain;
use crate::text::wrap::{fill, wrap};
use crate::text::{add, numbers};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub width: usize,
    pub glyphs: Glyphs,
    pub lanes_max: usize,
}

/// Below this there is no room for a strip; such pages get wider lines than they have.
const WIDTH_MIN: usize = 40;
/// Narrower strips than this show no pattern: the shares go below them instead.
const STRIP_WIDTH_MIN: usize = 24;
/// Longer names are cut, so that a strip remains.
const NAME_MAX: usize = 16;
/// The shares that stand at the end of a lane: those of the states that took most of the time.
const SHARES_MAX: usize = 3;
/// Fewer of them where columns are few.
const SHARES_MAX_NARROW: usize = 2;
/// Up to here columns are few.
const NARROW: usize = 100;

pub fn draw(timeline: &Timeline, page: Page) -> String {
    let mut drawing = Drawing {
        layout: Layout::new(timeline, page),
        text: String::new(),
        marks: Vec::new(),
        cells: String::new(),
    };
    let Layout { columns, label_width, strip_width, .. } = drawing.layout;
    for scale in &timeline.scales {
        for run in &scale.runs {
            drawing.text += "\n";
            drawing.run(run, scale);
        }
        let axis = axis::line(scale.from_ns, scale.until_ns, strip_width);
        add!(drawing.text, " {:1$} {axis}\n", "", label_width + 1);
    }
    let missing: String = timeline.missing.iter().map(|line| wrap(line, columns, 2)).collect();
    let mut text = missing + &drawing.legend() + &drawing.text;
    for (number, label) in &timeline.empty {
        text += &wrap(&format!("{number}. {}: nothing to draw", plain(label)), columns, 4);
    }
    text
}

#[derive(Clone, Copy)]
struct Layout {
    columns: usize,
    label_width: usize,
    strip_width: usize,
    /// Whether the shares stand beside the strips, or below them.
    is_beside: bool,
    lanes_max: usize,
    glyphs: Glyphs,
    /// Runs have numbers where there are several.
    numbered: bool,
}

impl Layout {
    fn new(timeline: &Timeline, Page { width, glyphs, lanes_max }: Page) -> Self {
        let columns = width.max(WIDTH_MIN);
        let runs = || timeline.scales.iter().flat_map(|scale| &scale.runs);
        let rows = || runs().flat_map(|run| run.rows.iter().take(lanes_max));
        let locks = runs().flat_map(|run| &run.locks).map(|lock| &lock.name);
        let names = rows().map(|row| &row.name).chain(locks);
        let name_width = names.map(|name| name.chars().count().min(NAME_MAX)).max().unwrap_or(0);
        // A key and a space before each name.
        let label_width = 2 + name_width;
        let widest = rows().map(|row| shares(&row.spent, columns).len()).max().unwrap_or(0);
        // A space before the label, one after it, a bar on each side of the strip.
        let room = columns - label_width - 4;
        let beside = room.saturating_sub(1 + widest);
        let is_beside = beside >= STRIP_WIDTH_MIN;
        let strip_width = if is_beside { beside } else { room };
        let numbered = runs().count() > 1;
        Self { columns, label_width, strip_width, is_beside, lanes_max, glyphs, numbered }
    }
}

/// The lanes so far, and what a legend has to explain of them.
struct Drawing {
    layout: Layout,
    text: String,
    marks: Vec<Mark>,
    /// The cells of all locks, and all ticks.
    cells: String,
}

/// The lanes for which there is no digit and no letter have this one in common.
const FURTHER: char = '+';
/// A thread that has no lane here holds the lock.
const ANOTHER: char = '*';
/// The lock is switched off.
const OFF: char = '~';

impl Drawing {
    fn legend(&self) -> String {
        let mut entries = strip::legend(&[&self.marks], self.layout.glyphs);
        let in_vain = in_vain_glyph(1, self.layout.glyphs);
        let is_key = self.cells.contains(|cell: char| cell.is_ascii_alphanumeric());
        let ticks = [in_vain, in_vain_glyph(2, self.layout.glyphs)];
        for (occurs, words) in [
            (self.cells.contains(ticks), &*format!("{in_vain} woken in vain")),
            (is_key, "0 1 2 the lane that holds the lock"),
            (self.cells.contains(FURTHER), "+ one of the lanes that have this mark"),
            (self.cells.contains(ANOTHER), "* another thread"),
            (self.cells.contains(OFF), "~ the lock is off"),
        ] {
            entries.extend(occurs.then(|| words.to_owned()));
        }
        let lines = fill(entries, self.layout.columns - 2, "  ", 0);
        format!(" {}\n", lines.join("\n "))
    }

    fn run(&mut self, run: &Shown, scale: &Scale) {
        let Layout { columns, label_width, lanes_max, glyphs, .. } = self.layout;
        self.text += &wrap(&heading(run, scale, self.layout.numbered), columns, 4);
        let rows = &run.rows[..run.rows.len().min(lanes_max)];
        let (lanes, window) = (places(rows), scale.window(run));
        for lock in &run.locks {
            let cells = lock_cells(&lock.spans, &lanes, window, self.layout.strip_width);
            let name = cut(&lock.name, glyphs);
            add!(self.text, "   {name:0$} |{cells}|\n", label_width - 2);
            self.cells += &cells;
        }
        for (index, row) in rows.iter().enumerate() {
            self.row(row, if run.locks.is_empty() { ' ' } else { key(index) }, window);
        }
        let (all, left_out) = (run.rows.len(), run.rows.len() - rows.len());
        if left_out > 0 {
            let (are, them) = if left_out == 1 { ("is", "it") } else { ("are", "them") };
            let more = numbers::count(left_out, "more lane");
            let line = format!("{more} {are} left out; --lanes {all} draws {them}");
            for line in wrap(&line, columns - 3, 0).lines() {
                add!(self.text, "   {line}\n");
            }
        }
    }

    fn row(&mut self, row: &Row, key: char, (from_ns, until_ns): (u64, u64)) {
        let Layout { columns, label_width, strip_width, is_beside, glyphs, .. } = self.layout;
        let name = cut(&plain(&row.name), glyphs);
        let marks = strip::marks(&row.spans, from_ns, until_ns, strip_width);
        let (strip, shares) = (strip::paint(&marks, glyphs), shares(&row.spent, columns));
        self.marks.extend(marks);
        let beside = if is_beside { format!(" {shares}") } else { String::new() };
        add!(self.text, " {key} {name:0$} |{strip}|{beside}\n", label_width - 2);
        let mut in_vain = vec![0; strip_width];
        for &at_ns in row.in_vain_ns.iter().filter(|at| (from_ns..until_ns).contains(at)) {
            in_vain[place(at_ns, from_ns, until_ns, strip_width)] += 1;
        }
        if in_vain.iter().any(|count| *count > 0) {
            let ticks: String = in_vain.iter().map(|count| in_vain_glyph(*count, glyphs)).collect();
            add!(self.text, " {:label_width$} |{ticks}|\n", "");
            self.cells += &ticks;
        }
        if !is_beside {
            add!(self.text, "   {shares}\n");
        }
    }
}

/// The keys of the lanes: what the lock's lane says, and what stands before a lane's name.
fn key(index: usize) -> char {
    let digit = u32::try_from(index).ok().and_then(|index| char::from_digit(index, 36));
    digit.unwrap_or(FURTHER)
}

/// Whose the lock was for most of each cell.
fn lock_cells(
    spans: &[Span<Holder>],
    lanes: &HashMap<u32, usize>,
    window: (u64, u64),
    cells: usize,
) -> String {
    // The holders of each cell as they came, and where each of them stands there.
    let mut held: Vec<Vec<(Holder, u64)>> = vec![Vec::new(); cells];
    let mut places: HashMap<(usize, Holder), usize> = HashMap::new();
    pieces(spans, window, cells, |cell, holder, inside_ns| {
        let held = &mut held[cell];
        let place = *places.entry((cell, holder)).or_insert(held.len());
        match held.get_mut(place) {
            Some((_, ns)) => *ns += inside_ns,
            None => held.push((holder, inside_ns)),
        }
    });
    let longest = |held: &Vec<(Holder, u64)>| match held.iter().max_by_key(|(_, ns)| *ns) {
        None | Some((Holder::Nobody, _)) => ' ',
        Some((Holder::Off, _)) => OFF,
        Some((Holder::Track(track), _)) => lanes.get(track).map_or(ANOTHER, |index| key(*index)),
    };
    held.iter().map(longest).collect()
}

/// What the run is, how long it took, and what explains that.
fn heading(run: &Shown, scale: &Scale, numbered: bool) -> String {
    let number = if numbered { format!("{}. ", run.number) } else { String::new() };
    let (label, length) = (plain(&run.label), numbers::nanoseconds(run.length_ns));
    let figures = run.figures;
    let (cpus, at_once) = (numbers::count(figures.cpus_used, "CPU"), figures.running_at_once_max);
    let mut heading = format!("{number}{label}: {length}; {cpus}, {at_once} at a time");
    if figures.in_flight_max > 0 {
        add!(heading, "; {} in flight", figures.in_flight_max);
    }
    if run.hand_offs > 0 {
        add!(heading, "; {}", numbers::count(run.hand_offs, "hand-off"));
    }
    if scale.from_ns > 0 || scale.until_ns < run.length_ns {
        heading += "; shares are of the part drawn";
    }
    heading
}

/// `run 33 %  wait GIL 67 %`: the states that took most of the time, on every lane in one order.
pub(in crate::look) fn shares(spent: &Spent, columns: usize) -> String {
    let mut states: Vec<State> = spent.states().collect();
    states.sort_by(|left, right| spent.share(*right).total_cmp(&spent.share(*left)));
    states.truncate(if columns < NARROW { SHARES_MAX_NARROW } else { SHARES_MAX });
    states.sort_by_key(|state| (!state.is_running(), !state.is_waiting()));
    // INVARIANT: [TIMELINE-1] the document has the same number, not rounded.
    let share =
        |&state: &State| format!("{} {}", look(state).label, numbers::percent(spent.share(state)));
    states.iter().map(share).collect::<Vec<_>>().join("  ")
}

fn in_vain_glyph(count: usize, glyphs: Glyphs) -> char {
    match (count, glyphs) {
        (0, _) => ' ',
        (1, Glyphs::Unicode) => '╵',
        (_, Glyphs::Unicode) => '║',
        (1, Glyphs::Ascii) => '\'',
        (_, Glyphs::Ascii) => '"',
    }
}

fn cut(name: &str, glyphs: Glyphs) -> String {
    if name.chars().count() <= NAME_MAX {
        return name.to_owned();
    }
    let begin: String = name.chars().take(NAME_MAX - 1).collect();
    begin + if glyphs == Glyphs::Unicode { "…" } else { "." }
}
