//! A progress bar that says which contender runs: on standard error, and only on a terminal.
//!
//! Drawing takes time, and a thread that draws every 100 ms would take it from the arms. So there
//! is no such thread: the bar is drawn by the calls below and at no other time, and the conductor
//! makes them between rounds.
//!
//! # Invariants
//!
//! - **PROGRESS-1** The cursor stays at the end of the bar, a few columns before the end of its
//!   line: the `^C` that a terminal writes when somebody presses it comes onto the same line, and
//!   goes with it. (Libraries that draw bars fill the line up, and leave the bar behind then.)

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use lab_core::terms::Contender;
use lab_core::terms::output::Glyphs;
use lab_core::text::numbers;

/// What is drawn for a bar.
const BAR_WIDTH: usize = 24;
/// What stays free at the end of the line: room for a `^C`, and the column after which a terminal
/// wraps.
const MARGIN: usize = 3;
/// What terminals have had since cards had 80 columns.
const WIDTH_DEFAULT: usize = 80;
/// Goes back to the start of the line and erases it.
const ERASE: &str = "\r\x1b[2K";

/// The alphabet of every bar: like colour a matter of the whole program, and no experiment's.
static GLYPHS: OnceLock<Glyphs> = OnceLock::new();

/// Says what all bars are drawn with. Of several calls the first counts.
pub fn draw_with(glyphs: Glyphs) {
    GLYPHS.get_or_init(|| glyphs);
}

/// A bar with as many steps as rounds.
pub struct Progress {
    /// `None` where nobody looks.
    terminal: Option<Terminal>,
    rounds: usize,
    done: usize,
    message: String,
}

/// Where the bar is drawn.
struct Terminal {
    width: usize,
    glyphs: Glyphs,
    out: Box<dyn Write>,
}

impl Progress {
    /// Draws an empty bar for `rounds` rounds of single contenders, if standard error is a terminal
    /// that can erase a line.
    pub fn start(rounds: usize) -> Self {
        let is_dumb = std::env::var_os("TERM").is_none_or(|name| name == "dumb");
        let terminal = (io::stderr().is_terminal() && !is_dumb).then(|| {
            // A terminal on a serial line does not know how wide it is.
            let size = terminal_size::terminal_size_of(io::stderr());
            let width = size.map_or(WIDTH_DEFAULT, |(width, _)| usize::from(width.0));
            let glyphs = GLYPHS.get().copied().unwrap_or_default();
            Terminal { width, glyphs, out: Box::new(io::stderr()) }
        });
        Self::on(terminal, rounds)
    }

    fn on(terminal: Option<Terminal>, rounds: usize) -> Self {
        Self { terminal, rounds, done: 0, message: String::new() }
    }

    /// Says which contender's turn it is. To be called before its round, not during it.
    pub fn tick(&mut self, contender: &Contender) {
        self.tick_text(&format!("{}: {}", contender.workload, contender.label()));
    }

    /// Says what comes next, in its own words. To be called before it, not during it.
    pub fn tick_text(&mut self, what: &str) {
        what.clone_into(&mut self.message);
        self.draw("");
    }

    /// Counts a round. To be called after it.
    pub fn advance(&mut self) {
        self.done += 1;
        self.draw("");
    }

    /// Prints the first time of a contender above the bar: the result is some rounds away, and
    /// somebody is waiting.
    pub fn first_look(&mut self, contender: &Contender, wall_s: f64) {
        let (label, workload) = (contender.label(), contender.workload.name());
        let time = numbers::seconds(wall_s);
        self.draw(&format!("{workload:3}  {label:22} {time:>8}  (first round)\n"));
    }

    /// Prints a line above the bar, or where there is none: something happened that the user should
    /// know of.
    pub fn note(&mut self, line: &str) {
        self.write(ERASE);
        // If standard error is gone, nobody reads it.
        drop(writeln!(anstream::stderr(), "trainyard: {line}"));
        self.draw("");
    }

    /// Draws the bar anew, with `above` before it.
    fn draw(&mut self, above: &str) {
        let Some(terminal) = &self.terminal else { return };
        let full = (self.done * BAR_WIDTH).checked_div(self.rounds).unwrap_or(BAR_WIDTH);
        let (done_glyph, left_glyph) = match terminal.glyphs {
            Glyphs::Unicode => ("█", "░"),
            Glyphs::Ascii => ("#", "."),
        };
        let empty = left_glyph.repeat(BAR_WIDTH.saturating_sub(full));
        let full = done_glyph.repeat(full);
        let Self { rounds, done, message, .. } = self;
        let bar = format!("{full}{empty} {done:>3} of {rounds} rounds  {message}");
        // INVARIANT: [PROGRESS-1]
        let width = terminal.width.saturating_sub(MARGIN);
        let bar: String = bar.chars().take(width).collect();
        self.write(&format!("{ERASE}{above}{bar}"));
    }

    fn write(&mut self, text: &str) {
        if let Some(terminal) = &mut self.terminal {
            // A terminal that is gone shows nothing.
            drop(terminal.out.write_all(text.as_bytes()).and_then(|()| terminal.out.flush()));
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Progress({} of {})", self.done, self.rounds)
    }
}

impl Drop for Progress {
    /// Leaves no trace on the terminal, however the comparison ends.
    fn drop(&mut self) {
        self.write(ERASE);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use lab_core::terms::{Params, Preset};

    /// A terminal that keeps everything that was ever written to it.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Paper {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn bar(glyphs: Glyphs, width: usize) -> (Paper, Progress) {
        let paper = Paper::default();
        let terminal = Terminal { width, glyphs, out: Box::new(paper.clone()) };
        (paper, Progress::on(Some(terminal), 3))
    }

    #[test]
    fn the_bar_names_the_contender_and_is_gone_in_the_end() {
        let (paper, mut progress) = bar(Glyphs::Unicode, 80);
        let contender = Params::of(Preset::Quick).contenders(2)[1];
        progress.tick(&contender);
        assert!(paper.text().ends_with("░░░   0 of 3 rounds  io: 5 threads, lock on"));
        progress.first_look(&contender, 0.18);
        progress.advance();
        let drawn = paper.text();
        let above = format!("{ERASE}io   5 threads, lock on       180 ms  (first round)\n░░");
        assert!(drawn.contains(&above), "{drawn}");
        assert!(drawn.contains(&format!("{ERASE}████████░")), "a third is done: {drawn}");
        drop(progress);
        assert!(paper.text().ends_with(ERASE), "{}", paper.text());
    }

    #[test]
    fn the_bar_leaves_room_for_what_the_terminal_writes_and_ascii_is_ascii() {
        let (paper, mut progress) = bar(Glyphs::Ascii, 40);
        progress.tick(&Params::of(Preset::Quick).contenders(2)[1]);
        let drawn = paper.text();
        let line = drawn.strip_prefix(ERASE).unwrap();
        assert_eq!(line.chars().count(), 37, "PROGRESS-1: {line}");
        progress.advance();
        let drawn = paper.text();
        assert!(drawn.is_ascii(), "{drawn}");
        assert!(drawn.contains(&format!("{ERASE}########................   1 of 3")), "{drawn}");
        // Where nobody looks, nothing is drawn.
        Progress::on(None, 0).advance();
    }
}
