//! Experiments: a question, a prediction, a run, and relations that say whether the answer is true.
//!
//! A claim about a lock is worth what can be shown on the reader's own machine. So each experiment
//! is one file that reads like the page it becomes: what is asked, what one may expect, what is
//! measured, which relations must hold between the figures, and what follows, said with the figures
//! of the run itself. The same is run in each real CPython that the user names, so that "as
//! CPython does" is a measurement.
//!
//! # The life of one experiment
//!
//! 1. The question is printed, and on a terminal a prediction is asked for.
//! 2. Each [`Cell`], which is one setting, is measured in a process of its own, by each
//!    [`Contender`](contender::Contender) that can: ours, then each CPython, cell by cell, so that
//!    what disturbs the machine disturbs all of them ([`session`]).
//! 3. Each [`Relation`] is checked. One about times that fails is measured again, twice at most.
//! 4. The figures, the relations and the explanation become a page, or a JSON document
//!    ([`report`]).
//!
//! # What a relation is worth
//!
//! One that cannot fail says nothing. Each therefore names a wrong setting under which it does:
//! `trainyard experiment run convoy --wrong one-to-two-intervals` runs the same cells with that one
//! change, checks the same relation, and ends with exit code 1. CI runs every one of them.
//!
//! Read next: [`cell`], [`relation`], then any experiment, such as [`lock::convoy`].

pub mod cell;
pub mod command;
pub mod contender;
pub mod delay;
pub mod echo;
pub mod figures;
pub mod hogs;
pub mod lesson;
pub mod lock;
pub mod models;
pub mod page;
pub mod pause;
pub mod process;
pub mod processes;
pub mod program;
pub mod relation;
pub mod report;
pub mod session;
pub mod tasks;
pub mod threads;
pub mod yardstick;

use std::fmt;

use clap::ValueEnum;

use lab_core::terms::nearest::nearest;

use super::experiment::lesson::Stop;
use crate::ask::experiment::cell::{Cell, Scale};
use crate::ask::experiment::contender::Python;
use crate::ask::experiment::figures::{Column, Figures, Results};
use crate::ask::experiment::relation::Relation;
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
    pub explain: fn(&Results) -> Option<String>,
    /// Where to read on: files of ours, and sources.
    pub read: &'static [&'static str],
}

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

    /// Its experiments, in the order in which they are best met.
    pub fn experiments(self) -> &'static [&'static Experiment] {
        self.about().2
    }

    fn about(self) -> (&'static str, &'static str, &'static [&'static Experiment]) {
        match self {
            Self::Models => ("models", "three models, one problem", models::EXPERIMENTS),
            Self::Tasks => ("tasks", "what a loop does for its tasks", tasks::EXPERIMENTS),
            Self::Lock => ("lock", "what a global lock does", lock::EXPERIMENTS),
            Self::Threads => ("threads", "what threads share", threads::EXPERIMENTS),
            Self::Processes => ("processes", "what processes do not share", processes::EXPERIMENTS),
        }
    }
}

/// Lists every experiment, in the order in which they are best met.
pub fn all() -> impl Iterator<Item = &'static Experiment> {
    Group::value_variants().iter().flat_map(|group| group.experiments()).copied()
}

/// The guided tour.
pub const TOUR: &[Stop] = &[
    Stop { experiment: &models::three_names::EXPERIMENT, lesson: &models::three_names::LESSON },
    Stop { experiment: &models::io::EXPERIMENT, lesson: &models::io::LESSON },
    Stop { experiment: &models::cpu::EXPERIMENT, lesson: &models::cpu::LESSON },
    Stop {
        experiment: &threads::what_is_the_lock::EXPERIMENT,
        lesson: &threads::what_is_the_lock::LESSON,
    },
    Stop { experiment: &lock::convoy::EXPERIMENT, lesson: &lock::convoy::LESSON },
    Stop { experiment: &lock::lost_updates::EXPERIMENT, lesson: &lock::lost_updates::LESSON },
    Stop { experiment: &threads::strategies::EXPERIMENT, lesson: &threads::strategies::LESSON },
    Stop {
        experiment: &threads::session_per_thread::EXPERIMENT,
        lesson: &threads::session_per_thread::LESSON,
    },
    Stop {
        experiment: &tasks::await_in_the_middle::EXPERIMENT,
        lesson: &tasks::await_in_the_middle::LESSON,
    },
    Stop { experiment: &tasks::blocking_call::EXPERIMENT, lesson: &tasks::blocking_call::LESSON },
    Stop {
        experiment: &processes::what_a_process_owns::EXPERIMENT,
        lesson: &processes::what_a_process_owns::LESSON,
    },
    Stop { experiment: &threads::pool_size::EXPERIMENT, lesson: &threads::pool_size::LESSON },
];

/// Finds an experiment.
///
/// # Errors
///
/// One line that names the experiment whose name is nearest.
pub fn find(name: &str) -> std::result::Result<&'static Experiment, String> {
    all().find(|experiment| experiment.name == name).ok_or_else(|| {
        let names = all().map(|experiment| experiment.name);
        match nearest(name, names) {
            Some(near) => format!("unknown experiment '{name}'; did you mean '{near}'?"),
            None => format!("unknown experiment '{name}'; `trainyard experiment list` has them"),
        }
    })
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

#[cfg(test)]
mod tests;
