//! The options of `trainyard compare`: a preset, and what overrides it.

use std::path::PathBuf;

use super::options::{Drawing, Measuring, Results, Work, distinct};
use super::values;
use lab_core::terms::contender::{Model, Workload};
use lab_core::terms::output::Output;
use lab_core::terms::params::{Params, Preset};

/// What `compare` is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compare {
    /// What is measured.
    pub params: Params,
    /// Where each CPython is that takes part; `auto` is the first `python3` of the PATH. Which they
    /// are is only known when they were asked.
    pub pythons: Vec<PathBuf>,
    /// Where it goes.
    pub output: Output,
}

const EXAMPLES: &str = "\
Examples:
  trainyard compare                              both workloads, in about 16 s
  trainyard compare cpu --gil on --workers 4     four threads, one lock
  trainyard compare cpu --switch-interval 100us  it changes hands more often
  trainyard compare io --models threads,coop --latency 20ms
  trainyard compare io --url http://127.0.0.1:8000/
  trainyard compare --python=auto                beside the python3 of the PATH
  trainyard compare --preset rp2018 --runs 6     the article's, with a verdict
  trainyard compare --format json > result.json
  trainyard compare --export-markdown result.md
  trainyard compare -o run.trace                 for: trainyard timeline

Exit status: 0 done, 1 a run or a check failed, 2 bad input, 130 interrupted.";

/// Measure the same work through every runtime, side by side, and show why the times differ
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CompareOptions {
    /// What to do: io, cpu; none means both
    #[arg(value_name = "WORKLOAD", value_parser = values::workload, allow_negative_numbers = true)]
    workloads: Vec<Workload>,

    /// Where all figures come from that no option sets: quick, or rp2018, rp2024, the article's
    #[arg(long, value_name = "NAME", default_value = "quick", value_parser = values::preset)]
    preset: Preset,

    /// Who takes part, with commas: sync, threads, threads-native, coop, procs; sync always does
    #[arg(long, value_name = "MODELS", value_delimiter = ',', value_parser = values::model)]
    models: Vec<Model>,

    /// Fetch from this server instead of our own; may be repeated
    #[arg(long, value_name = "URL", value_parser = values::url, conflicts_with = "latency")]
    url: Vec<String>,

    #[command(flatten, next_help_heading = "What is run")]
    work: Work,

    #[command(flatten, next_help_heading = "How it is measured")]
    measuring: Measuring,

    #[command(flatten, next_help_heading = "Where the results go")]
    results: Results,

    #[command(flatten)]
    drawing: Drawing,
}

impl CompareOptions {
    /// Lays the options over the preset.
    pub(super) fn into_compare(self) -> Result<Compare, String> {
        let (color, glyphs) = (self.drawing.color, self.drawing.glyphs());
        let output = Output { color, glyphs, ..self.results.into_output(None)? };
        let preset = self.work.apply_to(self.measuring.apply_to(Params::of(self.preset)));
        let params = Params {
            workloads: distinct(self.workloads).unwrap_or(preset.workloads),
            models: distinct(self.models).unwrap_or(preset.models),
            urls: self.url,
            ..preset
        };
        params.check()?;
        Ok(Compare { params, pythons: self.measuring.python, output })
    }
}
