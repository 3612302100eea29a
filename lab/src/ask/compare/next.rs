//! Commands to try next: each changes one thing, and says what to look at.
//!
//! They depend on what was run, so that nobody is told to do what they just did. A test feeds
//! every one of them to the command line's own parser.

use lab_core::terms::contender::{Model, Workload};
use lab_core::terms::params::{Params, Preset};

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

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::command;

    #[track_caller]
    fn parse(command: &str) -> command::Compare {
        match command::parse(command.split_whitespace().map(OsString::from)) {
            Ok(command::Command::Compare(compare)) => *compare,
            other => panic!("{command}: {other:?}"),
        }
    }

    fn all() -> Vec<Params> {
        let one = |workload, preset| Params { workloads: vec![workload], ..Params::of(preset) };
        vec![
            Params::of(Preset::Quick),
            Params::of(Preset::Rp2024),
            one(Workload::Io, Preset::Quick),
            one(Workload::Cpu, Preset::Rp2018),
            Params { workers: Some(20), switch_interval_ns: 1, ..Params::of(Preset::Quick) },
        ]
    }

    #[test]
    fn every_suggestion_is_a_command_that_exists() {
        for Suggestion { command, .. } in all().iter().flat_map(suggestions) {
            parse(command);
        }
    }

    #[test]
    fn nobody_is_told_to_do_what_they_just_did() {
        for params in all() {
            let suggestions = suggestions(&params);
            assert!((2..=SUGGESTIONS_MAX).contains(&suggestions.len()));
            for Suggestion { command, .. } in suggestions {
                let compare = parse(command);
                let exports = !compare.output.files.is_empty();
                assert!(exports || compare.params != params, "{command}");
            }
        }
    }
}
