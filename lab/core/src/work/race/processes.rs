//! The trains as processes: each has variables of its own, so there is nothing to lose.
//!
//! A job's argument is the program's text, which the worker compiles; its answer is the values that
//! the variables have in that process.

use super::puzzle::compile;
use super::run::{Job, Outcome, Trouble};
use super::serial::of_one;
use crate::terms::error::{LabError, Result};
use trainyard::procs::Pool;

pub(super) fn run(job: &Job<'_>) -> Result<Outcome> {
    let failed = |why: String| LabError::failed("the processes", why);
    let pool =
        Pool::builder().workers(job.trains).build().map_err(|why| failed(why.to_string()))?;
    let numbers = (0..job.trains).filter_map(|number| u32::try_from(number).ok());
    let work = numbers.map(|number| (job.puzzle.text.clone(), job.rounds, number));
    let mut outcome = Outcome::default();
    for answer in pool.map(train, work) {
        match answer.map_err(|why| failed(why.to_string()))? {
            Ok(values) => outcome.values.extend(values),
            Err(says) => outcome.trouble = Some(Trouble::Failed(says)),
        }
    }
    Ok(outcome)
}

/// Runs in a worker.
fn train((text, rounds, number): (String, u32, u32)) -> std::result::Result<Vec<i64>, String> {
    let values =
        compile(&text, rounds).and_then(|program| of_one(&program, rounds, number as usize));
    values.map_err(|error| error.to_string())
}
