//! `trainyard experiment`: what is asked of it, and how it ends.

use std::io::{self, BufRead, IsTerminal, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::report::{Prediction, Report};
use super::session::Plan;
use super::{page, process};
use crate::ask::experiment::catalogue;
use crate::ask::experiment::kit::prelude::*;
use crate::ask::options::distinct;
use crate::ask::values;
use crate::measure::prepare::listen;
use crate::measure::progress::Progress;
use crate::measure::python::find::find_all;
use crate::measure::record;
use lab_core::terms::host::{Conditions, Host};
use lab_core::terms::nearest::suggestion;
use lab_core::terms::outfile::{Extent, check_writable, flight_path};
use lab_core::terms::output::Format;
use trainyard::sys::poll::{self, Interest};
use trainyard::sys::signal::Interrupts;
use trainyard::trace;
use trainyard::trace::file::Trace;

/// Examples that stand below every page of help about experiments.
pub(crate) const EXAMPLES: &str = "\
Examples:
  trainyard experiment list
  trainyard experiment show convoy               what it asks, does and checks
  trainyard experiment run convoy --quick        in a few seconds
  trainyard experiment run convoy --python=auto  beside the python3 of the PATH
  trainyard experiment run --group lock --format json > lock.json
  trainyard experiment run --all --quick         every one, in a few minutes
  trainyard experiment run convoy --quick --wrong one-to-two-intervals
  trainyard experiment record convoy --quick -o convoy.trace

Exit status: 0 done, 1 a run or a relation failed, 2 bad input, 130 interrupted.";

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, clap::Subcommand)]
pub(crate) enum Command {
    /// List the experiments
    List,
    /// Show what one asks, does and checks
    Show {
        /// Its name
        #[arg(value_name = "NAME", value_parser = catalogue::find)]
        name: &'static Experiment,
    },
    /// Run some, and check their relations
    #[command(after_help = EXAMPLES)]
    Run(Run),
    /// Record one round of each setting of some, and measure none
    #[command(after_help = EXAMPLES)]
    Record(Record),
}

/// Which are recorded and not measured.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct Record {
    #[command(flatten)]
    which: Which,

    /// Only the settings that the relations need
    #[arg(long)]
    quick: bool,

    /// Where to
    #[arg(long, short, value_name = "FILE", value_parser = values::trace_file())]
    output: PathBuf,
}

/// Which experiments.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
struct Which {
    /// Their names
    #[arg(value_name = "NAME", value_parser = catalogue::find)]
    names: Vec<&'static Experiment>,

    /// All of a group: `experiment list` has them
    #[arg(long, value_name = "GROUP", value_parser = values::group, conflicts_with = "names")]
    group: Option<Group>,

    /// All that there are
    #[arg(long, conflicts_with_all = ["names", "group"])]
    all: bool,
}

/// Which are run, and how.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct Run {
    #[command(flatten)]
    which: Which,

    /// Run in this CPython too; may be repeated; auto is the python3 of the PATH
    #[arg(long, value_name = "PATH")]
    python: Vec<PathBuf>,

    /// One round, and only the settings that the relations need
    #[arg(long)]
    quick: bool,

    /// Run with the setting that makes RELATION fail, and check that one alone
    #[arg(long, value_name = "RELATION")]
    wrong: Option<String>,

    /// What goes to standard output: table, json
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = values::page_format)]
    format: Format,

    /// Record one more round of each setting of ours into FILE, for `timeline` and `export`
    #[arg(long, short, value_name = "FILE", value_parser = values::trace_file())]
    output: Option<PathBuf>,
}

impl Command {
    /// Fails with one line if options do not go together.
    pub(crate) fn check(&self) -> std::result::Result<(), String> {
        match self {
            Self::List | Self::Show { .. } => Ok(()),
            Self::Run(run) => run.wrong_relation(&run.which.experiments()?).map(drop),
            Self::Record(record) => record.which.experiments().map(drop),
        }
    }

    /// Does it, and returns what is to be printed and how it ended.
    pub(crate) fn run(&self) -> Result<(String, Result<()>)> {
        match self {
            Self::List => Ok((page::list(Group::value_variants()), Ok(()))),
            Self::Show { name } => Ok((page::show(name), Ok(()))),
            Self::Run(run) => run.run(),
            Self::Record(record) => Ok((String::new(), record.run())),
        }
    }
}

impl Which {
    fn experiments(&self) -> std::result::Result<Vec<&'static Experiment>, String> {
        let all = self.all.then(catalogue::all).into_iter().flatten();
        let experiments = all.chain(self.group.into_iter().flat_map(catalogue::experiments));
        distinct(experiments.chain(self.names.iter().copied()).collect())
            .ok_or_else(|| "name an experiment, a group with --group, or take --all".to_owned())
    }
}

fn scale(quick: bool) -> Scale {
    if quick { Scale::Quick } else { Scale::Full }
}

impl Record {
    fn run(&self) -> Result<()> {
        check_writable(&self.output)?;
        let interrupts = listen()?;
        let (scale, mut runs) = (scale(self.quick), Vec::new());
        let experiments = self.which.experiments().map_err(LabError::BadInput)?;
        let ended = experiments.iter().try_for_each(|experiment| {
            record_all(experiment, scale, &self.output, &interrupts, &mut runs)
        });
        let saved = save(runs, &self.output, Extent::of(ended.is_ok()));
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
        progress.tick(&format!("{}: {}, on the record", experiment.name, cell.label));
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
        let experiments = self.which.experiments().map_err(LabError::BadInput)?;
        let wrong = self.wrong_relation(&experiments).map_err(LabError::BadInput)?;
        self.output.as_deref().map_or(Ok(()), check_writable)?;
        let pythons = find_all(&self.python)?.into_iter().map(Contender::Python);
        let interrupts = listen()?;
        let mut report = Report {
            host: Host::read(),
            // Looked at now: the run itself will keep the machine busy.
            load_average: Conditions::read().load_average,
            scale: scale(self.quick),
            wrong,
            contenders: std::iter::once(Contender::Ours).chain(pythons).collect(),
            findings: Vec::new(),
            is_complete: true,
        };
        let mut runs = Vec::new();
        let mut ended = experiments.iter().try_for_each(|experiment| {
            self.one(experiment, &mut report, &interrupts)?;
            let Some(path) = &self.output else { return Ok(()) };
            record_all(experiment, report.scale, path, &interrupts, &mut runs)
        });
        report.is_complete = ended.is_ok();
        ended = ended.and_then(|()| report.verdict());
        if let Some(path) = &self.output {
            ended = ended.and(save(runs, path, Extent::of(report.is_complete)));
        }
        let text = match self.format {
            Format::Json => report.json(),
            _ => page::results(&report),
        };
        Ok((text, ended))
    }

    /// Finds the relation that is to fail in the one experiment that is run.
    fn wrong_relation(
        &self,
        experiments: &[&'static Experiment],
    ) -> std::result::Result<Option<&'static Relation>, String> {
        let Some(name) = &self.wrong else { return Ok(None) };
        let [experiment] = experiments else {
            return Err("--wrong takes one experiment, whose relation it makes fail".to_owned());
        };
        let relation = experiment.relation(name).ok_or_else(|| {
            let names: Vec<&str> = experiment.relations.iter().map(|one| one.name).collect();
            let near = suggestion(name, &names, &format!("it has {}", names.join(", ")));
            format!("{} has no relation '{name}'; {near}", experiment.name)
        });
        relation.map(Some)
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
        let (scale, contenders) = (report.scale, report.contenders.clone());
        let plan = Plan { experiment, scale, wrong: report.wrong, contenders };
        let mut progress = Progress::start(plan.measurements());
        let (mut finding, ended) = plan.run(&mut |cell, contender| {
            progress.tick(&format!("{}: {contender}, {}", experiment.name, cell.label));
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
