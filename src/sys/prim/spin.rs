//! Looking for a while before a sleep.
//!
//! To wake a thread that sleeps on another processor takes as long as some hundred looks. So a
//! thread that expects an answer soon looks for about that long, and at worst doubles what its wait
//! costs (Karlin and others, "Empirical studies of competitive spinning", 1991). But where processors
//! are scarce, who looks keeps away who would answer. So each place where threads look learns: a look
//! that was in vain halves how long the next one lasts, one that was not doubles it.

use std::sync::atomic::{AtomicU32, Ordering};

/// About 20 µs where a pause takes 40 ns: as long as it takes to wake a thread in a virtual machine.
/// None in a model, where time does not pass.
const LOOKS_MAX: u32 = if cfg!(loom) { 0 } else { 512 };

/// Enough to notice an answer that is on its way.
const LOOKS_MIN: u32 = if cfg!(loom) { 0 } else { 32 };

/// Set in the word of a place where nothing is learnt.
const FIXED: u32 = 1 << 31;

/// A place where threads look before they sleep. It may be a `static`: hence std's atomic.
#[derive(Debug)]
pub(crate) struct Spin {
    looks: AtomicU32,
}

impl Spin {
    pub(crate) const fn new() -> Self {
        Self { looks: AtomicU32::new(LOOKS_MAX) }
    }

    /// A place where nobody looks, unless it is [fixed](Self::fix) at some number.
    pub(crate) const fn none() -> Self {
        Self { looks: AtomicU32::new(FIXED) }
    }

    /// From now on threads look so often, and nothing is learnt.
    pub(crate) fn fix(&self, looks: u32) {
        self.looks.store(looks | FIXED, Ordering::Relaxed);
    }

    /// Looks until `is_true`, but not for long.
    pub(crate) fn until(&self, is_true: impl Fn() -> bool) {
        // ORDER: Relaxed, here and below; threads that learn at the same time may overwrite what the
        // other has learnt.
        let word = self.looks.load(Ordering::Relaxed);
        let looks = word & !FIXED;
        let is_seen = (0..looks).any(|_| {
            let is_true = is_true();
            if !is_true {
                std::hint::spin_loop();
            }
            is_true
        });
        let learnt = if is_seen { looks.saturating_mul(2) } else { looks / 2 };
        let learnt = learnt.clamp(LOOKS_MIN, LOOKS_MAX);
        // A look is cheaper than a change.
        if word & FIXED == 0 && learnt != looks {
            // Not over what was fixed meanwhile.
            let order = Ordering::Relaxed;
            let _learnt_by_another = self.looks.compare_exchange(word, learnt, order, order);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_place_learns_within_its_bounds_unless_it_is_fixed() {
        let spin = Spin::new();
        (0..10).for_each(|_| spin.until(|| false));
        assert_eq!(spin.looks.load(Ordering::Relaxed), LOOKS_MIN);
        (0..10).for_each(|_| spin.until(|| true));
        assert_eq!(spin.looks.load(Ordering::Relaxed), LOOKS_MAX);
        spin.fix(u32::MAX);
        spin.until(|| true);
        spin.fix(3);
        spin.until(|| false);
        assert_eq!(spin.looks.load(Ordering::Relaxed), 3 | FIXED);
    }
}
