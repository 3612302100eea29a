//! An experiment: all that there is to say about one question, as one value.
//!
//! Its words are a [`page`](super::page); the rest, in Rust, is its [`Design`].
//!
//! Read next: [`relation`](super::relation), then any experiment.

use clap::ValueEnum;

use super::cell::{Cell, Scale};
use super::contender::{Contender, Python};
use super::figures::{Column, Figures, Results};
use super::page::cells;
use super::quantity::said;
use super::relation::Relation;
use lab_core::terms::error::Result;

/// Everything that there is to say about one question.
#[derive(Debug)]
pub struct Experiment {
    /// What the command line calls it.
    pub name: &'static str,
    pub group: Group,
    pub title: &'static str,
    /// What is asked, in words that need no knowledge of the answer.
    pub question: &'static str,
    pub choices: Vec<&'static str>,
    /// Which of the choices is right, counted from 0.
    pub answer: usize,
    /// What is done, so that somebody else can do it.
    pub method: &'static str,
    /// The settings that are measured, as the page has them.
    pub settings: Vec<&'static str>,
    /// The figures that are shown, the most important first.
    pub columns: Vec<Column>,
    pub relations: Vec<Relation>,
    /// What follows, said with the run's own figures.
    pub explanation: &'static str,
    /// Where to read on: files of ours, and sources.
    pub read: Vec<&'static str>,
    /// What to do about it on the guided tour.
    pub lesson: Option<Lesson>,
    pub design: &'static Design,
}

/// What of an experiment is Rust.
#[derive(Debug)]
pub struct Design {
    pub page: &'static str,
    /// Measures one setting in our runtime, in a process of its own; the answer
    /// [`NoRoom`](lab_core::terms::error::LabError::NoRoom) leaves the cell out.
    pub ours: fn(&Cell) -> Result<Figures>,
    /// The same in Python: what is run after `twin.py`. From 2.7 to 3.13.
    pub twin: Option<&'static str>,
    /// Which cells a CPython can be measured in.
    pub plays: fn(&Python, &Cell) -> bool,
    pub relations: &'static [Relation],
    /// Figures that only the explanation needs, made of the others.
    pub notes: fn(&Results) -> Option<Figures>,
}

impl Design {
    /// Measures the settings of the page.
    pub const fn new(page: &'static str, ours: fn(&Cell) -> Result<Figures>) -> Self {
        let (plays, notes) = (|_: &_, _: &_| false, |_: &_| Some(Figures::default()));
        Self { page, ours, twin: None, plays, relations: &[], notes }
    }

    /// The name on its page, of which no more is read.
    pub fn name(&self) -> &'static str {
        self.page.trim_start_matches("# ").split_once(':').map_or("", |(name, _)| name)
    }

    /// Measures the cells that it `plays` in each CPython too.
    pub const fn twin(self, twin: &'static str, plays: fn(&Python, &Cell) -> bool) -> Self {
        Self { twin: Some(twin), plays, ..self }
    }

    pub const fn relations(self, relations: &'static [Relation]) -> Self {
        Self { relations, ..self }
    }

    /// Makes figures of the results, for the explanation alone.
    pub const fn notes(self, notes: fn(&Results) -> Option<Figures>) -> Self {
        Self { notes, ..self }
    }
}

macro_rules! designs {
    ($($module:ident),*) => { &[$($module::DESIGN),*] };
}
pub(crate) use designs;

/// What one does at a stop of the tour, beside running the experiment.
#[derive(Clone, Copy, Debug)]
pub struct Lesson {
    /// Which stop it is, from 1.
    pub stop: usize,
    /// What to look at, and by which command.
    pub look: Activity,
    /// One thing to change, and what to watch then.
    pub change: Activity,
    /// Something to make oneself.
    pub make: &'static str,
}

/// A command, and why one would run it.
#[derive(Clone, Copy, Debug)]
pub struct Activity {
    /// What is typed after `trainyard `.
    pub command: &'static str,
    /// What to look at in what it prints.
    pub says: &'static str,
}

impl Experiment {
    pub fn relation(&self, name: &str) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.name == name)
    }

    pub fn cells(&self, scale: Scale) -> Vec<Cell> {
        cells(&self.settings, scale)
    }

    /// Says what follows; `None` if a figure is missing.
    pub fn explain(&self, results: &Results) -> Option<String> {
        let mut results = results.clone();
        results.push(&Contender::Ours, "", (self.design.notes)(&results)?);
        said(self.explanation, &results, &Contender::Ours).map(|(text, _)| text)
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
    Models,
    Tasks,
    Lock,
    Threads,
    Processes,
}

impl Group {
    /// The name on the command line and in every output.
    pub fn name(self) -> &'static str {
        self.about().0
    }

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
