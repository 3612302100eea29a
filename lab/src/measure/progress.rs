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

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
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
pub(crate) fn draw_with(glyphs: Glyphs) {
    GLYPHS.get_or_init(|| glyphs);
}

/// Says it on standard error; if that is gone nobody reads it.
pub(crate) fn tell(line: impl Display) {
    drop(writeln!(anstream::stderr(), "{line}"));
}

/// How wide the terminal is that `output` goes to. A file has no width, nor has a terminal on a serial
/// line.
pub(crate) fn width_of(output: impl AsFd) -> usize {
    let size = terminal_size::terminal_size_of(output);
    size.map_or(WIDTH_DEFAULT, |(width, _)| usize::from(width.0))
}

/// A bar with as many steps as rounds.
pub(crate) struct Progress {
    /// The terminal; `None` where nobody looks.
    out: Option<Box<dyn Write>>,
    width: usize,
    glyphs: Glyphs,
    rounds: usize,
    done: usize,
    message: String,
}

impl Progress {
    /// Draws an empty bar for `rounds` rounds of single contenders, if standard error is a terminal
    /// that can erase a line.
    pub(crate) fn start(rounds: usize) -> Self {
        let is_dumb = std::env::var_os("TERM").is_none_or(|name| name == "dumb");
        let out: Option<Box<dyn Write>> = match io::stderr() {
            stderr if stderr.is_terminal() && !is_dumb => Some(Box::new(stderr)),
            _ => None,
        };
        let width = width_of(io::stderr());
        let glyphs = GLYPHS.get().copied().unwrap_or_default();
        Self { out, width, glyphs, rounds, done: 0, message: String::new() }
    }

    /// Says what comes next, in its own words. To be called before it, not during it.
    pub(crate) fn tick(&mut self, what: &str) {
        what.clone_into(&mut self.message);
        self.draw("");
    }

    /// Counts a round. To be called after it.
    pub(crate) fn advance(&mut self) {
        self.done += 1;
        self.draw("");
    }

    /// Prints the first time of a contender above the bar: the result is some rounds away, and
    /// somebody is waiting.
    pub(crate) fn first_look(&mut self, contender: &Contender, wall_s: f64) {
        let (label, workload) = (contender.label(), contender.workload.name());
        let time = numbers::seconds(wall_s);
        self.draw(&format!("{workload:3}  {label:22} {time:>8}  (first round)\n"));
    }

    /// Prints a line above the bar, or where there is none: something happened that the user should
    /// know of.
    pub(crate) fn note(&mut self, line: &str) {
        self.write(ERASE);
        tell(format_args!("trainyard: {line}"));
        self.draw("");
    }

    /// Draws the bar anew, with `above` before it.
    fn draw(&mut self, above: &str) {
        if self.out.is_none() {
            return;
        }
        let full = (self.done * BAR_WIDTH).checked_div(self.rounds).unwrap_or(BAR_WIDTH);
        let (done_glyph, left_glyph) = match self.glyphs {
            Glyphs::Unicode => ("█", "░"),
            Glyphs::Ascii => ("#", "."),
        };
        let empty = left_glyph.repeat(BAR_WIDTH.saturating_sub(full));
        let full = done_glyph.repeat(full);
        let Self { rounds, done, message, .. } = self;
        let bar = format!("{full}{empty} {done:>3} of {rounds} rounds  {message}");
        // INVARIANT: [PROGRESS-1]
        let bar: String = bar.chars().take(self.width.saturating_sub(MARGIN)).collect();
        self.write(&format!("{ERASE}{above}{bar}"));
    }

    fn write(&mut self, text: &str) {
        if let Some(out) = &mut self.out {
            // A terminal that is gone shows nothing.
            drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
        }
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
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;
    use lab_core::terms::{Params, Preset};

    /// A terminal that sends on what is written to it.
    struct Paper(Sender<String>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(String::from_utf8(bytes.to_vec()).unwrap()).unwrap();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A bar of three rounds that says who comes first, and what is drawn.
    fn bar(glyphs: Glyphs, width: usize) -> (Receiver<String>, Progress) {
        let (sender, paper) = channel();
        let out: Option<Box<dyn Write>> = Some(Box::new(Paper(sender)));
        let message = String::new();
        let mut progress = Progress { out, width, glyphs, rounds: 3, done: 0, message };
        progress.tick("io: 5 threads, lock on");
        (paper, progress)
    }

    #[test]
    fn the_bar_names_the_contender_and_is_gone_in_the_end() {
        let (paper, mut progress) = bar(Glyphs::Unicode, 80);
        let contender = Params::of(Preset::Quick).contenders(2)[1];
        progress.first_look(&contender, 0.18);
        progress.advance();
        drop(progress);
        let [empty, third] = ["░".repeat(24), format!("{}{}", "█".repeat(8), "░".repeat(16))];
        let bar = |strip, done| format!("{strip}   {done} of 3 rounds  io: 5 threads, lock on");
        let above = "io   5 threads, lock on       180 ms  (first round)\n";
        let expected =
            [&bar(&empty, 0), &format!("{above}{}", bar(&empty, 0)), &bar(&third, 1), ""];
        let drawn: Vec<String> = paper.iter().collect();
        assert_eq!(drawn, expected.map(|text| format!("{ERASE}{text}")));
    }

    #[test]
    fn the_bar_leaves_room_for_what_the_terminal_writes_and_ascii_is_ascii() {
        let (paper, mut progress) = bar(Glyphs::Ascii, 40);
        progress.advance();
        drop(progress);
        let drawn: Vec<String> = paper.iter().collect();
        let expected =
            ["........................   0 of 3 round", "########................   1 of 3 round"];
        let expected = expected.map(|line| format!("{ERASE}{}", &line[..37]));
        assert_eq!(drawn[..2], expected, "PROGRESS-1");
    }
}
