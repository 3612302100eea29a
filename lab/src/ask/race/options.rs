//! The options of `trainyard race`, and the ways to run a program that they ask for.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::ask::lock::Lock;
use crate::ask::options::distinct;
use crate::ask::values::{self, Affinity};
use lab_core::terms::outfile::is_same;
use lab_core::terms::output::Format;
use lab_core::terms::params::GilChoice;
use lab_core::terms::{Placement, Rules};
use lab_core::work::race::puzzle::PUZZLES;
use lab_core::work::race::schedule::Schedule;
use lab_core::work::race::setting::{Model, Runner};

const EXAMPLES: &str = "\
The language: all trains share the variables, whole numbers that start at 0;
`train` is the train's own number; `with NAME:` takes a lock; `await sleep(0)`
lets others in; if, while, for … in range(…), def, return are as in Python.

Examples:
  trainyard race 'x = x + 1'               every way to run it, and one loss
  trainyard race counter-with-call --gil on
  trainyard race 'x = x + 1' --affinity 0  is a second processor to blame?
  trainyard race check-then-act --search   every possible ending
  trainyard race 'x = x + 1' --search --placement back-edge
  trainyard race 'x = x + 1' --replay A2B6A4
  trainyard race await-in-the-middle --model coop
  trainyard race counter --placement every-op --format json
  trainyard race counter --placement every-op --policy timed,ticks,fifo

Puzzles: counter, counter-with-call, check-then-act, two-locks, article, await-in-the-middle.
Exit status: 0 done, 1 a run failed, 2 bad input.";

/// Run a program on trains that share its variables, and see where a switch falls
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Race {
    /// A puzzle, a file, or a text in a small part of Python
    #[arg(value_name = "PROGRAM", default_value = "x = x + 1")]
    pub(super) program: String,

    /// Who runs it, with commas: threads, coop, procs; none means all
    #[arg(long, value_name = "MODELS", value_delimiter = ',', value_parser = values::race_model)]
    pub(super) model: Vec<Model>,

    #[command(flatten)]
    pub(super) lock: Lock,

    /// How many trains
    #[arg(long, value_name = "N", value_parser = values::trains, allow_negative_numbers = true)]
    pub(super) threads: Option<usize>,

    /// How often each train does the program in a run
    #[arg(long, value_name = "N", value_parser = values::rounds, allow_negative_numbers = true)]
    pub(super) rounds: Option<u32>,

    /// How many runs
    #[arg(long, short, value_name = "N", default_value = "5", value_parser = values::runs,
          allow_negative_numbers = true)]
    pub(super) runs: usize,

    /// Run the threads on these processors, as in 0; and without a lock on all of them too
    #[arg(long, value_name = "CPUS", value_parser = values::affinity, allow_hyphen_values = true)]
    pub(super) affinity: Option<Affinity>,

    /// Instead of running it, find every way in which it can end
    #[arg(long, conflicts_with = "replay")]
    pub(super) search: bool,

    /// Instead, let train A do 2 instructions, B 6, A 4, with A2B6A4
    #[arg(long, value_name = "SCHEDULE", value_parser = Schedule::parse)]
    pub(super) replay: Option<Schedule>,

    /// What goes to standard output: table, json
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = values::page_format)]
    pub(super) format: Format,

    /// Record one more run of each row into FILE, for `timeline` and `export`
    #[arg(long, short, value_name = "FILE", value_parser = values::trace_file(),
          conflicts_with_all = ["search", "replay"])]
    pub(super) output: Option<PathBuf>,
}

impl Race {
    /// Fails with one line if options do not go together.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.replay.is_some() && (!self.model.is_empty() || self.is_about_threads()) {
            let says = "--replay does a schedule on one thread: it takes no --model, no lock and \
                        no --affinity";
            return Err(says.to_owned());
        }
        let file = Path::new(&self.program);
        let is_puzzle = PUZZLES.into_iter().any(|(name, ..)| name == self.program);
        let mut output = self.output.iter();
        if !is_puzzle && file.is_file() && output.any(|output| is_same(output, file)) {
            return Err(format!("--output names the program itself, '{}'", self.program));
        }
        if self.search && !self.lock.policy.is_empty() {
            let says =
                "--search finds every ending that any policy can lead to: leave --policy out";
            return Err(says.to_owned());
        }
        let runners = self.runners()?;
        if self.search && runners.len() != 1 {
            let says =
                "--search takes one way to run it: one --placement, --gil off, or --model coop";
            return Err(says.to_owned());
        }
        Ok(())
    }

    /// What is said of the lock is about threads; so is where they may run.
    fn is_about_threads(&self) -> bool {
        self.lock.gil.is_some()
            || self.lock.rules_given().next().is_some()
            || !self.cpus().is_empty()
    }

    /// The processors that threads are restricted to; none means all.
    pub(super) fn cpus(&self) -> &[usize] {
        self.affinity.as_ref().map_or(&[], |Affinity(cpus)| cpus)
    }

    /// The ways to run it: a row each.
    pub(crate) fn runners(&self) -> Result<Vec<Runner>, String> {
        let models = match self.model.as_slice() {
            // Without a word about who, a search lets switches fall anywhere.
            [] if self.is_about_threads() || self.search => &[Model::Threads],
            [] => Model::value_variants(),
            models => models,
        };
        let has_threads = models.contains(&Model::Threads);
        self.lock.check(has_threads)?;
        if self.is_about_threads() && !has_threads {
            let says =
                "--gil and --affinity are about threads, and none take part: add the model threads";
            return Err(says.to_owned());
        }
        // By which rules a lock changes hands matters while it is on.
        let gil = match self.lock.gil {
            None if self.lock.rules_given().next().is_some() => GilChoice::On,
            None if self.search => GilChoice::Off,
            gil => gil.unwrap_or_default(),
        };
        let Lock { policy, placement, per_worker, .. } = &self.lock;
        // Where it looks makes no difference to a lock that nobody else wants.
        let placement = match placement.as_slice() {
            [] if !per_worker => Placement::value_variants(),
            said => said,
        };
        let on = Rules::each(policy, placement, *per_worker).map(Runner::LockOn);
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
