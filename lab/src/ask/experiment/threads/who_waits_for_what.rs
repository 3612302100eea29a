//! Who waits for what: threads that wait for the network hardly wait for the lock.
//!
//! The lock is given up around every call that may sleep. So whoever waits for something else does
//! not hold it, and those who hold it do so for a moment.

use std::sync::Barrier;
use std::time::Duration;

use super::InFlight;
use crate::ask::experiment::kit::prelude::*;
use trainyard::sys::Why;
use trainyard::threads::Attached;

/// Eight threads that make slow calls, and four that compute.
pub const EXPERIMENT: Experiment = Experiment {
    name: "who-waits-for-what",
    group: Group::Threads,
    title: "what threads wait for: a slow call, or the lock",
    question: "Eight threads under the global lock each make calls that take 5 ms, as to a server. \
               One thread runs at a time. How many of the calls are under way at the same time?",
    choices: &[
        "one: whoever waits for its answer has the lock",
        "two or three: the lock changes hands every 5 ms",
        "all eight",
    ],
    answer: 2,
    method: "Eight threads make one call of 5 ms after another; four threads compute digits of pi. \
             The lock counts how long threads wait for it. CPython's does not; there it is what is \
             left of a thread's time when it neither computes, nor sleeps, nor stands in line for \
             a processor.",
    cells,
    ours: measure,
    twin: Some(include_str!("who_waits_for_what.py")),
    plays: |python, cell| by_lock(python, cell) && python.version >= (3, 7, 0),
    columns: &[
        Column { figure: "in_flight_max", title: "calls at\nonce", unit: Unit::Count },
        Column { figure: "lock_share", title: "waits for\nthe lock", unit: Unit::Percent },
        Column { figure: "calls", title: "calls", unit: Unit::Count },
    ],
    relations: &[
        timing("all-calls-at-once")
            .says("all eight calls are under way at the same time.")
            .claims(&that("{in_flight_max in 8 threads call} at once", |[calls]| is(calls, 8)))
            .wrong("calls that keep the lock", |cell| cell.set("kind", "call-and-keep")),
        timing("callers-hardly-wait")
            .says(
                "threads that make slow calls wait for the lock for less than a tenth of their \
                   time.",
            )
            .claims(&that("{lock_share in 8 threads call}", |[share]| share < 0.1))
            .wrong("calls that keep the lock", |cell| cell.set("kind", "call-and-keep")),
        timing("computers-wait")
            .says(
                "four threads that compute wait for the lock for more than a third of their time.",
            )
            .claims(&that("{lock_share in 4 threads compute}", |[share]| share > 1.0 / 3.0))
            .wrong("they compute where they do not need the lock", |cell| {
                cell.set("kind", "native");
            }),
    ],
    explain: Told(
        "{in_flight_max in 8 threads call} calls were under way at once, and the threads that made \
         them waited for the lock for {lock_share in 8 threads call} of their time: around a call \
         that may sleep the lock is given up, and when the answer is there nobody holds it for \
         long. The four that compute waited for it for {lock_share in 4 threads compute} of \
         theirs: each has its turn, and the other three wait meanwhile. That is what threads are \
         good for under a global lock: to wait for many things at once.",
    ),
    read: &[
        "src/sys/blocking.rs: the one door for every call that may sleep",
        "stackoverflow.com/questions/29270818: \"Why is a Python I/O bound task not blocked by the GIL?\"",
    ],
};

const CALL: Duration = Duration::from_millis(5);

fn cells(scale: Scale) -> Vec<Cell> {
    let duration_s = scale.pick(0.3, 1.0);
    let calls = Cell::new("8 threads call", Lock::TIMED).with("duration_s", duration_s);
    let computes = Cell::computing("4 threads compute", Lock::TIMED, 4, Task::Pi, duration_s);
    let calls = calls.with("kind", "call").with("trains", 8);
    let computes = computes.with("kind", "compute").with("trains", 4);
    [calls, computes].map(|cell| cell.with("call_s", CALL.as_secs_f64())).into()
}

fn measure(cell: &Cell) -> Result<Figures> {
    let (gil, in_flight) = (hogs::gil(cell), InFlight::default());
    let threads = cell.count("trains");
    let (start, stopwatch) = (Barrier::new(threads), Stopwatch::start());
    let figures = hogs::measured(|| {
        in_threads(threads, |_| {
            start.wait();
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
