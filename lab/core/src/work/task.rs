//! The three kinds of task that ccbench has, under its names.
//!
//! | name | in `CPython` | here |
//! | --- | --- | --- |
//! | `pi` | bytecode alone | a loop with a checkpoint at each turn |
//! | `regex` | a call into C that keeps the lock | a call without a checkpoint inside |
//! | `bz2` | a call into C that gives the lock up | a call inside [`Attached::detach`] |
//!
//! Each computes something real, and about as long as its counterpart in `CPython`: tens of
//! microseconds a `pi`, about a millisecond the other two. Around each call the interpreter runs a
//! few instructions, and before 3.10 looks at each whether it should give way: checkpoints, here.

use std::hint::black_box;

use trainyard::sys::Why;
use trainyard::threads::Attached;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Bytecode.
    Pi,
    /// A long call that keeps the lock.
    Regex,
    /// A long call that gives it up.
    Bz2,
}

/// ccbench reads its own source; this is ours, and a neighbour's, to be as long.
const TEXT: &[u8] = concat!(include_str!("task.rs"), include_str!("cpu/mod.rs")).as_bytes();
/// ccbench's number of digits.
const DIGITS: usize = 50;
/// ccbench searches this much of its own source.
const TEXT_LEN: usize = 2_000;
/// Our matcher does not backtrack: searched this often, it takes as long as `CPython`'s.
const SEARCHES: usize = 400;
/// ccbench compresses this much.
const BLOCK_LEN: usize = 6_000;
/// What an interpreter does around a call: load the function and its arguments, call, store the
/// result, count, compare, jump. `dis` shows about ten.
const OPERATIONS_A_CALL: usize = 10;

impl Task {
    /// All of them, in ccbench's order.
    pub const ALL: [Self; 3] = [Self::Pi, Self::Regex, Self::Bz2];

    /// ccbench's name.
    pub fn name(self) -> &'static str {
        ["pi", "regex", "bz2"][self as usize]
    }

    /// The task with this name.
    /// Panics if there is none: names come from experiments.
    pub fn named(name: &str) -> Self {
        let task = Self::ALL.into_iter().find(|task| task.name() == name);
        task.unwrap_or_else(|| panic!("there is no task '{name}'"))
    }

    /// Does it once, under the lock.
    pub fn call(self, at: &mut Attached<'_>) {
        match self {
            Self::Pi => drop(black_box(pi(DIGITS, || at.checkpoint()))),
            Self::Regex => {
                around_a_call(at);
                black_box(search_often());
            }
            Self::Bz2 => {
                around_a_call(at);
                black_box(at.detach(Why::Native, block_sort));
            }
        }
    }

    /// Does it once, in a thread that has no lock.
    pub fn call_bare(self) {
        match self {
            Self::Pi => drop(black_box(pi(DIGITS, || ()))),
            Self::Regex => drop(black_box(search_often())),
            Self::Bz2 => drop(black_box(block_sort())),
        }
    }
}

fn around_a_call(at: &mut Attached<'_>) {
    for _ in 0..OPERATIONS_A_CALL {
        at.checkpoint();
    }
}

/// The first digits of pi by the spigot of Rabinowitz and Wagon (1995): whole numbers alone.
fn pi(digits: usize, mut checkpoint: impl FnMut()) -> Vec<u8> {
    let len = digits * 10 / 3 + 1;
    let mut remainders = vec![2_u64; len];
    // A nine may become a zero with a carry, so a digit is held back until the next is known.
    let (mut held, mut nines, mut found) = (0_u8, 0, Vec::new());
    for _ in 0..=digits {
        let mut carry = 0;
        for index in (1..len).rev() {
            let number = index as u64;
            let value = 10 * remainders[index] + carry * (number + 1);
            remainders[index] = value % (2 * number + 1);
            carry = value / (2 * number + 1);
            checkpoint();
        }
        let value = 10 * remainders[0] + carry;
        remainders[0] = value % 10;
        match u8::try_from(value / 10).expect("a digit, or ten") {
            9 => nines += 1,
            digit => {
                let carried = u8::from(digit == 10);
                found.push(held + carried);
                let filler = if carried == 1 { 0 } else { 9 };
                found.resize(found.len() + std::mem::take(&mut nines), filler);
                held = digit % 10;
            }
        }
    }
    // The first that was held back is the zero before any digit.
    found.remove(0);
    found
}

fn search_often() -> usize {
    (0..SEARCHES).map(|_| search(black_box(&TEXT[..TEXT_LEN]))).sum()
}

/// Counts what `fn \w` matches.
fn search(text: &[u8]) -> usize {
    let matches =
        |window: &&[u8]| matches!(window, [b'f', b'n', b' ', name] if name.is_ascii_alphanumeric());
    text.windows(4).filter(matches).count()
}

/// The first step of bzip2: the last column of the block's rotations in order (Burrows and
/// Wheeler, 1994).
fn block_sort() -> Vec<u8> {
    let block = &TEXT[..BLOCK_LEN];
    // Twice in a row, so that each rotation is a slice.
    let twice = block.repeat(2);
    let mut rotations: Vec<usize> = (0..BLOCK_LEN).collect();
    let rotation = |start: usize| &twice[start..start + BLOCK_LEN];
    rotations.sort_unstable_by(|&left, &right| rotation(left).cmp(rotation(right)));
    rotations.iter().map(|&start| twice[start + BLOCK_LEN - 1]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spigot_gives_the_digits_of_pi_and_a_checkpoint_at_each_turn() {
        let mut turns = 0;
        let digits = pi(DIGITS, || turns += 1);
        let text: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        let pi = "31415926535897932384626433832795028841971693993751";
        assert!(text.len() >= DIGITS - 1 && pi.starts_with(&text), "{text}");
        assert_eq!(turns, (DIGITS + 1) * (DIGITS * 10 / 3));
    }

    #[test]
    fn the_matcher_finds_a_word_before_a_name_and_nothing_else() {
        assert_eq!(search(b"fn main() {} fnord(fn) fn  fn 1"), 2);
    }

    #[test]
    fn the_sorted_block_has_the_bytes_of_the_block() {
        let mut sorted = block_sort();
        let mut block = TEXT[..BLOCK_LEN].to_vec();
        assert_ne!(sorted, block);
        sorted.sort_unstable();
        block.sort_unstable();
        assert_eq!(sorted, block);
    }
}
