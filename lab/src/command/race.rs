//! The options of `trainyard race` and `trainyard dis`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;

use super::options::distinct;
use super::values::{self, Affinity};
use crate::ask::race::{Action, Race};
use lab_core::terms::outfile::is_same;
use lab_core::terms::output::Format;
use lab_core::terms::params::GilChoice;
use lab_core::work::race::puzzle::PUZZLES;
use lab_core::work::race::schedule::Schedule;
use lab_core::work::race::setting::{Checks, Model, Runner};

const EXAMPLES: &str = "\
The language: all trains share the variables, whole numbers that start at 0;
`train` is the train's own number; `with NAME:` takes a lock; `await sleep(0)`
lets others in; if, while, for … in range(…), def, return are as in Python.

Examples:
  trainyard race 'x = x + 1'               every way to run it, and one loss
  trainyard race counter-with-call --gil on
  trainyard race 'x = x + 1' --affinity 0  is a second processor to blame?
  trainyard race check-then-act --search   every possible ending
  trainyard race 'x = x + 1' --search --checks back-edge
  trainyard race 'x = x + 1' --replay A2B6A4
  trainyard race await-in-the-middle --model coop
  trainyard race counter --checks every-op --switch-interval 100us --format json

Puzzles: counter, counter-with-call, check-then-act, two-locks, article, await-in-the-middle.
Exit status: 0 done, 1 a run failed, 2 bad input.";

const DIS_EXAMPLES: &str = "\
Examples:
  trainyard dis 'x = x + 1'
  trainyard dis counter-with-call";

/// Run a program on trains that share its variables, and see where a switch falls
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RaceOptions {
    /// A puzzle, a file, or a text in a small part of Python
    #[arg(value_name = "PROGRAM", default_value = "x = x + 1")]
    program: String,

    /// Who runs it, with commas: threads, coop, procs; none means all
    #[arg(long, value_name = "MODELS", value_delimiter = ',', value_parser = values::race_model)]
    model: Vec<Model>,

    /// The global lock of the threads: on, off, both
    #[arg(long, value_name = "STATE", value_parser = values::gil)]
    gil: Option<GilChoice>,

    /// Where the lock looks, with commas: every-op, back-edge, never; none means all
    #[arg(long, value_name = "PLACES", value_delimiter = ',', value_parser = values::checks)]
    checks: Vec<Checks>,

    /// How many trains
    #[arg(long, value_name = "N", value_parser = values::trains, allow_negative_numbers = true)]
    threads: Option<usize>,

    /// How often each train does the program in a run
    #[arg(long, value_name = "N", value_parser = values::rounds, allow_negative_numbers = true)]
    rounds: Option<u32>,

    /// How many runs
    #[arg(long, short, value_name = "N", default_value = "5", value_parser = values::runs,
          allow_negative_numbers = true)]
    runs: usize,

    /// How long a thread waits before it asks for the lock, as in 5ms or 100us
    #[arg(long, value_name = "DURATION", default_value = "5ms",
          value_parser = values::switch_interval, allow_hyphen_values = true)]
    switch_interval: Duration,

    /// Run the threads on these processors, as in 0; and without a lock on all of them too
    #[arg(long, value_name = "CPUS", value_parser = values::affinity, allow_hyphen_values = true)]
    affinity: Option<Affinity>,

    /// Instead of running it, find every way in which it can end
    #[arg(long, conflicts_with = "replay")]
    search: bool,

    /// Instead, let train A do 2 instructions, B 6, A 4, with A2B6A4
    #[arg(long, value_name = "SCHEDULE", value_parser = Schedule::parse)]
    replay: Option<Schedule>,

    /// What goes to standard output: table, json
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = values::page_format)]
    format: Format,

    /// Record one more run of each row into FILE, for `timeline` and `export`
    #[arg(long, short, value_name = "FILE", value_parser = values::trace_file(),
          conflicts_with_all = ["search", "replay"])]
    output: Option<PathBuf>,
}

/// List a program's instructions, and where between them a thread looks at the lock
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = DIS_EXAMPLES)]
pub(super) struct DisOptions {
    /// A puzzle, a file, or a text in a small part of Python
    #[arg(value_name = "PROGRAM", default_value = "x = x + 1")]
    pub(super) program: String,
}

impl RaceOptions {
    pub(super) fn into_race(self) -> Result<Race, String> {
        if self.replay.is_some() && (!self.model.is_empty() || self.is_about_threads()) {
            let says = "--replay does a schedule on one thread: it takes no --model, --gil, \
                        --checks or --affinity";
            return Err(says.to_owned());
        }
        let file = Path::new(&self.program);
        let is_puzzle = PUZZLES.into_iter().any(|(name, ..)| name == self.program);
        let mut output = self.output.iter();
        if !is_puzzle && file.is_file() && output.any(|output| is_same(output, file)) {
            return Err(format!("--output names the program itself, '{}'", self.program));
        }
        let runners = self.runners()?;
        if self.search && runners.len() != 1 {
            let says = "--search takes one way to run it: one of --checks, --gil off, --model coop";
            return Err(says.to_owned());
        }
        Ok(Race {
            program: self.program,
            runners,
            trains: self.threads,
            rounds: self.rounds,
            runs: self.runs,
            switch_interval: self.switch_interval,
            cpus: self.affinity.map_or_else(Vec::new, |Affinity(cpus)| cpus),
            action: match self.replay {
                Some(schedule) => Action::Replay(schedule),
                None if self.search => Action::Search,
                None => Action::Run,
            },
            format: self.format,
            trace: self.output,
        })
    }

    /// What is said of the lock is about threads; so is where they may run.
    fn is_about_threads(&self) -> bool {
        self.gil.is_some() || !self.checks.is_empty() || self.affinity.is_some()
    }

    fn runners(&self) -> Result<Vec<Runner>, String> {
        let models = match self.model.as_slice() {
            // Without a word about who, a search lets switches fall anywhere.
            [] if self.is_about_threads() || self.search => &[Model::Threads],
            [] => Model::value_variants(),
            models if self.is_about_threads() && !models.contains(&Model::Threads) => {
                return Err("--gil, --checks and --affinity are about threads".to_owned());
            }
            models => models,
        };
        // Where the lock looks matters while it is on.
        let gil = match self.gil {
            None if !self.checks.is_empty() => GilChoice::On,
            None if self.search => GilChoice::Off,
            gil => gil.unwrap_or_default(),
        };
        if gil == GilChoice::Off && !self.checks.is_empty() {
            return Err(
                "--checks says where the lock looks, and --gil off that there is none".to_owned()
            );
        }
        let checks = if self.checks.is_empty() { Checks::value_variants() } else { &self.checks };
        let on = checks.iter().map(|&checks| Runner::LockOn(checks));
        let on = on.filter(|_| gil != GilChoice::Off);
        let off = (gil != GilChoice::On).then_some(Runner::LockOff);
        let threads: Vec<Runner> = on.chain(off).collect();
        let runners = models.iter().flat_map(|model| match model {
            Model::Threads => threads.clone(),
            Model::Coop => vec![Runner::Coop],
            Model::Procs => vec![Runner::Procs],
        });
        Ok(distinct(runners.collect()).unwrap_or_default())
    }
}
