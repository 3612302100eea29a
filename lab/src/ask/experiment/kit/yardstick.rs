//! What this machine can do: two threads without any lock, beside one.
//!
//! Whether threads run at the same time depends on processors that are there and free. A relation
//! about it compares with bare threads, measured in the same run; where even those do not run at
//! the same time, it says so and is skipped.

use super::contender::Contender;
use super::figures::Results;
use super::relation::Check;
use lab_core::text::numbers::ratio;

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
    let gained = gain(results, who, cells)?;
    let busy = results.ours(bare[1], "cpus_busy")?;
    if busy < GAIN_MIN {
        return Some(none_to_be_had(busy));
    }
    let bare_gained = gain(results, &Contender::Ours, bare)?;
    if bare_gained < GAIN_MIN {
        // Both were busy, and yet: they share a core, or its clock.
        return Some(Check::Skipped(format!(
            "Two threads without any lock kept {busy:.2} processors busy, now, and did {} what one \
             does: the second adds too little to see a lock",
            ratio(bare_gained)
        )));
    }
    let figures =
        format!("{} what one does; without any lock {}", ratio(gained), ratio(bare_gained));
    Some(Check::that(gained >= SHARE_MIN * bare_gained, figures))
}

/// A check that means something only where two threads can run at once: where two bare threads
/// in the cell `bare` did not, what holds is skipped. What fails has failed in any case.
pub fn with_two_processors(results: &Results, bare: &str, check: Check) -> Option<Check> {
    let busy = results.ours(bare, "cpus_busy")?;
    Some(match check {
        Check::Holds(_) if busy < GAIN_MIN => none_to_be_had(busy),
        check => check,
    })
}

/// Checks that no more than one processor was busy in `cell`, while bare threads had two.
pub fn one_processor(results: &Results, who: &Contender, cell: &str, bare: &str) -> Option<Check> {
    let busy = results.of(who, cell, "cpus_busy")?;
    with_two_processors(results, bare, Check::that(busy <= ONE_CPU, format!("{busy:.2} busy")))
}

fn none_to_be_had(busy: f64) -> Check {
    Check::Skipped(format!(
        "Two threads without any lock kept {busy:.2} processors busy on this machine, now: there is \
         no second one to be had"
    ))
}
