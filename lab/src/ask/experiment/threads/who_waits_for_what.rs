//! Who waits for what: threads that wait for the network hardly wait for the lock.

use super::InFlight;
use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("who_waits_for_what.md"), measure)
    .twin(include_str!("who_waits_for_what.py"), |python, cell| {
        by_lock(python, cell) && python.version >= (3, 7, 0)
    })
    .relations(&[
        timing("all-calls-at-once", &that(|[calls]| is(calls, 8))),
        timing("callers-hardly-wait", &that(|[share]| share < 0.1)),
        timing("computers-wait", &that(|[share]| share > 1.0 / 3.0)),
    ]);

const CALL: Duration = Duration::from_millis(5);

fn measure(cell: &Cell) -> Result<Figures> {
    let (gil, in_flight) = (hogs::gil(cell), InFlight::default());
    let threads = cell.count("trains");
    let stopwatch = Stopwatch::start();
    let figures = hogs::measured(|| {
        in_threads(threads, |_| {
            let clock = Clock::start(cell);
            gil.attach(|at| clock.repeat(|| turn(cell, at, &in_flight)))
        })
    })?;
    let time_of_all_s = stopwatch.seconds() * to_f64(threads);
    let waited_s = Duration::from_nanos(gil.counters().wait_ns).as_secs_f64();
    Ok(figures.with("lock_share", waited_s / time_of_all_s).and(in_flight.figures("calls")))
}

fn turn(cell: &Cell, at: &mut Attached<'_>, in_flight: &InFlight) {
    match cell.word("kind") {
        "call" => in_flight.during(|| pause(CALL)),
        "call-and-keep" => {
            in_flight.during(|| pause_and_keep(CALL));
            at.checkpoint();
        }
        "native" => at.detach(Why::Native, || Task::Pi.call_bare()),
        _ => Task::Pi.call(at),
    }
}
