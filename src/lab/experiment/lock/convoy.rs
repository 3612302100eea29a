//! The convoy: a thread that only answers, beside one that computes.
//!
//! David Beazley described it when the lock of 3.2 was new (bpo-7946, 2010; closed unfixed in
//! 2021). A thread that waits for the network gives the lock up, and when its answer comes it must
//! get the lock back from a thread that never gives it up by itself.

use crate::lab::experiment::cell::{Cell, Lock, Probe, Scale};
use crate::lab::experiment::contender::{Contender, by_lock};
use crate::lab::experiment::figures::{Column, Results, Unit};
use crate::lab::experiment::relation::{Check, Nature, Of, Relation, Wrong};
use crate::lab::experiment::{Experiment, Group, echo};
use crate::lab::render::numbers::seconds;

/// A server beside threads that compute.
pub const EXPERIMENT: Experiment = Experiment {
    name: "convoy",
    group: Group::Lock,
    title: "a server beside a thread that computes",
    question: "A server answers a question in 0.1 ms. Then another thread of its process starts to \
               compute, without a pause. The machine has processors to spare, and the switch \
               interval is 5 ms. How long does an answer take now?",
    choices: &[
        "0.1 ms: the machine has processors to spare",
        "twice as long: two threads share the lock",
        "5 ms: a whole switch interval",
        "for ever: the computing thread never stops",
    ],
    answer: 2,
    method: "The server's main thread waits for a datagram and sends it back. Another process \
             thinks for 1 ms, asks, and waits for the answer, over and over. Beside the server's \
             main thread runs a thread that computes digits of pi. The lock is that of CPython 3.2 \
             and later, with switch intervals of 0.1, 1, 5 and 50 ms.",
    cells,
    ours: echo::serve,
    twin: Some(include_str!("convoy.py")),
    plays: by_lock,
    columns: &[
        Column { figure: "p50_s", title: "half within", unit: Unit::Seconds },
        Column { figure: "p95_s", title: "95 % within", unit: Unit::Seconds },
        Column { figure: "answers", title: "answers", unit: Unit::Count },
        Column { figure: "forced_switches_per_s", title: "forced switches/s", unit: Unit::Count },
    ],
    relations: &[Relation {
        name: "one-to-two-intervals",
        says: "an answer takes one to two switch intervals, whatever the interval.",
        of: Of::Everybody,
        nature: Nature::Timing,
        reads: |_| true,
        check: one_to_two_intervals,
        wrong: Wrong { says: "the lock off", change: |cell| cell.lock = Lock::Off },
    }],
    explain,
    read: &[
        "src/threads/kernel/lock.rs: who asks, who gives way, and who waits",
        "https://bugs.python.org/issue7946: \"Convoy effect with I/O bound threads and New GIL\"",
    ],
};

const ALONE: &str = "alone, 5 ms";
const INTERVALS_MS: [f64; 4] = [0.1, 1.0, 5.0, 50.0];

fn beside(interval_ms: f64) -> String {
    format!("1 thread, {interval_ms} ms")
}

fn cells(scale: Scale) -> Vec<Cell> {
    let asked = |label: String, lock, hogs: usize, pings: usize| {
        let cell = Cell::new(label, lock).asked(Probe::Latency).with("task", "pi");
        cell.with("hogs", hogs).with("think_s", 0.001).with("pings", pings)
    };
    // Each answer takes an interval, so the run lasts as many intervals as there are answers.
    let pings = scale.pick(40, 100);
    let mut cells = vec![asked(ALONE.to_owned(), Lock::timed_ms(5.0), 0, pings)];
    // 40 answers at 50 ms take 2 s and more.
    for &interval_ms in &INTERVALS_MS[..scale.pick(3, 4)] {
        cells.push(asked(beside(interval_ms), Lock::timed_ms(interval_ms), 1, pings));
    }
    cells
}

/// The intervals that `who` was measured with, each with the time that half of the answers took.
fn medians(results: &Results, who: &Contender) -> Vec<(f64, f64)> {
    let median = |interval_ms| results.of(who, &beside(interval_ms), "p50_s");
    INTERVALS_MS.iter().filter_map(|&ms| Some((ms / 1e3, median(ms)?))).collect()
}

/// Two threads are woken on the way, and a timer is late: three times what an answer takes that
/// waits for no lock is granted for that.
fn one_to_two_intervals(results: &Results, who: &Contender) -> Option<Check> {
    let grace_s = 3.0 * results.of(who, ALONE, "p50_s")?;
    let medians = medians(results, who);
    let fits = |&(interval_s, p50_s): &(f64, f64)| {
        (interval_s..=2.0 * interval_s + grace_s).contains(&p50_s)
    };
    let figures = medians
        .iter()
        .map(|(interval_s, p50_s)| format!("{} at {}", seconds(*p50_s), seconds(*interval_s)));
    let figures = figures.collect::<Vec<_>>().join(", ");
    Some(Check::that(!medians.is_empty() && medians.iter().all(fits), figures))
}

fn explain(results: &Results) -> Option<String> {
    let alone = results.ours(ALONE, "p50_s")?;
    let beside = results.ours(&beside(5.0), "p50_s")?;
    Some(format!(
        "Alone, half of the answers come within {}. Beside one thread that computes it is {}: the \
         server's thread has its datagram at once, but not the lock. It waits one interval of 5 ms, \
         asks, and gets the lock at the other's next check point. That the machine has processors \
         to spare does not help: what is scarce is the lock.",
        seconds(alone),
        seconds(beside)
    ))
}
