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
        .of_ours()
        .wrong(|cell| {
            if cell.is(&WAYS) {
                cell.lock = Lock::TIMED;
                cell.set("model", "threads");
            }
        }),
        counting(
            "a-lock-that-is-off-is-not-taken",
            &that(
                // The native loop computes 20 sums in a round.
                |[off, native]| is(off, 0) && native >= 20.0,
            ),
        )
        .of_ours()
        .wrong(|cell| cell.lock = if cell.label == OFF { Lock::TIMED } else { Lock::Off }),
        counting("processes-take-memory", &that(|[threads, processes]| processes > 1.5 * threads))
            .of_ours()
            .wrong(|cell| {
                cell.lock = Lock::TIMED;
                cell.set("model", "threads");
            }),
    ]);

const OFF: &str = "lock off";
const NATIVE: &str = "native loop";
const PROCESSES: &str = "2 processes";
const WAYS: [&str; 3] = [OFF, NATIVE, PROCESSES];
