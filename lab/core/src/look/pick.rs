//! One run out of a trace, by its number or its label.

use crate::terms::error::{LabError, Result};
use crate::text::plain::plain;
use trainyard::trace::file::Trace;

/// A sweep has a run for each contender at each point: more names than anybody reads in a line.
const NAMED_MAX: usize = 5;

/// The places of the runs that are called `name`: a number, from 1, or a label.
/// Fails, with the names of some that there are, if there is none.
pub fn pick(trace: &Trace, name: &str) -> Result<Vec<usize>> {
    let runs = trace.runs.iter().enumerate();
    let is_meant = |at: usize, label: &str| label == name || (at + 1).to_string() == name;
    let picked = runs.filter(|(at, run)| is_meant(*at, run.label())).map(|(at, _)| at);
    match picked.collect::<Vec<usize>>() {
        none if none.is_empty() => {
            Err(LabError::BadInput(format!("no run '{name}'; the runs are {}", known(trace))))
        }
        picked => Ok(picked),
    }
}

fn known(trace: &Trace) -> String {
    let (mut labels, mut shown) = (Vec::new(), Vec::new());
    for (at, run) in trace.runs.iter().enumerate() {
        if shown.len() < NAMED_MAX && !labels.contains(&run.label()) {
            labels.push(run.label());
            shown.push(format!("{} ({})", at + 1, plain(run.label())));
        }
    }
    match trace.runs.len() - shown.len() {
        0 if shown.is_empty() => "none".to_owned(),
        0 => shown.join(", "),
        more => format!("{}, … and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::testing;

    #[test]
    fn a_run_is_found_by_its_number_or_its_label() {
        let mut trace = testing::all();
        assert_eq!(pick(&trace, "7"), Ok(vec![6]));
        assert_eq!(pick(&trace, "2 threads, lock on"), Ok(vec![6]));
        // The same contender in both workloads.
        assert_eq!(pick(&trace, "one after another"), Ok(vec![0, 5]));
        // One that is not there is refused with those that are: the first different names.
        let again = trace.runs.clone();
        trace.runs.insert(0, again[0].clone());
        trace.runs.extend(again);
        let line = pick(&trace, "nope").unwrap_err().to_string();
        let start = "no run 'nope'; the runs are 1 (one after another), 3 (";
        assert!(line.starts_with(start), "{line}");
        assert_eq!(line.matches(" (").count(), NAMED_MAX, "{line}");
        let more = format!(", … and {} more", trace.runs.len() - NAMED_MAX);
        assert!(line.ends_with(&more), "{line}");
    }
}
