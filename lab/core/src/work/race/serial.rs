//! What comes out when nobody interferes: trains one after another, and trains alone.
//!
//! This is what whoever wrote the program expects. Where the text names `train`, the order can
//! matter, and a result that some order gives is as right as any other: nothing was lost on the way.

use super::run::Trouble;
use super::schedule::name;
use super::train::{Halt, Shared, Train, does_not_end, turns_max};
use crate::terms::error::{LabError, Result};
use trainyard::vm::Program;

/// More trains have too many orders.
const ORDERED_MAX: usize = 4;

/// What comes out when the trains go one after another: first in the order of their numbers, then
/// what other orders give, once each; those that fail or do not end are left out.
/// Fails if the first does, or does not end: nobody interferes.
pub fn one_after_another(
    program: &Program,
    text: &str,
    rounds: u32,
    trains: usize,
) -> Result<Vec<Vec<i64>>> {
    let numbers: Vec<usize> = (0..trains).collect();
    let (first, turns) = in_order(program, &numbers, turns_max(rounds))?;
    let mut results = vec![first];
    // Trains that do not know their numbers do the same in each order.
    if trains > ORDERED_MAX || !text.contains("train") {
        return Ok(results);
    }
    // One that waits for a train behind it would wait for ever.
    let most = turns.saturating_mul(2).saturating_add(1000);
    for order in orders(numbers) {
        if let Ok((values, _)) = in_order(program, &order, most)
            && !results.contains(&values)
        {
            results.push(values);
        }
    }
    Ok(results)
}

/// What comes out where nothing is shared: of each train. Fails as [`one_after_another`].
pub fn apart(program: &Program, rounds: u32, trains: usize) -> Result<Vec<i64>> {
    let results = (0..trains).map(|number| of_one(program, rounds, number));
    Ok(results.collect::<Result<Vec<_>>>()?.concat())
}

/// The same of one train.
pub(super) fn of_one(program: &Program, rounds: u32, number: usize) -> Result<Vec<i64>> {
    in_order(program, &[number], turns_max(rounds)).map(|(values, _)| values)
}

/// All orders of a few numbers.
fn orders(numbers: Vec<usize>) -> Vec<Vec<usize>> {
    if numbers.len() < 2 {
        return vec![numbers];
    }
    let behind = |&first: &usize| {
        let rest = numbers.iter().copied().filter(|&number| number != first).collect();
        orders(rest).into_iter().map(move |order| [vec![first], order].concat())
    };
    numbers.iter().flat_map(behind).collect()
}

/// The values at the end, and how many turns of loops that took: `most` are too many for one train.
fn in_order(program: &Program, order: &[usize], most: u64) -> Result<(Vec<i64>, u64)> {
    let trains = order.iter().max().map_or(0, |last| last + 1);
    let shared = Shared::new(program, trains, most);
    let mut turns = 0;
    for &number in order {
        turns += alone(&shared, number)?;
    }
    Ok((shared.values(), turns))
}

/// Runs one train to its end, and returns how many turns it took.
fn alone(shared: &Shared, number: usize) -> Result<u64> {
    let mut train = Train::new(shared, number);
    let says = loop {
        match train.go_on(|_| ()) {
            Halt::Awaiting => {}
            Halt::Over(None) => return Ok(shared.turns_max - train.turns_left),
            Halt::Over(Some(Trouble::Failed(says))) if train.turns_left > 0 => {
                break format!("{}, alone, fails: {says}", name(number));
            }
            Halt::Over(Some(_)) | Halt::Blocked => {
                break format!("alone, {}", does_not_end(number));
            }
        }
    };
    Err(LabError::BadInput(says))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_order_that_comes_to_its_end_gives_a_result() {
        let results = |text: &str, trains| {
            let program = Program::compile(text).unwrap();
            one_after_another(&program, text, 1, trains).map_err(|error| error.to_string())
        };
        assert_eq!(orders(vec![0, 1, 2]).iter().collect::<BTreeSet<_>>().len(), 6);
        assert_eq!(results("x = train", 3), Ok(vec![vec![2], vec![1], vec![0]]));
        assert_eq!(results("x += train", 3), Ok(vec![vec![3]]));
        // Train B before train A would wait for ever.
        let handshake = "while turn != train: pass\nx += 1\nturn = 1 - turn";
        assert_eq!(results(handshake, 2), Ok(vec![vec![0, 2]]));
        let refused = results("x = 1 // train", 2).unwrap_err();
        assert_eq!(refused, "train A, alone, fails: line 1: division by zero");
    }
}
