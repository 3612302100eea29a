//! The fork trap: a child that begins as a copy has the parent's locks, and not their owners.

use super::Workers;
use crate::ask::experiment::kit::prelude::*;
use trainyard::threads::{Event, Lock};

pub(super) const DESIGN: Design = Design::new(include_str!("fork_trap.md"), measure)
    .twin(include_str!("fork_trap.py"), |python, _| python.version >= (3, 4, 0))
    .relations(&[
        counting("others-get-the-lock", &that(|[thread, spawn]| is(thread + spawn, 0))),
        counting("a-forked-child-never-does", &that(|[theirs, ours]| is(theirs, 1) && is(ours, 0)))
            .of_each_python(),
    ]);

/// What the job wants.
static LOCK: Lock = Lock::new(());
/// Somebody has it.
static IS_HELD: Event = Event::new();
/// The worker is there.
static IS_STARTED: Event = Event::new();

fn measure(cell: &Cell) -> Result<Figures> {
    let held = cell.time("held_s");
    // Nobody joins it: it may hold the lock for longer than anybody waits, and ends with the cell.
    let owner = move || {
        let _lock = LOCK.acquire();
        IS_HELD.set();
        IS_STARTED.wait();
        pause(held);
    };
    thread::Builder::new().spawn(owner).map_err(hogs::no_thread)?;
    IS_HELD.wait();
    let worker = Workers::start(cell.word("worker"), 1)?;
    IS_STARTED.set();
    let waited_s = worker.submit(take_within, cell.number("patience_s")).join()?;
    Ok(Figures::default().with_count("hung", waited_s.is_none()).with_some("waited_s", waited_s))
}

/// The job: takes the lock, and says how long that took; nothing if it has not got it in time.
fn take_within(patience_s: f64) -> Option<f64> {
    let stopwatch = Stopwatch::start();
    loop {
        let waited_s = stopwatch.seconds();
        if LOCK.try_acquire().is_some() {
            return Some(waited_s);
        }
        if waited_s > patience_s {
            return None;
        }
        pause(Duration::from_millis(1));
    }
}
