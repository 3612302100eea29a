//! Scaling: how much more do threads compute than one, with the lock on and off?
//!
//! Published by Beazley in 2010 (one loop split over threads) and Real Python in 2024 (a Fibonacci
//! number for each thread, on 3.13 with and without the lock): flat with the lock on.

use crate::ask::experiment::kit::prelude::*;

/// Threads that compute, with the lock on and off.
pub const EXPERIMENT: Experiment = Experiment {
    name: "scaling",
    group: Group::Lock,
    title: "more threads that compute, with the lock on and off",
    question: "One thread computes. Then two do, then four, then eight, each the same over and \
               over. How much more do they get done together, under one global lock, on a machine \
               with two processors?",
    choices: &[
        "as many times as much as there are threads",
        "twice as much: there are two processors",
        "as much as one thread does, more or less",
        "far less: they are in each other's way all the time",
    ],
    answer: 2,
    method: "Threads compute digits of pi, over and over, for a set time; what they did is added \
             up and divided by the longest thread's time. With the lock on, with it off, and for \
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
            .wrong("the lock off", |cell| cell.exchange(Lock::TIMED, Lock::Off)),
        timing("on-gains-nothing")
            .says("with the lock on two threads do no more than one, and at least half of it.")
            .claims(&that_by(
                "{calls_per_s in lock on, 1}{cpus_busy in lock on, 1}{calls_per_s in lock on, 2}",
                |figures| (HALF..=ONE_CPU).contains(&gained(figures)),
                |figures| format!("{} what one does", ratio(gained(figures))),
            )
            .if_two_processors(BARE[1]))
            .wrong("the lock off", |cell| cell.exchange(Lock::TIMED, Lock::Off)),
        timing("off-gains-a-processor")
            .says("with the lock off two threads do about what two plain threads do.")
            .claims(&AsBare { cells: ["lock off, 1", "lock off, 2"], bare: BARE })
            .wrong("the lock on", |cell| cell.exchange(Lock::Off, Lock::TIMED)),
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
const BARE: [&str; 2] = ["no lock, 1 thread", "no lock, 2 threads"];

fn cells(scale: Scale) -> Vec<Cell> {
    let duration_s = scale.pick(0.3, 1.0);
    let cell = |name, lock, threads| {
        let label = format!("lock {name}, {threads}");
        Cell::computing(label, lock, threads, Task::Pi, duration_s)
    };
    let threads = &THREADS[..scale.pick(3, 4)];
    let on = threads.iter().map(|&threads| cell("on", Lock::TIMED, threads));
    let off = threads.iter().map(|&threads| cell("off", Lock::Off, threads));
    let bare = Cell::one_and_two(BARE, Lock::Bare, Task::Pi, duration_s);
    on.chain(off).chain(bare).collect()
}

fn one_at_a_time(results: &Results, who: &Contender) -> Option<Check> {
    let busy = |&threads: &usize| results.of(who, &format!("lock on, {threads}"), "cpus_busy");
    let busiest = THREADS[1..].iter().filter_map(busy).reduce(f64::max)?;
    let check = Check::that(busiest <= ONE_CPU, format!("At most {busiest:.2} busy"));
    with_two_processors(results, BARE[1], check)
}

/// One thread may have had less than a processor, if others used the machine: what it would have
/// done with all of one is what counts.
fn gained([done_by_one, busy, done_by_two]: [f64; 3]) -> f64 {
    done_by_two / (done_by_one / busy)
}
