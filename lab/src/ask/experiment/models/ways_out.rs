//! The three ways out of the lock that the notes name, and what each costs.

use super::arms;
use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("ways_out.md"), arms::measure)
    .relations(&[
        timing(
            "each-way-gains-a-processor",
            &that(|[off, bare, native, _, processes, _, _]| {
                [off, native, processes].iter().all(|&gained| gains_as_bare(gained, bare))
            })
            .skipped(|[_, bare, .., busy]| no_second_processor(bare, busy)),
        )
        .of_ours(),
        counting(
            "a-lock-that-is-off-is-not-taken",
            &that(
                // The native loop computes 20 sums in a round.
                |[off, native]| is(off, 0) && native >= 20.0,
            ),
        )
        .of_ours(),
        counting("processes-take-memory", &that(|[threads, processes]| processes > 1.5 * threads))
            .of_ours(),
    ]);
