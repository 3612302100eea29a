//! What a relation claims: as data where it compares figures, as two functions where it does more.
//!
//! ```ignore
//! that(each("p50_s", [BESIDE_REGEX, BESIDE_PI]), |[regex, pi]| regex >= 10.0 * pi, "{} and {}")
//! ```
//!
//! "The figure `p50_s` of each of these two cells: the first is at least ten times the second; show
//! both." Which cells must be measured follows from that, and so does how the figures are written.
//! [`special`] is for what cannot be said like this; [`OneProcessor`] and [`AsBare`] are the two
//! claims about processors that many experiments make.

use super::cell::Cell;
use super::contender::Contender;
use super::figures::Results;
use super::quantity::{Quantity, write};
use super::relation::Check;
use super::yardstick::{gains_as_bare, one_processor, with_two_processors};

/// Something that figures show, or do not.
pub trait Claim: Sync {
    /// Whether it looks at this cell.
    fn reads(&self, cell: &Cell) -> bool;
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
    quantities: [Quantity; N],
    holds: fn([f64; N]) -> bool,
    shown: Shown<N>,
    bare: Option<&'static str>,
}

/// How the figures are written.
#[derive(Clone, Copy, Debug)]
enum Shown<const N: usize> {
    /// A text with holes: see [`write`].
    Template(&'static str),
    /// Words that depend on the figures.
    By(fn([f64; N]) -> String),
}

/// Claims that `holds` is true of these figures; `shown` is a text with a hole for each.
pub const fn that<const N: usize>(
    quantities: [Quantity; N],
    holds: fn([f64; N]) -> bool,
    shown: &'static str,
) -> That<N> {
    That { quantities, holds, shown: Shown::Template(shown), bare: None }
}

/// The same, where the words depend on the figures.
pub const fn that_by<const N: usize>(
    quantities: [Quantity; N],
    holds: fn([f64; N]) -> bool,
    shown: fn([f64; N]) -> String,
) -> That<N> {
    That { quantities, holds, shown: Shown::By(shown), bare: None }
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
    fn reads(&self, cell: &Cell) -> bool {
        self.labels().contains(&cell.label.as_str())
    }

    fn check(&self, results: &Results, who: &Contender) -> Option<Check> {
        let mut values = [0.0; N];
        for (value, quantity) in values.iter_mut().zip(&self.quantities) {
            *value = quantity.value(results, who)?;
        }
        let figures = match self.shown {
            Shown::Template(template) => write(template, &self.quantities, &values),
            Shown::By(shown) => shown(values),
        };
        let check = Check::that((self.holds)(values), figures);
        match self.bare {
            Some(bare) => with_two_processors(results, bare, check),
            None => Some(check),
        }
    }

    fn labels(&self) -> Vec<&'static str> {
        self.quantities.iter().flat_map(Quantity::labels).chain(self.bare).collect()
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
    fn reads(&self, cell: &Cell) -> bool {
        self.labels().contains(&cell.label.as_str())
    }

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
    fn reads(&self, cell: &Cell) -> bool {
        self.labels().contains(&cell.label.as_str())
    }

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
    use super::super::quantity::{each, figure};
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
        let claim = that(each("p50_s", ["a", "b"]), |[a, b]| a >= 10.0 * b, "{} and {}");
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
        let claim = that([figure("x", "a")], |[x]| is(x, 1), "It is {}").if_two_processors("bare");
        assert!(claim.reads(&Cell::plain("bare")));
        let check = |x| {
            claim.check(&results(&[("a", "x", x), ("bare", "cpus_busy", 1.0)]), &Contender::Ours)
        };
        assert!(matches!(check(1.0), Some(Check::Skipped(_))));
        assert_eq!(check(2.0), Some(Check::Fails("It is 2".to_owned())));
    }
}
