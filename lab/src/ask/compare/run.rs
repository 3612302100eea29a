//! `trainyard compare`: a preset, what overrides it, and the run.
//!
//! # The life of one `trainyard compare`
//!
//! 1. What can be refused is refused, before anything is measured or started: files that cannot be
//!    written, processors that are not there, URLs that nobody answers.
//! 2. Ctrl-C becomes something to read; from here on it ends the run in good order.
//! 3. Each workload's contenders are measured, interleaved.
//! 4. The report is rendered: for standard output, and into the files. An interrupted or failed run
//!    shows what it has, and says that it is not complete.

use super::picture::Style;
use super::report::Report;
use super::{forms, table};
use crate::ask::options::{Drawing, Measuring, Results, Work, distinct};
use crate::ask::{document, values};
use crate::measure::conductor::{Deaths, Measurement, Place, measure};
use crate::measure::prepare::{listen, prepare};
use crate::measure::python::find::find_all;
use crate::measure::warnings::{self, Build};
use crate::measure::{lines, progress, record};
use lab_core::terms::outfile::Extent;
use lab_core::terms::output::{Format, Output};
use lab_core::terms::{
    Conditions, Host, LabError, Measured, Model, Params, Preset, Result, Workload,
};

const EXAMPLES: &str = "\
Examples:
  trainyard compare                              both workloads, in about 16 s
  trainyard compare cpu --gil on --workers 4     four threads, one lock
  trainyard compare cpu --switch-interval 100us  it changes hands more often
  trainyard compare cpu --policy timed,ticks,fifo --models threads
  trainyard compare io --models threads,coop --latency 20ms
  trainyard compare io --url http://127.0.0.1:8000/
  trainyard compare --python=auto                beside the python3 of the PATH
  trainyard compare --preset rp2018 --runs 6     the article's, with a verdict
  trainyard compare --format json > result.json
  trainyard compare --export-markdown result.md
  trainyard compare -o run.trace                 for: trainyard timeline

Exit status: 0 done, 1 a run or a check failed, 2 bad input, 130 interrupted.";

/// Measure the same work through every runtime, side by side, and show why the times differ
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Compare {
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

impl Compare {
    /// Lays the options over the preset, and says where the results go; fails with one line if options
    /// do not go together.
    pub(crate) fn resolve(&self) -> std::result::Result<(Params, Output), String> {
        let output = Output {
            color: self.drawing.color,
            glyphs: self.drawing.glyphs(),
            ..self.results.clone().into_output(None)?
        };
        let preset = self.work.apply_to(self.measuring.apply_to(Params::of(self.preset)));
        let params = Params {
            workloads: distinct(self.workloads.clone()).unwrap_or(preset.workloads),
            models: distinct(self.models.clone()).unwrap_or(preset.models),
            urls: self.url.clone(),
            ..preset
        };
        params.check()?;
        self.work.lock.check(params.models.iter().any(|model| model.has_lock()))?;
        Ok((params, output))
    }

    /// Measures, prints the report with `print`, and writes it wherever else it is wanted: an output
    /// that cannot be written is no reason not to write the others.
    pub(crate) fn run(&self, print: impl FnOnce(&str) -> Result<()>) -> Result<()> {
        let (params, output) = self.resolve().map_err(LabError::BadInput)?;
        progress::draw_with(output.glyphs);
        output.check_writable()?;
        let params = Params { pythons: find_all(&self.measuring.python)?, ..params };
        prepare(&params)?;
        let interrupts = listen()?;
        // Looked at now: the run itself will keep the machine busy.
        let mut doubts = warnings::before(&params, &Conditions::read(), Build::this());
        let (mut measured, mut runs, mut server) = (Vec::new(), Vec::new(), None);
        let (mut deaths, mut ended) = (Deaths::default(), Ok(()));
        for &workload in &params.workloads {
            let places = Place::all(workload, &params);
            let more = measure(places, &params, &interrupts, &mut deaths, output.trace.as_deref());
            let Measurement { measured: seen, server: account, runs: recorded, failure } = more;
            measured.extend(seen.into_iter().flatten());
            runs.extend(recorded);
            server = server.or(account);
            if let Some(failure) = failure {
                ended = Err(failure);
                break;
            }
        }
        doubts.extend(warnings::after(&params, &measured));
        let report = Report::new(&params, Host::read(), &measured, lines::lines_changed);
        let report = Report { complete: ended.is_ok(), server, warnings: doubts, ..report };
        anstream::ColorChoice::from(output.color).write_global();
        let document = |format| render(&report, &measured, format, &output);
        let extent = Extent::of(report.complete);
        let written = match &ended {
            // Nothing was started that could have been measured: the line that says so is enough.
            Err(LabError::BadInput(_)) if measured.is_empty() => Ok(()),
            _ => {
                let printed = print(&document(output.stdout));
                printed.and(output.write(extent, document))
            }
        };
        let saved = match &output.trace {
            Some(path) => record::save(record::of_comparison(&params, runs), path, extent),
            None => Ok(()),
        };
        ended.and(written).and(saved)
    }
}

/// The report in one of its forms.
fn render(report: &Report, measured: &[Measured], format: Format, output: &Output) -> String {
    match format {
        Format::Table => table::render(report, measured, Style::of_stdout(output.glyphs)),
        Format::Json => document::json(report),
        Format::Csv => forms::csv(report),
        Format::Markdown => forms::markdown(report),
        Format::Svg => unreachable!("a comparison has no option for a chart"),
    }
}
