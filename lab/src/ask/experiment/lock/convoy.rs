//! The convoy: a thread that only answers, beside one that computes.
//!
//! David Beazley described it when the lock of 3.2 was new (bpo-7946, 2010; closed unfixed in
//! 2021). A thread gives the lock up to wait for the network, and must then get it back from a
//! thread that never gives it up by itself.

use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("convoy.md"), cells, echo::serve)
    .twin(include_str!("convoy.py"), by_lock)
    .relations(&[
        timing("one-to-two-intervals", &that(one_to_two_intervals))
            .wrong(|cell| cell.lock = Lock::Off),
        timing(
            "grows-with-the-interval",
            &that(grows_with_the_interval)
                .shown(|took| format!("From {} to {}", seconds(took[0]), seconds(most(&took)))),
        )
        .wrong(|cell| cell.lock = Lock::TIMED),
        timing("ticks-let-in", &that(|[p50_s]| p50_s < INTERVAL_S / 5.0))
            .wrong(|cell| cell.lock = Lock::TIMED),
        timing("as-cpython", &that(as_cpython))
            .of_each_python()
            .wrong(|cell| cell.lock = Lock::Off),
    ]);

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

/// Two threads are woken on the way, and a timer is late: three times what an answer takes that
/// waits for no lock is granted for that.
fn one_to_two_intervals([tenth, one, five, fifty, alone]: [f64; 5]) -> bool {
    let fits = |(took, interval_ms): (f64, f64)| {
        let interval_s = interval_ms / 1e3;
        took.is_nan() || (interval_s..=2.0 * interval_s + 3.0 * alone).contains(&took)
    };
    [tenth, one, five, fifty].into_iter().zip(INTERVALS_MS).all(fits)
}

fn grows_with_the_interval(took: [f64; 4]) -> bool {
    took.windows(2).all(|pair| pair[1].is_nan() || pair[1] >= 2.0 * pair[0])
}

/// The longer of ours and theirs at each interval is at most one and a half times the shorter.
fn as_cpython(took: [f64; 8]) -> bool {
    let fits = |pair: &[f64]| pair[0].is_nan() || most(pair) <= 1.5 * pair[0].min(pair[1]);
    took.chunks(2).all(fits)
}
