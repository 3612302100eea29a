//! `trainyard doctor`: what this machine can show, and what a recording costs on it.
//!
//! A figure is worth nothing without the machine it came from. This page says what the machine is,
//! how quiet it is at this moment, what its clock and our recorder cost, and which of the
//! laboratory's results cannot be seen here, each with what can be done about it.
//!
//! # The life of one examination
//!
//! 1. [`machine`] and [`limits`] read what the kernel says in `/proc` and `/sys`.
//! 2. [`noise`] does the same work over and over, and looks how long it took.
//! 3. [`cost`](lab_core::work::cost) times a loop with and without two sites of the recorder, in turn.
//! 4. [`advice`] says what follows from all that; [`page`] prints it.
//!
//! Nothing here fails because a machine is bad: what a kernel does not say is left out. With
//! `--strict` a goal that is missed ends the program with 1.

pub mod advice;
pub mod limits;
pub mod machine;
pub mod noise;
pub mod page;

use serde::{Deserialize, Serialize};

use crate::ask::doctor::advice::{Advice, Here};
use crate::ask::doctor::limits::Limits;
use crate::ask::doctor::machine::Machine;
use crate::ask::doctor::noise::Noise;
use lab_core::terms::error::{LabError, Result};
use lab_core::terms::host::Conditions;
use lab_core::terms::output::Format;
use lab_core::work::cost::Cost;

/// The name and version of the document.
pub const SCHEMA: &str = "trainyard.doctor/1";

/// What is to be examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doctor {
    /// How long the measurements take.
    pub effort: Effort,
    /// Whether a goal that is missed is a failure.
    pub goals: Goals,
    /// A table for people or a document for programs.
    pub format: Format,
}

/// How long the measurements take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// About half a second.
    Quick,
    /// About three.
    Thorough,
}

/// Whether a goal that is missed is a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goals {
    /// It is reported.
    Reported,
    /// It ends the program with 1.
    Strict,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// What the kernel says of the machine.
    pub machine: Machine,
    /// What may run out.
    pub limits: Limits,
    /// How quiet it is.
    pub noise: Noise,
    /// What time and events cost.
    pub cost: Cost,
    /// What follows.
    pub advice: Vec<Advice>,
}

impl Effort {
    /// In how many rounds the cost of an event is measured.
    fn rounds_of_cost(self) -> usize {
        match self {
            Self::Quick => 41,
            Self::Thorough => 401,
        }
    }
}

impl Report {
    /// Examines the machine.
    pub fn of(effort: Effort) -> Self {
        let conditions = Conditions::read();
        let (machine, limits) = (Machine::read(&conditions), Limits::read());
        let (noise, cost) = (Noise::measure(effort), Cost::measure(effort.rounds_of_cost()));
        let (schema, advice) = (SCHEMA.to_owned(), Vec::new());
        let found = Self { schema, machine, limits, noise, cost, advice };
        let advice = advice::advise(&found, &Here::look());
        Self { advice, ..found }
    }
}

/// Examines the machine; returns the page, and how it ended.
pub fn run(asked: Doctor) -> (String, Result<()>) {
    let report = Report::of(asked.effort);
    let page = match asked.format {
        Format::Json => page::json(&report),
        _ => page::text(&report),
    };
    let missed: Vec<&str> = report.cost.missed().collect();
    let ended = match (asked.goals, missed.as_slice()) {
        (Goals::Reported, _) | (_, []) => Ok(()),
        (Goals::Strict, missed) => {
            Err(LabError::Failed(format!("the goal for {} is missed", missed.join(" and "))))
        }
    };
    (page, ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything is measured, and nothing of it can be zero or endless on any machine.
    #[test]
    fn this_machine_can_be_examined() {
        let report = Report::of(Effort::Quick);
        let Noise { median_ns, p99_ns, largest_ns, .. } = report.noise;
        assert!(0 < median_ns && median_ns <= p99_ns && p99_ns <= largest_ns, "{report:?}");
        assert!(report.cost.clock_ns > 0.0 && report.cost.armed.median_ns > 0.0, "{report:?}");
        assert!(!report.advice.is_empty() && report.machine.allowed_cpus >= 1);
        let back: Report = serde_json::from_str(&page::json(&report)).unwrap();
        assert_eq!((back.schema.as_str(), back.machine), (SCHEMA, report.machine));
    }

    #[test]
    fn a_missed_goal_is_a_failure_only_if_that_was_asked_for() {
        let asked = Doctor { effort: Effort::Quick, goals: Goals::Reported, format: Format::Table };
        let (page, ended) = run(asked);
        assert_eq!(ended, Ok(()));
        assert!(page.contains("a site that does not record"), "{page}");
    }
}
