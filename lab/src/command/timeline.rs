//! The options of `trainyard timeline`: a trace, or a workload that is recorded now.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use super::options::{Drawing, Work, nanoseconds};
use super::values;
use crate::ask::view::{Source, Timeline};
use lab_core::look::timeline::{Asked, Whose};
use lab_core::terms::contender::{Model, Workload};
use lab_core::terms::duration;
use lab_core::terms::output::Format;
use lab_core::terms::params::{Params, Preset};

const EXAMPLES: &str = "\
Examples:
  trainyard timeline              two threads, the lock on and off
  trainyard timeline cpu --workers 3 --gil on
  trainyard timeline io --model coop --tasks --lanes 8
  trainyard timeline cpu --from 10ms --window 5ms --width 120
  trainyard compare -o run.trace  record, and look later:
  trainyard timeline run.trace --run 'cpu: 2 threads, lock on'
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
    #[arg(long, value_name = "DURATION", default_value = "0", value_parser = duration::parse,
          allow_hyphen_values = true)]
    from: Duration,

    /// Draw to this moment
    #[arg(long, value_name = "DURATION", value_parser = duration::parse,
          allow_hyphen_values = true)]
    to: Option<Duration>,

    /// Draw so much, beginning at --from
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, conflicts_with = "to",
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

    #[command(flatten)]
    drawing: Drawing,

    // Last, for its heading stays in force for all that follows.
    #[command(flatten, next_help_heading = "For a workload")]
    record: RecordOptions,
}

/// What a workload is recorded with. A file has its runs already.
#[derive(Debug, clap::Args)]
struct RecordOptions {
    /// Who does it, with commas: sync, threads, threads-native, coop, procs
    #[arg(long, value_name = "MODELS", value_delimiter = ',', value_parser = values::model)]
    model: Vec<Model>,

    #[command(flatten)]
    work: Work,

    /// Keep the recording in FILE, for `timeline` and `export`
    #[arg(long, short, value_name = "FILE", value_parser = values::trace_file())]
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
                Some(name) => {
                    let file = self.what.display();
                    return Err(format!("--{name} is for a workload, and '{file}' is a recording"));
                }
                None => Source::File(self.what),
            },
        };
        Ok(Timeline {
            source,
            asked,
            width: self.width,
            glyphs: self.drawing.glyphs(),
            lanes_max: self.lanes,
            color: self.drawing.color,
            format: self.format,
        })
    }
}

/// The workload of this name; any other name is a file's.
fn workload(what: &OsStr) -> Option<Workload> {
    [Workload::Io, Workload::Cpu].into_iter().find(|workload| what == workload.name())
}

impl RecordOptions {
    /// The name of the first of these options that was given.
    fn first(&self) -> Option<&'static str> {
        let model = (!self.model.is_empty()).then_some("model");
        let output = self.output.is_some().then_some("output");
        model.into_iter().chain(self.work.given()).chain(output).next()
    }

    fn into_source(self, workload: Workload, whose: Whose) -> Result<Source, String> {
        let models = match (self.model.is_empty(), whose) {
            (false, _) => self.model,
            // Only loops have tasks.
            (true, Whose::Tasks) => vec![Model::Coop],
            (true, Whose::Trains) => vec![Model::Threads],
        };
        let preset = self.work.apply_to(Params::of(Preset::Quick));
        let params = Params { workloads: vec![workload], models: models.clone(), ..preset };
        params.check()?;
        Ok(Source::Record { params: Box::new(params), models, keep: self.output })
    }
}
