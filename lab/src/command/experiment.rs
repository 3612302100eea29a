//! The options of `trainyard experiment`.

use std::path::PathBuf;

use super::options::distinct;
use super::values;
use crate::ask::experiment::catalogue;
use crate::ask::experiment::kit::cell::Scale;
use crate::ask::experiment::kit::experiment::{Experiment, Group};
use crate::ask::experiment::running::command::{Command, Record, Run};
use lab_core::terms::nearest::suggestion;
use lab_core::terms::output::Format;

const EXAMPLES: &str = "\
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

/// Ask a question, predict, run, and see which relations hold, in ours and in real CPython
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = EXAMPLES, disable_help_subcommand = true)]
pub(super) struct ExperimentOptions {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Clone, Debug, PartialEq, Eq, clap::Subcommand)]
enum Verb {
    /// List the experiments
    List,
    /// Show what one asks, does and checks
    Show {
        /// Its name
        #[arg(value_name = "NAME", value_parser = named)]
        name: &'static Experiment,
    },
    /// Run some, and check their relations
    #[command(after_help = EXAMPLES)]
    Run(RunOptions),
    /// Record one round of each setting of some, and measure none
    #[command(after_help = EXAMPLES)]
    Record(RecordOptions),
}

#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
struct RecordOptions {
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
    #[arg(value_name = "NAME", value_parser = named)]
    names: Vec<&'static Experiment>,

    /// All of a group: `experiment list` has them
    #[arg(long, value_name = "GROUP", value_parser = values::group, conflicts_with = "names")]
    group: Option<Group>,

    /// All that there are
    #[arg(long, conflicts_with_all = ["names", "group"])]
    all: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
struct RunOptions {
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

/// A positional argument, so its reason stands alone.
fn named(name: &str) -> Result<&'static Experiment, String> {
    catalogue::find(name)
}

impl ExperimentOptions {
    pub(super) fn into_command(self) -> Result<Command, String> {
        match self.verb {
            Verb::List => Ok(Command::List),
            Verb::Show { name } => Ok(Command::Show(name)),
            Verb::Run(options) => options.into_run().map(Command::Run),
            Verb::Record(options) => options.into_record().map(Command::Record),
        }
    }
}

impl RunOptions {
    fn into_run(self) -> Result<Run, String> {
        let experiments = self.which.into_experiments()?;
        let wrong = self.wrong.map(|name| wrong(&experiments, &name)).transpose()?;
        let (scale, trace) = (scale(self.quick), self.output);
        Ok(Run { experiments, pythons: self.python, scale, wrong, format: self.format, trace })
    }
}

impl RecordOptions {
    fn into_record(self) -> Result<Record, String> {
        let experiments = self.which.into_experiments()?;
        Ok(Record { experiments, scale: scale(self.quick), trace: self.output })
    }
}

impl Which {
    fn into_experiments(self) -> Result<Vec<&'static Experiment>, String> {
        let is_meant = |one: &&Experiment| self.all || Some(one.group) == self.group;
        let experiments = catalogue::all().filter(is_meant).chain(self.names.iter().copied());
        distinct(experiments.collect())
            .ok_or_else(|| "name an experiment, a group with --group, or take --all".to_owned())
    }
}

fn scale(quick: bool) -> Scale {
    if quick { Scale::Quick } else { Scale::Full }
}

/// Finds the relation in the one experiment that is run.
fn wrong(experiments: &[&'static Experiment], name: &str) -> Result<&'static str, String> {
    let [experiment] = experiments else {
        return Err("--wrong takes one experiment, whose relation it makes fail".to_owned());
    };
    if let Some(relation) = experiment.relation(name) {
        return Ok(relation.name);
    }
    let names: Vec<&str> = experiment.relations.iter().map(|relation| relation.name).collect();
    let near = suggestion(name, &names, &format!("it has {}", names.join(", ")));
    Err(format!("{} has no relation '{name}'; {near}", experiment.name))
}
