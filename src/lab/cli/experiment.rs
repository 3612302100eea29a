//! The options of `trainyard experiment`.

use std::path::PathBuf;

use super::Format;
use super::values;
use crate::lab::experiment::cell::Scale;
use crate::lab::experiment::command::{Command, Run};
use crate::lab::experiment::nearest::nearest;
use crate::lab::experiment::{self, Experiment, Group};

const EXAMPLES: &str = "\
Examples:
  trainyard experiment list
  trainyard experiment show convoy                  what it asks, does and checks
  trainyard experiment run convoy --quick           in a few seconds
  trainyard experiment run convoy --python=auto     beside the python3 of the PATH
  trainyard experiment run --group lock --format json > lock.json
  trainyard experiment run --all --quick            every one, in a few minutes
  trainyard experiment run convoy --quick --wrong one-to-two-intervals

Exit status: 0 done, 1 a run or a relation failed, 2 bad input, 130 interrupted.";

/// Ask a question, predict, run, and see which relations hold, in ours and in real CPython
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, disable_help_subcommand = true)]
pub(super) struct ExperimentOptions {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
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
}

#[derive(Debug, clap::Args)]
struct RunOptions {
    /// Their names
    #[arg(value_name = "NAME", value_parser = named)]
    names: Vec<&'static Experiment>,

    /// All of a group: `experiment list` has them
    #[arg(long, value_name = "GROUP", value_parser = values::group, conflicts_with = "names")]
    group: Option<Group>,

    /// All of them
    #[arg(long, conflicts_with_all = ["names", "group"])]
    all: bool,

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
    #[arg(long, value_name = "FORMAT", default_value = "table",
          value_parser = values::experiment_format)]
    format: Format,
}

/// A positional argument, so its reason stands alone.
fn named(name: &str) -> Result<&'static Experiment, String> {
    experiment::find(name)
}

impl ExperimentOptions {
    pub(super) fn into_command(self) -> Result<Command, String> {
        match self.verb {
            Verb::List => Ok(Command::List),
            Verb::Show { name } => Ok(Command::Show(name)),
            Verb::Run(options) => options.into_run().map(Command::Run),
        }
    }
}

impl RunOptions {
    fn into_run(self) -> Result<Run, String> {
        let of_group = experiment::all().filter(|one| self.all || Some(one.group) == self.group);
        let mut experiments: Vec<&'static Experiment> = of_group.collect();
        for name in self.names {
            if !experiments.contains(&name) {
                experiments.push(name);
            }
        }
        if experiments.is_empty() {
            return Err("name an experiment to run, a group with --group, or take --all".to_owned());
        }
        let wrong = self.wrong.map(|name| wrong(&experiments, &name)).transpose()?;
        let scale = if self.quick { Scale::Quick } else { Scale::Full };
        Ok(Run { experiments, pythons: self.python, scale, wrong, format: self.format })
    }
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
    let unknown = format!("{} has no relation '{name}'", experiment.name);
    Err(match nearest(name, names.iter().copied()) {
        Some(near) => format!("{unknown}; did you mean '{near}'?"),
        None => format!("{unknown}; it has {}", names.join(", ")),
    })
}
