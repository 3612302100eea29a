//! The convoy: a thread that only answers, beside one that computes.
//!
//! David Beazley described it when the lock of 3.2 was new (bpo-7946, 2010; closed unfixed in
//! 2021). A thread gives the lock up to wait for the network, and must then get it back from a
//! thread that never gives it up by itself.

use crate::ask::experiment::kit::prelude::*;

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
             thinks for two switch intervals and 1 ms, asks, and waits for the answer, over and \
             over. Beside the server's main thread runs a thread that computes digits of pi. The \
             lock is that of CPython 3.2 and later, with switch intervals of 0.1, 1, 5 and 50 ms.",
    cells,
    ours: echo::serve,
    twin: Some(include_str!("convoy.py")),
    plays: by_lock,
    columns: &[
        Column { figure: "p50_s", title: "half within", unit: Unit::Seconds },
        Column { figure: "p95_s", title: "95 % within", unit: Unit::Seconds },
        Column { figure: "answers", title: "answers", unit: Unit::Count },
        Column { figure: "forced_switches_per_s", title: "forced/s", unit: Unit::Count },
    ],
    relations: &[
        timing("one-to-two-intervals")
            .says("an answer takes one to two switch intervals, whatever the interval.")
            .claims(&special(
                |cell| matches!(cell.lock, Lock::Timed { .. }) && cell.count("hogs") < 2,
                one_to_two_intervals,
            ))
            .wrong("the lock off", |cell| cell.lock = Lock::Off),
        timing("grows-with-the-interval")
            .says(
                "the longer the interval, the longer an answer takes: twice as long at least from \
                   one to the next.",
            )
            .claims(&special(is_beside, grows_with_the_interval))
            .wrong("5 ms everywhere", |cell| cell.lock = Lock::TIMED),
        timing("ticks-let-in")
            .says("with the lock of before 3.2 an answer takes less than a fifth of 5 ms.")
            .claims(&that("{p50_s in 1 thread, ticks}", |[p50_s]| p50_s < INTERVAL_S / 5.0))
            .wrong("the timed lock instead", |cell| cell.lock = Lock::TIMED),
        timing("as-cpython")
            .says("ours and this CPython take the same time at each interval, within a half.")
            .of_each_python()
            .claims(&special(is_beside, as_cpython))
            .wrong("the lock off, in ours", |cell| cell.lock = Lock::Off),
    ],
    explain: Told(
        "Alone, half of the answers come within {p50_s in alone, 5 ms}. Beside one thread that \
         computes it is {p50_s in 1 thread, 5 ms}: the server's thread has its datagram at once, \
         but not the lock. It waits one interval of 5 ms, asks, and gets the lock at the other's \
         next check point. That the machine has processors to spare does not help: what is scarce \
         is the lock. The lock of before 3.2 took {p50_s in 1 thread, ticks}: it was dropped \
         every hundred ticks, whether or not anybody waited.",
    ),
    read: &[
        "src/threads/kernel/lock.rs: who asks, who gives way, and who waits",
        "https://bugs.python.org/issue7946: \"Convoy effect with I/O bound threads and New GIL\"",
    ],
};

/// What to do about it in the guided tour.
pub const LESSON: Lesson = Lesson {
    look: Activity {
        command: "race counter --gil on --checks back-edge",
        says: "the column \"forced\": how often a thread had to ask for the lock, and got it an interval later.",
    },
    change: Activity {
        command: "race counter --gil on --checks back-edge --switch-interval 100us",
        says: "a fiftieth of the interval: many more hand-offs. What would the server of the question gain?",
    },
    make: "Find the interval at which the server answers within 1 ms: `trainyard experiment show convoy` lists the settings that are measured.",
};

const ALONE: &str = "alone, 5 ms";
const INTERVALS_MS: [f64; 4] = [0.1, 1.0, 5.0, 50.0];

fn beside(interval_ms: f64) -> String {
    format!("1 thread, {interval_ms} ms")
}

fn cells(scale: Scale) -> Vec<Cell> {
    // Each takes three intervals, with the pause before it: 60 at least.
    let answers = scale.pick(20, 60);
    let cell = |label: &str, lock, hogs| Cell::serving(label, lock, hogs, Task::Pi, answers);
    let mut cells = vec![cell(ALONE, Lock::TIMED, 0)];
    // 20 answers at 50 ms take 3 s.
    let intervals_ms = &INTERVALS_MS[..scale.pick(3, 4)];
    cells.extend(intervals_ms.iter().map(|&ms| cell(&beside(ms), Lock::timed_ms(ms), 1)));
    cells.extend([cell("alone, ticks", Lock::TICKS, 0), cell("1 thread, ticks", Lock::TICKS, 1)]);
    if scale == Scale::Full {
        cells.extend([2, 4].map(|hogs| cell(&format!("{hogs} threads, 5 ms"), Lock::TIMED, hogs)));
    }
    cells
}

fn is_beside(cell: &Cell) -> bool {
    matches!(cell.lock, Lock::Timed { .. }) && cell.count("hogs") == 1
}

/// The time that half of the answers took, at each interval that was measured.
fn medians(results: &Results, who: &Contender) -> Vec<(f64, f64)> {
    let median = |interval_ms| results.of(who, &beside(interval_ms), "p50_s");
    INTERVALS_MS.iter().filter_map(|&ms| Some((median(ms)?, ms / 1e3))).collect()
}

/// Two threads are woken on the way, and a timer is late: three times what an answer takes that
/// waits for no lock is granted for that.
fn one_to_two_intervals(results: &Results, who: &Contender) -> Option<Check> {
    let grace_s = 3.0 * results.of(who, ALONE, "p50_s")?;
    let fits = |(p50_s, interval_s): &(f64, f64)| {
        (*interval_s..=2.0 * interval_s + grace_s).contains(p50_s)
    };
    let medians = medians(results, who);
    Some(Check::that(!medians.is_empty() && medians.iter().all(fits), listed(&medians, "at")))
}

fn grows_with_the_interval(results: &Results, who: &Contender) -> Option<Check> {
    let medians = medians(results, who);
    let ((first_s, _), (last_s, _)) = (medians.first()?, medians.last()?);
    let grows = medians.windows(2).all(|pair| pair[1].0 >= 2.0 * pair[0].0);
    Some(Check::that(grows, format!("From {} to {}", seconds(*first_s), seconds(*last_s))))
}

/// The longer median at each interval is at most one and a half times the shorter.
fn as_cpython(results: &Results, who: &Contender) -> Option<Check> {
    let pair = |&ms: &f64| {
        let p50_s = |who| results.of(who, &beside(ms), "p50_s");
        Some((p50_s(&Contender::Ours)?, p50_s(who)?))
    };
    let pairs: Vec<(f64, f64)> = INTERVALS_MS.iter().filter_map(pair).collect();
    // One that has another lock is measured in other cells.
    pairs.first()?;
    let fits = |&(ours, theirs): &(f64, f64)| ours.max(theirs) <= 1.5 * ours.min(theirs);
    Some(Check::that(pairs.iter().all(fits), listed(&pairs, "and")))
}

fn listed(pairs: &[(f64, f64)], between: &str) -> String {
    let pair = |(one, two): &(f64, f64)| format!("{} {between} {}", seconds(*one), seconds(*two));
    pairs.iter().map(pair).collect::<Vec<_>>().join(", ")
}
