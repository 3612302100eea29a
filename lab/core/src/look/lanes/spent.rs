//! How long a lane was in each state: over a whole window, and cell by cell.
//!
//! Everything that a picture cannot show span by span comes from here: the percentages at the end
//! of a lane, the cells of a strip in the terminal, the columns of a drawing with a million spans.

use super::tape::{Span, edge, pieces};
use crate::look::palette::State;

/// The time in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    ns: [u64; State::ALL.len()],
    /// What no span covers: the lane had not begun, or had ended.
    pub(crate) beyond_ns: u64,
}

impl Spent {
    pub(crate) fn ns(&self, state: State) -> u64 {
        self.ns[state as usize]
    }

    /// Returns the share of all the time, covered or not, that was spent in `state`.
    #[expect(clippy::cast_precision_loss, reason = "a round is far shorter than 2^53 ns, 104 days")]
    pub(crate) fn share(&self, state: State) -> f64 {
        let total: u128 = self.ns.iter().chain([&self.beyond_ns]).map(|ns| u128::from(*ns)).sum();
        self.ns(state) as f64 / (total as f64).max(1.0)
    }

    pub(crate) fn states(&self) -> impl Iterator<Item = State> {
        State::ALL.into_iter().filter(|state| self.ns(*state) > 0)
    }

    /// Returns the state that took most of the time; having nothing to do includes what no span
    /// covers, and wins a tie.
    pub(crate) fn longest(&self) -> State {
        let mut longest = (State::Idle, self.ns(State::Idle).saturating_add(self.beyond_ns));
        for state in self.states() {
            if self.ns(state) > longest.1 {
                longest = (state, self.ns(state));
            }
        }
        longest.0
    }

    /// Tells whether any of it was spent in a state that `is_one`.
    pub(crate) fn has(&self, is_one: impl Fn(State) -> bool) -> bool {
        self.states().any(is_one)
    }
}

/// Cuts the time from `from_ns` to `until_ns` into `count` cells of the same length.
pub(crate) fn cells(spans: &[Span], from_ns: u64, until_ns: u64, count: usize) -> Vec<Spent> {
    let at = |cell| edge(from_ns, until_ns, cell, count);
    let beyond = |cell| Spent { beyond_ns: at(cell + 1) - at(cell), ..Spent::default() };
    let mut cells: Vec<Spent> = (0..count).map(beyond).collect();
    pieces(spans, (from_ns, until_ns), count, |cell, state, inside_ns| {
        let spent = &mut cells[cell];
        spent.ns[state as usize] += inside_ns;
        spent.beyond_ns -= inside_ns;
    });
    cells
}

/// How long the lane was in each state between two moments.
pub(crate) fn between(spans: &[Span], from_ns: u64, until_ns: u64) -> Spent {
    cells(spans, from_ns, until_ns, 1)[0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::look::testing::spans;

    #[test]
    fn time_that_no_span_covers_is_counted_apart() {
        let spans = spans(100, &[(10, State::Run), (30, State::Wait)]);
        let spent = between(&spans, 90, 150);
        assert_eq!((spent.ns(State::Run), spent.ns(State::Wait), spent.beyond_ns), (10, 30, 20));
        assert!((spent.share(State::Wait) - 0.5).abs() < 1e-9);
        assert_eq!(spent.longest(), State::Wait);
        assert_eq!(between(&spans, 90, 103).longest(), State::Idle);
        assert!(spent.has(State::is_waiting) && !between(&spans, 100, 110).has(State::is_waiting));
        assert_eq!(between(&[], 0, 7).beyond_ns, 7);
    }

    proptest! {
        #[test]
        fn cells_add_up_to_the_whole(
            lengths in proptest::collection::vec(
                (1..50_u64, proptest::sample::select(&State::ALL[..])), 0..30),
            from in 0..500_u64, length in 0..900_u64, count in 1..70_usize,
        ) {
            let spans = spans(100, &lengths);
            let whole = between(&spans, from, from + length);
            let cells = cells(&spans, from, from + length, count);
            prop_assert_eq!(cells.len(), count);
            for state in State::ALL {
                prop_assert_eq!(cells.iter().map(|c| c.ns(state)).sum::<u64>(), whole.ns(state));
            }
            prop_assert_eq!(cells.iter().map(|c| c.beyond_ns).sum::<u64>(), whole.beyond_ns);
        }
    }
}
