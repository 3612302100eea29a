//! What this machine can do: two threads without any lock, beside one.
//!
//! Whether threads run at the same time depends on processors that are there and free. A relation
//! about it compares with bare threads, measured in the same run; where even those do not run at
//! the same time, it says so and is skipped.

use super::contender::Contender;
use super::figures::Results;
use super::relation::Check;
use crate::lab::render::numbers::ratio;

/// Less than that is no second processor.
const GAIN_MIN: f64 = 1.3;
/// Of what bare threads gain.
const SHARE_MIN: f64 = 0.8;
/// One processor is one thread at a time; what more there is, is the kernel's work for them.
pub const ONE_CPU: f64 = 1.15;

/// How many times as much of `figure` is done in the second cell as in the first.
pub fn gain(results: &Results, who: &Contender, cells: [impl AsRef<str>; 2]) -> Option<f64> {
    let [one, two] = cells.map(|cell| results.of(who, cell.as_ref(), "calls_per_s"));
    Some(two? / one?)
}

/// Checks that going from the first cell to the second gains about what it gains bare threads.
pub fn gains_as_bare(
    results: &Results,
    who: &Contender,
    cells: [impl AsRef<str>; 2],
    bare: [&str; 2],
) -> Option<Check> {
    let bare = gain(results, &Contender::Ours, bare)?;
    let gained = gain(results, who, cells)?;
    if bare < GAIN_MIN {
        return Some(Check::Skipped(format!(
            "On this machine, now, two threads without any lock do {} what one does: there is no \
             second processor to be had",
            ratio(bare)
        )));
    }
    let figures = format!("{} what one does; without any lock {}", ratio(gained), ratio(bare));
    Some(Check::that(gained >= SHARE_MIN * bare, figures))
}
