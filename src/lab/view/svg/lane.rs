//! One lane as marks: span by span where there is room, and column by column where there is not.
//!
//! A short span is never lost. Span by span, each has a least width, and shorter ones are drawn
//! over longer ones. Column by column, a column in which a train mostly worked and also waited
//! shows the waiting on top of the work, and one in which it mostly waited shows the work.

use std::fmt::Write;

use super::{Frame, escaped};
use crate::lab::lanes::spent::{self, Spent};
use crate::lab::lanes::train::State;
use crate::lab::lanes::{Span, joined};
use crate::lab::render::numbers;
use crate::lab::view::palette::look;
use crate::trace::Recording;

/// The least width of a mark, in units of the drawing: thinner ones are not seen.
const WIDTH_MIN: f64 = 0.8;

/// Where a lane is drawn, and how many marks it may take.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) frame: Frame,
    pub(super) top: f64,
    pub(super) height: f64,
    pub(super) marks_max: usize,
    pub(super) name: &'a str,
}

/// Draws the spans that lie in the frame.
pub(super) fn draw(spans: &[Span], row: Row<'_>, recording: Option<&Recording>) -> String {
    let Frame { from_ns, until_ns, .. } = row.frame;
    let first = spans.partition_point(|span| span.until_ns <= from_ns);
    let last = spans.partition_point(|span| span.from_ns < until_ns);
    // A change of processor alone would be a seam.
    let spans = joined(&spans[first..last.max(first)]);
    if spans.len() <= row.marks_max {
        one_by_one(&spans, row, recording)
    } else {
        by_columns(&spans, row)
    }
}

fn one_by_one(spans: &[Span], row: Row<'_>, recording: Option<&Recording>) -> String {
    // Having nothing to do is the empty lane.
    let mut spans: Vec<&Span> = spans.iter().filter(|span| span.state != State::Idle).collect();
    spans.sort_by_key(|span| std::cmp::Reverse(span.length_ns()));
    let mut text = String::new();
    for span in spans {
        let since_ns = span.from_ns - row.frame.origin_ns;
        let mut title = format!(
            "{}: {}, {} from {} on",
            row.name,
            look(span.state).meaning,
            numbers::nanoseconds(span.length_ns()),
            numbers::nanoseconds(since_ns)
        );
        let event = recording.zip(span.event).map(|(r, event)| r.events[event as usize]);
        if let Some(event) = event {
            write!(title, ". {} ({})", event.kind.sentence(), event.kind.name()).expect("memory");
        }
        let (x, width) = row.frame.extent(span.from_ns, span.until_ns);
        text += &mark(row, span.state, (x, width.max(WIDTH_MIN)), &title);
    }
    text
}

/// What a column shows: the state that took most of its time, and one that must not be lost.
type Column = (State, Option<State>);

fn by_columns(spans: &[Span], row: Row<'_>) -> String {
    let Frame { from_ns, until_ns, .. } = row.frame;
    // A column may take two marks.
    let count = (row.marks_max / 2).max(1);
    let cells = spent::cells(spans, from_ns, until_ns, count);
    let columns: Vec<Column> = cells.iter().map(column).collect();
    let length_ns = u128::from(until_ns - from_ns);
    let edge = |column: usize| {
        from_ns + u64::try_from(length_ns * column as u128 / count as u128).unwrap_or(u64::MAX)
    };
    let (mut text, mut begin) = (String::new(), 0);
    for run in columns.chunk_by(|left, right| left == right) {
        let end = begin + run.len();
        let (state, other) = run[0];
        let (x, width) = row.frame.extent(edge(begin), edge(end));
        let spent = spent::between(spans, edge(begin), edge(end));
        let title = format!("{}: {}", row.name, shares(&spent));
        if state != State::Idle {
            text += &mark(row, state, (x, width), &title);
        }
        if let Some(other) = other {
            text += &mark(row, other, (x, width), &title);
        }
        begin = end;
    }
    text
}

fn column(spent: &Spent) -> Column {
    let most_of = |is_one: fn(State) -> bool| {
        let states = State::ALL.into_iter().filter(|state| is_one(*state));
        states.filter(|state| spent.ns(*state) > 0).max_by_key(|state| spent.ns(*state))
    };
    let longest = spent.longest();
    let other = if longest.is_running() {
        most_of(State::is_waiting)
    } else if longest.is_waiting() || longest == State::Idle {
        most_of(State::is_running)
    } else {
        None
    };
    (longest, other)
}

fn shares(spent: &Spent) -> String {
    let states = State::ALL.into_iter().filter(|state| spent.ns(*state) > 0);
    let share = |state| format!("{} {}", look(state).meaning, numbers::percent(spent.share(state)));
    states.map(share).collect::<Vec<_>>().join(", ")
}

fn mark(row: Row<'_>, state: State, (x, width): (f64, f64), title: &str) -> String {
    let look = look(state);
    let height = row.height * f64::from(look.height) / 100.0;
    let y = row.top + row.height - height;
    format!(
        "<rect class=\"{}\" x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\">\
         <title>{}</title></rect>\n",
        look.name,
        escaped(title)
    )
}
