//! Daemon threads: what is done, and what is not, when the program ends.

use std::sync::mpsc;

use crate::ask::experiment::kit::prelude::*;
use trainyard::threads;

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
        return be_the_program(cell);
    }
    let (told, status) = program::run("daemon", cell, &["pieces", "cleaned"])?;
    Ok(told.with_count("has_ended", status.is_some_and(|status| status.success())))
}

/// The program: its main is the closure.
fn be_the_program(cell: &Cell) -> Result<Figures> {
    let (pieces, first) = (cell.count("pieces"), cell.count("first"));
    let takes = cell.time("piece_s");
    threads::run(|| {
        let gil = hogs::gil(cell);
        let (sender, first_are_done) = mpsc::channel();
        let do_pieces = |pieces, takes| {
            for _ in 0..pieces {
                pause(takes);
                program::tell("pieces");
            }
        };
        let work = move || {
            let _cleans_up = CleansUp;
            do_pieces(first, Duration::ZERO);
            sender.send(()).expect("main waits for it");
            do_pieces(pieces - first, takes);
        };
        let started = match cell.word("kind") {
            "daemon" => threads::spawn_daemon(&gil, "worker", move |_| work()),
            _ => threads::spawn(&gil, "worker", move |_| work()).map(drop),
        };
        started.map_err(|why| LabError::failed("the thread", why))?;
        first_are_done.recv().map_err(|why| LabError::failed("the thread", why))
    })?;
    Ok(Figures::default())
}

/// What a thread should do at its end.
struct CleansUp;

impl Drop for CleansUp {
    fn drop(&mut self) {
        program::tell("cleaned");
    }
}
