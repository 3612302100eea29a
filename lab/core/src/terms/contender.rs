//! Who takes part: a workload, a model of concurrency, a state of the lock, a number of workers, and
//! whether it is one of ours or a real CPython.

use std::fmt;

use serde::{Deserialize, Serialize};
use trainyard::trace::file::Facts;

use super::lock::Rules;
use super::python::Version;

named! {
    /// The two kinds of problem that concurrency is used for.
    Workload {
        /// Waits for answers from the network.
        Io = "io",
        Cpu = "cpu",
    }

    /// How the trains of thought take turns.
    Model {
        /// One after another; what the others are measured against.
        Sync = "sync",
        Threads = "threads",
        /// A pool of threads whose loop runs with the lock given up, as code in another language
        /// does.
        ThreadsNative = "threads-native",
        /// Tasks on one thread.
        Coop = "coop",
        Procs = "procs",
        /// CPython, one after another; what its other models are measured against.
        PythonSync = "python-sync" [skip],
        /// CPython's `concurrent.futures`.
        PythonThreads = "python-threads" [skip],
        /// CPython's `asyncio`.
        PythonCoop = "python-coop" [skip],
        /// CPython's `multiprocessing`.
        PythonProcs = "python-procs" [skip],
    }

    /// Which states of the lock take part.
    #[derive(Default)]
    GilChoice {
        On = "on",
        Off = "off",
        /// One row each.
        #[default]
        Both = "both",
    }

    /// Whether a global lock is there, and on.
    GilState {
        /// One thread at a time.
        On = "on",
        /// The lock is there and switched off.
        Off = "off",
        /// The model has no such lock.
        None = "none",
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Contender {
    pub workload: Workload,
    pub model: Model,
    pub gil: GilState,
    /// By which rules that changes hands, if it is on and ours.
    #[serde(default)]
    pub rules: Option<Rules>,
    /// How many threads, tasks or processes share the work.
    pub workers: usize,
    /// Which CPython does it; `None` is ours.
    pub python: Option<Version>,
}

impl Model {
    /// Ours, in the order of the rows: from what one writes first to what one writes last.
    pub const IN_TABLE_ORDER: [Self; 5] =
        [Self::Sync, Self::Threads, Self::ThreadsNative, Self::Coop, Self::Procs];

    /// Ours that CPython has too, and what it has. A loop in another language is not its to run.
    const IN_PYTHON: [(Self, Self); 4] = [
        (Self::Sync, Self::PythonSync),
        (Self::Threads, Self::PythonThreads),
        (Self::Coop, Self::PythonCoop),
        (Self::Procs, Self::PythonProcs),
    ];

    /// The same model in CPython, where there is one.
    pub fn in_python(self) -> Option<Self> {
        let pair = Self::IN_PYTHON.into_iter().find(|(ours, _)| *ours == self);
        pair.map(|(_, python)| python)
    }

    /// Whether its threads have a lock.
    pub fn has_lock(self) -> bool {
        matches!(self.in_ours(), Self::Threads | Self::ThreadsNative)
    }

    /// The model of ours that this one is, or that it is compared with.
    #[must_use]
    pub fn in_ours(self) -> Self {
        let pair = Self::IN_PYTHON.into_iter().find(|(_, python)| *python == self);
        pair.map_or(self, |(ours, _)| ours)
    }
}

impl Contender {
    /// What a trace says about its run.
    pub fn facts(&self) -> Facts {
        let facts = Facts::default()
            .with("label", self.label())
            .with("workload", self.workload.name())
            .with("model", self.model.name())
            .with("gil", self.gil.name())
            .with("workers", self.workers.to_string());
        let Some(rules) = self.rules else { return facts };
        facts
            .with("policy", rules.policy.unwrap_or_default().name())
            .with("placement", rules.placement.unwrap_or_default().name())
            .with("lock-per-worker", if rules.per_worker { "yes" } else { "no" })
    }

    /// The name that a reader gets: `5 threads, lock on`, `py3.13.0 5 threads`.
    pub fn label(&self) -> String {
        let plural = |ending| if self.workers == 1 { "" } else { ending };
        let threads = format!("{} thread{}", self.workers, plural("s"));
        let processes = format!("{} process{}", self.workers, plural("es"));
        let python = self.python.map_or_else(String::new, |version| format!("py{version}"));
        let rules = self.rules.unwrap_or_default();
        match (self.model, self.gil) {
            (Model::PythonSync, _) => format!("{python} sync"),
            (Model::PythonThreads, _) => format!("{python} {threads}"),
            (Model::PythonCoop, _) => format!("{python} asyncio"),
            (Model::PythonProcs, _) => format!("{python} {processes}"),
            (Model::Sync, _) => "one after another".to_owned(),
            (Model::Threads, GilState::On) => format!("{threads}, {rules}"),
            (Model::Threads, _) => format!("{threads}, lock off"),
            (Model::ThreadsNative, _) if rules.per_worker => format!("{threads}, native, {rules}"),
            (Model::ThreadsNative, _) => format!("{threads}, native{}", rules.said()),
            (Model::Coop, _) => "coop, one thread".to_owned(),
            (Model::Procs, _) => processes,
        }
    }
}

/// The short name: `io/threads-on/5`, `io/python-threads-3.13.0/5`.
impl fmt::Display for Contender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workload, model, gil, rules, workers, python } = self;
        let rules = rules.unwrap_or_default();
        let each = if rules.per_worker { "-each" } else { "" };
        let said = rules.said().replace(", ", "-");
        match (python, gil) {
            (Some(version), _) => write!(formatter, "{workload}/{model}-{version}/{workers}"),
            (None, GilState::None) => write!(formatter, "{workload}/{model}/{workers}"),
            (None, gil) => write!(formatter, "{workload}/{model}-{gil}{each}{said}/{workers}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_on_the_command_line_in_json_and_in_text() {
        use clap::ValueEnum;
        for model in Model::value_variants() {
            assert_eq!(serde_json::to_string(model).unwrap(), format!("\"{model}\""));
            let is_asked_for = Model::from_str(model.name(), false).is_ok();
            assert_eq!(is_asked_for, model.in_ours() == *model, "--python asks for the others");
            assert!(model.in_ours() == *model || model.in_ours().in_python() == Some(*model));
        }
    }
}
