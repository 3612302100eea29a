//! What makes a measurement doubtful, and what can be done about it.
//!
//! A warning without a next step only worries people, so every one names a flag or an act. They
//! are few: warnings about several contenders are one line.

use lab_core::terms::{
    Conditions, Contender, GilState, Measured, Model, Params, Policy, Python, Workload, stats,
};
use lab_core::text::numbers;

/// pyperf's bound: a round that is longer than the median by this much is noise worth a word.
const SPREAD_MAX: f64 = 0.39;
/// From here on the machine has something else to do.
const LOAD_PER_CPU_MAX: f64 = 0.5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    Debug,
    Release,
}

impl Build {
    pub fn this() -> Self {
        if cfg!(debug_assertions) { Self::Debug } else { Self::Release }
    }
}

/// Lists what can be known before the first round.
pub fn before(params: &Params, conditions: &Conditions, build: Build) -> Vec<String> {
    let (cpus, enough) = (conditions.cpus(), stats::VERDICT_ROUNDS_MIN);
    let mut doubts = Vec::new();
    if build == Build::Debug {
        doubts.push("this is a debug build, many times slower: `cargo run --release`".to_owned());
    }
    doubts.extend(too_few_cpus(params, conditions));
    if let Some(load) = conditions.load_average.filter(|load| is_busy(*load, cpus)) {
        let cpus = numbers::count(cpus, "processor");
        doubts.push(format!(
            "the machine is busy: a load of {load:.1} on {cpus}; end what else runs, and run again"
        ));
    }
    if !params.models.contains(&Model::Sync) {
        doubts.push(
            "sync was measured too, because every ratio is to it; `--models sync` alone gives \
             only its time"
                .to_owned(),
        );
    }
    doubts.extend(params.pythons.iter().filter_map(|python| left_out(python, params)));
    if let Some((now, usual)) = params.shortened() {
        let (now, usual) = (numbers::grouped(now), numbers::grouped(usual));
        doubts.push(format!(
            "beside a CPython, which is slower, the first sum of cpu is of {now} squares, not \
             {usual}: compare these times with each other, and not with a run without `--python`"
        ));
    }
    if params.runs < enough {
        doubts.push(format!("fewer than {enough} rounds give no verdict: `--runs {enough}`"));
    }
    doubts
}

#[expect(clippy::cast_precision_loss, reason = "at most 1024 processors")]
pub fn is_busy(load: f64, cpus: usize) -> bool {
    load > LOAD_PER_CPU_MAX * cpus as f64
}

/// The models that were asked for and that an old CPython does not have.
fn left_out(python: &Python, params: &Params) -> Option<String> {
    let models = params.models.iter().filter_map(|model| model.in_python());
    let lacking = models.filter_map(|model| Some((model, python.id().lacks(model)?)));
    let (names, reasons): (Vec<String>, Vec<&str>) =
        lacking.map(|(model, reason)| (model.to_string(), reason)).unzip();
    let (name, names, reasons) = (python.name(), names.join(" and "), reasons.join(", and "));
    (!names.is_empty())
        .then(|| format!("{name} has {reasons}: left out {names}; `--python` a later one for all"))
}

/// Computing side by side takes processors; waiting does not.
fn too_few_cpus(params: &Params, conditions: &Conditions) -> Option<String> {
    let cpus = conditions.cpus();
    let computes = |who: &Contender| {
        who.workload == Workload::Cpu && !matches!(who.model.in_ours(), Model::Sync | Model::Coop)
    };
    let workers = params.contenders(cpus).into_iter().filter(computes).map(|who| who.workers);
    let most = workers.max().filter(|most| *most > cpus)?;
    let cause = if conditions.quota_cpus < conditions.allowed_cpus {
        " (a quota of the control group)"
    } else if params.affinity.is_empty() {
        ""
    } else {
        " (--affinity)"
    };
    let at_most = numbers::count(cpus, "processor");
    Some(if cpus == 1 {
        format!("{at_most}{cause}: nothing can run at the same time; give the program two")
    } else {
        format!("{most} workers share {at_most}{cause}: `--workers {cpus}` gives each its own")
    })
}

/// Lists what the rounds themselves show: a line for each doubt, with all whom it is about.
pub fn after(params: &Params, measured: &[Measured]) -> Vec<String> {
    let those = |is_meant: &dyn Fn(&Measured) -> bool| {
        let names = measured.iter().filter(|one| is_meant(one)).map(|one| short(&one.contender));
        names.collect::<Vec<_>>().join(", ")
    };
    let [slow, outliers, spread] = [Noise::SlowStart, Noise::Outliers, Noise::Spread]
        .map(|noise| those(&|one| Noise::of(&one.wall_s) == Some(noise)));
    let lost = those(&|one| one.recording.as_ref().is_some_and(|it| it.overwritten() > 0));
    let (warmup, twice) = (params.warmup + 1, params.runs * 2);
    let spread_max = numbers::percent(SPREAD_MAX);
    let has_ticks = params.policies.contains(&Policy::Ticks);
    let longer = if has_ticks { "--check-interval" } else { "--switch-interval" };
    let doubts = [
        (&slow, format!("the first round of {slow} was slow: `--warmup {warmup}`")),
        (
            &outliers,
            format!(
                "outliers among the rounds of {outliers} (kept: the median bears them): end what \
                 else runs, or `--runs {twice}`"
            ),
        ),
        (
            &spread,
            format!(
                "the slowest round of {spread} took over {spread_max} longer than the median: end \
                 what else runs, or `--affinity`, or `--runs {twice}`"
            ),
        ),
        (
            &lost,
            format!(
                "events of {lost} were lost, so what the picture counts is a lower bound: fewer \
                 `--requests`, or a longer `{longer}`"
            ),
        ),
    ];
    doubts.into_iter().filter_map(|(names, line)| (!names.is_empty()).then_some(line)).collect()
}

/// What is wrong with a contender's rounds; the first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Noise {
    SlowStart,
    Outliers,
    Spread,
}

impl Noise {
    fn of(samples: &[f64]) -> Option<Self> {
        let summary = stats::summary(samples)?;
        let outliers = stats::outliers(samples);
        // The least that a user could see: an outlier of microseconds is the clock's business.
        let is_visible = summary.max > summary.median * (1.0 + OUTLIER_VISIBLE);
        let slowest = samples.iter().position(|sample| sample.total_cmp(&summary.max).is_eq());
        match outliers.as_slice() {
            [0] if is_visible && slowest == Some(0) => Some(Self::SlowStart),
            [_, ..] if is_visible => Some(Self::Outliers),
            _ if summary.max > summary.median * (1.0 + SPREAD_MAX) => Some(Self::Spread),
            _ => None,
        }
    }
}

/// A tenth: rounds that agree to a thousandth make outliers of any that does not.
const OUTLIER_VISIBLE: f64 = 0.1;

/// `io/threads on`: the names of the options that ask for the contender.
fn short(contender: &Contender) -> String {
    let Contender { workload, model, gil, rules, python, .. } = contender;
    let said = rules.unwrap_or_default().said().replace(',', "");
    match (python, model, gil) {
        (Some(version), ..) => format!("{workload}/{model} {version}"),
        (None, Model::Threads, GilState::On | GilState::Off) => {
            format!("{workload}/{model} {gil}{said}")
        }
        _ => format!("{workload}/{model}{said}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab_core::terms::{Preset, PythonGil};
    use lab_core::testing::measured;
    use lab_core::text::add;

    const QUIET: Conditions =
        Conditions { allowed_cpus: 2, quota_cpus: 2, load_average: Some(0.3) };

    /// Fails if a doubt has no line; each ends with what can be done.
    #[test]
    fn each_condition_that_disturbs_is_named_with_a_next_step() {
        use Build::{Debug, Release};
        let quick = || Params::of(Preset::Quick);
        let waiting = |params| Params { workloads: vec![Workload::Io], ..params };
        let four = || Params { workers: Some(4), ..quick() };
        let lonely = Params { models: vec![Model::Coop], ..Params::of(Preset::Rp2018) };
        let (path, version) = ("/usr/bin/python3".into(), (3, 13, 0));
        let pythons = vec![Python { path, version, gil: PythonGil::Timed }];
        let beside = Params { pythons, ..quick() }.beside_python();
        let busy = Conditions { load_average: Some(3.12), ..QUIET };
        let quota = Conditions { allowed_cpus: 8, quota_cpus: 1, ..QUIET };
        let cases = [
            ("a quiet machine", quick(), QUIET, Release),
            ("a debug build", quick(), QUIET, Debug),
            ("a busy machine", quick(), busy, Release),
            ("a quota", quick(), quota, Release),
            ("more workers than processors", four(), QUIET, Release),
            ("waiting takes none", waiting(four()), QUIET, Release),
            ("no reference, and few rounds", waiting(lonely), QUIET, Release),
            ("less work beside a CPython", beside.clone(), QUIET, Release),
            ("waiting is not made less", waiting(beside), QUIET, Release),
        ];
        let mut said = String::new();
        for (name, params, conditions, build) in cases {
            add!(said, "{name}: {:#?}\n", before(&params, &conditions, build));
        }
        let mut measured = measured();
        add!(said, "quiet rounds: {:#?}\n", after(&quick(), &measured));
        measured[1].wall_s[0] = 9.0;
        measured[4].wall_s[0] = 9.0;
        measured[6].wall_s[3] = 9.0;
        measured[3].recording.as_mut().unwrap().tracks[0].overwritten = 1;
        add!(said, "noisy contenders share a line: {:#?}\n", after(&quick(), &measured));
        let ticks = Params { policies: vec![Policy::Ticks], ..quick() };
        add!(said, "lost under ticks: {:#?}\n", after(&ticks, &measured[3..4]));
        assert_eq!(said, include_str!("warned.txt"), "\n{said}");
    }

    #[test]
    fn noise_has_a_name() {
        let steady = [1.0, 1.01, 0.99, 1.0, 1.02, 0.98];
        let with = |at: usize, value: f64| {
            let mut samples = steady;
            samples[at] = value;
            Noise::of(&samples)
        };
        assert_eq!(Noise::of(&steady), None);
        assert_eq!(with(0, 2.0), Some(Noise::SlowStart));
        assert_eq!(with(3, 2.0), Some(Noise::Outliers));
        assert_eq!(Noise::of(&[1.0, 1.3, 0.8, 1.7, 0.9, 1.2]), Some(Noise::Spread));
        assert_eq!(Noise::of(&[1.0, 1.0, 1.000_1, 1.0, 1.0]), None, "nobody can see that");
        assert_eq!(Noise::of(&[]), None);
    }
}
