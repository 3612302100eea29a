//! Commands to try next: each changes one thing, and says what to look at.
//!
//! They depend on what was run, so that nobody is told to do what they just did. A test of the
//! command line feeds every one of them to its parser.

use lab_core::terms::{Model, Params, Preset, Workload};

/// The most suggestions: more are a manual, and there is one.
const SUGGESTIONS_MAX: usize = 4;

/// Lists what to try after a comparison with `params`: what to type, and what it shows.
pub fn suggestions(params: &Params) -> Vec<(&'static str, &'static str)> {
    let [io, cpu] = [Workload::Io, Workload::Cpu].map(|it| params.workloads.contains(&it));
    let threads = params.models.contains(&Model::Threads);
    let has_rules = !params.policies.is_empty() || params.lock_per_worker;
    let all = [
        (
            cpu && threads && params.switch_interval_ns > 100_000 && !has_rules,
            "trainyard compare cpu --switch-interval 100us",
            "hand the lock over more often",
        ),
        (
            io && params.workers != Some(20),
            "trainyard compare io --workers 20",
            "how many threads does it take?",
        ),
        (!cpu, "trainyard compare cpu", "the same models, computing"),
        (!io, "trainyard compare io", "the same models, waiting"),
        (
            params.preset == Preset::Quick,
            "trainyard compare --preset rp2018",
            "the article's own figures",
        ),
        (true, "trainyard compare --export-json result.json", "every figure, for programs"),
    ];
    let those = all.into_iter().filter(|(applies, ..)| *applies).take(SUGGESTIONS_MAX);
    those.map(|(_, command, shows)| (command, shows)).collect()
}
