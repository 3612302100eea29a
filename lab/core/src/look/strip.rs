//! A strip: one lane, cut into cells of the same length, one glyph each.
//!
//! The glyph carries the state and colour only helps, so a strip says the same in a file, on
//! paper and to somebody who does not tell red from green. A cell shows the state that took most
//! of its time, with two exceptions, because a short moment can be what a picture is about:
//!
//! - A cell in which a train worked a little and mostly waited for the outside has a glyph of its
//!   own. A request is 5 ms of waiting and some 50 µs of work. Where more than half of the cells
//!   that wait hold such a moment, the cells are too long to tell one from the next: then they are
//!   drawn as waiting, unless work took more than a tenth of one.
//! - So has a cell in which a train mostly worked, and waited: it is never drawn as pure work.

use std::fmt::Write;

use anstyle::{Ansi256Color, Style};

use super::palette::look;
use crate::look::lanes::Span;
use crate::look::lanes::spent::{self, Spent};
use crate::look::lanes::train::State;
use crate::terms::output::Glyphs;

/// What one cell shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// No work there is, or none left, or what was then is lost.
    Blank,
    /// All of the time working.
    Working,
    /// Worked for most of the time, and waited.
    WithAWait,
    /// Worked for a moment, did not for most of the time.
    ALittle,
    /// Works with the lock given up.
    Native,
    /// Waits for the lock.
    WaitingForLock,
    /// Waits for the network, or for time to pass.
    Waiting,
    /// Has work and not yet the lock.
    Ready,
    /// Talks to the parent process.
    Talking,
}

impl Mark {
    /// Every mark that a legend explains, in its order.
    pub const EXPLAINED: [Self; 8] = [
        Self::Working,
        Self::WithAWait,
        Self::ALittle,
        Self::Native,
        Self::Waiting,
        Self::WaitingForLock,
        Self::Ready,
        Self::Talking,
    ];

    /// In Unicode, in ASCII, the state whose colour it has, and what it means if that is not what
    /// the state means.
    fn look(self) -> (char, char, State, Option<&'static str>) {
        match self {
            Self::Blank => (' ', ' ', State::Idle, None),
            Self::Working => ('█', '#', State::Run, None),
            Self::WithAWait => ('▆', '%', State::Run, Some("mostly working")),
            Self::ALittle => ('▂', '-', State::Run, Some("working a little")),
            Self::Native => ('▓', 'N', State::Native, None),
            Self::WaitingForLock => ('▒', '=', State::WaitGil, None),
            Self::Waiting => ('░', '.', State::Wait, None),
            Self::Ready => ('·', ':', State::Ready, None),
            Self::Talking => ('≈', '~', State::Ipc, None),
        }
    }

    /// Returns the one character of a cell.
    pub fn glyph(self, glyphs: Glyphs) -> char {
        let (unicode, ascii, ..) = self.look();
        if glyphs == Glyphs::Unicode { unicode } else { ascii }
    }

    fn style(self) -> Style {
        match self.look() {
            (_, _, State::Idle, _) => Style::new(),
            (_, _, state, _) => Style::new().fg_color(Some(Ansi256Color(look(state).ansi).into())),
        }
    }

    /// What stands for the time in a cell.
    fn of(spent: &Spent) -> Self {
        let (worked, waited) = (spent.has(State::is_running), spent.has(State::is_waiting));
        match spent.longest() {
            State::Idle | State::Wait | State::Sleep if worked => Self::ALittle,
            State::Run | State::Native if waited => Self::WithAWait,
            State::Idle => Self::Blank,
            State::Run => Self::Working,
            State::Native => Self::Native,
            State::WaitGil => Self::WaitingForLock,
            State::Wait | State::Sleep => Self::Waiting,
            State::Ready => Self::Ready,
            State::Ipc => Self::Talking,
        }
    }
}

/// What a legend says of the marks that occur: the glyph, and its meaning.
pub fn legend(strips: &[&[Mark]], glyphs: Glyphs) -> Vec<String> {
    let occurs = |mark: &Mark| strips.iter().any(|strip| strip.contains(mark));
    let entry = |mark: Mark| {
        let (_, _, state, meaning) = mark.look();
        format!("{} {}", mark.glyph(glyphs), meaning.unwrap_or(look(state).meaning))
    };
    Mark::EXPLAINED.into_iter().filter(occurs).map(entry).collect()
}

/// Fills lines of at most `columns` with entries, two spaces between them; at least one line.
pub fn flow(entries: Vec<String>, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for entry in entries {
        match lines.last_mut() {
            Some(line) if line.is_empty() => *line = entry,
            Some(line) if line.chars().count() + 2 + entry.chars().count() <= columns => {
                *line += "  ";
                *line += &entry;
            }
            _ => lines.push(entry),
        }
    }
    lines
}

/// Cuts the time from `from_ns` to `until_ns` into `cells` marks.
pub fn marks(spans: &[Span], from_ns: u64, until_ns: u64, cells: usize) -> Vec<Mark> {
    let cells = spent::cells(spans, from_ns, until_ns, cells);
    let marks = cells.iter().map(Mark::of);
    let waits = |spent: &Spent| matches!(spent.longest(), State::Wait | State::Sleep);
    let with_work = |spent: &&Spent| spent.has(State::is_running);
    let waiting = || cells.iter().filter(|spent| waits(spent));
    if 2 * waiting().filter(with_work).count() <= waiting().count() {
        return marks.collect();
    }
    let is_no_news = |spent: &Spent| waits(spent) && worked(spent) <= MOMENT_MAX;
    let mark = |(mark, spent)| if is_no_news(spent) { Mark::Waiting } else { mark };
    marks.zip(&cells).map(mark).collect()
}

/// No more work than this in a cell is a moment: one like it in every cell is no news.
const MOMENT_MAX: f64 = 0.1;

fn worked(spent: &Spent) -> f64 {
    State::ALL.into_iter().filter(|state| state.is_running()).map(|s| spent.share(s)).sum()
}

/// Writes the marks as glyphs, with one escape sequence for each run of the same style.
pub fn paint(marks: &[Mark], glyphs: Glyphs) -> String {
    let mut text = String::new();
    for run in marks.chunk_by(|left, right| left.style() == right.style()) {
        let style = run[0].style();
        let glyphs: String = run.iter().map(|mark| mark.glyph(glyphs)).collect();
        write!(text, "{style}{glyphs}{style:#}").expect("writing to memory does not fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lane as pairs of a length and a state, cut into cells of 10.
    #[track_caller]
    fn check(spans: &[(u64, State)], cells: usize, expected: &str) {
        let mut from_ns = 1_000;
        let spans = spans.iter().map(|&(length, state)| {
            let span = Span { from_ns, until_ns: from_ns + length, state, cpu: 0, event: None };
            from_ns += length;
            span
        });
        let spans: Vec<Span> = spans.collect();
        let marks = marks(&spans, 1_000, 1_000 + 10 * cells as u64, cells);
        let glyphs: String = marks.iter().map(|mark| mark.glyph(Glyphs::Unicode)).collect();
        assert_eq!(glyphs, expected);
    }

    #[test]
    fn a_cell_shows_the_state_that_took_most_of_its_time() {
        use State::{Idle, Ipc, Native, Ready, Run, Sleep, Wait, WaitGil};
        check(&[(10, Run), (10, WaitGil), (10, Native)], 3, "█▒▓");
        check(&[(6, Run), (14, WaitGil)], 2, "▆▒");
        check(&[(4, Run), (16, WaitGil)], 2, "▒▒");
        check(&[(10, Ready), (10, Ipc), (10, Sleep)], 3, "·≈░");
        // A moment of work is seen among waiting.
        check(&[(1, Run), (29, Wait), (1, Native), (9, Idle)], 4, "▂░░▂");
        // Behind the end of the round there is nothing.
        check(&[(10, Run)], 3, "█  ");
        check(&[(13, Run)], 3, "█▂ ");
        // A cell with any wait is never drawn as pure work.
        for wait in [WaitGil, Wait, Sleep, Ready] {
            check(&[(10, Run), (9, Run), (1, wait), (10, Run)], 3, "█▆█");
            check(&[(9, Native), (1, wait), (10, Native)], 2, "▆▓");
        }
    }

    /// Fails if a request in every cell makes a lane of waiting look like a lane of work.
    #[test]
    fn a_moment_of_work_in_every_cell_is_no_news() {
        let (request, short) =
            ([(1, State::Run), (39, State::Wait)], [(1, State::Run), (13, State::Wait)]);
        check(&request.repeat(3), 12, "▂░░░▂░░░▂░░░");
        check(&short.repeat(10), 14, "░░░░░░░░░░░░░░");
        // More than a moment is news, and so is one where there is nothing to do; a wait among
        // work stays what it is.
        let then = |last: [(u64, State); 2]| [&short.repeat(5)[..], &last[..]].concat();
        check(&then([(4, State::Native), (6, State::Sleep)]), 8, "░░░░░░░▂");
        check(&then([(9, State::Run), (1, State::Wait)]), 8, "░░░░░░░▆");
        check(&[(1, State::Run), (9, State::Idle)].repeat(3), 3, "▂▂▂");
    }

    #[test]
    fn every_mark_has_a_glyph_of_its_own_and_colour_only_helps() {
        for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
            let seen: Vec<char> = Mark::EXPLAINED.iter().map(|mark| mark.glyph(glyphs)).collect();
            let different: std::collections::HashSet<&char> = seen.iter().collect();
            assert_eq!(different.len(), seen.len());
            assert!(glyphs == Glyphs::Unicode || seen.iter().all(char::is_ascii));
        }
        let marks = [Mark::Working, Mark::Working, Mark::Waiting, Mark::Blank];
        let text = paint(&marks, Glyphs::Ascii);
        assert_eq!(anstream::adapter::strip_str(&text).to_string(), "##. ");
        assert_eq!(text.matches("\u{1b}[38;5;").count(), 2, "one for each run: {text:?}");
    }
}
