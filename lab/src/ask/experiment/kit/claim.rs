//! What a relation claims: a condition on the figures that its page names.
//!
//! `that(|[regex, pi]| regex >= 10.0 * pi)` is about the two figures that stand, in this order, in the
//! text that shows them: `{p50_s in regex} and {p50_s in pi}`. Which cells must be measured follows
//! from it.
//!
//! # What this machine can do
//!
//! Whether threads run at the same time depends on processors that are there and free. A claim about
//! it compares with two threads without any lock, beside one, measured in the same run; where even
//! those do not run at the same time, it says so and is skipped.

use std::fmt::Debug;

use super::contender::Contender;
use super::figures::Results;
use super::quantity::{quantities, said};
use super::relation::{Check, Ending};
use lab_core::text::numbers::ratio;

/// Something that figures show, or do not.
pub trait Claim: Debug + Sync {
    /// Looks. `None` if a figure is missing that it needs.
    fn check(&self, seen: &'static str, results: &Results, who: &Contender) -> Option<Check>;
    /// The cells that it looks at.
    fn labels(&self, seen: &'static str) -> Vec<&'static str>;
}

/// A claim about `N` figures; one that may be missing, and is, is not a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct That<const N: usize> {
    holds: fn([f64; N]) -> bool,
    shown: Option<fn([f64; N]) -> String>,
    skipped: fn([f64; N]) -> Option<String>,
    bare: Option<&'static str>,
}

/// Claims that `holds` is true of the figures that are seen.
pub(crate) const fn that<const N: usize>(holds: fn([f64; N]) -> bool) -> That<N> {
    That { holds, shown: None, skipped: |_| None, bare: None }
}

impl<const N: usize> That<N> {
    /// Shown in words that depend on the figures; of the text only the holes count.
    pub(crate) const fn shown(self, shown: fn([f64; N]) -> String) -> Self {
        Self { shown: Some(shown), ..self }
    }

    /// Skipped where the figures give a reason why this machine cannot show it.
    pub(crate) const fn skipped(self, skipped: fn([f64; N]) -> Option<String>) -> Self {
        Self { skipped, ..self }
    }

    /// What holds is skipped where two threads without any lock, in the cell `bare`, did not run at
    /// once; what fails has failed in any case.
    pub(crate) const fn if_two_processors(self, bare: &'static str) -> Self {
        Self { bare: Some(bare), ..self }
    }
}

impl<const N: usize> Claim for That<N> {
    fn check(&self, seen: &'static str, results: &Results, who: &Contender) -> Option<Check> {
        let (text, values) = said(seen, results, who)?;
        if values.iter().all(|value| value.is_nan()) {
            return None;
        }
        let figures: [f64; N] = values.as_slice().try_into().expect("a hole for each figure");
        if let Some(why) = (self.skipped)(figures) {
            return Some(Check::skipped(why));
        }
        let check = Check::that((self.holds)(figures), self.shown.map_or(text, |by| by(figures)));
        let Some(bare) = self.bare else { return Some(check) };
        let busy = results.ours(bare, "cpus_busy")?;
        let is_moot = check.ending == Ending::Holds && busy < GAIN_MIN;
        Some(if is_moot { Check::skipped(none_to_be_had(busy)) } else { check })
    }

    fn labels(&self, seen: &'static str) -> Vec<&'static str> {
        assert_eq!(quantities(seen).count(), N, "{seen}");
        quantities(seen).flat_map(|one| one.labels()).chain(self.bare).collect()
    }
}

/// Less than that is no second processor.
const GAIN_MIN: f64 = 1.3;
/// Of what bare threads gain.
const SHARE_MIN: f64 = 0.8;
/// One processor is one thread at a time; what more there is, is the kernel's work for them.
pub(crate) const ONE_CPU: f64 = 1.15;

/// Where experiments of the lock have their two threads without any.
pub(crate) const BARE: &str = "no lock, 2 threads";

/// No more than one processor was busy.
pub(crate) const ONE_PROCESSOR: That<1> = that(|[busy]| busy <= ONE_CPU);

/// A second worker gains about what a second bare thread does: of how much both did beside one, and
/// how many processors the bare threads kept busy.
pub(crate) const AS_BARE: That<3> = that(|[gained, bare, _]| gains_as_bare(gained, bare))
    .skipped(|[_, bare, busy]| no_second_processor(bare, busy));

/// Whether what was gained is about what bare threads have gained.
pub(crate) fn gains_as_bare(gained: f64, bare: f64) -> bool {
    gained >= SHARE_MIN * bare
}

/// Why bare threads that did `gained` of what one did, on so many busy processors, are no measure.
pub(crate) fn no_second_processor(gained: f64, busy: f64) -> Option<String> {
    if busy < GAIN_MIN {
        return Some(none_to_be_had(busy));
    }
    // Both were busy, and yet: they share a core, or its clock.
    (gained < GAIN_MIN).then(|| {
        format!(
            "Two threads without any lock kept {busy:.2} processors busy, now, and did {} what one \
             does: the second adds too little to see a lock",
            ratio(gained)
        )
    })
}

fn none_to_be_had(busy: f64) -> String {
    format!(
        "Two threads without any lock kept {busy:.2} processors busy on this machine, now: there is \
         no second one to be had"
    )
}

pub(crate) fn is(figure: f64, count: u32) -> bool {
    (figure - f64::from(count)).abs() < 0.5
}

/// The largest of `figures`; those that are missing do not count.
pub(crate) fn most(figures: &[f64]) -> f64 {
    figures.iter().copied().fold(f64::NAN, f64::max)
}

#[cfg(test)]
mod tests {
    use super::super::figures::Figures;
    use super::*;

    fn results(rows: &[(&str, &str, f64)]) -> Results {
        let mut results = Results::default();
        for (cell, name, value) in rows {
            results.push(&Contender::Ours, cell, Figures::default().with(name, *value));
        }
        results
    }

    #[test]
    fn a_claim_reads_the_cells_that_it_names_and_shows_their_figures() {
        let (claim, seen) = (that(|[a, b]| a >= 10.0 * b), "{p50_s in a} and {p50_s in b}");
        assert_eq!(claim.labels(seen), ["a", "b"]);
        let check = |a| {
            let results = results(&[("a", "p50_s", a), ("b", "p50_s", 0.001)]);
            claim.check(seen, &results, &Contender::Ours)
        };
        assert_eq!(check(0.02), Some(Check::that(true, "20 ms and 1 ms".to_owned())));
        assert_eq!(check(0.002), Some(Check::that(false, "2 ms and 1 ms".to_owned())));
        assert_eq!(claim.check(seen, &Results::default(), &Contender::Ours), None);
    }

    #[test]
    fn without_a_second_processor_a_claim_is_skipped_unless_it_fails() {
        let (claim, seen) = (that(|[x]| is(x, 1)).if_two_processors("bare"), "It is {x in a}");
        assert_eq!(claim.labels(seen), ["a", "bare"]);
        let check = |x| {
            let results = results(&[("a", "x", x), ("bare", "cpus_busy", 1.0)]);
            claim.check(seen, &results, &Contender::Ours)
        };
        assert_eq!(check(1.0).unwrap().ending, Ending::Skipped);
        assert_eq!(check(2.0), Some(Check::that(false, "It is 2".to_owned())));
    }

    #[test]
    fn a_second_worker_is_compared_with_a_second_bare_thread_if_that_shows_anything() {
        let seen = "{x in b / a} what one does; bare {our x in d / c} {our silent cpus_busy in d}";
        for (gained, bare, busy, ending) in [
            (2.0, 2.0, 2.0, Ending::Holds),
            (1.5, 2.0, 2.0, Ending::Failed),
            (2.0, 1.2, 2.0, Ending::Skipped),
            (1.0, 2.0, 1.0, Ending::Skipped),
        ] {
            let rows = [("a", "x", 1.0), ("b", "x", gained), ("c", "x", 1.0), ("d", "x", bare)];
            let mut results = results(&rows);
            let ours = &mut results.measured.last_mut().unwrap().rounds[0];
            *ours = ours.clone().with("cpus_busy", busy);
            let check = AS_BARE.check(seen, &results, &Contender::Ours).unwrap();
            assert_eq!(check.ending, ending, "{check:?}");
            if ending == Ending::Holds {
                assert_eq!(check.figures, format!("{0} what one does; bare {0}", ratio(2.0)));
            }
        }
    }
}
