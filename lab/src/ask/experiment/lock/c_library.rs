//! Code in another language: one library that keeps the lock, and one that gives it up.

use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("c_library.md"), echo::serve_or_compute)
    .twin(include_str!("c_library.py"), by_lock)
    .relations(&[
        timing("keeping-is-one-at-a-time", &ONE_PROCESSOR.if_two_processors(BARE)),
        timing("giving-up-gains-a-processor", &AS_BARE),
        timing("giving-up-lets-in", &that(|[p50_s]| p50_s < INTERVAL_S / 2.0)),
    ]);
