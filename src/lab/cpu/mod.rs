//! The CPU-bound workload: sums of squares, or Fibonacci numbers by plain recursion.
//!
//! Both are the article's: the first edition adds squares, the second computes `fib(35)`. Every
//! arm runs the one [`compute`] with a check point at each turn of the loop or each call, where
//! CPython looks at its eval breaker. For the models without a lock nobody ever raises it, so a
//! ratio between two arms measures their runtimes and nothing else.
//!
//! The answers are compared with exact values; a sum of squares does not fit into 64 bits.

pub mod coop;
pub mod procs;
pub mod sync;
pub mod threads;
pub mod threads_native;

use std::hint::black_box;

use serde::{Deserialize, Serialize};

use super::arm::Unit;
use super::params::CpuKernel;
use crate::sys::prim::{AtomicU32, Ordering};
use crate::threads::Attached;

/// One unit of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Its number in the round.
    pub unit: u64,
    /// What to compute.
    pub task: Task,
}

/// What to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// The sum of `i * i` for `i` below the number.
    SumOfSquares(u64),
    /// The Fibonacci number with this index.
    Fib(u32),
}

/// Lists the units of one round.
pub fn inputs(kernel: CpuKernel) -> Vec<Input> {
    let task = |unit| match kernel {
        CpuKernel::SumOfSquares { first_n, .. } => Task::SumOfSquares(first_n + unit),
        CpuKernel::Fib { n, .. } => Task::Fib(n),
    };
    (0..kernel.inputs() as u64).map(|unit| Input { unit, task: task(unit) }).collect()
}

/// Where a program looks whether it should give way.
pub trait Checks {
    /// Looks.
    fn checkpoint(&mut self);
}

impl Checks for Attached<'_> {
    #[inline]
    fn checkpoint(&mut self) {
        Attached::checkpoint(self);
    }
}

/// The check points of a model without a lock: the same look, at a word that nobody raises.
#[derive(Debug)]
pub struct Unasked {
    breaker: AtomicU32,
}

impl Unasked {
    /// Creates the word.
    pub fn new() -> Self {
        Self { breaker: AtomicU32::new(0) }
    }
}

impl Default for Unasked {
    fn default() -> Self {
        Self::new()
    }
}

impl Checks for &Unasked {
    #[inline]
    fn checkpoint(&mut self) {
        // ORDER: Relaxed; nobody writes it. The optimizer cannot know that, so the look is made.
        if black_box(&self.breaker).load(Ordering::Relaxed) != 0 {
            give_way();
        }
    }
}

#[cold]
fn give_way() {
    unreachable!("nobody raises the breaker of a program without a lock");
}

/// Computes one unit.
pub fn compute(input: Input, checks: &mut impl Checks) -> u128 {
    let _unit = Unit::begin(input.unit);
    match input.task {
        Task::SumOfSquares(n) => sum_of_squares(n, checks),
        Task::Fib(n) => u128::from(fib(n, checks)),
    }
}

fn sum_of_squares(n: u64, checks: &mut impl Checks) -> u128 {
    let mut sum = 0_u128;
    for i in 0..n {
        // Without the box the loop would be folded into its closed form.
        let i = u128::from(black_box(i));
        sum += i * i;
        checks.checkpoint();
    }
    sum
}

fn fib(n: u32, checks: &mut impl Checks) -> u64 {
    checks.checkpoint();
    if black_box(n) < 2 { u64::from(n) } else { fib(n - 2, checks) + fib(n - 1, checks) }
}

/// Computes the right answer another way: by the closed form, or by addition from below.
pub fn expected(task: Task) -> u128 {
    match task {
        Task::SumOfSquares(0) => 0,
        Task::SumOfSquares(n) => {
            let last = u128::from(n) - 1;
            last * (last + 1) * (2 * last + 1) / 6
        }
        Task::Fib(n) => (0..n).fold((0, 1), |(a, b), _| (b, a + b)).0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(task: Task, exactly: u128) {
        assert_eq!(expected(task), exactly);
        assert_eq!(compute(Input { unit: 0, task }, &mut &Unasked::new()), exactly);
    }

    #[test]
    fn the_answers_are_those_of_the_article() {
        check(Task::SumOfSquares(0), 0);
        check(Task::SumOfSquares(1), 0);
        check(Task::SumOfSquares(1000), 332_833_500);
        check(Task::Fib(0), 0);
        check(Task::Fib(1), 1);
        check(Task::Fib(20), 6765);
        assert_eq!(expected(Task::Fib(35)), 9_227_465);
        let first = Task::SumOfSquares(5_000_000);
        assert_eq!(expected(first), 41_666_654_166_667_500_000);
    }

    #[test]
    fn the_twenty_sums_of_the_first_edition_add_up() {
        let kernel = CpuKernel::SumOfSquares { first_n: 5_000_000, inputs: 20 };
        let total: u128 = inputs(kernel).iter().map(|input| expected(input.task)).sum();
        assert_eq!(total, 833_337_833_344_750_010_830);
    }

    struct Counting(u64);

    impl Checks for Counting {
        fn checkpoint(&mut self) {
            self.0 += 1;
        }
    }

    #[test]
    fn there_is_one_check_point_for_each_turn_and_each_call() {
        let mut checks = Counting(0);
        sum_of_squares(1000, &mut checks);
        assert_eq!(checks.0, 1000);
        checks.0 = 0;
        fib(30, &mut checks);
        assert_eq!(checks.0, 2_692_537);
    }
}
