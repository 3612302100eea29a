//! `trainyard timeline`: lanes in the terminal, of a trace, or of a workload that is recorded now.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::compare::picture::Style;
use super::options::{Drawing, Work, nanoseconds};
use super::{trace_check, values};
use crate::measure::prepare::{listen, prepare};
use crate::measure::{conductor, progress, record};
use lab_core::look::timeline::{Asked, Page, Whose, document, draw, plan};
use lab_core::terms::outfile::{Extent, check_writable};
use lab_core::terms::output::Format;
use lab_core::terms::{LabError, Model, Params, Preset, Result, Workload, duration};
use trainyard::trace::file::Trace;

const EXAMPLES: &str = "\
Examples:
  trainyard timeline              two threads, the lock on and off
  trainyard timeline cpu --workers 3 --gil on
  trainyard timeline cpu --policy fifo,no-forced-switching
  trainyard timeline io --model coop --tasks --lanes 8
  trainyard timeline cpu --from 10ms --window 5ms --width 120
  trainyard compare -o run.trace  record, and look later:
  trainyard timeline run.trace --run 'cpu: 2 threads, lock on'
  trainyard timeline run.trace --format json

Exit status: 0 done, 1 a run failed, 2 bad input, 130 interrupted.";

/// Draw what each thread, worker or task did: from a trace, or from a workload recorded now
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Timeline {
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
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
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

impl RecordOptions {
    /// The name of the first of these options that was given.
    fn first(&self) -> Option<&'static str> {
        let model = (!self.model.is_empty()).then_some("model");
        let output = self.output.is_some().then_some("output");
        model.into_iter().chain(self.work.given()).chain(output).next()
    }
}

impl Timeline {
    /// Fails with one line if options do not go together.
    pub(crate) fn check(&self) -> std::result::Result<(), String> {
        let Asked { from_ns, until_ns, .. } = self.asked();
        if until_ns.is_some_and(|until_ns| until_ns <= from_ns) {
            return Err("nothing lies between --from and --to: --to must be later".to_owned());
        }
        match (self.workload(), self.record.first()) {
            (Some(workload), _) => {
                let params = self.params(workload);
                params.check()?;
                self.record.work.lock.check(params.models.iter().any(|model| model.has_lock()))
            }
            (None, Some(name)) => {
                let file = self.what.display();
                Err(format!("--{name} is for a workload, and '{file}' is a recording"))
            }
            (None, None) => Ok(()),
        }
    }

    /// Returns the page, or the document; refuses a trace in which there is nothing to draw.
    pub(crate) fn page(&self) -> Result<String> {
        let trace = match self.workload() {
            None => read(&self.what)?,
            Some(workload) => self.record(&self.params(workload))?,
        };
        let timeline = plan(&trace, &self.asked())?;
        anstream::ColorChoice::from(self.drawing.color).write_global();
        if self.format == Format::Json {
            return Ok(document(&timeline));
        }
        let glyphs = self.drawing.glyphs();
        let width = self.width.unwrap_or_else(|| Style::of_stdout(glyphs).width);
        Ok(draw(&timeline, Page { width, glyphs, lanes_max: self.lanes }))
    }

    /// What of the runs is drawn.
    fn asked(&self) -> Asked {
        let from_ns = nanoseconds(self.from);
        let to_end_of = |window| from_ns.saturating_add(nanoseconds(window));
        let until_ns = self.to.map(nanoseconds).or(self.window.map(to_end_of));
        let whose = if self.tasks { Whose::Tasks } else { Whose::Trains };
        Asked { run: self.run.clone(), from_ns, until_ns, whose }
    }

    /// The workload of this name; any other name is a file's.
    fn workload(&self) -> Option<Workload> {
        let is_meant = |workload: &Workload| self.what.as_os_str() == workload.name();
        [Workload::Io, Workload::Cpu].into_iter().find(is_meant)
    }

    fn params(&self, workload: Workload) -> Params {
        let models = match self.record.model.as_slice() {
            // Only loops have tasks.
            [] if self.tasks => vec![Model::Coop],
            [] => vec![Model::Threads],
            models => models.to_vec(),
        };
        let preset = self.record.work.apply_to(Params::of(Preset::Quick));
        Params { workloads: vec![workload], models, ..preset }
    }

    /// Records whom `params` name; who does it in sequence takes part in every comparison, and is
    /// drawn only if asked for.
    fn record(&self, params: &Params) -> Result<Trace> {
        let keep = self.record.output.as_deref();
        keep.map_or(Ok(()), check_writable)?;
        progress::draw_with(self.drawing.glyphs());
        prepare(params)?;
        let mut trace = conductor::record(params, &listen()?)?;
        let is_asked_for = |model: &str| params.models.iter().any(|asked| asked.name() == model);
        trace.runs.retain(|run| run.about.get("model").is_none_or(is_asked_for));
        if let Some(path) = keep {
            record::save(trace.clone(), path, Extent::Whole)?;
        }
        Ok(trace)
    }
}

/// Reads the recording. Who named no file may have meant a workload.
fn read(path: &Path) -> Result<Trace> {
    trace_check::read(path).map_err(|why| match why {
        LabError::BadInput(line) if fs::exists(path).is_ok_and(|is_there| !is_there) => {
            LabError::BadInput(format!("{line}; the workloads are io and cpu"))
        }
        other => other,
    })
}
