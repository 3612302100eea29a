//! A program inside a cell, that is watched from outside: it may end early, crash, or stand still.
//!
//! What becomes of threads when their program ends, or of a program when one of its threads
//! crashes, nobody can say who is in it. So the cell starts the same experiment once more, as a
//! program of its own, hears what it says until it ends, and looks how it ended. A program that
//! has not ended in time is killed.

use std::process::ExitStatus;

use super::heard::{Heard, Running, own, say};
use super::prelude::*;
use trainyard::sys::clock;

/// Set in the cell of the program inside.
const INSIDE: &str = "inside";
/// A program that has not ended by then does not do what is claimed of it.
const TIME_MAX: Duration = Duration::from_secs(20);

pub(crate) fn is_inside(cell: &Cell) -> bool {
    cell.parameters.contains_key(INSIDE)
}

/// Says `what` from inside, to be counted.
pub(crate) fn tell(what: &str) {
    say(&Figures::default().with(what, 1.0));
}

/// Runs the experiment `name` once more, as a program. Returns how often it has told each of `what`,
/// and how it ended; `None` if it was killed because its time was over.
pub(crate) fn run(name: &str, cell: &Cell, what: &[&str]) -> Result<(Figures, Option<ExitStatus>)> {
    let cell = cell.clone().with(INSIDE, true);
    let mut program = Running::start(own(&["ours", name, &cell.json()]))?;
    let mut told = what.iter().fold(Figures::default(), |none, what| none.with(what, 0.0));
    let deadline_ns = clock::deadline_ns(TIME_MAX);
    loop {
        let line = match program.hear(deadline_ns, None)? {
            Heard::Line(line) => serde_json::from_slice::<Figures>(&line),
            Heard::Closed => return Ok((told, Some(program.wait()?))),
            Heard::Silence => return Ok((told, None)),
        };
        let line = line.map_err(|why| LabError::failed("a program in a cell", why))?;
        for what in line.0.into_keys() {
            *told.0.entry(what).or_default() += 1.0;
        }
    }
}
