//! A program inside a cell, that is watched from outside: it may end early, crash, or stand still.
//!
//! What becomes of threads when their program ends, or of a program when one of its threads
//! crashes, nobody can say who is in it. So the cell starts the same experiment once more, as a
//! program of its own, hears what it says until it ends, and looks how it ended. A program that
//! has not ended in time is killed.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use super::cell::Cell;
use super::figures::Figures;
use super::voice::own;
use lab_core::terms::error::{LabError, Result};
use trainyard::sys::child::{self, Heard};

/// Set in the cell of the program inside.
const INSIDE: &str = "inside";
/// A program that has not ended by then does not do what is claimed of it.
pub const TIME_MAX: Duration = Duration::from_secs(20);

/// What is known of a program when it has ended.
#[derive(Debug)]
pub struct Ended {
    /// What it said, line by line.
    pub said: Vec<Figures>,
    /// How it ended; `None` if it was killed because its time was over.
    pub status: Option<ExitStatus>,
}

impl Ended {
    /// How many lines had the figure `name`.
    pub fn count(&self, name: &str) -> usize {
        self.said.iter().filter(|line| line.0.contains_key(name)).count()
    }

    /// Whether a signal ended it that nobody here has sent.
    pub fn has_crashed(&self) -> bool {
        self.status.is_some_and(|status| status.signal().is_some())
    }
}

/// Whether this is the program inside.
pub fn is_inside(cell: &Cell) -> bool {
    cell.parameters.contains_key(INSIDE)
}

/// Says `what` from inside, for [`Ended::count`].
pub fn tell(what: &str) {
    super::voice::say(&Figures::default().with(what, 1.0));
}

/// Runs the experiment `name` once more, as a program for at most `time_max`.
///
/// # Errors
///
/// Fails if the program cannot be started, or says what are no figures.
///
/// # Panics
///
/// Does not: a cell is plain data.
pub fn run(name: &str, cell: &Cell, time_max: Duration) -> Result<Ended> {
    let failed = |why: std::io::Error| LabError::failed("a program inside a cell", why);
    let document = serde_json::to_string(&cell.clone().with(INSIDE, true));
    let document = document.expect("a cell is plain data");
    let mut command = own(&["ours", name, &document]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = child::start(command.process_group(0)).map_err(failed)?;
    let mut stdout = child.stdout.take().expect("it was piped");
    let mut said = Vec::new();
    let heard = child::hear(&mut stdout, time_max, &mut said, |_| false);
    if !matches!(heard, Ok(Heard::Everything)) {
        // An error means that it has ended.
        drop(child.kill());
    }
    let status = child.wait().map_err(failed)?;
    let status = match heard.map_err(failed)? {
        Heard::Everything => Some(status),
        Heard::Enough | Heard::Silence => None,
    };
    let said = said.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let said = said.map(|line| {
        serde_json::from_slice(line).map_err(|why| LabError::failed("a program in a cell", why))
    });
    Ok(Ended { said: said.collect::<Result<_>>()?, status })
}
