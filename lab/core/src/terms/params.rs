//! What is compared, and with which figures: the parameters of one comparison.
//!
//! A [`Preset`] sets them all; options of the command line override single ones; every arm gets
//! them whole, as JSON, when it starts. So a row of the table means the same in the process that
//! prints it and in the process that did the work.
//!
//! # The presets
//!
//! | | `quick` | `rp2018` | `rp2024` |
//! | --- | --- | --- | --- |
//! | requests, latency | 160, 5 ms | 160, 89 ms | 160, 89 ms |
//! | io: threads, processes | 5, 5 | 5, one a CPU | 5, 4 |
//! | cpu: threads, processes | one a CPU, at least 2 | 5, one a CPU | 5, 4 |
//! | cpu: the work | 20 sums of squares | 20 sums of squares | 20 times `fib(35)` |
//! | the first sum | 3 000 000 squares | 5 000 000 squares | |
//! | rounds, warm-up rounds | 7, 1 | 3, 0 | 3, 0 |
//!
//! `rp2018` and `rp2024` are the two editions of the article that the notes are made from: 89 ms
//! is its sequential time divided by its requests, 3 rounds are what its author took the best of.
//! Fewer than 6 rounds give no verdict; `--runs` asks for more. Beside a CPython the first sum of
//! `quick` is of 500 000 squares.
//!
//! # Why `quick` ends within 20 seconds
//!
//! One round of `io` takes, per contender, requests / in flight × (5 ms + about 0.2 ms for the
//! loopback), 1.4 s together. One round of `cpu` is 60 million turns of about 1.5 ns, 90 ms (18
//! switch intervals: enough to see the lock change hands), 0.4 s together. Seven measured rounds,
//! one to warm up and one recorded: 9 × 1.8 s = 16.2 s.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use super::contender::GilChoice;
use super::contender::{Contender, GilState, Model, Workload};
use super::lock::{Pace, Placement, Policy, Rules};
use super::python::{Python, Version};

/// How long a server may be silent. Longer than any latency that makes sense to compare, short
/// enough that a dead server does not look like a hang.
pub const SILENCE_MAX: Duration = Duration::from_secs(30);

named! {
    /// A set of parameters with a name.
    #[derive(Default)]
    Preset {
        /// Small enough to be run without a thought.
        #[default]
        Quick = "quick",
        /// As the first edition of the article.
        Rp2018 = "rp2018",
        /// As its second edition.
        Rp2024 = "rp2024",
    }
}

/// What the CPU-bound workload computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CpuKernel {
    /// The sum of `i * i` for `i` below n, for n = `first_n`, `first_n + 1` and so on.
    SumOfSquares { first_n: u64, inputs: usize },
    /// `fib(n)` by plain recursion, the same input again and again.
    Fib { n: u32, inputs: usize },
}

impl CpuKernel {
    /// How many units of work a round has.
    pub fn inputs(self) -> usize {
        match self {
            Self::SumOfSquares { inputs, .. } | Self::Fib { inputs, .. } => inputs,
        }
    }

    /// The same work with another number of units.
    #[must_use]
    pub fn with_inputs(self, inputs: usize) -> Self {
        match self {
            Self::SumOfSquares { first_n, .. } => Self::SumOfSquares { first_n, inputs },
            Self::Fib { n, .. } => Self::Fib { n, inputs },
        }
    }
}

/// Everything that a comparison is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Params {
    /// Where the figures that no option set came from.
    pub preset: Preset,
    /// What is done, in the order of the output.
    pub workloads: Vec<Workload>,
    /// Who takes part. `sync` always does: the others are ratios to it.
    pub models: Vec<Model>,
    pub gil: GilChoice,
    /// By which rules it changes hands while it is on: one row each; none means CPython's.
    pub policies: Vec<Policy>,
    /// Where it may: one row each; none means as CPython's.
    pub placements: Vec<Placement>,
    /// Whether each thread has a lock of its own.
    pub lock_per_worker: bool,
    /// How many threads, processes or tasks; `None` leaves it to the preset.
    pub workers: Option<usize>,
    /// How many pages a round of `io` fetches.
    pub requests: usize,
    /// How long the server waits before it answers.
    pub latency_ns: u64,
    pub runs: usize,
    /// How many rounds come before them and are thrown away.
    pub warmup: usize,
    /// How long a thread waits for the lock before it asks for it.
    pub switch_interval_ns: u64,
    /// After how many check points `ticks` drops the lock.
    pub check_interval: NonZeroU32,
    /// The processors to run on; empty means all that there are.
    pub affinity: Vec<usize>,
    /// Seeds the resampling of the statistics.
    pub seed: u64,
    pub kernel: CpuKernel,
    /// The pages to fetch instead of our own server's; empty means our own server.
    pub urls: Vec<String>,
    #[serde(default)]
    pub pythons: Vec<Python>,
}

/// The article's inputs: `5_000_000 + x for x in range(20)`, and `[35] * 20`.
const ARTICLE_INPUTS: usize = 20;
/// The article's requests: two addresses, 80 times each.
const ARTICLE_REQUESTS: usize = 160;
/// The article's `max_workers` for both of its thread pools.
const ARTICLE_THREADS: usize = 5;
/// The processors of the machine on which the article's second edition was measured.
const ARTICLE_2024_PROCESSES: usize = 4;
/// 90 ms of computing in a round.
const FIRST_N: u64 = 3_000_000;
/// A sixth of that.
const FIRST_N_BESIDE_PYTHON: u64 = 500_000;
/// 14.29 s for 160 requests in sequence.
const ARTICLE_LATENCY_NS: u64 = 89_000_000;
/// What a round may take beside its work: longer than any machine stalls that goes on afterwards.
const ROUND_MAX: Duration = Duration::from_mins(1);
/// `fib(35)` takes over a second on a slow machine, in a debug build; this is ten times that.
const INPUT_MAX: Duration = Duration::from_secs(15);

impl Params {
    /// Every parameter as `preset` has it.
    pub fn of(preset: Preset) -> Self {
        let sums = |first_n| CpuKernel::SumOfSquares { first_n, inputs: ARTICLE_INPUTS };
        let (latency_ns, runs, warmup, kernel) = match preset {
            Preset::Quick => (5_000_000, 7, 1, sums(FIRST_N)),
            Preset::Rp2018 => (ARTICLE_LATENCY_NS, 3, 0, sums(5_000_000)),
            Preset::Rp2024 => {
                (ARTICLE_LATENCY_NS, 3, 0, CpuKernel::Fib { n: 35, inputs: ARTICLE_INPUTS })
            }
        };
        let Pace { switch_interval, check_interval } = Pace::default();
        let switch_interval_ns = u64::try_from(switch_interval.as_nanos()).unwrap_or(u64::MAX);
        Self {
            preset,
            workloads: vec![Workload::Io, Workload::Cpu],
            models: Model::IN_TABLE_ORDER.to_vec(),
            gil: GilChoice::Both,
            policies: Vec::new(),
            placements: Vec::new(),
            lock_per_worker: false,
            workers: None,
            requests: ARTICLE_REQUESTS,
            latency_ns,
            runs,
            warmup,
            switch_interval_ns,
            check_interval,
            affinity: Vec::new(),
            seed: 7,
            kernel,
            urls: Vec::new(),
            pythons: Vec::new(),
        }
    }

    /// The same with sums that a CPython adds up in a second, where the preset is not the article's:
    /// it takes some 40 times as long as ours, and nobody waits for three minutes unasked. Ours
    /// still takes three switch intervals.
    #[must_use]
    pub fn beside_python(self) -> Self {
        let kernel = match (self.preset, self.kernel) {
            (Preset::Quick, CpuKernel::SumOfSquares { inputs, .. }) => {
                CpuKernel::SumOfSquares { first_n: FIRST_N_BESIDE_PYTHON, inputs }
            }
            (_, kernel) => kernel,
        };
        Self { kernel, ..self }
    }

    /// The squares of the first sum, and those that it would have without a CPython, if these differ.
    pub fn shortened(&self) -> Option<(u64, u64)> {
        let takes_part = !self.pythons.is_empty() && self.workloads.contains(&Workload::Cpu);
        match (self.preset, self.kernel) {
            (Preset::Quick, CpuKernel::SumOfSquares { first_n, .. }) if takes_part => {
                Some((first_n, FIRST_N)).filter(|(now, usual)| now != usual)
            }
            _ => None,
        }
    }

    /// Lists who takes part on a machine with `cpus` processors, in the order of the table.
    pub fn contenders(&self, cpus: usize) -> Vec<Contender> {
        let players = || [None].into_iter().chain(self.pythons.iter().map(Some));
        let rows = self.workloads.iter().flat_map(|&workload| {
            players().flat_map(move |python| self.rows(workload, python.map(Python::id), cpus))
        });
        rows.collect()
    }

    /// The rows of ours or of a CPython: the models that were asked for, of those that it has.
    fn rows(&self, workload: Workload, python: Option<Version>, cpus: usize) -> Vec<Contender> {
        let row = |ours: Model| {
            let (model, locks) = match python {
                None => (Some(ours), self.locks(workload, ours)),
                Some(version) => (ours.in_python(), vec![(version.gil_state(ours), None)]),
            };
            let model = model.filter(|&it| python.is_none_or(|one| one.lacks(it).is_none()));
            let workers = self.workers(workload, ours, cpus);
            let row = move |(gil, rules)| {
                Some(Contender { workload, model: model?, gil, rules, workers, python })
            };
            locks.into_iter().filter_map(row)
        };
        let is_asked_for = |model: &Model| *model == Model::Sync || self.models.contains(model);
        Model::IN_TABLE_ORDER.into_iter().filter(is_asked_for).flat_map(row).collect()
    }

    /// The states of the lock that `model` is measured in, and the rules of each that is on.
    fn locks(&self, workload: Workload, model: Model) -> Vec<(GilState, Option<Rules>)> {
        let placements: &[Placement] = match model {
            // Its loop looks nowhere.
            Model::ThreadsNative => &[],
            _ => &self.placements,
        };
        let rules = Rules::each(&self.policies, placements, self.lock_per_worker);
        let on = rules.filter(|_| self.gil != GilChoice::Off);
        let on = on.map(|rules| (GilState::On, Some(rules)));
        let off = (self.gil != GilChoice::On).then_some((GilState::Off, None));
        match model {
            Model::Threads => on.chain(off).collect(),
            // Giving up a lock that is off changes nothing, and I/O gives it up anyway.
            Model::ThreadsNative if workload == Workload::Cpu => on.collect(),
            Model::ThreadsNative => vec![],
            _ => vec![(GilState::None, None)],
        }
    }

    fn workers(&self, workload: Workload, model: Model, cpus: usize) -> usize {
        let units = self.units(workload);
        let preset = match (workload, model, self.preset) {
            (_, Model::Sync, _) => return 1,
            (Workload::Io, Model::Coop, _) => units.min(CONNECTIONS_MAX),
            (_, Model::Coop, _) => units,
            (_, Model::Procs, Preset::Rp2018) => cpus.max(1),
            (_, Model::Procs, Preset::Rp2024) => ARTICLE_2024_PROCESSES,
            // More than there is work would only stand about.
            (Workload::Cpu, _, Preset::Quick) => cpus.min(units).max(2),
            _ => ARTICLE_THREADS,
        };
        self.workers.unwrap_or(preset)
    }

    /// How long a hold of the lock lasts.
    pub fn pace(&self) -> Pace {
        let switch_interval = Duration::from_nanos(self.switch_interval_ns);
        Pace { switch_interval, check_interval: self.check_interval }
    }

    /// How many units of work a round of `workload` has.
    pub fn units(&self, workload: Workload) -> usize {
        match workload {
            Workload::Io => self.requests,
            Workload::Cpu => self.kernel.inputs(),
        }
    }

    /// How long a round of `workload` may take before nobody believes in its end any more.
    pub fn round_max(&self, workload: Workload) -> Duration {
        let unit_max = match workload {
            Workload::Cpu => INPUT_MAX,
            Workload::Io if self.urls.is_empty() => Duration::from_nanos(self.latency_ns) * 10,
            Workload::Io => SILENCE_MAX,
        };
        let units = u32::try_from(self.units(workload)).unwrap_or(u32::MAX);
        ROUND_MAX + unit_max.saturating_mul(units)
    }

    /// Checks what no single option can know of the others.
    /// Fails with one line that says which options leave nothing to do, and what would.
    pub fn check(&self) -> Result<(), String> {
        let only_sync = self.models.iter().all(|&model| model == Model::Sync);
        let lonely = |workload: &&Workload| self.rows(**workload, None, 1).len() < 2;
        match self.workloads.iter().find(lonely) {
            Some(workload) if !only_sync => Err(format!(
                "nothing is left to compare in {workload}: threads-native takes part in cpu, \
                 with the lock on"
            )),
            _ => Ok(()),
        }
    }
}

/// How many connections the cooperative loop opens unless told: one for each of the article's
/// requests, and not so many that its process or the server runs out of descriptors.
const CONNECTIONS_MAX: usize = 500;

#[cfg(test)]
mod tests;
