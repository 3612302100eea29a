//! Does CPython behave as ours does? One sentence for each workload and each CPython.
//!
//! Their seconds say little of each other: one of them interprets. What can be compared is what
//! each model makes of its own sequential run, so a CPython's rows have a ratio to its own `sync`
//! beside the one to ours, and the sentence puts it next to ours. *As ours does* means that each
//! model has the same verdict in both, or comes to about 1 in both; those that do not are named
//! first.

use crate::ask::compare::report::{Report, Row};
use lab_core::terms::{Contender, Model, Verdict, Workload};
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

/// What a model makes of the sequential run: in CPython, and in ours.
struct Pair<'a> {
    theirs: &'a Row,
    ours: &'a Row,
}

fn sentence(all: &[&Row], theirs: &[&Row]) -> Option<String> {
    let pairs: Vec<Pair<'_>> = theirs.iter().filter_map(|row| Pair::find(row, all)).collect();
    let sequential = theirs.iter().find(|row| row.model == Model::PythonSync)?;
    let slowdown = sequential.speedup_vs_sync?.recip();
    let sequential_run =
        format!("its own sequential run took {} as long as ours", numbers::ratio(slowdown));
    if pairs.is_empty() {
        return Some(format!("{sequential_run}."));
    }
    let ratios: Vec<String> = pairs.iter().map(Pair::ratios).collect();
    let conclusion = conclusion(&pairs).map_or_else(String::new, |text| format!("{text}: "));
    Some(format!(
        "{conclusion}{}, each against the sequential run beside it; {sequential_run}.",
        ratios.join(", ")
    ))
}

/// What follows; nothing from too few rounds.
fn conclusion(pairs: &[Pair<'_>]) -> Option<String> {
    let verdicts: Option<Vec<(Verdict, Verdict)>> = pairs
        .iter()
        .map(|pair| Some((pair.theirs.verdict_vs_python()?, pair.ours.verdict?)))
        .collect();
    let differ = pairs
        .iter()
        .zip(verdicts?)
        .filter(|(pair, (theirs, ours))| theirs != ours && !pair.makes_no_difference());
    let differ: Vec<String> = differ
        .map(|(pair, (theirs, ours))| {
            format!("{} ({} there, {} here)", pair.name(), theirs.name(), ours.name())
        })
        .collect();
    Some(match differ.as_slice() {
        [] => "it behaves as ours does".to_owned(),
        differ if differ.len() == pairs.len() => {
            format!("it does not behave as ours does: {}", differ.join(", "))
        }
        differ => format!("it behaves as ours does but for {}", differ.join(", ")),
    })
}

impl<'a> Pair<'a> {
    /// The row of ours that does what `theirs` does, under a lock in the same state.
    fn find(theirs: &'a Row, all: &[&'a Row]) -> Option<Self> {
        theirs.speedup_vs_python_sync.filter(|_| theirs.model != Model::PythonSync)?;
        let Contender { gil, .. } = theirs.contender();
        let is_ours = |row: &&&Row| (row.model, row.gil) == (theirs.model.in_ours(), gil);
        let ours = *all.iter().find(is_ours)?;
        Some(Self { theirs, ours })
    }

    /// Whether the model comes to about 1 in both, whatever many rounds may have shown.
    fn makes_no_difference(&self) -> bool {
        let ratios = [self.theirs.speedup_vs_python_sync, self.ours.speedup_vs_sync];
        ratios.iter().flatten().all(|ratio| (ratio - 1.0).abs() < NOTABLE)
    }

    /// What both are, without a number where the numbers differ.
    fn name(&self) -> &'static str {
        match self.ours.model {
            Model::Threads => "threads",
            Model::Coop => "tasks",
            _ => "processes",
        }
    }

    /// `5 threads came to 4.6x (ours 4.7x)`.
    fn ratios(&self) -> String {
        let ratio = |ratio: Option<f64>| ratio.map_or_else(|| "?".to_owned(), numbers::ratio);
        format!(
            "{} came to {} (ours {})",
            self.name(),
            ratio(self.theirs.speedup_vs_python_sync),
            ratio(self.ours.speedup_vs_sync),
        )
    }
}
