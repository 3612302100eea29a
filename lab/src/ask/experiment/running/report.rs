//! What a run has found: for each experiment the figures, how its relations ended, and what follows;
//! and the document of all that. Its schema is `trainyard.experiment/1`; later versions only add keys.

use serde_json::{Map, Value, json};

use crate::ask::experiment::kit::prelude::*;
use lab_core::terms::host::Host;

/// The name and version of the JSON form.
pub(crate) const SCHEMA: &str = "trainyard.experiment/1";

#[derive(Debug)]
pub(crate) struct Report {
    pub host: Host,
    /// How many threads wanted to run before we began, if the kernel says.
    pub load_average: Option<f64>,
    pub scale: Scale,
    /// The relation that was to fail.
    pub wrong: Option<&'static Relation>,
    pub contenders: Vec<Contender>,
    pub findings: Vec<Finding>,
    /// Whether everything was run that was asked for.
    pub is_complete: bool,
}

impl Report {
    /// Whether all relations hold that could be checked.
    /// [`LabError::Failed`] names those that do not, and says how many were skipped. With a wrong
    /// setting that is what was to be seen, and said; it is no success all the same.
    pub(crate) fn verdict(&self) -> Result<()> {
        let failed = count(&self.findings, Ending::Failed);
        if failed == 0 {
            return Ok(());
        }
        let relations = if failed == 1 { "relation" } else { "relations" };
        let which = if self.wrong.is_some() {
            ", as is expected with the wrong setting".to_owned()
        } else {
            let names = names(&self.findings, Ending::Failed).join(", ");
            format!(": {names}; {} skipped", count(&self.findings, Ending::Skipped))
        };
        Err(LabError::Failed(format!("{failed} {relations} failed{which}")))
    }

    pub(crate) fn json(&self) -> String {
        let document = json!({
            "schema": SCHEMA,
            "complete": self.is_complete,
            "quick": self.scale == Scale::Quick,
            "wrong": self.wrong.map(|relation| json!({
                "relation": relation.name,
                "setting": relation.fails_with,
            })),
            "host": self.host,
            "load_average": self.load_average,
            "contenders": self.contenders.iter().map(contender).collect::<Vec<_>>(),
            "experiments": self.findings.iter().map(|finding| self.experiment(finding)).collect::<Vec<_>>(),
        });
        format!("{document:#}\n")
    }

    /// The explanation is of the right settings: with a wrong one it is null.
    fn experiment(&self, finding: &Finding) -> Value {
        let experiment = finding.experiment;
        let explanation = finding.explanation().filter(|_| self.wrong.is_none());
        json!({
            "name": experiment.name,
            "group": experiment.group.name(),
            "title": experiment.title,
            "question": experiment.question,
            "choices": experiment.choices,
            "answer": experiment.answer,
            "prediction": finding.prediction.choice(),
            "cells": finding.cells.iter().map(|cell| cell_of(finding, cell)).collect::<Vec<_>>(),
            "relations": finding.outcomes,
            "explanation": explanation,
        })
    }
}

#[derive(Debug)]
pub(crate) struct Finding {
    pub experiment: &'static Experiment,
    /// The settings, as they were measured.
    pub cells: Vec<Cell>,
    pub results: Results,
    pub outcomes: Vec<Outcome>,
    pub prediction: Prediction,
}

/// What was predicted, if anybody was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prediction {
    /// Nobody was asked, so the question is still to be shown.
    NotAsked,
    /// Somebody just wants to see.
    None,
    /// The number of a choice, counted from 0.
    Choice(usize),
}

impl Prediction {
    pub(crate) fn choice(self) -> Option<usize> {
        match self {
            Self::Choice(choice) => Some(choice),
            Self::NotAsked | Self::None => None,
        }
    }
}

impl Finding {
    /// What follows; before it, what of that this run has not shown. It quotes our own figures, so
    /// our own relations are what it rests on.
    pub(crate) fn explanation(&self) -> Option<String> {
        let explained = self.experiment.explain(&self.results)?;
        let name = Contender::Ours.to_string();
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

/// How many relations ended so, for whomever.
pub(crate) fn count(findings: &[Finding], ending: Ending) -> usize {
    let outcomes = findings.iter().flat_map(|finding| &finding.outcomes);
    outcomes.filter(|outcome| outcome.ending == ending).count()
}

/// `as-cpython (convoy)`: the relations that ended so, each once for however many contenders.
pub(crate) fn names(findings: &[Finding], ending: Ending) -> Vec<String> {
    let names = findings.iter().flat_map(|finding| {
        let ended = finding.outcomes.iter().filter(|outcome| outcome.ending == ending);
        ended.map(|outcome| format!("{} ({})", outcome.name, finding.experiment.name))
    });
    let mut names: Vec<String> = names.collect();
    names.dedup();
    names
}

fn contender(contender: &Contender) -> Value {
    let path = match contender {
        Contender::Ours => None,
        Contender::Python(python) => Some(python.path.display().to_string()),
    };
    json!({ "name": contender.to_string(), "python": path })
}

fn cell_of(finding: &Finding, cell: &Cell) -> Value {
    let here = finding.results.measured.iter().filter(|one| one.cell == cell.label);
    let left_out = finding.results.left_out.iter().filter(|one| one.cell == cell.label);
    let left_out =
        left_out.map(|one| json!({ "contender": one.contender.to_string(), "why": one.why }));
    json!({
        "label": cell.label,
        "lock": cell.lock,
        "parameters": cell.parameters,
        "measured": here.map(measured).collect::<Vec<_>>(),
        "left_out": left_out.collect::<Vec<_>>(),
    })
}

fn measured(one: &Measured) -> Value {
    let figure = |name| json!({ "median": one.median(name), "samples": one.samples(name) });
    let figures: Map<String, Value> =
        one.names().map(|name| (name.to_owned(), figure(name))).collect();
    json!({ "contender": one.contender.to_string(), "figures": figures })
}
