//! The switch interval: what a short one costs, and what a long one costs.
//!
//! `sys.setswitchinterval` is the one knob of the lock since 3.2. Its default of 5 ms has not
//! changed since.

use crate::ask::experiment::kit::prelude::*;

/// Throughput against latency.
pub const EXPERIMENT: Experiment = Experiment {
    name: "interval",
    group: Group::Lock,
    title: "a short switch interval against a long one",
    question: "A shorter switch interval lets a waiting thread in sooner. Why is the default not \
               much shorter than 5 ms?",
    choices: &[
        "each switch costs time, and there would be more of them than work",
        "each switch costs little time: at 0.1 ms the work that gets done is still nearly all of it",
        "the operating system cannot wait for less than some milliseconds",
    ],
    answer: 1,
    method: "For each interval two runs. In the first, two threads compute digits of pi, and what \
             they get done is compared with what one thread does. In the second, a server answers \
             questions beside one thread that computes.",
    cells,
    ours: echo::serve_or_compute,
    twin: Some(include_str!("interval.py")),
    plays: by_lock,
    columns: &[
        Column { figure: "calls_per_s", title: "done/s", unit: Unit::Count },
        Column { figure: "forced_switches_per_s", title: "forced/s", unit: Unit::Count },
        Column { figure: "p50_s", title: "half within", unit: Unit::Seconds },
    ],
    relations: &[
        timing("long-is-slow-to-answer")
            .says("an answer takes ten times as long at 5 ms as at 0.1 ms, at least.")
            .claims(&that(
                "{p50_s in asked, 5 ms} and {p50_s in asked, 0.1 ms}",
                |[long, short]| long >= 10.0 * short,
            ))
            .wrong("5 ms everywhere", |cell| cell.lock = Lock::TIMED),
        timing("short-switches-often")
            .says("there are twice as many switches at 0.1 ms as at 5 ms, at least.")
            .of_ours()
            .claims(&that(
                "{whole forced_switches_per_s in 2 compute, 0.1 ms} and {whole \
                 forced_switches_per_s in 2 compute, 5 ms} in a second",
                |[short, long]| short >= 2.0 * long,
            ))
            .wrong("5 ms everywhere", |cell| cell.lock = Lock::TIMED),
    ],
    explain: By(explain),
    read: &[
        "src/threads/kernel/lock.rs",
        "https://docs.python.org/3/library/sys.html#sys.setswitchinterval",
    ],
};

/// Of the work at 5 ms: what is done at 0.1 ms, if it costs little.
const LITTLE_LOST: f64 = 0.9;

fn cells(scale: Scale) -> Vec<Cell> {
    let intervals_ms = scale.pick(&[0.1, 5.0][..], &[0.1, 1.0, 5.0, 20.0]).iter();
    let (duration_s, answers) = scale.pick((0.3, 20), (1.0, 60));
    let computing =
        |label, lock, threads| Cell::computing(label, lock, threads, Task::Pi, duration_s);
    let two = |&ms| computing(format!("2 compute, {ms} ms"), Lock::timed_ms(ms), 2);
    let asked =
        |&ms| Cell::serving(format!("asked, {ms} ms"), Lock::timed_ms(ms), 1, Task::Pi, answers);
    let one = computing("1 thread computes".to_owned(), Lock::TIMED, 1);
    [one].into_iter().chain(intervals_ms.clone().map(two)).chain(intervals_ms.map(asked)).collect()
}

fn explain(results: &Results) -> Option<String> {
    let done = |cell| results.ours(cell, "calls_per_s");
    let so = if done("2 compute, 0.1 ms")? >= LITTLE_LOST * done("2 compute, 5 ms")? {
        "So 0.1 ms would buy a server much for little."
    } else {
        "In this run the shorter interval has cost work, too."
    };
    let figures = Told(
        "At 5 ms two threads get {percent calls_per_s in 2 compute, 5 ms / 1 thread computes} of \
         one thread's work done, at 0.1 ms {percent calls_per_s in 2 compute, 0.1 ms / 1 thread \
         computes}; an answer takes {p50_s in asked, 5 ms} and {p50_s in asked, 0.1 ms}.",
    );
    Some(format!(
        "{} {so} The default is what Antoine Pitrou chose in 2009, for machines on which a switch \
         cost more, and for programs whose caches it empties.",
        figures.say(results)?
    ))
}
