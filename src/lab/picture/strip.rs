//! A strip: one lane, cut into cells of the same length, one glyph each.
//!
//! The glyph carries the state and colour only helps, so a strip says the same in a file, on
//! paper and to somebody who does not tell red from green. A cell shows the state that took most
//! of its time, with one exception: a cell in which a train worked a little and mostly waited gets
//! a glyph of its own, because the moments of work are what a picture of waiting is about. A
//! request is 5 ms of waiting and some 50 µs of work.

use std::fmt::Write;

use anstyle::{Ansi256Color, Style};

use crate::lab::cli::Glyphs;
use crate::lab::lanes::train::State;
use crate::lab::lanes::{Lane, Span};

/// What one cell shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// No work there is, or none left.
    Blank,
    /// Mostly working.
    Working,
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
    pub const EXPLAINED: [Self; 7] = [
        Self::Working,
        Self::ALittle,
        Self::Native,
        Self::Waiting,
        Self::WaitingForLock,
        Self::Ready,
        Self::Talking,
    ];

    /// Returns the words of the legend.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Blank => "nothing to do",
            Self::Working => "working",
            Self::ALittle => "working a little",
            Self::Native => "native code",
            Self::WaitingForLock => "waiting for the lock",
            Self::Waiting => "waiting",
            Self::Ready => "ready",
            Self::Talking => "talking",
        }
    }

    /// Returns the one character of a cell.
    pub fn glyph(self, glyphs: Glyphs) -> char {
        let (unicode, ascii) = match self {
            Self::Blank => (' ', ' '),
            Self::Working => ('█', '#'),
            Self::ALittle => ('▂', '-'),
            Self::Native => ('▓', 'N'),
            Self::WaitingForLock => ('▒', '='),
            Self::Waiting => ('░', '.'),
            Self::Ready => ('·', ':'),
            Self::Talking => ('≈', '~'),
        };
        match glyphs {
            Glyphs::Unicode => unicode,
            Glyphs::Ascii => ascii,
        }
    }

    /// Blue works and orange waits, in the nearest of 256 colours to Okabe and Ito's palette,
    /// which people tell apart who see colours differently.
    fn style(self) -> Style {
        let color = match self {
            Self::Blank => return Style::new(),
            Self::Working | Self::ALittle => 32,
            Self::Native => 74,
            Self::WaitingForLock => 166,
            Self::Waiting => 214,
            Self::Ready => 227,
            Self::Talking => 175,
        };
        Style::new().fg_color(Some(Ansi256Color(color).into()))
    }
}

/// Cuts the first `window_ns` of a lane, which begins at `begin_ns`, into `cells` marks.
pub fn marks(lane: &Lane, begin_ns: u64, window_ns: u64, cells: usize) -> Vec<Mark> {
    let edge = |cell: usize| begin_ns + window_ns * cell as u64 / cells as u64;
    (0..cells).map(|cell| mark(&lane.spans, edge(cell), edge(cell + 1))).collect()
}

fn mark(spans: &[Span], from_ns: u64, until_ns: u64) -> Mark {
    let inside =
        |span: &Span| span.until_ns.min(until_ns).saturating_sub(span.from_ns.max(from_ns));
    let spent =
        |state: State| -> u64 { spans.iter().filter(|span| span.state == state).map(inside).sum() };
    // What no span covers lies behind the end of the round.
    let covered: u64 = spans.iter().map(inside).sum();
    let beyond = until_ns - from_ns - covered;
    let mut longest = (State::Idle, spent(State::Idle) + beyond);
    for state in State::ALL {
        if spent(state) > longest.1 {
            longest = (state, spent(state));
        }
    }
    let worked = State::ALL.into_iter().filter(|state| state.is_running()).any(|s| spent(s) > 0);
    match longest.0 {
        State::Idle | State::WaitIo | State::Sleep if worked => Mark::ALittle,
        State::Idle => Mark::Blank,
        State::Run => Mark::Working,
        State::Native => Mark::Native,
        State::WaitGil => Mark::WaitingForLock,
        State::WaitIo | State::Sleep => Mark::Waiting,
        State::Ready => Mark::Ready,
        State::Ipc => Mark::Talking,
    }
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
        let lane = Lane { track: 1, name: "train".to_owned(), spans: spans.collect() };
        let marks = marks(&lane, 1_000, 10 * cells as u64, cells);
        let glyphs: String = marks.iter().map(|mark| mark.glyph(Glyphs::Unicode)).collect();
        assert_eq!(glyphs, expected);
    }

    #[test]
    fn a_cell_shows_the_state_that_took_most_of_its_time() {
        check(&[(10, State::Run), (10, State::WaitGil), (10, State::Native)], 3, "█▒▓");
        check(&[(6, State::Run), (14, State::WaitGil)], 2, "█▒");
        check(&[(4, State::Run), (16, State::WaitGil)], 2, "▒▒");
        check(&[(10, State::Ready), (10, State::Ipc), (10, State::Sleep)], 3, "·≈░");
    }

    #[test]
    fn a_moment_of_work_is_seen_among_waiting() {
        check(
            &[(1, State::Run), (29, State::WaitIo), (1, State::Native), (9, State::Idle)],
            4,
            "▂░░▂",
        );
    }

    #[test]
    fn behind_the_end_of_the_round_there_is_nothing() {
        check(&[(10, State::Run)], 3, "█  ");
        check(&[(13, State::Run)], 3, "█▂ ");
    }

    #[test]
    fn every_mark_has_a_glyph_of_its_own_in_both_alphabets() {
        for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
            let mut seen: Vec<char> = Mark::EXPLAINED.iter().map(|m| m.glyph(glyphs)).collect();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), Mark::EXPLAINED.len());
        }
        assert!(Mark::EXPLAINED.iter().all(|mark| mark.glyph(Glyphs::Ascii).is_ascii()));
    }

    #[test]
    fn colour_only_helps() {
        let marks = [Mark::Working, Mark::Working, Mark::Waiting, Mark::Blank];
        let text = paint(&marks, Glyphs::Ascii);
        assert_eq!(anstream::adapter::strip_str(&text).to_string(), "##. ");
        assert_eq!(text.matches("\u{1b}[38;5;").count(), 2, "one for each run: {text:?}");
    }
}
