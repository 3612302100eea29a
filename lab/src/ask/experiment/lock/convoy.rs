//! The convoy: a thread that only answers, beside one that computes.

use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("convoy.md"), echo::serve)
    .twin(include_str!("convoy.py"), by_lock)
    .relations(&[
        timing("one-to-two-intervals", &that(one_to_two_intervals)),
        timing(
            "grows-with-the-interval",
            &that(grows_with_the_interval)
                .shown(|took| format!("From {} to {}", seconds(took[0]), seconds(last(took)))),
        ),
        timing("ticks-let-in", &that(|[p50_s]| p50_s < INTERVAL_S / 5.0)),
        timing("as-cpython", &that(as_cpython)).of_each_python(),
    ]);

const INTERVALS_MS: [f64; 4] = [0.1, 1.0, 5.0, 50.0];

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

/// At 50 ms, if that was measured.
fn last([.., five, fifty]: [f64; 4]) -> f64 {
    if fifty.is_nan() { five } else { fifty }
}

/// The longer of ours and theirs at each interval is at most one and a half times the shorter.
fn as_cpython(took: [f64; 8]) -> bool {
    let fits = |pair: &[f64]| pair[0].is_nan() || most(pair) <= 1.5 * pair[0].min(pair[1]);
    took.chunks(2).all(fits)
}
