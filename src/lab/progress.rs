//! What runs at the moment, for whoever waits: a bar on standard error, on a terminal only.
//!
//! Drawing takes time, and a thread that draws every 100 ms would take it from the arms. So there
//! is no such thread: the bar is drawn by the calls below and at no other time, and the conductor
//! makes them between rounds.

use std::io::Write;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::contender::Contender;
use super::render::numbers;

/// A bar with as many steps as rounds.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Draws an empty bar for `rounds` rounds of single contenders.
    pub fn start(rounds: usize) -> Self {
        // Hidden by itself where standard error is no terminal.
        Self::on(rounds, ProgressDrawTarget::stderr())
    }

    fn on(rounds: usize, target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(Some(rounds as u64), target);
        let template = "{bar:24} {pos:>3} of {len} rounds  {msg}";
        let style = ProgressStyle::with_template(template).expect("the template is right");
        bar.set_style(style);
        Self { bar }
    }

    /// Says which contender's turn it is. To be called before its round, not during it.
    pub fn tick(&self, contender: &Contender) {
        self.bar.set_message(format!("{}: {}", contender.workload, contender.label()));
    }

    /// Counts a round. To be called after it.
    pub fn advance(&self) {
        self.bar.inc(1);
    }

    /// Prints the first time of a contender above the bar: the result is some rounds away, and
    /// somebody is waiting.
    pub fn first_look(&self, contender: &Contender, wall_s: f64) {
        let (label, workload) = (contender.label(), contender.workload.name());
        let time = numbers::seconds(wall_s);
        self.bar.println(format!("{workload:3}  {label:22} {time:>8}  (first round)"));
    }

    /// Prints a line above the bar: something happened that the user should know of.
    pub fn note(&self, line: &str) {
        // If standard error is gone, nobody reads it.
        self.bar.suspend(|| drop(writeln!(anstream::stderr(), "trainyard: {line}")));
    }
}

impl Drop for Progress {
    /// Leaves no trace on the terminal, however the comparison ends.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use indicatif::TermLike;

    use super::*;
    use crate::lab::params::{Params, Preset};

    /// A terminal that keeps everything that was ever written to it.
    #[derive(Clone, Debug, Default)]
    struct Paper(Arc<Mutex<String>>);

    impl Paper {
        fn text(&self) -> String {
            self.0.lock().unwrap().clone()
        }
    }

    impl TermLike for Paper {
        fn width(&self) -> u16 {
            100
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, line: &str) -> io::Result<()> {
            self.write_str(&format!("{line}\n"))
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            self.write_str("<cleared>")
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_bar_names_the_contender_and_is_gone_in_the_end() {
        let paper = Paper::default();
        let contender = Params::of(Preset::Quick).contenders(2)[1];
        let progress = Progress::on(3, ProgressDrawTarget::term_like(Box::new(paper.clone())));
        progress.tick(&contender);
        progress.first_look(&contender, 0.18);
        progress.advance();
        let drawn = paper.text();
        assert!(drawn.contains("0 of 3 rounds  io: 5 threads, lock on"), "{drawn}");
        assert!(drawn.contains("5 threads, lock on       180 ms  (first round)"), "{drawn}");
        drop(progress);
        assert!(paper.text().ends_with("<cleared>"), "{}", paper.text());
    }
}
