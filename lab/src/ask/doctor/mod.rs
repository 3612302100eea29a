//! `trainyard doctor`: what this machine can show, and what a recording costs on it.
//!
//! A figure is worth nothing without the machine it came from. This page says what the machine is,
//! how quiet it is at this moment, what its clock and our recorder cost, and which of the
//! laboratory's results cannot be seen here, each with what can be done about it.
//!
//! # The life of one examination
//!
//! 1. [`machine`] reads what the kernel says in `/proc` and `/sys`.
//! 2. [`noise`] does the same work over and over, and looks how long it took.
//! 3. [`cost`](lab_core::work::cost) times a loop with and without two sites of the recorder, in turn.
//! 4. [`advice`] says what follows from all that; [`page`] prints it.
//!
//! Nothing here fails because a machine is bad: what a kernel does not say is left out. With
//! `--strict` a goal that is missed ends the program with 1.

pub mod advice;
pub mod machine;
pub mod noise;
pub mod page;

use serde::{Deserialize, Serialize};

use self::advice::{Advice, Here};
use self::machine::{Limits, Machine};
use self::noise::Noise;
use crate::ask::{document, values};
use lab_core::terms::output::Format;
use lab_core::terms::{Conditions, LabError, Result};
use lab_core::work::cost::Cost;

/// The name and version of the document.
pub const SCHEMA: &str = "trainyard.doctor/1";

const EXAMPLES: &str = "\
Examples:
  trainyard doctor
  trainyard doctor --quick --format json
  trainyard doctor --strict          fail if an event costs more than its goal

Exit status: 0 done, 1 a goal is missed and --strict was given, 2 bad input.";

/// Say what this machine can show, how quiet it is, and what a recorded event costs
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Doctor {
    /// Measure for a shorter time, and less exactly
    #[arg(long)]
    pub quick: bool,

    /// End with 1 if a goal is missed
    #[arg(long)]
    pub strict: bool,

    /// What goes to standard output: table, json
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = values::page_format)]
    pub format: Format,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub schema: String,
    pub machine: Machine,
    pub limits: Limits,
    pub noise: Noise,
    pub cost: Cost,
    pub advice: Vec<Advice>,
}

impl Doctor {
    /// Examines the machine, for half a second or for three; returns the page, and how it ended.
    pub fn run(self) -> (String, Result<()>) {
        let (spins, watch_ns, rounds_of_cost) =
            if self.quick { (2_000, 100_000_000, 41) } else { (20_000, 1_000_000_000, 401) };
        let mut report = Report {
            schema: SCHEMA.to_owned(),
            machine: Machine::read(&Conditions::read()),
            limits: Limits::read(),
            noise: Noise::measure(spins, watch_ns),
            cost: Cost::measure(rounds_of_cost),
            advice: Vec::new(),
        };
        report.advice = advice::advise(&report, &Here::look());
        let page = match self.format {
            Format::Json => document::json(&report),
            _ => page::text(&report),
        };
        (page, self.ended(&report.cost.missed().collect::<Vec<_>>()))
    }

    fn ended(self, missed: &[&str]) -> Result<()> {
        if self.strict && !missed.is_empty() {
            let missed = missed.join(" and ");
            return Err(LabError::Failed(format!("the goal for {missed} is missed")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Doctor = Doctor { quick: true, strict: false, format: Format::Json };

    #[test]
    fn a_missed_goal_is_exit_status_1_if_that_was_asked_for() {
        let strict = Doctor { strict: true, ..QUICK };
        let missed = strict.ended(&["a site", "an event"]).unwrap_err();
        assert_eq!(missed.to_string(), "the goal for a site and an event is missed");
        assert_eq!(missed.exit_code(), 1);
        assert_eq!((strict.ended(&[]), QUICK.ended(&["a site"])), (Ok(()), Ok(())));
    }

    /// Everything is measured, and nothing of it can be zero or endless on any machine.
    #[test]
    fn this_machine_can_be_examined() {
        let (page, ended) = QUICK.run();
        assert_eq!(ended, Ok(()));
        let report: Report = serde_json::from_str(&page).unwrap();
        let Noise { median_ns, p99_ns, largest_ns, .. } = report.noise;
        assert!(0 < median_ns && median_ns <= p99_ns && p99_ns <= largest_ns, "{report:?}");
        assert!(report.cost.clock_ns > 0.0 && report.cost.armed.median_ns > 0.0, "{report:?}");
        assert!(!report.advice.is_empty() && report.machine.allowed_cpus >= 1);
        assert_eq!(report.schema, SCHEMA);
        let (page, _) = Doctor { format: Format::Table, ..QUICK }.run();
        assert!(page.contains("a site that does not record"), "{page}");
    }
}
