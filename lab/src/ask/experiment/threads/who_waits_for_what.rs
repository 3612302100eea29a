//! Who waits for what: threads that wait for the network hardly wait for the lock.
//!
//! "If one thread runs at a time, what good are threads?" The lock is given up around every call
//! that may sleep. Whoever waits for something else does not hold it, and those who hold it do so
//! for a moment.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use crate::ask::experiment::kit::hogs::{self, Clock};
use crate::ask::experiment::kit::prelude::*;
use trainyard::sys::{Why, clock};
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
             left of a thread's time when it neither computes, nor sleeps, nor stands in line for a \
             processor.",
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
            .wrong("calls that keep the lock", keep_the_lock),
        timing("callers-hardly-wait")
            .says(
                "threads that make slow calls wait for the lock for less than a tenth of their \
                   time.",
            )
            .claims(&that("{lock_share in 8 threads call}", |[share]| share < 0.1))
            .wrong("calls that keep the lock", keep_the_lock),
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
         that may sleep the lock is given up, and when the answer is there nobody holds it for long. \
         The four that compute waited for it for {lock_share in 4 threads compute} of theirs: each \
         has its turn, and the other three wait meanwhile. That is what threads are good for under \
         a global lock: to wait for many things at once.",
    ),
    read: &[
        "src/sys/blocking.rs: the one door for every call that may sleep",
        "stackoverflow.com/questions/29270818: \"Why is a Python I/O bound task not blocked by the GIL?\"",
    ],
};

const CALLS: &str = "8 threads call";
const COMPUTES: &str = "4 threads compute";
const CALL: Duration = Duration::from_millis(5);

fn cells(scale: Scale) -> Vec<Cell> {
    let duration_s = scale.pick(0.3, 1.0);
    let calls = Cell::new(CALLS, Lock::TIMED).with("duration_s", duration_s);
    let computes = Cell::computing(COMPUTES, Lock::TIMED, 4, Task::Pi, duration_s);
    let calls = calls.with("kind", "call").with("trains", 8);
    let computes = computes.with("kind", "compute").with("trains", 4);
    [calls, computes].map(|cell| cell.with("call_s", CALL.as_secs_f64())).into()
}

fn keep_the_lock(cell: &mut Cell) {
    cell.set("kind", "call-and-keep");
}

/// How many calls are under way.
#[derive(Default)]
struct InFlight {
    now: AtomicUsize,
    max: AtomicUsize,
    all: AtomicUsize,
}

impl InFlight {
    /// Makes a call that takes 5 ms. ORDER: Relaxed, all of them; plain counters.
    fn call(&self, wait: impl FnOnce()) {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.max.fetch_max(now, Ordering::Relaxed);
        self.all.fetch_add(1, Ordering::Relaxed);
        wait();
        self.now.fetch_sub(1, Ordering::Relaxed);
    }
}

fn measure(cell: &Cell) -> Result<Figures> {
    let (gil, in_flight) = (hogs::gil(cell), Arc::new(InFlight::default()));
    let threads = cell.count("trains");
    let start = Barrier::new(threads);
    let run = || {
        start.wait();
        let clock = Clock::start(cell);
        gil.attach(|at| clock.repeat(|| turn(cell, at, &in_flight)))
    };
    let begun_ns = clock::now_ns();
    let figures = hogs::measured(|| {
        thread::scope(|scope| {
            let runs: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
            runs.into_iter().map(|run| run.join().expect("a task does not panic")).collect()
        })
    })?;
    let time_of_all = (clock::now_ns() - begun_ns) * threads as u64;
    let waited = Duration::from_nanos(gil.counters().wait_ns);
    let share = waited.as_secs_f64() / Duration::from_nanos(time_of_all).as_secs_f64();
    // ORDER: Relaxed, both; the threads have ended.
    Ok(figures
        .with("lock_share", share)
        .with_count("calls", in_flight.all.load(Ordering::Relaxed))
        .with_count("in_flight_max", in_flight.max.load(Ordering::Relaxed)))
}

fn turn(cell: &Cell, at: &mut Attached<'_>, in_flight: &InFlight) {
    match cell.word("kind") {
        "call" => in_flight.call(|| pause(CALL)),
        "call-and-keep" => {
            in_flight.call(|| pause_and_keep(CALL));
            at.checkpoint();
        }
        "native" => at.detach(Why::Native, || Task::Pi.call_bare()),
        _ => Task::Pi.call(at),
    }
}
