//! One run out of a trace, by its number or its label.

use crate::lab::error::{LabError, Result};
use crate::lab::render::plain::plain;
use crate::trace::file::Trace;

/// The places of the runs that are called `name`: a number, from 1, or a label.
///
/// # Errors
///
/// [`LabError::BadInput`] if there is none, with the names of those that there are.
pub fn pick(trace: &Trace, name: &str) -> Result<Vec<usize>> {
    let runs = || trace.runs.iter().enumerate();
    let is_meant = |at: usize, label: &str| label == name || (at + 1).to_string() == name;
    let picked: Vec<usize> =
        runs().filter(|(at, run)| is_meant(*at, run.label())).map(|(at, _)| at).collect();
    if picked.is_empty() {
        let known: Vec<String> =
            runs().map(|(at, run)| format!("{} ({})", at + 1, plain(run.label()))).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(LabError::BadInput(format!("no run '{name}'; the runs are {known}")));
    }
    Ok(picked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::view::testing;

    #[test]
    fn a_run_is_found_by_its_number_or_its_label() {
        let trace = testing::all();
        assert_eq!(pick(&trace, "7"), Ok(vec![6]));
        assert_eq!(pick(&trace, "2 threads, lock on"), Ok(vec![6]));
        // The same contender in both workloads.
        assert_eq!(pick(&trace, "one after another"), Ok(vec![0, 5]));
    }

    #[test]
    fn a_run_that_is_not_there_is_refused_with_those_that_are() {
        let trace = testing::lock_on();
        let line = pick(&trace, "2").unwrap_err().to_string();
        assert_eq!(line, "no run '2'; the runs are 1 (2 threads, lock on)");
    }
}
