//! The results of a comparison: one struct, of which every output is a rendering.
//!
//! Its JSON form is the schema `trainyard.compare/1`; later versions only add keys. What does not
//! apply, or was not measured, is null: the interval of fewer than 6 rounds, the lock's counters
//! of a model without a lock, what a recording shows of a contender that was not recorded.
//!
//! Times of the process tree and switches are per round; the lock's counters are sums over the
//! measured rounds, as the lock counted them.
//!
//! Read after [`lab_core::terms::stats`] and [`lab_core::look::lanes`]; read next
//! [`table`](super::table).

use serde::{Serialize, Serializer};

use lab_core::look::lanes::{Figures, Lanes};
use lab_core::terms::{
    Contender, GilState, GilStats, Host, Measured, Model, Params, Placement, Policy, Rules,
    Speedup, Summary, TreeUsage, Verdict, Version, Workload, stats,
};
use lab_core::text::numbers;
use lab_core::work::server::ServerUsage;

/// The name and version of the JSON form.
pub const SCHEMA: &str = "trainyard.compare/1";

/// Everything that a comparison found out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub schema: String,
    pub complete: bool,
    /// The seed of the resampling.
    pub seed: u64,
    pub params: Params,
    /// What makes the figures doubtful, each with what can be done.
    pub warnings: Vec<String>,
    pub host: Host,
    /// What the server of `io` has used in all rounds together, warm-up and recording included;
    /// null for another server than ours.
    pub server: Option<ServerUsage>,
    /// One row for each contender that was measured, in the order of the table.
    pub results: Vec<Row>,
}

/// The end of a page: on what it was measured, and whether that is all.
pub fn measured_on(host: &Host, is_complete: bool) -> String {
    let (cpus, model, kernel) = (numbers::count(host.cpus, "CPU"), &host.cpu_model, &host.kernel);
    let end = if is_complete { "" } else { " Not complete: this is what was measured." };
    format!("{cpus} ({model}), Linux {kernel}.{end}")
}

/// One contender's results.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub workload: Workload,
    pub model: Model,
    pub gil: GilState,
    /// By which rules it changes hands, if it is on and ours.
    #[serde(flatten, serialize_with = "in_full")]
    pub rules: Option<Rules>,
    /// How many threads, tasks or processes.
    pub workers: usize,
    pub units: u64,
    /// The digest of a round's answers, in hexadecimal.
    pub checksum: String,
    pub wall_s: WallTime,
    pub startup_s: f64,
    #[serde(flatten)]
    pub usage: TreeUsage,
    /// The most units that had begun and not ended.
    pub in_flight_max: Option<usize>,
    /// The most trains that ran at one instant.
    pub running_at_once_max: Option<usize>,
    /// How many processors trains ran on.
    pub cpus_used: Option<usize>,
    /// Lines of source that are not in the sequential version.
    pub lines_changed: Option<usize>,
    /// The median of the paired ratios of wall times; above 1 is faster. 1 for `sync` itself.
    pub speedup_vs_sync: Option<f64>,
    /// Its 95 % interval.
    pub speedup_interval: Option<[f64; 2]>,
    pub verdict: Option<Verdict>,
    /// What the lock counted.
    pub gil_stats: Option<GilStats>,
    /// Which CPython it was; null for ours.
    pub python: Option<Version>,
    /// The median of the paired ratios to that same CPython's `python-sync`.
    pub speedup_vs_python_sync: Option<f64>,
    /// Its 95 % interval.
    pub speedup_vs_python_sync_interval: Option<[f64; 2]>,
}

/// The rules whole; null where no lock of ours is on.
#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn in_full<S: Serializer>(rules: &Option<Rules>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct InFull {
        policy: Option<Policy>,
        placement: Option<Placement>,
        lock_per_worker: Option<bool>,
    }
    let policy = rules.map(|rules| rules.policy.unwrap_or_default());
    let placement = rules.map(|rules| rules.placement.unwrap_or_default());
    let lock_per_worker = rules.map(|rules| rules.per_worker);
    InFull { policy, placement, lock_per_worker }.serialize(serializer)
}

/// The wall times of a contender's rounds, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WallTime {
    #[serde(flatten)]
    pub summary: Summary,
    pub samples: Vec<f64>,
}

impl Report {
    /// Sums up what was measured. `lines_changed` knows the contenders' sources.
    ///
    /// Contenders without a whole round are left out.
    pub fn new(
        params: &Params,
        host: Host,
        measured: &[Measured],
        lines_changed: impl Fn(&Contender) -> Option<usize>,
    ) -> Self {
        let rows = measured.iter().filter_map(|one| {
            let who = one.contender;
            let find = |model, python| {
                let wanted = (who.workload, model, python);
                let named = |other: &Contender| (other.workload, other.model, other.python);
                measured.iter().find(|other| named(&other.contender) == wanted)
            };
            let of_ours = Against::of(one, find(Model::Sync, None), params.seed);
            let own = who.python.and_then(|version| find(Model::PythonSync, Some(version)));
            let of_its_own = Against::of(one, own, params.seed);
            Row::new(one, of_ours, of_its_own, lines_changed(&who))
        });
        Self {
            schema: SCHEMA.to_owned(),
            complete: true,
            seed: params.seed,
            params: params.clone(),
            warnings: Vec::new(),
            host,
            server: None,
            results: rows.collect(),
        }
    }

    pub fn rows(&self, workload: Workload) -> impl Iterator<Item = &Row> {
        self.results.iter().filter(move |row| row.workload == workload)
    }
}

/// How a contender compares with a sequential run.
#[derive(Clone, Copy, Default)]
struct Against {
    ratio: Option<f64>,
    interval: Option<[f64; 2]>,
    verdict: Option<Verdict>,
}

impl Against {
    fn of(one: &Measured, reference: Option<&Measured>, seed: u64) -> Self {
        let speedup = reference.and_then(|it| stats::speedup(&it.wall_s, &one.wall_s, seed));
        let Some(speedup) = speedup.filter(|speedup| speedup.median.is_finite()) else {
            return Self::default();
        };
        let Speedup { median, interval, verdict } = speedup;
        // The reference against itself is 1 by definition, not by measurement.
        let is_measured = reference.is_some_and(|it| it.contender != one.contender);
        let interval = interval.filter(|_| is_measured);
        Self { ratio: Some(median), interval, verdict: verdict.filter(|_| is_measured) }
    }
}

impl Row {
    fn new(
        one: &Measured,
        of_ours: Against,
        of_its_own: Against,
        lines_changed: Option<usize>,
    ) -> Option<Self> {
        let Contender { workload, model, gil, rules, workers, python } = one.contender;
        let lanes = one.recording.as_ref().and_then(Lanes::read);
        let figures: Option<Figures> = lanes.map(|lanes| lanes.figures);
        Some(Self {
            workload,
            model,
            gil,
            rules,
            workers,
            units: one.units,
            checksum: format!("{:016x}", one.checksum),
            wall_s: WallTime { summary: stats::summary(&one.wall_s)?, samples: one.wall_s.clone() },
            startup_s: one.startup_s,
            usage: one.usage,
            in_flight_max: figures.map(|figures| figures.in_flight_max),
            running_at_once_max: figures.map(|figures| figures.running_at_once_max),
            cpus_used: figures.map(|figures| figures.cpus_used),
            lines_changed,
            speedup_vs_sync: of_ours.ratio,
            speedup_interval: of_ours.interval,
            verdict: of_ours.verdict,
            gil_stats: one.gil,
            python,
            speedup_vs_python_sync: of_its_own.ratio,
            speedup_vs_python_sync_interval: of_its_own.interval,
        })
    }

    pub fn rounds(&self) -> usize {
        self.wall_s.samples.len()
    }

    /// The median of their wall times, in seconds.
    pub fn median_s(&self) -> f64 {
        self.wall_s.summary.median
    }

    /// What the interval of the ratio to `python-sync` says.
    pub fn verdict_vs_python(&self) -> Option<Verdict> {
        self.speedup_vs_python_sync_interval.map(Verdict::of)
    }

    pub fn contender(&self) -> Contender {
        let Self { workload, model, gil, rules, workers, python, .. } = *self;
        Contender { workload, model, gil, rules, workers, python }
    }

    /// The share of its threads' time that went by waiting for the lock, if there is one that is
    /// on.
    #[expect(clippy::cast_precision_loss, reason = "at most a thousand workers")]
    pub fn lock_wait_share(&self) -> Option<f64> {
        let stats = self.gil_stats.filter(|_| self.gil == GilState::On)?;
        let thread_time_s = self.wall_s.samples.iter().sum::<f64>() * self.workers as f64;
        Some(stats.wait_s / thread_time_s).filter(|share| share.is_finite())
    }
}
