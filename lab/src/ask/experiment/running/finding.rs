//! What the run of one experiment has found: figures, how its relations ended, and what follows.

use crate::ask::experiment::kit::cell::Cell;
use crate::ask::experiment::kit::contender::Contender;
use crate::ask::experiment::kit::experiment::Experiment;
use crate::ask::experiment::kit::figures::Results;
use crate::ask::experiment::kit::relation::{Ending, Of, Outcome};

/// What a run has found, as far as it came.
#[derive(Debug)]
pub struct Finding {
    /// What was run.
    pub experiment: &'static Experiment,
    /// The settings, as they were measured.
    pub cells: Vec<Cell>,
    /// The figures.
    pub results: Results,
    /// The relations that were checked.
    pub outcomes: Vec<Outcome>,
    /// What was predicted.
    pub prediction: Prediction,
}

/// What was predicted, if anybody was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prediction {
    /// Nobody was asked, so the question is still to be shown.
    NotAsked,
    /// Somebody just wants to see.
    None,
    /// The number of a choice, counted from 0.
    Choice(usize),
}

impl Prediction {
    /// The number, if there is one.
    pub fn choice(self) -> Option<usize> {
        match self {
            Self::Choice(choice) => Some(choice),
            Self::NotAsked | Self::None => None,
        }
    }
}

impl Finding {
    /// What follows; before it, what of that this run has not shown. It quotes our own figures, so
    /// our own relations are what it rests on.
    pub fn explanation(&self) -> Option<String> {
        let explained = self.experiment.explain(&self.results)?;
        let name = Contender::Ours.name();
        let ours = self.experiment.relations.iter().filter(|one| one.of != Of::EachPython);
        let open = ours.filter_map(|relation| {
            let is_it = |one: &&Outcome| one.name == relation.name && one.contender == name;
            let end = match self.outcomes.iter().find(is_it).map(|outcome| outcome.ending) {
                Some(Ending::Holds) => return None,
                Some(Ending::Failed) => "failed",
                Some(Ending::Skipped) => "was skipped",
                None => "was not checked",
            };
            Some(format!("{} {end}", relation.name))
        });
        let open: Vec<String> = open.collect();
        if open.is_empty() {
            return Some(explained);
        }
        Some(format!(
            "This run does not show all of what follows ({}): the figures are its own, the reasons \
             are of runs that do. {explained}",
            open.join(", ")
        ))
    }
}
