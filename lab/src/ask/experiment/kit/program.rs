//! A program inside a cell, that is watched from outside: it may end early, crash, or stand still.
//!
//! What becomes of threads when their program ends, or of a program when one of its threads
//! crashes, nobody can say who is in it. So the cell starts the same experiment once more, as a
//! program of its own, hears what it says until it ends, and looks how it ended. A program that
//! has not ended in time is killed.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use super::cell::Cell;
use super::figures::Figures;
use super::heard::{Heard, Running};
use super::voice::own;
use lab_core::terms::error::{LabError, Result};
use trainyard::sys::clock;

/// Set in the cell of the program inside.
const INSIDE: &str = "inside";
/// A program that has not ended by then does not do what is claimed of it.
pub(crate) const TIME_MAX: Duration = Duration::from_secs(20);

/// What is known of a program when it has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// What it said, line by line.
    pub said: Vec<Figures>,
    /// How it ended; `None` if it was killed because its time was over.
    pub status: Option<ExitStatus>,
}

impl Ended {
    /// How many lines had the figure `name`.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.said.iter().filter(|line| line.0.contains_key(name)).count()
    }

    /// Whether a signal ended it that nobody here has sent.
    pub(crate) fn has_crashed(&self) -> bool {
        self.status.is_some_and(|status| status.signal().is_some())
    }
}

/// Whether this is the program inside.
pub(crate) fn is_inside(cell: &Cell) -> bool {
    cell.parameters.contains_key(INSIDE)
}

/// Says `what` from inside, for [`Ended::count`].
pub(crate) fn tell(what: &str) {
    super::voice::say(&Figures::default().with(what, 1.0));
}

/// Runs the experiment `name` once more, as a program for at most `time_max`.
pub(crate) fn run(name: &str, cell: &Cell, time_max: Duration) -> Result<Ended> {
    let mut program =
        Running::start(own(&["ours", name, &cell.clone().with(INSIDE, true).json()]))?;
    let (deadline_ns, mut said) = (clock::deadline_ns(time_max), Vec::new());
    loop {
        let status = match program.hear(deadline_ns, None)? {
            Heard::Line(line) => {
                let figures = serde_json::from_slice(&line);
                said.push(figures.map_err(|why| LabError::failed("a program in a cell", why))?);
                continue;
            }
            Heard::Closed => Some(program.wait()?),
            Heard::Silence => None,
        };
        return Ok(Ended { said, status });
    }
}
