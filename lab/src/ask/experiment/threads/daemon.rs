//! Daemon threads: what is done, and what is not, when the program ends.

use std::sync::Arc;

use crate::ask::experiment::kit::prelude::*;
use trainyard::threads::{self, Daemon, Event};

pub(super) const DESIGN: Design = Design::new(include_str!("daemon.md"), measure)
    .twin(include_str!("daemon.py"), by_lock)
    .relations(&[
        counting(
            "a-thread-is-waited-for",
            &that(|[pieces, cleaned, ended]| is(pieces, 8) && is(cleaned, 1) && is(ended, 1)),
        ),
        counting(
            "a-daemon-is-cut-off",
            &that(|[pieces, cleaned, ended]| pieces < 8.0 && is(cleaned, 0) && is(ended, 1)),
        ),
    ]);

fn measure(cell: &Cell) -> Result<Figures> {
    if program::is_inside(cell) {
        return threads::run(|| be_the_program(cell));
    }
    let (told, status) = program::run("daemon", cell, &["pieces", "cleaned"])?;
    Ok(told.with_count("has_ended", status.is_some_and(|status| status.success())))
}

/// The main of the program.
fn be_the_program(cell: &Cell) -> Result<Figures> {
    let (pieces, first) = (cell.count("pieces"), cell.count("first"));
    let takes = cell.time("piece_s");
    let gil = hogs::gil(cell);
    let first_are_done = Arc::new(Event::new());
    let done = Arc::clone(&first_are_done);
    let work = move |_: &mut Attached<'_>| {
        let _cleans_up = CleansUp;
        for piece in 0..pieces {
            pause(if piece < first { Duration::ZERO } else { takes });
            program::tell("pieces");
            if piece + 1 == first {
                done.set();
            }
        }
    };
    let daemon = if cell.word("kind") == "daemon" { Daemon::Yes } else { Daemon::No };
    let worker = threads::Thread::builder().name("worker").daemon(daemon).spawn(&gil, work);
    worker.map(drop).map_err(|why| LabError::failed("the thread", why))?;
    first_are_done.wait();
    Ok(Figures::default())
}

/// What a thread should do at its end.
struct CleansUp;

impl Drop for CleansUp {
    fn drop(&mut self) {
        program::tell("cleaned");
    }
}
