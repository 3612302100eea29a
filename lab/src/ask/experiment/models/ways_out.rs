//! The three ways out of the lock that the notes name, and what each costs.

use super::arms;
use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("ways_out.md"), arms::measure)
    .relations(&[
        timing(
            "each-way-gains-a-processor",
            &that(|[gained @ .., bare, _]: [f64; 5]| {
                gained.iter().all(|&gained| gains_as_bare(gained, bare))
            })
            .skipped(|[.., bare, busy]| no_second_processor(bare, busy))
            .shown(ways),
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

/// What the ways have gained: those that did not gain enough, or else all.
fn ways([off, native, processes, bare, _]: [f64; 5]) -> String {
    let mut ways = vec![("lock off", off), ("native loop", native), ("2 processes", processes)];
    let fails = |way: &(&str, f64)| !gains_as_bare(way.1, bare);
    if ways.iter().any(fails) {
        ways.retain(fails);
    }
    let gained = |(way, gained): &(&str, f64)| format!("{way} {} what one does; ", ratio(*gained));
    let gained: String = ways.iter().map(gained).collect();
    format!("{gained}without any lock {}", ratio(bare))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_way_that_does_not_gain_is_the_one_that_is_shown() {
        let shown = |native| super::ways([1.9, native, 1.8, 2.0, 2.0]);
        let all = "lock off 1.90x what one does; native loop 1.90x what one does; \
                   2 processes 1.80x what one does; without any lock 2.0x";
        assert_eq!(shown(1.9), all);
        assert_eq!(shown(1.0), "native loop 1.00x what one does; without any lock 2.0x");
    }
}
