//! The page: legend, lanes, axis.

use std::collections::HashMap;
use std::fmt::Write;

use super::{Row, Scale, Shown, Timeline};
use crate::look::axis;
use crate::look::lanes::lock::Holder;
use crate::look::lanes::spent::Spent;
use crate::look::lanes::tape::{pieces, place};
use crate::look::lanes::train::State;
use crate::look::lanes::{Lane, Span};
use crate::look::palette::look;
use crate::look::strip::{self, Mark};
use crate::terms::output::Glyphs;
use crate::text::numbers;
use crate::text::plain::plain;
use crate::text::wrap::wrap;

/// What is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Columns.
    pub width: usize,
    /// The alphabet.
    pub glyphs: Glyphs,
    /// How many lanes of a run are drawn at most.
    pub lanes_max: usize,
}

/// Below this there is no room for a strip; such pages get wider lines than they have.
pub(super) const WIDTH_MIN: usize = 40;
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

/// Draws the page.
pub fn draw(timeline: &Timeline, page: Page) -> String {
    let layout = Layout::new(timeline, page);
    let of_scale = |scale| panels(scale, layout);
    let panels: Vec<Vec<Panel<'_>>> = timeline.scales.iter().map(of_scale).collect();
    let mut text = String::new();
    for line in &timeline.missing {
        text += &wrap(line, layout.columns, 2);
    }
    text += &legend(&panels, layout);
    for (scale, panels) in timeline.scales.iter().zip(&panels) {
        for panel in panels {
            text += "\n";
            text += &draw_panel(panel, scale, layout);
        }
        let axis = axis::line(scale.from_ns, scale.until_ns, layout.strip_width);
        writeln!(text, " {:1$} {axis}", "", layout.label_width + 1).expect("to memory");
    }
    for (number, label) in &timeline.empty {
        text += &wrap(&format!("{number}. {}: nothing to draw", plain(label)), layout.columns, 4);
    }
    text
}

/// Where things stand in a line.
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
    fn new(timeline: &Timeline, page: Page) -> Self {
        let columns = page.width.max(WIDTH_MIN);
        let runs = || timeline.scales.iter().flat_map(|scale| &scale.runs);
        let rows = || runs().flat_map(|run| run.rows.iter().take(page.lanes_max));
        let names = rows().map(|row| row.lane.name.as_str());
        let locks = runs().flat_map(|run| run.locks.iter().map(|lock| lock_name(lock, run)));
        let names = names.chain(locks).map(|name| name.chars().count().min(NAME_MAX));
        // A key and a space before each name.
        let label_width = 2 + names.max().unwrap_or(0);
        let widest = rows().map(|row| shares(&row.spent, columns).len()).max().unwrap_or(0);
        // A space before the label, one after it, a bar on each side of the strip.
        let room = columns - label_width - 4;
        let beside = room.saturating_sub(1 + widest);
        let is_beside = beside >= STRIP_WIDTH_MIN;
        Self {
            columns,
            label_width,
            strip_width: if is_beside { beside } else { room },
            is_beside,
            lanes_max: page.lanes_max,
            glyphs: page.glyphs,
            numbered: runs().count() > 1,
        }
    }
}

/// One run, cut into cells.
struct Panel<'a> {
    run: &'a Shown,
    locks: Vec<(String, String)>,
    strips: Vec<Vec<Mark>>,
    /// One line for each lane: how often it was woken in vain in each cell.
    in_vain: Vec<Vec<usize>>,
}

fn panels(scale: &Scale, layout: Layout) -> Vec<Panel<'_>> {
    scale.runs.iter().map(|run| panel(run, scale, layout)).collect()
}

fn panel<'a>(run: &'a Shown, scale: &Scale, layout: Layout) -> Panel<'a> {
    let (cells, rows) = (layout.strip_width, &run.rows[..run.rows.len().min(layout.lanes_max)]);
    let (from_ns, until_ns) = scale.window(run);
    let mut lanes = run.lanes();
    lanes.retain(|_, index| *index < rows.len());
    let lock = |lock: &Lane<Holder>| {
        let name = cut(lock_name(lock, run), layout.glyphs);
        (name, lock_cells(&lock.spans, &lanes, (from_ns, until_ns), cells))
    };
    let in_vain = |row: &Row| {
        let mut counts = vec![0; cells];
        for &at_ns in row.in_vain_ns.iter().filter(|at| (from_ns..until_ns).contains(at)) {
            counts[place(at_ns, from_ns, until_ns, cells)] += 1;
        }
        counts
    };
    let strip = |row: &Row| strip::marks(&row.lane.spans, from_ns, until_ns, cells);
    Panel {
        run,
        locks: run.locks.iter().map(lock).collect(),
        strips: rows.iter().map(strip).collect(),
        in_vain: rows.iter().map(in_vain).collect(),
    }
}

/// Locks have numbers where there are several.
pub(in crate::look) fn lock_name<'a>(lock: &'a Lane<Holder>, run: &Shown) -> &'a str {
    if run.locks.len() > 1 { &lock.name } else { "lock" }
}

/// The keys of the lanes: what the lock's lane says, and what stands before a lane's name.
fn key(index: usize) -> char {
    let digit = u32::try_from(index).ok().and_then(|index| char::from_digit(index, 36));
    digit.unwrap_or(FURTHER)
}

/// The lanes for which there is no digit and no letter have this one in common.
const FURTHER: char = '+';
/// A thread that has no lane here holds the lock.
const ANOTHER: char = '*';
/// The lock is switched off.
const OFF: char = '~';

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

/// Explains what occurs, on as many lines as it needs.
fn legend(panels: &[Vec<Panel<'_>>], layout: Layout) -> String {
    let panels = || panels.iter().flatten();
    let strips: Vec<&[Mark]> =
        panels().flat_map(|panel| &panel.strips).map(Vec::as_slice).collect();
    let mut entries = strip::legend(&strips, layout.glyphs);
    if panels().flat_map(|panel| &panel.in_vain).flatten().any(|count| *count > 0) {
        entries.push(format!("{} woken in vain", in_vain_glyph(1, layout.glyphs)));
    }
    let mut explain = |is_one: fn(char) -> bool, words: &str| {
        if panels().flat_map(|panel| &panel.locks).any(|(_, cells)| cells.contains(is_one)) {
            entries.push(words.to_owned());
        }
    };
    explain(|cell| cell.is_ascii_alphanumeric(), "0 1 2 the lane that holds the lock");
    explain(|cell| cell == FURTHER, "+ one of the lanes that have this mark");
    explain(|cell| cell == ANOTHER, "* another thread");
    explain(|cell| cell == OFF, "~ the lock is off");
    let lines = strip::flow(entries, layout.columns - 2);
    " ".to_owned() + &lines.join("\n ") + "\n"
}

fn draw_panel(panel: &Panel<'_>, scale: &Scale, layout: Layout) -> String {
    let Layout { label_width, glyphs, .. } = layout;
    let mut text = wrap(&heading(panel.run, scale, layout), layout.columns, 4);
    for (name, cells) in &panel.locks {
        writeln!(text, "   {name:0$} |{cells}|", label_width - 2).expect("to memory");
    }
    for (index, strip) in panel.strips.iter().enumerate() {
        let row = &panel.run.rows[index];
        let key = if panel.locks.is_empty() { ' ' } else { key(index) };
        let name = cut(&plain(&row.lane.name), glyphs);
        let strip = strip::paint(strip, glyphs);
        let shares = shares(&row.spent, layout.columns);
        let beside = if layout.is_beside { format!(" {shares}") } else { String::new() };
        writeln!(text, " {key} {name:0$} |{strip}|{beside}", label_width - 2).expect("to memory");
        let in_vain = &panel.in_vain[index];
        if in_vain.iter().any(|count| *count > 0) {
            let ticks: String = in_vain.iter().map(|count| in_vain_glyph(*count, glyphs)).collect();
            writeln!(text, " {:label_width$} |{ticks}|", "").expect("to memory");
        }
        if !layout.is_beside {
            writeln!(text, "   {shares}").expect("to memory");
        }
    }
    let left_out = panel.run.rows.len() - panel.strips.len();
    if left_out > 0 {
        let all = panel.run.rows.len();
        let (are, them) = if left_out == 1 { ("is", "it") } else { ("are", "them") };
        let more = numbers::count(left_out, "more lane");
        let line = format!("{more} {are} left out; --lanes {all} draws {them}");
        for line in wrap(&line, layout.columns - 3, 0).lines() {
            writeln!(text, "   {line}").expect("to memory");
        }
    }
    text
}

/// What the run is, how long it took, and what explains that.
fn heading(run: &Shown, scale: &Scale, layout: Layout) -> String {
    let number = if layout.numbered { format!("{}. ", run.number) } else { String::new() };
    let mut heading =
        format!("{number}{}: {}", plain(&run.label), numbers::nanoseconds(run.length_ns));
    let figures = run.figures;
    let cpus = numbers::count(figures.cpus_used, "CPU");
    write!(heading, "; {cpus}, {} at a time", figures.running_at_once_max).expect("to memory");
    if figures.in_flight_max > 0 {
        write!(heading, "; {} in flight", figures.in_flight_max).expect("to memory");
    }
    if run.hand_offs > 0 {
        let hand_offs = numbers::count(run.hand_offs, "hand-off");
        write!(heading, "; {hand_offs}").expect("to memory");
    }
    if scale.from_ns > 0 || scale.until_ns < run.length_ns {
        heading += "; shares are of the part drawn";
    }
    heading
}

/// `run 33 %  wait GIL 67 %`: the states that took most of the time, on every lane in one order.
pub(in crate::look) fn shares(spent: &Spent, columns: usize) -> String {
    let mut shares: Vec<(State, f64)> =
        State::ALL.into_iter().map(|state| (state, spent.share(state))).collect();
    shares.retain(|(_, share)| *share > 0.0);
    shares.sort_by(|(_, left), (_, right)| right.total_cmp(left));
    shares.truncate(if columns < NARROW { SHARES_MAX_NARROW } else { SHARES_MAX });
    shares.sort_by_key(|(state, _)| (!state.is_running(), !state.is_waiting()));
    // INVARIANT: [TIMELINE-1] the document has the same number, not rounded.
    let share = |(state, share)| format!("{} {}", look(state).label, numbers::percent(share));
    shares.into_iter().map(share).collect::<Vec<_>>().join("  ")
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
