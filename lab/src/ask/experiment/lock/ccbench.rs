//! ccbench: throughput, latency and bandwidth, for three kinds of task.

use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("ccbench.md"), echo::serve_or_compute)
    .twin(include_str!("ccbench.py"), by_lock)
    .relations(&[
        timing("ticks-are-quick-beside-bytecode", &that(|[p50_s]| p50_s < INTERVAL_S / 5.0)),
        timing("ticks-are-slow-beside-long-calls", &that(|[regex, pi]| regex >= 10.0 * pi)),
        timing("ticks-starve-beside-long-calls", &that(|[ticks, timed]| ticks >= 2.0 * timed))
            .of_ours(),
        timing(
            "timed-is-an-interval",
            &that(|both: [f64; 2]| {
                both.iter().all(|p50_s| (INTERVAL_S..=2.0 * INTERVAL_S).contains(p50_s))
            }),
        ),
        timing(
            "released-is-free",
            &that(|both: [f64; 2]| most(&both) < INTERVAL_S / 2.0)
                .shown(|both| format!("{} at most", seconds(most(&both)))),
        ),
    ]);
