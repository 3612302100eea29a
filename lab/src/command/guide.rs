//! The options of `trainyard guide`.

use crate::ask::experiment::catalogue::tour;
use crate::ask::guide::Guide;

const EXAMPLES: &str = "\
Examples:
  trainyard guide        what there is to see
  trainyard guide 1      the first stop";

/// Walk through twelve experiments in an hour: predict, run, look, change one thing, make one
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct GuideOptions {
    /// Which stop, from 1; none means the plan
    #[arg(value_name = "STOP", value_parser = stop, allow_negative_numbers = true)]
    stop: Option<usize>,
}

/// A positional argument, so its reason stands alone.
fn stop(text: &str) -> Result<usize, String> {
    let last = tour().len();
    let number = text.parse().ok().filter(|number| (1..=last).contains(number));
    number.ok_or_else(|| format!("the guide has no stop '{text}'; its stops are 1 to {last}"))
}

impl GuideOptions {
    pub(super) fn into_guide(self) -> Guide {
        self.stop.map_or(Guide::Plan, Guide::Stop)
    }
}
