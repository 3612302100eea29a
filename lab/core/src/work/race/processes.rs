//! The trains as processes: each has variables of its own, so there is nothing to lose.
//!
//! A job's argument is the program's text, which the worker compiles; its answer are the values that
//! the variables have in that process.

use super::run::{Job, Outcome, Trouble};
use super::serial::of_one;
use crate::terms::error::{LabError, Result};
use trainyard::procs::Pool;
use trainyard::vm::Program;

pub(super) fn run(job: &Job<'_>) -> Result<Outcome> {
    let failed = |why: String| LabError::failed("the processes", why);
    let pool =
        Pool::builder().workers(job.trains).build().map_err(|why| failed(why.to_string()))?;
    let numbers = (0..job.trains).filter_map(|number| u32::try_from(number).ok());
    let work = numbers.map(|number| (job.text.to_owned(), job.rounds, number));
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
    let says = |error: LabError| error.to_string();
    let compiled = if rounds == 1 {
        Program::compile(&text)
    } else {
        Program::compile_repeated(&text, rounds)
    };
    let program = compiled.map_err(|error| error.to_string())?;
    of_one(&program, rounds, number as usize).map_err(says)
}
