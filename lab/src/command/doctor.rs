//! The options of `trainyard doctor`.

use super::values;
use crate::ask::doctor::{Doctor, Effort, Goals};
use lab_core::terms::output::Format;

const EXAMPLES: &str = "\
Examples:
  trainyard doctor
  trainyard doctor --quick --format json
  trainyard doctor --strict          fail if an event costs more than its goal

Exit status: 0 done, 1 a goal is missed and --strict was given, 2 bad input.";

/// Say what this machine can show, how quiet it is, and what a recorded event costs
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DoctorOptions {
    /// Measure for a shorter time, and less exactly
    #[arg(long)]
    quick: bool,

    /// End with 1 if a goal is missed
    #[arg(long)]
    strict: bool,

    /// What goes to standard output: table, json
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = values::page_format)]
    format: Format,
}

impl DoctorOptions {
    pub(super) fn into_doctor(self) -> Doctor {
        Doctor {
            effort: if self.quick { Effort::Quick } else { Effort::Thorough },
            goals: if self.strict { Goals::Strict } else { Goals::Reported },
            format: self.format,
        }
    }
}
