//! The options that several commands have: each, its help and its rule stand here once, but for the
//! `--color` of `sweep`, which draws nothing.
//!
//! A command takes a group as a whole, under a heading of its own; an option that means nothing to
//! one of them is in no group. What a single command has stands in that command's file.

use std::path::PathBuf;
use std::time::Duration;

use super::lock::Lock;
use super::values::{self, Affinity};
use lab_core::terms::Params;
use lab_core::terms::output::{Color, Export, Format, Glyphs, Output};

/// What a round is.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct Work {
    #[command(flatten)]
    pub(crate) lock: Lock,

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

    /// Run on these processors alone, as in 0,1 or 0-3
    #[arg(long, value_name = "CPUS", value_parser = values::affinity, allow_hyphen_values = true)]
    affinity: Option<Affinity>,
}

/// How often it is measured, and beside whom.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct Measuring {
    /// How many rounds are measured; an interval, and so a verdict, takes at least 6
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

    /// Measure this CPython too; may be repeated; auto is the python3 of the PATH. A sum of 3 000 000
    /// squares is then one of 500 000
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Vec<PathBuf>,
}

/// Where the results go, and in which form.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct Results {
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
    #[arg(long, short, value_name = "FILE", value_parser = values::trace_file())]
    output: Option<PathBuf>,
}

/// How a picture is drawn in the terminal.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct Drawing {
    /// Colours: auto, always, never; auto honours `NO_COLOR`
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = values::color)]
    pub(crate) color: Color,

    /// Draw with ASCII characters
    #[arg(long)]
    ascii: bool,
}

impl Work {
    /// The names of those of these options that were given.
    pub(crate) fn given(&self) -> impl Iterator<Item = &'static str> {
        let all = [
            (self.workers.is_some(), "workers"),
            (self.requests.is_some(), "requests"),
            (self.inputs.is_some(), "inputs"),
            (self.latency.is_some(), "latency"),
            (self.affinity.is_some(), "affinity"),
        ];
        let all = all.into_iter().filter_map(|(is_given, name)| is_given.then_some(name));
        self.lock.given().chain(all)
    }

    /// Lays what was given over `params`.
    pub(crate) fn apply_to(&self, params: Params) -> Params {
        let params = self.lock.apply_to(params);
        Params {
            workers: self.workers.or(params.workers),
            requests: self.requests.unwrap_or(params.requests),
            kernel: self.inputs.map_or(params.kernel, |inputs| params.kernel.with_inputs(inputs)),
            latency_ns: self.latency.map_or(params.latency_ns, nanoseconds),
            affinity: self.affinity.as_ref().map_or(params.affinity, |it| it.0.clone()),
            ..params
        }
    }
}

impl Measuring {
    /// Lays what was given over `params`.
    pub(crate) fn apply_to(&self, params: Params) -> Params {
        let params = if self.python.is_empty() { params } else { params.beside_python() };
        Params {
            runs: self.runs.unwrap_or(params.runs),
            warmup: self.warmup.unwrap_or(params.warmup),
            seed: self.seed.unwrap_or(params.seed),
            ..params
        }
    }
}

impl Results {
    /// Says where everything goes, if that can be; `svg` is an option that few have.
    pub(crate) fn into_output(self, svg: Option<PathBuf>) -> Result<Output, String> {
        let exports = [
            (Format::Json, self.export_json),
            (Format::Csv, self.export_csv),
            (Format::Markdown, self.export_markdown),
            (Format::Svg, svg),
        ];
        let exports = exports.into_iter().filter_map(|(format, path)| Some((format, path?)));
        let exports = exports.map(|(format, path)| Export { format, path }).collect();
        Output::new(self.format, exports, self.output)
    }
}

impl Drawing {
    pub(crate) fn glyphs(&self) -> Glyphs {
        if self.ascii { Glyphs::Ascii } else { Glyphs::Unicode }
    }
}

/// The values without repetitions; `None` if there are none.
pub(crate) fn distinct<T: PartialEq>(values: Vec<T>) -> Option<Vec<T>> {
    let mut distinct: Vec<T> = Vec::new();
    for value in values {
        if !distinct.contains(&value) {
            distinct.push(value);
        }
    }
    (!distinct.is_empty()).then_some(distinct)
}

/// The nanoseconds of a duration from the command line.
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    // Durations on the command line are a day at most.
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
