//! What time and events cost here: the observer's effect, measured.
//!
//! A loop with two sites of the recorder and the same loop without are timed in turn, the order
//! reversed every other round, so that whatever disturbs the machine disturbs both; what the sites
//! cost is the difference of neighbours, shared out. Of the rounds the quartiles are shown.

use std::hint::black_box;

use serde::{Deserialize, Serialize};

use crate::work::arm::Unit;
use trainyard::sys::{clock, ticks};
use trainyard::trace;

/// What a site may cost while nobody records: about what a load and a branch that is predicted cost.
pub const UNARMED_GOAL_NS: f64 = 1.0;
/// What an event may cost while somebody does. Most of it is the stamp's.
pub const ARMED_GOAL_NS: f64 = 40.0;

/// A turn of the loop begins a unit of work and ends it.
const SITES: u64 = 2;
const UNARMED_TURNS: u64 = 100_000;
const ARMED_TURNS: u64 = 5_000;
/// How often a single call is repeated to be timed.
const CALLS: u64 = 10_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// One reading of the clock.
    pub clock_ns: f64,
    /// The smallest difference of two readings that is not zero.
    pub clock_step_ns: u64,
    /// The moment and the processor, as an event is stamped with.
    pub stamp_ns: f64,
    /// Whether that is one reading of the processor's own counter.
    pub stamp_is_counter: bool,
    /// A site while nobody records.
    pub unarmed: Spread,
    /// A site while somebody does.
    pub armed: Spread,
    /// How many events the ring of a thread holds before the oldest are overwritten.
    pub ring_events: usize,
    pub ring_bytes: usize,
}

/// A figure, and where half of the rounds lie.
#[expect(clippy::struct_field_names, reason = "the unit, which the document's reader needs")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub median_ns: f64,
    /// A quarter of the rounds is below.
    pub low_ns: f64,
    /// A quarter of the rounds is above.
    pub high_ns: f64,
    pub goal_ns: f64,
}

impl Cost {
    pub fn measure(rounds: usize) -> Self {
        let unarmed = in_turn(rounds, UNARMED_TURNS, UNARMED_GOAL_NS);
        let recorder = trace::arm();
        let armed = in_turn(rounds, ARMED_TURNS, ARMED_GOAL_NS);
        drop(recorder);
        let (ring_events, ring_bytes) = trace::ring_of_a_thread();
        Self {
            clock_ns: one_of_many(clock::now_ns),
            clock_step_ns: smallest_step(),
            stamp_ns: one_of_many(ticks::now),
            stamp_is_counter: ticks::are_the_processors(),
            unarmed,
            armed,
            ring_events,
            ring_bytes,
        }
    }

    pub fn missed(&self) -> impl Iterator<Item = &'static str> {
        let unarmed = (!self.unarmed.is_met()).then_some("a site that does not record");
        unarmed.into_iter().chain((!self.armed.is_met()).then_some("a site that records"))
    }
}

impl Spread {
    pub fn is_met(&self) -> bool {
        self.median_ns <= self.goal_ns
    }
}

/// Times the loop with sites and without, in turn.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of a millisecond")]
fn in_turn(rounds: usize, turns: u64, goal_ns: f64) -> Spread {
    let cost = |round: usize| {
        let mut ns = [0, 0];
        // The loop with sites is the first in every other round.
        for turn in [round % 2, (round + 1) % 2] {
            ns[turn] = if turn == 0 { with_sites(turns) } else { without_sites(turns) };
        }
        (ns[0] as f64 - ns[1] as f64) / (turns * SITES) as f64
    };
    let mut costs: Vec<f64> = (0..rounds).map(cost).collect();
    costs.sort_by(f64::total_cmp);
    let quartile = |number: usize| costs[(rounds - 1) * number / 4];
    Spread { median_ns: quartile(2), low_ns: quartile(1), high_ns: quartile(3), goal_ns }
}

#[inline(never)]
fn with_sites(turns: u64) -> u64 {
    timed(|| {
        for turn in 0..turns {
            let unit = Unit::begin(turn);
            black_box(turn);
            drop(unit);
        }
    })
}

#[inline(never)]
fn without_sites(turns: u64) -> u64 {
    timed(|| {
        for turn in 0..turns {
            black_box(turn);
        }
    })
}

fn timed(work: impl FnOnce()) -> u64 {
    let begin_ns = clock::now_ns();
    work();
    clock::now_ns() - begin_ns
}

/// Returns what a call takes: the quickest of several rows, because nothing makes it quicker than
/// it is.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of a millisecond")]
fn one_of_many<R>(call: impl Fn() -> R) -> f64 {
    let row = || (0..CALLS).for_each(|_| drop(black_box(call())));
    let quickest = (0..10).map(|_| timed(row)).min().unwrap_or(0);
    quickest as f64 / CALLS as f64
}

fn smallest_step() -> u64 {
    let mut last_ns = clock::now_ns();
    let steps = (0..CALLS).map(|_| {
        let now_ns = clock::now_ns();
        now_ns - std::mem::replace(&mut last_ns, now_ns)
    });
    steps.filter(|step| *step > 0).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_by_the_median() {
        let spread = |median_ns| Spread { median_ns, low_ns: 0.0, high_ns: 90.0, goal_ns: 40.0 };
        assert!(spread(40.0).is_met() && !spread(40.1).is_met());
        let cost = Cost { unarmed: spread(0.5), armed: spread(55.0), ..Cost::default() };
        assert!(cost.missed().eq(["a site that records"]));
    }
}
