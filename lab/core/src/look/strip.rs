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

use anstyle::{Ansi256Color, Style};

use super::palette::{State, look};
use crate::look::lanes::{Span, Spent, spent};
use crate::terms::output::Glyphs;
use crate::text::add;

/// What one cell shows: a row of `MARKS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Blank,
    Working,
    WithAWait,
    ALittle,
    Native,
    Waiting,
    WaitingForLock,
    Ready,
    Talking,
}

/// Every mark, in the order of a legend: in Unicode, in ASCII, the state whose colour it has, and
/// what it means if that is not what the state means.
const MARKS: [(Mark, char, char, State, Option<&str>); 9] = [
    // No work there is, or none left, or what was then is lost.
    (Mark::Blank, ' ', ' ', State::Idle, None),
    (Mark::Working, '█', '#', State::Run, None),
    (Mark::WithAWait, '▆', '%', State::Run, Some("mostly working")),
    (Mark::ALittle, '▂', '-', State::Run, Some("working a little")),
    (Mark::Native, '▓', 'N', State::Native, None),
    (Mark::Waiting, '░', '.', State::Wait, None),
    (Mark::WaitingForLock, '▒', '=', State::WaitGil, None),
    (Mark::Ready, '·', ':', State::Ready, None),
    (Mark::Talking, '≈', '~', State::Ipc, None),
];

impl Mark {
    pub fn glyph(self, glyphs: Glyphs) -> char {
        let (_, unicode, ascii, ..) = MARKS[self as usize];
        if glyphs == Glyphs::Unicode { unicode } else { ascii }
    }

    fn style(self) -> Style {
        let colour = |state| Ansi256Color(look(state).ansi).into();
        let state = MARKS[self as usize].3;
        Style::new().fg_color((state != State::Idle).then(|| colour(state)))
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

pub fn legend(strips: &[&[Mark]], glyphs: Glyphs) -> Vec<String> {
    let occurs = |mark: &Mark| strips.iter().any(|strip| strip.contains(mark));
    let shown = MARKS[1..].iter().filter(|(mark, ..)| occurs(mark));
    let entry = |(mark, .., state, meaning): &(Mark, _, _, State, Option<&str>)| {
        format!("{} {}", mark.glyph(glyphs), meaning.unwrap_or(look(*state).meaning))
    };
    shown.map(entry).collect()
}

/// No more work than this in a cell is a moment: one like it in every cell is no news.
const MOMENT_MAX: f64 = 0.1;

/// Cuts the time from `from_ns` to `until_ns` into `cells` marks.
pub fn marks(spans: &[Span], from_ns: u64, until_ns: u64, cells: usize) -> Vec<Mark> {
    let cells = spent::cells(spans, from_ns, until_ns, cells);
    let waits = |spent: &Spent| matches!(spent.longest(), State::Wait | State::Sleep);
    let waiting: Vec<&Spent> = cells.iter().filter(|spent| waits(spent)).collect();
    let with_work = waiting.iter().filter(|spent| spent.has(State::is_running)).count();
    let are_moments_news = 2 * with_work <= waiting.len();
    let worked = |spent: &Spent| -> f64 {
        State::ALL.into_iter().filter(|state| state.is_running()).map(|s| spent.share(s)).sum()
    };
    let mark = |spent: &Spent| match Mark::of(spent) {
        _ if !are_moments_news && waits(spent) && worked(spent) <= MOMENT_MAX => Mark::Waiting,
        mark => mark,
    };
    cells.iter().map(mark).collect()
}

/// Writes the marks as glyphs, with one escape sequence for each run of the same style.
pub fn paint(marks: &[Mark], glyphs: Glyphs) -> String {
    let mut text = String::new();
    for run in marks.chunk_by(|left, right| left.style() == right.style()) {
        let style = run[0].style();
        let glyphs: String = run.iter().map(|mark| mark.glyph(glyphs)).collect();
        add!(text, "{style}{glyphs}{style:#}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::testing::spans;

    /// A lane as pairs of a length and a state, cut into cells of 10.
    #[track_caller]
    fn check(lengths: &[(u64, State)], cells: usize, expected: &str) {
        let marks = marks(&spans(1_000, lengths), 1_000, 1_000 + 10 * cells as u64, cells);
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
        for (place, (mark, ..)) in MARKS.iter().enumerate() {
            assert_eq!(*mark as usize, place);
        }
        for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
            let seen: Vec<char> = MARKS.iter().map(|(mark, ..)| mark.glyph(glyphs)).collect();
            let different: std::collections::HashSet<&char> = seen.iter().collect();
            assert_eq!(different.len(), seen.len());
            assert!(glyphs == Glyphs::Unicode || seen.iter().all(char::is_ascii));
        }
        let text =
            paint(&[Mark::Working, Mark::Working, Mark::Waiting, Mark::Blank], Glyphs::Ascii);
        assert_eq!(anstream::adapter::strip_str(&text).to_string(), "##. ");
        assert_eq!(text.matches("\u{1b}[38;5;").count(), 2, "one for each run: {text:?}");
    }
}
