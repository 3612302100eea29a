//! The options of `trainyard compare`: a preset, and what overrides it.

use std::path::PathBuf;
use std::time::Duration;

use super::output::{Color, Export, Format, Glyphs, Output};
use super::values::{self, Affinity};
use crate::lab::contender::{Model, Workload};
use crate::lab::params::{GilChoice, Params, Preset};

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
    /// Where the recordings go.
    pub trace: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  trainyard compare                                both workloads, in about 16 seconds
  trainyard compare cpu --gil on --workers 4       four threads, one lock
  trainyard compare cpu --switch-interval 100us    a lock that changes hands more often
  trainyard compare io --models threads,coop --latency 20ms
  trainyard compare io --url http://127.0.0.1:8000/
  trainyard compare --python=auto                  beside the python3 of the PATH
  trainyard compare --preset rp2018 --runs 6       as the article did, and with a verdict
  trainyard compare --format json > result.json
  trainyard compare --export-markdown result.md
  trainyard compare -o run.trace                   and then: trainyard timeline run.trace

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

    /// The global lock of the threads: on, off, both
    #[arg(long, value_name = "STATE", default_value = "both", value_parser = values::gil)]
    gil: GilChoice,

    /// How many threads, processes, and tasks at a time
    #[arg(long, short = 'j', value_name = "N", value_parser = values::workers,
          allow_negative_numbers = true)]
    workers: Option<usize>,

    /// How many pages a round of io fetches
    #[arg(long, value_name = "N", value_parser = values::requests, allow_negative_numbers = true)]
    requests: Option<usize>,

    /// How many inputs a round of cpu computes
    #[arg(long, value_name = "N", value_parser = values::inputs, allow_negative_numbers = true)]
    inputs: Option<usize>,

    /// How long the server takes to answer, as in 5ms
    #[arg(long, value_name = "DURATION", value_parser = values::latency,
          allow_hyphen_values = true)]
    latency: Option<Duration>,

    /// Fetch from this server instead of our own; may be repeated
    #[arg(long, value_name = "URL", value_parser = values::url, conflicts_with = "latency")]
    url: Vec<String>,

    /// Measure this CPython too; may be repeated; auto is the python3 of the PATH. The preset quick
    /// then adds up 500 000 squares, not 3 000 000
    #[arg(long, value_name = "PATH")]
    python: Vec<PathBuf>,

    /// How long a thread waits before it asks for the lock, as in 5ms or 100us
    #[arg(long, value_name = "DURATION", value_parser = values::switch_interval,
          allow_hyphen_values = true)]
    switch_interval: Option<Duration>,

    /// Run on these processors alone, as in 0,1 or 0-3
    #[arg(long, value_name = "CPUS", value_parser = values::affinity, allow_hyphen_values = true)]
    affinity: Option<Affinity>,

    /// How many rounds are measured; a verdict takes at least 6
    #[arg(long, short, value_name = "N", value_parser = values::runs,
          allow_negative_numbers = true)]
    runs: Option<usize>,

    /// How many rounds are run before them and thrown away
    #[arg(long, short, value_name = "N", value_parser = values::warmup,
          allow_negative_numbers = true)]
    warmup: Option<usize>,

    /// Seed of the resampling behind the intervals
    #[arg(long, value_name = "N", value_parser = values::seed, allow_negative_numbers = true)]
    seed: Option<u64>,

    /// What goes to standard output: table, json, csv, markdown
    #[arg(long, value_name = "FORMAT", value_parser = values::format)]
    format: Option<Format>,

    /// Write the results to FILE as JSON; '-' is standard output
    #[arg(long, value_name = "FILE")]
    export_json: Option<PathBuf>,

    /// Write the results to FILE as CSV
    #[arg(long, value_name = "FILE")]
    export_csv: Option<PathBuf>,

    /// Write the results to FILE as a Markdown table
    #[arg(long, value_name = "FILE")]
    export_markdown: Option<PathBuf>,

    /// Record one more round of each contender into FILE, for `timeline` and `export`
    #[arg(long, short, value_name = "FILE", value_parser = values::trace_file)]
    output: Option<PathBuf>,

    /// Colours: auto, always, never; auto honours `NO_COLOR`
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = values::color)]
    color: Color,

    /// Draw the picture with ASCII characters
    #[arg(long)]
    ascii: bool,
}

impl CompareOptions {
    /// Lays the options over the preset.
    pub(super) fn into_compare(self) -> Result<Compare, String> {
        let exports = [
            (Format::Json, &self.export_json),
            (Format::Csv, &self.export_csv),
            (Format::Markdown, &self.export_markdown),
        ];
        let exports = exports
            .into_iter()
            .filter_map(|(format, path)| path.clone().map(|path| Export { format, path }));
        let output = Output {
            color: self.color,
            glyphs: if self.ascii { Glyphs::Ascii } else { Glyphs::Unicode },
            ..Output::new(self.format, exports.collect())?
        };
        let (pythons, trace) = (self.python.clone(), self.output.clone());
        let params = self.into_params();
        params.check()?;
        Ok(Compare { params, pythons, output, trace })
    }

    fn into_params(self) -> Params {
        let preset = Params::of(self.preset);
        let preset = if self.python.is_empty() { preset } else { preset.beside_python() };
        Params {
            workloads: distinct(self.workloads).unwrap_or(preset.workloads),
            models: distinct(self.models).unwrap_or(preset.models),
            gil: self.gil,
            workers: self.workers,
            requests: self.requests.unwrap_or(preset.requests),
            latency_ns: self.latency.map_or(preset.latency_ns, nanoseconds),
            runs: self.runs.unwrap_or(preset.runs),
            warmup: self.warmup.unwrap_or(preset.warmup),
            switch_interval_ns: self.switch_interval.map_or(preset.switch_interval_ns, nanoseconds),
            affinity: self.affinity.map_or(preset.affinity, |Affinity(cpus)| cpus),
            seed: self.seed.unwrap_or(preset.seed),
            kernel: self.inputs.map_or(preset.kernel, |inputs| preset.kernel.with_inputs(inputs)),
            urls: self.url,
            ..preset
        }
    }
}

/// The values without repetitions; `None` if there are none.
pub(super) fn distinct<T: PartialEq>(values: Vec<T>) -> Option<Vec<T>> {
    let mut distinct: Vec<T> = Vec::new();
    for value in values {
        if !distinct.contains(&value) {
            distinct.push(value);
        }
    }
    (!distinct.is_empty()).then_some(distinct)
}

/// The nanoseconds of a duration from the command line.
pub(super) fn nanoseconds(duration: Duration) -> u64 {
    // Durations on the command line are a day at most.
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
