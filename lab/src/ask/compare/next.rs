//! Commands to try next: each changes one thing, and says what to look at.
//!
//! They depend on what was run, so that nobody is told to do what they just did. A test of the
//! command line feeds every one of them to its parser.

use lab_core::terms::{Model, Params, Preset, Workload};

/// The most suggestions: more are a manual, and there is one.
const SUGGESTIONS_MAX: usize = 4;

/// A command, and what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What to type.
    pub command: &'static str,
    /// What it is good for.
    pub shows: &'static str,
}

/// Lists what to try after a comparison with `params`.
pub fn suggestions(params: &Params) -> Vec<Suggestion> {
    let ran = |workload| params.workloads.contains(&workload);
    let threads = params.models.contains(&Model::Threads);
    let mut suggestions = Vec::new();
    let mut suggest = |applies: bool, command, shows| {
        if applies && suggestions.len() < SUGGESTIONS_MAX {
            suggestions.push(Suggestion { command, shows });
        }
    };
    suggest(
        ran(Workload::Cpu) && threads && params.switch_interval_ns > 100_000,
        "trainyard compare cpu --switch-interval 100us",
        "hand the lock over more often",
    );
    suggest(
        ran(Workload::Io) && params.workers != Some(20),
        "trainyard compare io --workers 20",
        "how many threads does it take?",
    );
    suggest(!ran(Workload::Cpu), "trainyard compare cpu", "the same models, computing");
    suggest(!ran(Workload::Io), "trainyard compare io", "the same models, waiting");
    suggest(
        params.preset == Preset::Quick,
        "trainyard compare --preset rp2018",
        "the article's own figures",
    );
    suggest(true, "trainyard compare --export-json result.json", "every figure, for programs");
    suggestions
}
