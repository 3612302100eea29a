//! Does CPython behave as ours does? One sentence for each workload and each CPython.
//!
//! Their seconds say little of each other: one of them interprets. What can be compared is what
//! each model makes of its own sequential run, so a CPython's rows have a ratio to its own `sync`
//! beside the one to ours, and the sentence puts it next to ours. *As ours does* means that each
//! model has the same verdict in both, or comes to about 1 in both; those that do not are named
//! first.

use crate::ask::compare::report::{Report, Row};
use lab_core::terms::{Model, Verdict, Workload};
use lab_core::text::numbers;

/// Compares each CPython with ours in `workload`.
pub fn sentences(report: &Report, workload: Workload) -> Vec<String> {
    let pythons = report.params.pythons.iter();
    let rows: Vec<&Row> = report.rows(workload).collect();
    let sentences = pythons.filter_map(|python| {
        let theirs = rows.iter().copied().filter(|row| row.python == Some(python.id()));
        let text = sentence(&rows, &theirs.collect::<Vec<_>>())?;
        Some(format!("{workload}, {}: {text}", python.name()))
    });
    sentences.collect()
}

/// A tenth: less is nobody's reason for or against threads.
const NOTABLE: f64 = 0.1;

/// What a model makes of the sequential run beside it: in CPython, and in ours.
struct Pair {
    name: &'static str,
    theirs: f64,
    ours: Option<f64>,
    /// The rules of our lock, if other rules than CPython's were asked for.
    rules: String,
    verdicts: Option<(Verdict, Verdict)>,
}

fn sentence(all: &[&Row], theirs: &[&Row]) -> Option<String> {
    let pairs: Vec<Pair> = theirs.iter().filter_map(|row| Pair::find(row, all)).collect();
    let sequential = theirs.iter().find(|row| row.model == Model::PythonSync)?;
    let slowdown = numbers::ratio(sequential.speedup_vs_sync?.recip());
    let sequential_run = format!("its own sequential run took {slowdown} as long as ours.");
    if pairs.is_empty() {
        return Some(sequential_run);
    }
    let ratios: Vec<String> = pairs.iter().map(Pair::ratios).collect();
    let conclusion = conclusion(&pairs).map_or_else(String::new, |text| format!("{text}: "));
    let ratios = ratios.join(", ");
    Some(format!(
        "{conclusion}{ratios}, each against the sequential run beside it; {sequential_run}"
    ))
}

/// What follows; nothing from too few rounds.
fn conclusion(pairs: &[Pair]) -> Option<String> {
    let mut differ = Vec::new();
    for pair in pairs {
        let (theirs, ours) = pair.verdicts?;
        if theirs != ours && !pair.makes_no_difference() {
            let (theirs, ours) = (theirs.name(), ours.name());
            differ.push(format!("{} ({theirs} there, {ours} here)", pair.name));
        }
    }
    let those = differ.join(", ");
    Some(match differ.len() {
        0 => "it behaves as ours does".to_owned(),
        all if all == pairs.len() => format!("it does not behave as ours does: {those}"),
        _ => format!("it behaves as ours does but for {those}"),
    })
}

impl Pair {
    /// What `theirs` does, and the row of ours that does the same under a lock in the same state.
    fn find(theirs: &Row, all: &[&Row]) -> Option<Self> {
        let ratio = theirs.speedup_vs_python_sync.filter(|_| theirs.model != Model::PythonSync)?;
        let is_ours = |row: &&&Row| (row.model, row.gil) == (theirs.model.in_ours(), theirs.gil);
        let ours = *all.iter().find(is_ours)?;
        // What both are, without a number where the numbers differ.
        let name = match ours.model {
            Model::Threads => "threads",
            Model::Coop => "tasks",
            _ => "processes",
        };
        let verdicts = theirs.verdict_vs_python().zip(ours.verdict);
        let said = ours.rules.unwrap_or_default().said();
        let rules = if said.is_empty() { said } else { said + "," };
        Some(Self { name, theirs: ratio, ours: ours.speedup_vs_sync, rules, verdicts })
    }

    /// Whether the model comes to about 1 in both, whatever many rounds may have shown.
    fn makes_no_difference(&self) -> bool {
        let ratios = [Some(self.theirs), self.ours];
        ratios.iter().flatten().all(|ratio| (ratio - 1.0).abs() < NOTABLE)
    }

    /// `threads came to 4.6x (ours 4.7x)`, `(ours, fifo, 4.7x)`.
    fn ratios(&self) -> String {
        let ours = self.ours.map_or_else(|| "?".to_owned(), numbers::ratio);
        let (theirs, rules) = (numbers::ratio(self.theirs), &self.rules);
        format!("{} came to {theirs} (ours{rules} {ours})", self.name)
    }
}
