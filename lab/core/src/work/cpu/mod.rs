//! The CPU-bound workload: sums of squares, or Fibonacci numbers by plain recursion.
//!
//! Both are the article's: the first edition adds squares, the second computes `fib(35)`. Every
//! arm runs one kernel, compiled once, with a checkpoint at each turn of the loop or each call,
//! where CPython looks at its eval breaker. For the models without a lock nobody ever raises it, so
//! a ratio between two arms measures their runtimes and nothing else.
//!
//! The answers are compared with exact values; a sum of squares does not fit into 64 bits.

pub mod coop;
pub mod procs;
pub mod sync;
pub mod threads;
pub mod threads_native;

use std::hint::black_box;
use std::sync::atomic::AtomicU32;

use serde::{Deserialize, Serialize};

use super::arm::{Answer, Digest, Setup, Unit};
use crate::terms::{CpuKernel, LabError, Placement, Result};
use trainyard::threads::{Attached, Breaker};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Its number in the round.
    pub unit: u64,
    pub task: Task,
    /// Whether it is one long call, in which nobody looks at a lock.
    pub is_call: bool,
}

/// What to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// The sum of `i * i` for `i` below the number.
    SumOfSquares(u64),
    /// The Fibonacci number with this index.
    Fib(u32),
}

pub fn inputs(kernel: CpuKernel) -> Vec<Input> {
    let task = |unit| match kernel {
        CpuKernel::SumOfSquares { first_n, .. } => Task::SumOfSquares(first_n + unit),
        CpuKernel::Fib { n, .. } => Task::Fib(n),
    };
    (0..kernel.inputs() as u64)
        .map(|unit| Input { unit, task: task(unit), is_call: false })
        .collect()
}

/// Lists the same for threads under a lock: if that is looked at nowhere, each is one long call.
pub fn inputs_attached(setup: &Setup) -> Vec<Input> {
    let placement = setup.contender.rules.and_then(|rules| rules.placement);
    let is_call = placement == Some(Placement::Never);
    let inputs = inputs(setup.params.kernel).into_iter();
    inputs.map(|input| Input { is_call, ..input }).collect()
}

/// The breaker of a program without a lock: nobody raises it.
static UNASKED: AtomicU32 = AtomicU32::new(0);

/// Computes one unit, with checkpoints that nobody raises.
pub fn compute(input: Input) -> u128 {
    compute_checked(input, Breaker::watching(&UNASKED), &mut || {
        unreachable!("there is no lock to give up")
    })
}

/// Computes one unit under a lock, and gives it up at a checkpoint if somebody asks.
pub fn compute_attached(input: Input, at: &mut Attached<'_>) -> u128 {
    let asked = if input.is_call { Breaker::watching(&UNASKED) } else { at.asked() };
    compute_checked(input, asked, &mut || at.checkpoint())
}

/// The one kernel of all contenders: compiled once, so that a ratio of two contenders is not one
/// of two ways to compile a loop.
#[inline(never)]
fn compute_checked(input: Input, asked: Breaker<'_>, give_way: &mut dyn FnMut()) -> u128 {
    let _unit = Unit::begin(input.unit);
    let mut checks = Checks { asked, give_way };
    match input.task {
        Task::SumOfSquares(n) => sum_of_squares(n, &mut checks),
        Task::Fib(n) => u128::from(fib(n, &mut checks)),
    }
}

/// Where a program looks whether it should give way.
struct Checks<'a> {
    asked: Breaker<'a>,
    give_way: &'a mut dyn FnMut(),
}

impl Checks<'_> {
    #[inline]
    fn checkpoint(&mut self) {
        if self.asked.is_raised() {
            (self.give_way)();
        }
    }
}

fn sum_of_squares(n: u64, checks: &mut Checks<'_>) -> u128 {
    let mut sum = 0_u128;
    for i in 0..n {
        // Without the box the loop would be folded into its closed form.
        let i = u128::from(black_box(i));
        sum += i * i;
        checks.checkpoint();
    }
    sum
}

fn fib(n: u32, checks: &mut Checks<'_>) -> u64 {
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

impl Answer for u128 {
    fn digest(&self, digest: &mut Digest) {
        digest.update(&self.to_le_bytes());
    }

    fn check(&self, setup: &Setup, unit: usize) -> Result<()> {
        let input = inputs(setup.params.kernel)[unit];
        let right = expected(input.task);
        if *self == right {
            return Ok(());
        }
        Err(LabError::Failed(format!("unit {unit} answered {self}, and {right} is right")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_are_those_of_the_articles() {
        for (task, exactly) in [
            (Task::SumOfSquares(0), 0),
            (Task::SumOfSquares(1), 0),
            (Task::SumOfSquares(1000), 332_833_500),
            (Task::Fib(0), 0),
            (Task::Fib(1), 1),
            (Task::Fib(20), 6765),
        ] {
            assert_eq!(expected(task), exactly);
            assert_eq!(compute(Input { unit: 0, task, is_call: false }), exactly);
        }
        assert_eq!(expected(Task::Fib(35)), 9_227_465);
        assert_eq!(expected(Task::SumOfSquares(5_000_000)), 41_666_654_166_667_500_000);
        let first_edition = CpuKernel::SumOfSquares { first_n: 5_000_000, inputs: 20 };
        let total: u128 = inputs(first_edition).iter().map(|input| expected(input.task)).sum();
        assert_eq!(total, 833_337_833_344_750_010_830);
    }

    #[test]
    fn there_is_one_checkpoint_for_each_turn_and_each_call() {
        let always = AtomicU32::new(1);
        let count = |task| {
            let mut looks = 0_u64;
            compute_checked(
                Input { unit: 0, task, is_call: false },
                Breaker::watching(&always),
                &mut || {
                    looks += 1;
                },
            );
            looks
        };
        assert_eq!(count(Task::SumOfSquares(1000)), 1000);
        assert_eq!(count(Task::Fib(30)), 2_692_537);
    }
}
