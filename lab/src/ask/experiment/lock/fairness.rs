//! Fairness: do four threads that want the same get the same?

use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("fairness.md"), hogs::throughput)
    .notes(is_as_even)
    .twin(include_str!("fairness.py"), by_lock)
    .relations(&[
        timing("timed-is-even", &that(|[jain]| jain >= 0.8)),
        // On one processor who is woken is often let in before whoever woke it can go on.
        timing(
            "forced-wakes-who-runs",
            &that(|[wasted]| wasted < 1.0 / 3.0).if_two_processors(BARE),
        )
        .of_ours(),
    ]);

/// What one round differs from the next is less.
const LESS_EVEN: f64 = 0.05;

fn is_as_even(results: &Results) -> Option<Figures> {
    let jain = |cell| results.ours(cell, "jain");
    let is_less_even = jain("timed")? - jain("timed, not forced")? >= LESS_EVEN;
    Some(Figures::default().with_count("as_even", !is_less_even))
}
