//! The options of `trainyard timeline`: a trace, or a workload that is recorded now.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use super::compare::nanoseconds;
use super::output::{Color, Format, Glyphs};
use super::values::{self, Affinity};
use crate::lab::contender::{Model, Workload};
use crate::lab::params::{GilChoice, Params, Preset};
use crate::lab::view::command::{Source, Timeline};
use crate::lab::view::timeline::{Asked, Whose};

const EXAMPLES: &str = "\
Examples:
  trainyard timeline                               two threads, the lock on and off
  trainyard timeline cpu --workers 3 --gil on
  trainyard timeline io --model coop --tasks --lanes 8
  trainyard timeline cpu --from 10ms --window 5ms --width 120
  trainyard compare -o run.trace                   record, and look later:
  trainyard timeline run.trace --run '2 threads, lock on'
  trainyard timeline run.trace --format json

Exit status: 0 done, 1 a run failed, 2 bad input, 130 interrupted.";

/// Draw what each thread, worker or task did: from a trace, or from a workload recorded now
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct TimelineOptions {
    /// A file that `-o FILE` has written, or a workload: io, cpu
    #[arg(value_name = "FILE | WORKLOAD", default_value = "cpu")]
    what: PathBuf,

    /// Only this run of the file: its number, or its label
    #[arg(long, value_name = "RUN")]
    run: Option<String>,

    /// Draw from this moment of each run on, as in 12ms
    #[arg(long, value_name = "DURATION", default_value = "0", value_parser = values::moment,
          allow_hyphen_values = true)]
    from: Duration,

    /// Draw to this moment
    #[arg(long, value_name = "DURATION", value_parser = values::moment,
          allow_hyphen_values = true)]
    to: Option<Duration>,

    /// Draw so much, beginning at --from
    #[arg(long, value_name = "DURATION", value_parser = values::moment, conflicts_with = "to",
          allow_hyphen_values = true)]
    window: Option<Duration>,

    /// Draw the tasks of loops, instead of threads
    #[arg(long)]
    tasks: bool,

    /// Draw at most so many lanes of a run
    #[arg(long, value_name = "N", default_value = "16", value_parser = values::lanes,
          allow_negative_numbers = true)]
    lanes: usize,

    /// Draw on so many columns, instead of the terminal's
    #[arg(long, value_name = "COLUMNS", value_parser = values::width,
          allow_negative_numbers = true)]
    width: Option<usize>,

    /// What goes to standard output: table, json
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = values::page_format)]
    format: Format,

    /// Colours: auto, always, never; auto honours `NO_COLOR`
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = values::color)]
    color: Color,

    /// Draw with ASCII characters
    #[arg(long)]
    ascii: bool,

    // Last, for its heading stays in force for all that follows.
    #[command(flatten)]
    record: RecordOptions,
}

/// What a workload is recorded with. A file has its runs already.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "For a workload")]
struct RecordOptions {
    /// Who does it, with commas: sync, threads, threads-native, coop, procs
    #[arg(long, value_name = "MODELS", value_delimiter = ',', value_parser = values::model)]
    model: Vec<Model>,

    /// The global lock of the threads: on, off, both; both if nothing is said
    #[arg(long, value_name = "STATE", value_parser = values::gil)]
    gil: Option<GilChoice>,

    /// How many threads, processes, and tasks at a time
    #[arg(long, short = 'j', value_name = "N", value_parser = values::workers,
          allow_negative_numbers = true)]
    workers: Option<usize>,

    /// How many pages io fetches
    #[arg(long, value_name = "N", value_parser = values::requests, allow_negative_numbers = true)]
    requests: Option<usize>,

    /// How many inputs cpu computes
    #[arg(long, value_name = "N", value_parser = values::inputs, allow_negative_numbers = true)]
    inputs: Option<usize>,

    /// How long the server takes to answer, as in 5ms
    #[arg(long, value_name = "DURATION", value_parser = values::latency,
          allow_hyphen_values = true)]
    latency: Option<Duration>,

    /// How long a thread waits before it asks for the lock, as in 5ms or 100us
    #[arg(long, value_name = "DURATION", value_parser = values::switch_interval,
          allow_hyphen_values = true)]
    switch_interval: Option<Duration>,

    /// Run on these processors alone, as in 0,1 or 0-3
    #[arg(long, value_name = "CPUS", value_parser = values::affinity, allow_hyphen_values = true)]
    affinity: Option<Affinity>,

    /// Keep the recording in FILE, for `timeline` and `export`
    #[arg(long, short, value_name = "FILE", value_parser = values::trace_file)]
    output: Option<PathBuf>,
}

impl TimelineOptions {
    pub(super) fn into_timeline(self) -> Result<Timeline, String> {
        let whose = if self.tasks { Whose::Tasks } else { Whose::Trains };
        let from_ns = nanoseconds(self.from);
        let until_ns = match (self.to, self.window) {
            (Some(to), _) => Some(nanoseconds(to)),
            (None, window) => window.map(|window| from_ns.saturating_add(nanoseconds(window))),
        };
        if until_ns.is_some_and(|until_ns| until_ns <= from_ns) {
            return Err("nothing lies between --from and --to: --to must be later".to_owned());
        }
        let asked = Asked { run: self.run, from_ns, until_ns, whose };
        let source = match workload(self.what.as_os_str()) {
            Some(workload) => self.record.into_source(workload, whose)?,
            None => match self.record.first() {
                Some(option) => {
                    let file = self.what.display();
                    return Err(format!("{option} is for a workload, and '{file}' is a recording"));
                }
                None => Source::File(self.what),
            },
        };
        Ok(Timeline {
            source,
            asked,
            width: self.width,
            glyphs: if self.ascii { Glyphs::Ascii } else { Glyphs::Unicode },
            lanes_max: self.lanes,
            color: self.color,
            format: self.format,
        })
    }
}

/// The workload of this name; any other name is a file's.
fn workload(what: &OsStr) -> Option<Workload> {
    [Workload::Io, Workload::Cpu].into_iter().find(|workload| what == workload.name())
}

impl RecordOptions {
    /// The first of these options that was given.
    fn first(&self) -> Option<&'static str> {
        let given = [
            (!self.model.is_empty(), "--model"),
            (self.gil.is_some(), "--gil"),
            (self.workers.is_some(), "--workers"),
            (self.requests.is_some(), "--requests"),
            (self.inputs.is_some(), "--inputs"),
            (self.latency.is_some(), "--latency"),
            (self.switch_interval.is_some(), "--switch-interval"),
            (self.affinity.is_some(), "--affinity"),
            (self.output.is_some(), "--output"),
        ];
        given.into_iter().find_map(|(is_given, option)| is_given.then_some(option))
    }

    fn into_source(self, workload: Workload, whose: Whose) -> Result<Source, String> {
        let preset = Params::of(Preset::Quick);
        let models = match (self.model.is_empty(), whose) {
            (false, _) => self.model,
            // Only loops have tasks.
            (true, Whose::Tasks) => vec![Model::Coop],
            (true, Whose::Trains) => vec![Model::Threads],
        };
        let params = Params {
            workloads: vec![workload],
            models: models.clone(),
            gil: self.gil.unwrap_or_default(),
            workers: self.workers,
            requests: self.requests.unwrap_or(preset.requests),
            latency_ns: self.latency.map_or(preset.latency_ns, nanoseconds),
            switch_interval_ns: self.switch_interval.map_or(preset.switch_interval_ns, nanoseconds),
            affinity: self.affinity.map_or(preset.affinity, |Affinity(cpus)| cpus),
            kernel: self.inputs.map_or(preset.kernel, |inputs| preset.kernel.with_inputs(inputs)),
            ..preset
        };
        params.check()?;
        Ok(Source::Record { params: Box::new(params), models, keep: self.output })
    }
}
