//! Scaling: how much more do threads compute than one, with the lock on and off?
//!
//! The published runs are Beazley's of 2010 (one loop split over threads) and Real Python's of 2024
//! (each thread computes a Fibonacci number, on builds of 3.13 with and without the lock): flat
//! with the lock on, up to the number of processors with it off.

use crate::ask::experiment::kit::prelude::*;

/// Threads that compute, with the lock on and off.
pub const EXPERIMENT: Experiment = Experiment {
    name: "scaling",
    group: Group::Lock,
    title: "more threads that compute, with the lock on and off",
    question: "One thread computes. Then two do, then four, then eight, each the same over and over. \
               How much more do they get done together, under one global lock, on a machine with \
               two processors?",
    choices: &[
        "as many times as much as there are threads",
        "twice as much: there are two processors",
        "as much as one thread does, more or less",
        "far less: they are in each other's way all the time",
    ],
    answer: 2,
    method: "Threads compute digits of pi, over and over, for a set time; what they did is added up \
             and divided by the longest thread's time. With the lock on, with it off, and for \
             comparison in plain threads that know no lock.",
    cells,
    ours: hogs::throughput,
    twin: Some(include_str!("scaling.py")),
    plays: by_lock,
    columns: &[
        Column { figure: "calls_per_s", title: "done/s", unit: Unit::Count },
        Column { figure: "cpus_busy", title: "CPUs busy", unit: Unit::Plain },
        Column { figure: "forced_switches_per_s", title: "forced/s", unit: Unit::Count },
    ],
    relations: &[
        timing("one-at-a-time")
            .says(
                "with the lock on no more than one processor is busy, however many threads there \
                   are.",
            )
            .claims(&special(
                |cell| cell.lock != Lock::Off && cell.count("threads") > 1,
                one_at_a_time,
            ))
            .wrong("the lock off", turn_off),
        timing("on-gains-nothing")
            .says("with the lock on two threads do no more than one, and at least half of it.")
            .claims(&special(
                |cell| cell.lock != Lock::Off && cell.count("threads") <= 2,
                on_gains_nothing,
            ))
            .wrong("the lock off", turn_off),
        timing("off-gains-a-processor")
            .says("with the lock off two threads do about what two plain threads do.")
            .claims(&AsBare { cells: [OFF_1, OFF_2], bare: [BARE_1, BARE_2] })
            .wrong("the lock on", turn_on),
    ],
    explain: Told(
        "With the lock on two threads do {calls_per_s in lock on, 2 / lock on, 1} what one does, \
         and with it off {calls_per_s in lock off, 2 / lock off, 1}; two plain threads do \
         {calls_per_s in no lock, 2 threads / no lock, 1 thread} on this machine at this moment. \
         The lock lets one thread run at a time, so more threads only take turns. Without it they \
         gain what the processors give, and no more than there are processors.",
    ),
    read: &[
        "src/threads/kernel/lock.rs: one holder at a time",
        "https://realpython.com/python313-free-threading-jit/: the published figures",
        "PEP 703: making the lock optional in CPython",
    ],
};

/// Switches cost something, but not half of the work.
const HALF: f64 = 0.5;
const THREADS: [usize; 4] = [1, 2, 4, 8];
const ON_1: &str = "lock on, 1";
const ON_2: &str = "lock on, 2";
const OFF_1: &str = "lock off, 1";
const OFF_2: &str = "lock off, 2";
const BARE_1: &str = "no lock, 1 thread";
const BARE_2: &str = "no lock, 2 threads";

fn cells(scale: Scale) -> Vec<Cell> {
    let duration_s = scale.pick(0.3, 1.0);
    let cell = |name, lock, threads| {
        let label = format!("lock {name}, {threads}");
        Cell::computing(label, lock, threads, Task::Pi, duration_s)
    };
    let threads = &THREADS[..scale.pick(3, 4)];
    let on = threads.iter().map(|&threads| cell("on", Lock::TIMED, threads));
    let off = threads.iter().map(|&threads| cell("off", Lock::Off, threads));
    let bare = Cell::one_and_two([BARE_1, BARE_2], Lock::Bare, Task::Pi, duration_s);
    on.chain(off).chain(bare).collect()
}

fn one_at_a_time(results: &Results, who: &Contender) -> Option<Check> {
    let busy = |&threads: &usize| results.of(who, &format!("lock on, {threads}"), "cpus_busy");
    let busiest = THREADS.iter().filter(|&&threads| threads > 1).filter_map(busy);
    let busiest = busiest.reduce(f64::max)?;
    let check = Check::that(busiest <= ONE_CPU, format!("At most {busiest:.2} busy"));
    with_two_processors(results, BARE_2, check)
}

/// One thread may have had less than a processor, if others used the machine: what it would have
/// done with all of one is what counts.
fn on_gains_nothing(results: &Results, who: &Contender) -> Option<Check> {
    let [done_1, busy_1] = ["calls_per_s", "cpus_busy"].map(|name| results.of(who, ON_1, name));
    let gained = results.of(who, ON_2, "calls_per_s")? / (done_1? / busy_1?);
    let check =
        Check::that((HALF..=ONE_CPU).contains(&gained), format!("{} what one does", ratio(gained)));
    with_two_processors(results, BARE_2, check)
}

fn turn_off(cell: &mut Cell) {
    if cell.lock == Lock::TIMED {
        cell.lock = Lock::Off;
    }
}

fn turn_on(cell: &mut Cell) {
    if cell.lock == Lock::Off {
        cell.lock = Lock::TIMED;
    }
}
