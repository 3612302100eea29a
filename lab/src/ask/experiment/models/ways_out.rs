//! The three ways out of the lock that the notes name, and what each costs.
//!
//! "Getting multiple tasks running simultaneously requires a non-standard implementation of Python,
//! writing some of your code in a different language, or using multiprocessing."

use super::arms::{self, BARE};
use crate::ask::experiment::kit::prelude::*;
use lab_core::terms::contender::Model;

/// Another implementation, another language, processes.
pub const EXPERIMENT: Experiment = Experiment {
    name: "ways-out",
    group: Group::Models,
    title: "three ways out of the lock, and what each costs",
    question: "2 threads compute under a global lock, no faster than one. There are three ways \
               out: an implementation without the lock, the loop written in another language, or \
               processes. Which of them gives the second processor to the program?",
    choices: &[
        "processes alone: the others still share a memory",
        "processes, and the implementation without the lock",
        "each of the three",
    ],
    answer: 2,
    method: "Two threads compute 20 sums, under the lock; with the lock off; and with the lock \
             given up around each sum, as a library in C does. Then two processes do. One round \
             each, in the programs of `compare cpu`. Beside them plain threads without any lock, \
             to see what the machine has to give.",
    cells,
    ours: arms::measure,
    twin: None,
    plays: |_, _| false,
    columns: &[
        Column { figure: "calls_per_s", title: "done/s", unit: Unit::Count },
        Column { figure: "cpus_busy", title: "CPUs busy", unit: Unit::Plain },
        Column { figure: "taken", title: "lock\ntaken", unit: Unit::Count },
        Column { figure: "startup_s", title: "start-up", unit: Unit::Seconds },
        Column { figure: "memory_bytes", title: "memory", unit: Unit::Bytes },
        Column { figure: "lines", title: "+ lines", unit: Unit::Count },
    ],
    relations: &[
        timing("each-way-gains-a-processor")
            .says(
                "each way out gains, beside the lock, what a second plain thread does beside one.",
            )
            .of_ours()
            .claims(&special(|_| true, each_way_gains))
            .wrong("threads under the lock in each", |cell| {
                if cell.is(&WAYS) {
                    cell.lock = Lock::TIMED;
                    cell.set("model", "threads");
                }
            }),
        counting("a-lock-that-is-off-is-not-taken")
            .says(
                "with the lock off nobody takes it; given up around the work it is taken for each \
                 sum.",
            )
            .of_ours()
            .claims(&that(
                "{taken in lock off} and {taken in native loop} times",
                // The native loop computes 20 sums in a round.
                |[off, native]| is(off, 0) && native >= 20.0,
            ))
            .wrong("the lock on where it should be off, and off where it should be on", |cell| {
                cell.lock = if cell.label == OFF { Lock::TIMED } else { Lock::Off };
            }),
        counting("processes-take-memory")
            .says("two processes take more than one and a half times the memory of two threads.")
            .of_ours()
            .claims(&that(
                "{memory_bytes in 2 threads, lock on} and {memory_bytes in 2 processes}",
                |[threads, processes]| processes > 1.5 * threads,
            ))
            .wrong("threads in both", |cell| {
                cell.lock = Lock::TIMED;
                cell.set("model", "threads");
            }),
    ],
    explain: Told(
        "Beside two threads under the lock, the lock off did {calls_per_s in lock off / 2 threads, \
         lock on}, the loop in another language {calls_per_s in native loop / 2 threads, lock on}, \
         two processes {calls_per_s in 2 processes / 2 threads, lock on}. Off, the lock was taken \
         {taken in lock off} times, and then whatever threads share needs locks of its own. Around \
         a native loop it was taken {taken in native loop} times, a few for each sum; what runs \
         there must not touch what the lock protects. Processes need neither, and take \
         {memory_bytes in 2 processes} instead of {memory_bytes in 2 threads, lock on}, {startup_s \
         in 2 processes} to start, and a copy of all that they are sent.",
    ),
    read: &[
        "lab/core/src/work/cpu/threads_native.rs: the lock given up around a loop",
        "src/threads/kernel/policy.rs: Mode::Off",
        "PEP 703: making the global interpreter lock optional",
        "trainyard experiment run c-library: which libraries give the lock up, in CPython",
    ],
};

const LOCKED: &str = "2 threads, lock on";
const OFF: &str = "lock off";
const NATIVE: &str = "native loop";
const PROCESSES: &str = "2 processes";
const WAYS: [&str; 3] = [OFF, NATIVE, PROCESSES];

fn cells(scale: Scale) -> Vec<Cell> {
    let ours = [
        (LOCKED, Model::Threads, 2),
        (OFF, Model::Threads, 2),
        (NATIVE, Model::ThreadsNative, 2),
        (PROCESSES, Model::Procs, 2),
    ];
    let mut cells = arms::computing(scale, &ours);
    cells[1].lock = Lock::Off;
    cells
}

/// The first that does not hold, or all of them.
fn each_way_gains(results: &Results, who: &Contender) -> Option<Check> {
    let mut figures = Vec::new();
    for way in WAYS {
        match gains_as_bare(results, who, [LOCKED, way], BARE)? {
            Check::Holds(one) => figures.push(format!("{way} {one}")),
            Check::Fails(one) => return Some(Check::Fails(format!("{way} {one}"))),
            skipped @ Check::Skipped(_) => return Some(skipped),
        }
    }
    Some(Check::Holds(figures.join("; ")))
}
