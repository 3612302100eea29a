//! An experiment: all that there is to say about one question, as one value.
//!
//! Read next: [`relation`](super::relation) and [`claim`](super::claim), then any experiment.

use std::fmt;

use clap::ValueEnum;

use super::cell::{Cell, Scale};
use super::contender::Python;
use super::figures::{Column, Figures};
use super::quantity::Explanation;
use super::relation::Relation;
use lab_core::terms::error::Result;

/// Everything that there is to say about one question.
pub struct Experiment {
    /// What the command line calls it.
    pub name: &'static str,
    /// What it is about.
    pub group: Group,
    /// One line.
    pub title: &'static str,
    /// What is asked, in words that need no knowledge of the answer.
    pub question: &'static str,
    /// What one may predict.
    pub choices: &'static [&'static str],
    /// Which of the choices is right, counted from 0.
    pub answer: usize,
    /// What is done, so that somebody else can do it.
    pub method: &'static str,
    /// The settings that are measured.
    pub cells: fn(Scale) -> Vec<Cell>,
    /// Measures one of them in our runtime, in a process of its own; the answer
    /// [`NoRoom`](lab_core::terms::error::LabError::NoRoom) leaves the cell out.
    pub ours: fn(&Cell) -> Result<Figures>,
    /// The same in Python: what is run after `twin.py`. From 2.7 to 3.13.
    pub twin: Option<&'static str>,
    /// Which cells a CPython can be measured in.
    pub plays: fn(&Python, &Cell) -> bool,
    /// The figures that are shown, the most important first.
    pub columns: &'static [Column],
    /// What must hold between them.
    pub relations: &'static [Relation],
    /// What follows, said with the run's own figures.
    pub explain: Explanation,
    /// Where to read on: files of ours, and sources.
    pub read: &'static [&'static str],
}

impl Experiment {
    /// Finds one of its relations.
    pub fn relation(&self, name: &str) -> Option<&'static Relation> {
        self.relations.iter().find(|relation| relation.name == name)
    }
}

impl fmt::Debug for Experiment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Experiment({})", self.name)
    }
}

/// Two values are the same experiment if they have the same name: names are unique.
impl PartialEq for Experiment {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Experiment {}

/// What an experiment is about; in the order in which the groups are best met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Group {
    /// Threads, tasks and processes beside each other.
    Models,
    /// The loop and its tasks.
    Tasks,
    /// The global lock.
    Lock,
    /// Threads, and what they share.
    Threads,
    /// Processes, and what they do not.
    Processes,
}

impl Group {
    /// The name on the command line and in every output.
    pub fn name(self) -> &'static str {
        self.about().0
    }

    /// What it is about, in a line.
    pub fn title(self) -> &'static str {
        self.about().1
    }

    fn about(self) -> (&'static str, &'static str) {
        match self {
            Self::Models => ("models", "three models, one problem"),
            Self::Tasks => ("tasks", "what a loop does for its tasks"),
            Self::Lock => ("lock", "what a global lock does"),
            Self::Threads => ("threads", "what threads share"),
            Self::Processes => ("processes", "what processes do not share"),
        }
    }
}
