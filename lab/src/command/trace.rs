//! The options of `trainyard trace`.

use std::path::PathBuf;

use crate::ask::trace_check::Check;

const EXAMPLES: &str = "\
Examples:
  trainyard compare cpu --gil on -o run.trace
  trainyard trace check run.trace

Exit status: 0 every event is possible, 1 one is not, 2 bad input.";

/// Replay a recording through the model of the runtimes, and name the first impossible event
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, disable_help_subcommand = true)]
pub(super) struct TraceOptions {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Replay FILE
    #[command(after_help = EXAMPLES)]
    Check {
        /// What `-o FILE` has written
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

impl TraceOptions {
    pub(super) fn into_check(self) -> Check {
        let Verb::Check { file } = self.verb;
        Check { file }
    }
}
