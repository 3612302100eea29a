//! One lane as marks: span by span where there is room, and column by column where there is not.
//!
//! A short span is never lost. Span by span, each has a least width, and shorter ones are drawn over
//! longer ones. Column by column, a column is drawn as what took most of its time. What it was
//! besides is a lower mark in it, the less time the lower: waiting stands on the ground over the
//! work, and work looks over the waiting. Work so rare that columns tell its moments apart stands
//! in them as ticks.

use std::collections::BTreeMap;

use super::Frame;
use crate::look::lanes::tape::{Span, edge, joined};
use crate::look::lanes::{Spent, spent};
use crate::look::palette::{State, look};
use crate::text::plain::escaped;
use crate::text::{add, numbers};
use trainyard::trace::Recording;

/// The least width of a mark, in units of the drawing: thinner ones are not seen.
const WIDTH_MIN: f64 = 0.8;

/// Where a lane is drawn, and how many marks it may take.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) frame: Frame,
    pub(super) top: f64,
    pub(super) height: f64,
    pub(super) marks_max: usize,
    pub(super) name: &'a str,
}

/// Draws the spans that lie in the frame.
pub(super) fn draw(spans: &[Span], place: Place<'_>, recording: Option<&Recording>) -> String {
    let Frame { from_ns, until_ns, .. } = place.frame;
    let first = spans.partition_point(|span| span.until_ns <= from_ns);
    let last = spans.partition_point(|span| span.from_ns < until_ns);
    // A change of processor alone would be a seam.
    let spans = joined(&spans[first..last.max(first)]);
    if spans.len() > place.marks_max {
        return by_columns(&spans, place);
    }
    let mut spans: Vec<&Span> = spans.iter().filter(|span| span.state != State::Idle).collect();
    spans.sort_by_key(|span| std::cmp::Reverse(span.length_ns()));
    spans.iter().map(|span| one(span, place, recording)).collect()
}

/// One span. Having nothing to do is none: it is the empty lane.
fn one(span: &Span, place: Place<'_>, recording: Option<&Recording>) -> String {
    let since_ns = span.from_ns.saturating_sub(place.frame.origin_ns);
    let [length, since] = [span.length_ns(), since_ns].map(numbers::nanoseconds);
    let (name, meaning) = (place.name, look(span.state).meaning);
    let mut title = format!("{name}: {meaning}, {length} from {since} on");
    if let Some((recording, event)) = recording.zip(span.event) {
        let kind = recording.events[event as usize].kind;
        add!(title, ". {} ({})", kind.sentence(), kind.name());
    }
    let (x, width) = place.frame.extent(span.from_ns, span.until_ns);
    mark(place, span.state, (x, width.max(WIDTH_MIN)), &title)
}

/// The most columns of a lane: each is two units wide.
const COLUMNS_MAX: usize = 320;
/// The least height of a mark beside a longer one, in units of the drawing.
const HEIGHT_MIN: f64 = 3.0;

/// The finest columns whose marks fit. Neighbours in which the same state took most of the time
/// are one mark; whatever else was in them is one mark for each state.
fn by_columns(spans: &[Span], place: Place<'_>) -> String {
    let Frame { from_ns, until_ns, .. } = place.frame;
    let marks_max = place.marks_max.saturating_sub(State::ALL.len());
    let alike = |left: &Spent, right: &Spent| left.longest() == right.longest();
    let mut count = COLUMNS_MAX;
    let mut cells = spent::cells(spans, from_ns, until_ns, count);
    while count > 1 && cells.chunk_by(alike).count() > marks_max {
        count = count.div_ceil(2);
        cells = spent::cells(spans, from_ns, until_ns, count);
    }
    let edge = |column| edge(from_ns, until_ns, column, count);
    let (mut text, mut begin) = (String::new(), 0);
    for run in cells.chunk_by(alike) {
        let (from_ns, until_ns) = (edge(begin), edge(begin + run.len()));
        begin += run.len();
        let state = run[0].longest();
        if state != State::Idle {
            let shares = shares(&spent::between(spans, from_ns, until_ns));
            let title = format!("{}: {shares}", place.name);
            text += &mark(place, state, place.frame.extent(from_ns, until_ns), &title);
        }
    }
    let extents = (0..count).map(|column| place.frame.extent(edge(column), edge(column + 1)));
    text + &besides(&cells, extents, place)
}

/// One mark for each state, which stands in every column that was in it for less than most of
/// its time.
fn besides(cells: &[Spent], extents: impl Iterator<Item = (f64, f64)>, place: Place<'_>) -> String {
    let mut paths: BTreeMap<&str, (State, String)> = BTreeMap::new();
    let has_room = has_room(cells);
    for (spent, (x, width)) in cells.iter().zip(extents) {
        for (state, bottom, top) in lower_marks(spent, HEIGHT_MIN / place.height) {
            // Where there is room, work looks as it does span by span.
            let (bottom, top, width) = if has_room && state.is_running() {
                (0.0, 1.0, (width * spent.share(state)).max(WIDTH_MIN))
            } else {
                (bottom, top, width)
            };
            let (_, path) = paths.entry(look(state).name).or_insert((state, String::new()));
            let y = place.top + place.height * (1.0 - bottom);
            let height = place.height * (top - bottom);
            add!(path, "M{x:.1},{y:.1}h{width:.1}v-{height:.1}h-{width:.1}z");
        }
    }
    let (mut text, title) = (String::new(), escaped(place.name));
    for (name, (state, path)) in paths {
        let title = format!("<title>{title}: {}</title>", look(state).meaning);
        add!(text, "<path class=\"{name}\" d=\"{path}\">{title}</path>\n");
    }
    text
}

/// Tells whether moments of work are few enough to be told apart: whether most of the columns
/// that were not mostly work, and not nothing, have none.
fn has_room(cells: &[Spent]) -> bool {
    let besides = cells
        .iter()
        .filter(|spent| !spent.longest().is_running() && spent.has(|state| state != State::Idle));
    let with_work = besides.clone().filter(|spent| spent.has(State::is_running)).count();
    2 * with_work <= besides.count()
}

/// What a column was besides what took most of its time: the lower and the upper edge of each
/// mark, as parts of the lane's height. None is lower than `least`.
// INVARIANT: [SVG-2] a column in which anybody waited has a mark of that.
fn lower_marks(spent: &Spent, least: f64) -> Vec<(State, f64, f64)> {
    let most_of = |is_one: fn(State) -> bool| {
        spent.states().filter(|state| is_one(*state)).max_by_key(|state| spent.ns(*state))
    };
    let usual = |state| f64::from(look(state).height) / 100.0;
    let longest = spent.longest();
    let mut marks = Vec::new();
    // Having nothing to do is the empty lane.
    let mut ground = if longest == State::Idle { 0.0 } else { usual(longest) };
    if let Some(state) = most_of(State::is_waiting).filter(|_| !longest.is_waiting()) {
        let top = (usual(state) * spent.share(state)).max(least);
        marks.push((state, 0.0, top));
        ground = ground.max(top);
    }
    if let Some(state) = most_of(State::is_running).filter(|_| !longest.is_running()) {
        let top = ground + least + (1.0 - ground) * spent.share(state);
        marks.push((state, ground, top.min(1.0)));
    }
    marks
}

fn shares(spent: &Spent) -> String {
    let share = |state| format!("{} {}", look(state).meaning, numbers::percent(spent.share(state)));
    spent.states().map(share).collect::<Vec<_>>().join(", ")
}

fn mark(place: Place<'_>, state: State, (x, width): (f64, f64), title: &str) -> String {
    let (look, title) = (look(state), escaped(title));
    let height = place.height * f64::from(look.height) / 100.0;
    let y = place.top + place.height - height;
    format!(
        "<rect class=\"{}\" x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\">\
         <title>{title}</title></rect>\n",
        look.name
    )
}
