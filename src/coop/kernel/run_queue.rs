//! The run queue: whose turn it is.
//!
//! First come, first served. A loop on virtual time draws the next task at random instead: what
//! works in every order that a seed can draw does not rest on this one. The same seed draws the
//! same order again.
//!
//! # Not here
//!
//! Priorities, and a slot for the task that was woken last, which lets a pair of tasks pass
//! messages at the expense of all others (tokio has one, and a rule that limits it).
//!
//! Read next: [`timer`](super::timer).
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use super::task::Key;

/// In which order tasks run that are ready at the same time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    Fifo,
    Drawn(Random),
}

/// The tasks that are ready.
pub(super) struct RunQueue {
    ready: VecDeque<Key>,
    order: Order,
}

impl RunQueue {
    pub(super) fn new(order: Order) -> Self {
        Self { ready: VecDeque::new(), order }
    }

    pub(super) fn push(&mut self, key: Key) {
        self.ready.push_back(key);
    }

    pub(super) fn pop(&mut self) -> Option<Key> {
        match &mut self.order {
            Order::Fifo => self.ready.pop_front(),
            Order::Drawn(_) if self.ready.is_empty() => None,
            Order::Drawn(random) => self.ready.swap_remove_back(random.below(self.ready.len())),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }
}

/// A small generator of numbers that look random: `SplitMix64` (Steele, Lea, Flood 2014).
#[derive(Clone, Copy, Debug)]
pub(super) struct Random {
    state: u64,
}

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        // The three constants are the paper's.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Draws a number below `limit`, which is not zero. Its bias is below 2^-32 for any queue
    /// that fits into memory.
    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below a usize")]
    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn order_of(order: Order) -> Vec<u64> {
        let mut queue = RunQueue::new(order);
        (1..=20).for_each(|id| queue.push(Key::for_test(id)));
        std::iter::from_fn(|| queue.pop()).map(|key| key.id.0).collect()
    }

    #[test]
    fn who_comes_first_is_served_first() {
        assert_eq!(order_of(Order::Fifo), (1..=20).collect::<Vec<_>>());
    }

    #[test]
    fn a_drawn_order_has_everybody_once_and_its_seed_repeats_it() {
        let drawn = |seed| order_of(Order::Drawn(Random::new(seed)));
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
        let mut everybody = drawn(7);
        everybody.sort_unstable();
        assert_eq!(everybody, (1..=20).collect::<Vec<_>>());
    }
}
