//! `trainyard experiment`: what is asked of it, and how it ends.

use std::io::{self, BufRead, IsTerminal, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::report::{Prediction, Report};
use super::session::Plan;
use super::{page, process};
use crate::ask::experiment::kit::prelude::*;
use crate::measure::prepare::listen;
use crate::measure::progress::Progress;
use crate::measure::python::find::find_all;
use crate::measure::record;
use lab_core::terms::host::{Conditions, Host};
use lab_core::terms::outfile::{Extent, check_writable, flight_path};
use lab_core::terms::output::Format;
use trainyard::sys::poll::{self, Interest};
use trainyard::sys::signal::Interrupts;
use trainyard::trace;
use trainyard::trace::file::Trace;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    List,
    Show(&'static Experiment),
    Run(Run),
    Record(Record),
}

/// Which are run, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub experiments: Vec<&'static Experiment>,
    /// Beside which CPython, one of each version; `auto` is the first `python3` of the PATH.
    pub pythons: Vec<PathBuf>,
    pub scale: Scale,
    /// The name of the relation that is to fail, one of the only experiment.
    pub wrong: Option<&'static str>,
    pub format: Format,
    /// Where our cells' recordings go, each of one round more.
    pub trace: Option<PathBuf>,
}

/// Which are recorded and not measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub experiments: Vec<&'static Experiment>,
    pub scale: Scale,
    pub trace: PathBuf,
}

/// Does it, and returns what is to be printed and how it ended.
///
/// # Errors
///
/// [`LabError::BadInput`] before anything was run.
pub(crate) fn run(command: &Command) -> Result<(String, Result<()>)> {
    match command {
        Command::List => Ok((page::list(Group::value_variants()), Ok(()))),
        Command::Show(experiment) => Ok((page::show(experiment), Ok(()))),
        Command::Run(run) => run.run(),
        Command::Record(record) => Ok((String::new(), record.run())),
    }
}

impl Record {
    fn run(&self) -> Result<()> {
        check_writable(&self.trace)?;
        let interrupts = listen()?;
        let mut runs = Vec::new();
        let ended = self.experiments.iter().try_for_each(|experiment| {
            record_all(experiment, self.scale, &self.trace, &interrupts, &mut runs)
        });
        let saved = save(runs, &self.trace, Extent::of(ended.is_ok()));
        ended.and(saved)
    }
}

fn save(runs: Vec<trace::file::Run>, path: &Path, extent: Extent) -> Result<()> {
    record::save(Trace::of(record::about(None, None), runs), path, extent)
}

/// Adds a recording of each cell of ours to `runs`, as far as it comes.
fn record_all(
    experiment: &Experiment,
    scale: Scale,
    path: &Path,
    interrupts: &Interrupts,
    runs: &mut Vec<trace::file::Run>,
) -> Result<()> {
    let cells = experiment.cells(scale);
    let mut progress = Progress::start(cells.len());
    let flight = flight_path(path, experiment.name);
    for cell in &cells {
        progress.tick_text(&format!("{}: {}, on the record", experiment.name, cell.label));
        let (run, ended) = process::record(experiment, cell, &flight, interrupts);
        progress.advance();
        // What is left out of a measurement is left out here.
        if !matches!(ended, Err(LabError::NoRoom(_))) {
            runs.extend(run);
            ended?;
        }
    }
    Ok(())
}

impl Run {
    fn run(&self) -> Result<(String, Result<()>)> {
        self.trace.as_deref().map_or(Ok(()), check_writable)?;
        let pythons = find_all(&self.pythons)?.into_iter().map(Contender::Python);
        let interrupts = listen()?;
        let mut report = Report {
            host: Host::read(),
            // Looked at now: the run itself will keep the machine busy.
            load_average: Conditions::read().load_average,
            scale: self.scale,
            wrong: self.wrong.and_then(|name| self.experiments.first()?.relation(name)),
            contenders: std::iter::once(Contender::Ours).chain(pythons).collect(),
            findings: Vec::new(),
            is_complete: true,
        };
        let mut runs = Vec::new();
        let mut ended = self.experiments.iter().try_for_each(|experiment| {
            self.one(experiment, &mut report, &interrupts)?;
            let Some(path) = &self.trace else { return Ok(()) };
            record_all(experiment, self.scale, path, &interrupts, &mut runs)
        });
        report.is_complete = ended.is_ok();
        ended = ended.and_then(|()| report.verdict());
        if let Some(path) = &self.trace {
            ended = ended.and(save(runs, path, Extent::of(report.is_complete)));
        }
        let text = match self.format {
            Format::Json => report.json(),
            _ => page::results(&report),
        };
        Ok((text, ended))
    }

    fn one(
        &self,
        experiment: &'static Experiment,
        report: &mut Report,
        interrupts: &Interrupts,
    ) -> Result<()> {
        let prediction = match self.format {
            Format::Table if self.wrong.is_none() => predict(experiment, interrupts)?,
            _ => Prediction::NotAsked,
        };
        let (scale, contenders) = (self.scale, report.contenders.clone());
        let plan = Plan { experiment, scale, wrong: report.wrong, contenders };
        let mut progress = Progress::start(plan.measurements());
        let (mut finding, ended) = plan.run(&mut |cell, contender| {
            progress.tick_text(&format!("{}: {contender}, {}", experiment.name, cell.label));
            progress.advance();
            process::measure(experiment, cell, contender, interrupts)
        });
        finding.prediction = prediction;
        report.findings.push(finding);
        ended
    }
}

/// Asks for a prediction, where somebody can answer.
fn predict(experiment: &Experiment, interrupts: &Interrupts) -> Result<Prediction> {
    // Somebody who sits there, and reads the page that follows, too.
    if !(io::stdin().is_terminal() && io::stderr().is_terminal() && io::stdout().is_terminal()) {
        return Ok(Prediction::NotAsked);
    }
    let choices = experiment.choices.len();
    let mut text = page::question(experiment);
    loop {
        // If standard error is gone nobody reads it, and nobody answers.
        drop(write!(
            anstream::stderr(),
            "{text}\nWhat do you expect? 1 to {choices}, or Enter to just see: "
        ));
        let line = read_line(interrupts)?;
        let said = line.trim();
        let number = said.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        match number.filter(|&index| index < choices) {
            None if !said.is_empty() => {
                text = format!("'{said}' is none of the choices, which are 1 to {choices}.");
            }
            None => return Ok(Prediction::None),
            Some(choice) => return Ok(Prediction::Choice(choice)),
        }
    }
}

/// Reads a line, or nothing at the end of the input; a signal ends the wait.
fn read_line(interrupts: &Interrupts) -> Result<String> {
    let stdin = io::stdin();
    loop {
        let sources = [(stdin.as_fd(), Interest::Read), (interrupts.as_fd(), Interest::Read)];
        let ready = poll::wait(&sources, None).map_err(|why| LabError::failed("the lab", why))?;
        if ready[1] && interrupts.take() {
            return Err(LabError::Interrupted);
        }
        if ready[0] {
            break;
        }
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line).map_err(|why| LabError::failed("the terminal", why))?;
    Ok(line)
}
