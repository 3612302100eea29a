//! What a relation claims: as data where it compares figures, as two functions where it does more.
//!
//! ```ignore
//! that("{p50_s in regex} and {p50_s in pi}", |[regex, pi]| regex >= 10.0 * pi)
//! ```
//!
//! The text is what is shown, and its holes name the figures that the condition is about: here
//! `p50_s` of the cells `regex` and `pi`. Which cells must be measured follows from that.
//! [`special`] is for what cannot be said like this; [`OneProcessor`] and [`AsBare`] are the two
//! claims about processors that many experiments make.

use super::cell::Cell;
use super::contender::Contender;
use super::figures::Results;
use super::quantity::{quantities, write};
use super::relation::Check;
use super::yardstick::{gains_as_bare, one_processor, with_two_processors};

/// Something that figures show, or do not.
pub trait Claim: Sync {
    /// Whether it looks at this cell: at those that it names.
    fn reads(&self, cell: &Cell) -> bool {
        cell.is(&self.labels())
    }
    /// Looks. `None` if a figure is missing that it needs.
    fn check(&self, results: &Results, who: &Contender) -> Option<Check>;
    /// The labels that it names, each of which must be a cell's.
    fn labels(&self) -> Vec<&'static str> {
        Vec::new()
    }
}

/// A claim about `N` figures.
#[derive(Clone, Copy, Debug)]
pub struct That<const N: usize> {
    template: &'static str,
    holds: fn([f64; N]) -> bool,
    shown: Option<fn([f64; N]) -> String>,
    bare: Option<&'static str>,
}

/// Claims that `holds` is true of the figures that the holes of `template` name.
pub const fn that<const N: usize>(template: &'static str, holds: fn([f64; N]) -> bool) -> That<N> {
    That { template, holds, shown: None, bare: None }
}

/// The same, shown in words that depend on the figures; of `template` only the holes count.
pub const fn that_by<const N: usize>(
    template: &'static str,
    holds: fn([f64; N]) -> bool,
    shown: fn([f64; N]) -> String,
) -> That<N> {
    That { template, holds, shown: Some(shown), bare: None }
}

impl<const N: usize> That<N> {
    /// Skipped where two threads without any lock, in the cell `bare`, did not run at once.
    #[must_use]
    pub const fn if_two_processors(mut self, bare: &'static str) -> Self {
        self.bare = Some(bare);
        self
    }
}

impl<const N: usize> Claim for That<N> {
    fn check(&self, results: &Results, who: &Contender) -> Option<Check> {
        let values = quantities(self.template).map(|one| one.value(results, who));
        let values = values.collect::<Option<Vec<f64>>>()?;
        let figures: [f64; N] = values.as_slice().try_into().expect("a hole for each figure");
        let shown = self.shown.map_or_else(|| write(self.template, &values), |by| by(figures));
        let check = Check::that((self.holds)(figures), shown);
        match self.bare {
            Some(bare) => with_two_processors(results, bare, check),
            None => Some(check),
        }
    }

    fn labels(&self) -> Vec<&'static str> {
        assert_eq!(quantities(self.template).count(), N, "{}", self.template);
        quantities(self.template).flat_map(|one| one.labels()).chain(self.bare).collect()
    }
}

/// A claim that takes a function.
#[derive(Clone, Copy, Debug)]
pub struct Special {
    reads: fn(&Cell) -> bool,
    check: fn(&Results, &Contender) -> Option<Check>,
}

/// Claims what `check` finds in the cells that `reads` names.
pub const fn special(
    reads: fn(&Cell) -> bool,
    check: fn(&Results, &Contender) -> Option<Check>,
) -> Special {
    Special { reads, check }
}

impl Claim for Special {
    fn reads(&self, cell: &Cell) -> bool {
        (self.reads)(cell)
    }

    fn check(&self, results: &Results, who: &Contender) -> Option<Check> {
        (self.check)(results, who)
    }
}

/// No more than one processor was busy in `cell`, while bare threads had two.
#[derive(Clone, Copy, Debug)]
pub struct OneProcessor {
    /// What is looked at.
    pub cell: &'static str,
    /// Two threads without any lock.
    pub bare: &'static str,
}

impl Claim for OneProcessor {
    fn check(&self, results: &Results, who: &Contender) -> Option<Check> {
        one_processor(results, who, self.cell, self.bare)
    }

    fn labels(&self) -> Vec<&'static str> {
        vec![self.cell, self.bare]
    }
}

/// Going from the first of `cells` to the second gains about what it gains bare threads.
#[derive(Clone, Copy, Debug)]
pub struct AsBare {
    /// One thread, and two.
    pub cells: [&'static str; 2],
    /// The same without any lock.
    pub bare: [&'static str; 2],
}

impl Claim for AsBare {
    fn check(&self, results: &Results, who: &Contender) -> Option<Check> {
        gains_as_bare(results, who, self.cells, self.bare)
    }

    fn labels(&self) -> Vec<&'static str> {
        [self.cells, self.bare].concat()
    }
}

/// Whether a figure that counts is `count`.
pub fn is(figure: f64, count: u32) -> bool {
    (figure - f64::from(count)).abs() < 0.5
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
        let claim = that("{p50_s in a} and {p50_s in b}", |[a, b]| a >= 10.0 * b);
        assert!(claim.reads(&Cell::plain("a")) && !claim.reads(&Cell::plain("c")));
        let check = |a| {
            claim.check(&results(&[("a", "p50_s", a), ("b", "p50_s", 0.001)]), &Contender::Ours)
        };
        assert_eq!(check(0.02), Some(Check::Holds("20 ms and 1 ms".to_owned())));
        assert_eq!(check(0.002), Some(Check::Fails("2 ms and 1 ms".to_owned())));
        assert_eq!(claim.check(&Results::default(), &Contender::Ours), None);
    }

    #[test]
    fn without_a_second_processor_a_claim_is_skipped_unless_it_fails() {
        let claim = that("It is {x in a}", |[x]| is(x, 1)).if_two_processors("bare");
        assert!(claim.reads(&Cell::plain("bare")));
        let check = |x| {
            claim.check(&results(&[("a", "x", x), ("bare", "cpus_busy", 1.0)]), &Contender::Ours)
        };
        assert!(matches!(check(1.0), Some(Check::Skipped(_))));
        assert_eq!(check(2.0), Some(Check::Fails("It is 2".to_owned())));
    }
}
