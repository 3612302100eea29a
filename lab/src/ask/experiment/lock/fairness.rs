//! Fairness: do four threads that want the same get the same?
//!
//! Measured with Jain's index, as CPython's `Tools/lockbench` does it: 1 if all have the same,
//! one over their number if one has it all.

use crate::ask::experiment::kit::prelude::*;

/// Four threads under each policy.
pub const EXPERIMENT: Experiment = Experiment {
    name: "fairness",
    group: Group::Lock,
    title: "four threads that want the same, under each policy",
    question: "The lock keeps no queue: the operating system wakes one of those who wait, and \
               whoever comes by may be quicker. Four threads compute without a pause. Does each \
               get about a quarter of the time?",
    choices: &[
        "yes: over many switches that evens out",
        "no: some thread is always quicker, and the others starve",
    ],
    answer: 0,
    method: "Four threads compute digits of pi for 80 switch intervals and more, all from one \
             start; Jain's index of what each got done says how even it is. Under the timed lock, \
             under the same without forced switching, and under ticks; and two plain threads, to \
             see how many processors are free.",
    cells,
    ours: hogs::throughput,
    twin: Some(include_str!("fairness.py")),
    plays: by_lock,
    columns: &[
        Column { figure: "jain", title: "Jain's\nindex", unit: Unit::Plain },
        Column { figure: "calls_per_s", title: "done/s", unit: Unit::Count },
        Column { figure: "forced_switches_per_s", title: "forced/s", unit: Unit::Count },
        Column { figure: "wasted_wakeups", title: "wasted\nwake-ups", unit: Unit::Plain },
    ],
    relations: &[
        timing("timed-is-even")
            .says("under the timed lock Jain's index of four threads is at least 0.8.")
            .claims(&that("It is {plain jain in timed}", |[jain]| jain >= 0.8))
            .wrong("a switch interval longer than the run", |cell| {
                cell.lock = Lock::Timed { interval_s: 10.0 }
            }),
        timing("forced-wakes-who-runs")
            .says("under the timed lock not one wake-up in three finds the lock taken again.")
            .of_ours()
            // On one processor who is woken is often let in before whoever woke it can go on.
            .claims(
                &that(
                    "{plain wasted_wakeups in timed} for each time it was dropped",
                    |[wasted]| wasted < 1.0 / 3.0,
                )
                .if_two_processors(BARE),
            )
            .wrong("without forced switching", |cell| cell.exchange(Lock::TIMED, UNFORCED)),
    ],
    explain: By(explain),
    read: &[
        "src/threads/kernel/lock.rs: forced switching",
        "Jain, Chiu and Hawe, \"A quantitative measure of fairness\", DEC-TR-301, 1984",
    ],
};

/// What one round differs from the next is less.
const LESS_EVEN: f64 = 0.05;
const UNFORCED: Lock = Lock::Unforced { interval_s: INTERVAL_S };
const BARE: &str = "no lock, 2 threads";

fn cells(scale: Scale) -> Vec<Cell> {
    let duration_s = scale.pick(0.4, 1.2);
    let locks = [("timed", Lock::TIMED), ("timed, not forced", UNFORCED), ("ticks", Lock::TICKS)];
    let cell = |(label, lock)| Cell::computing(label, lock, 4, Task::Pi, duration_s);
    let bare = Cell::computing(BARE, Lock::Bare, 2, Task::Pi, duration_s);
    locks.map(cell).into_iter().chain([bare]).collect()
}

fn explain(results: &Results) -> Option<String> {
    let jain = |cell| results.ours(cell, "jain");
    let because = if jain("timed")? - jain("timed, not forced")? >= LESS_EVEN {
        "It is even because of that, not because anybody counts turns: without it, it is less so."
    } else {
        "Nobody counts turns. In this run it was about as even without forced switching, so it \
         does not show that the forced switch is what makes it so."
    };
    let figures = Told(
        "Jain's index is {plain jain in timed} under the timed lock, {plain jain in timed, not \
         forced} without forced switching, and {plain jain in ticks} under ticks. Each forced \
         switch goes to another thread than the one that dropped the lock, which joins the others \
         who wait; so nobody has two turns in a row.",
    );
    Some(format!("{} {because}", figures.say(results)?))
}
