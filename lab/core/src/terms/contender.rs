//! Who takes part: a workload, a model of concurrency, a state of the lock, a number of workers, and
//! whether it is one of ours or a real CPython.

use std::fmt;

use serde::{Deserialize, Serialize};
use trainyard::trace::file::Facts;

use super::python::Version;

/// The two kinds of problem that concurrency is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Workload {
    /// Waits for answers from the network.
    Io,
    /// Computes.
    Cpu,
}

/// How the trains of thought take turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// One after another; what the others are measured against.
    Sync,
    /// A pool of threads.
    Threads,
    /// A pool of threads whose loop runs with the lock given up, as code in another language does.
    ThreadsNative,
    /// Tasks on one thread.
    Coop,
    /// A pool of processes.
    Procs,
    /// CPython, one after another; what its other models are measured against.
    #[value(skip)]
    PythonSync,
    /// CPython's `concurrent.futures`.
    #[value(skip)]
    PythonThreads,
    /// CPython's `asyncio`.
    #[value(skip)]
    PythonCoop,
    /// CPython's `multiprocessing`.
    #[value(skip)]
    PythonProcs,
}

/// Whether a global lock is there, and on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GilState {
    /// One thread at a time.
    On,
    /// The lock is there and switched off.
    Off,
    /// The model has no such lock.
    None,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Contender {
    /// The work.
    pub workload: Workload,
    /// The runtime.
    pub model: Model,
    /// The lock.
    pub gil: GilState,
    /// How many threads, tasks or processes share the work.
    pub workers: usize,
    /// Which CPython does it; `None` is ours.
    pub python: Option<Version>,
}

impl Workload {
    /// The name on the command line and in every output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Io => "io",
            Self::Cpu => "cpu",
        }
    }
}

impl Model {
    /// Ours, in the order of the rows: from what one writes first to what one writes last.
    pub const IN_TABLE_ORDER: [Self; 5] =
        [Self::Sync, Self::Threads, Self::ThreadsNative, Self::Coop, Self::Procs];

    /// The same model in CPython, where there is one.
    pub fn in_python(self) -> Option<Self> {
        match self {
            Self::Sync => Some(Self::PythonSync),
            Self::Threads => Some(Self::PythonThreads),
            Self::Coop => Some(Self::PythonCoop),
            Self::Procs => Some(Self::PythonProcs),
            // A loop in another language is not CPython's to run.
            _ => None,
        }
    }

    /// The model of ours that this one is, or that it is compared with.
    #[must_use]
    pub fn in_ours(self) -> Self {
        match self {
            Self::PythonSync => Self::Sync,
            Self::PythonThreads => Self::Threads,
            Self::PythonCoop => Self::Coop,
            Self::PythonProcs => Self::Procs,
            ours => ours,
        }
    }

    /// The name on the command line and in every output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Threads => "threads",
            Self::ThreadsNative => "threads-native",
            Self::Coop => "coop",
            Self::Procs => "procs",
            Self::PythonSync => "python-sync",
            Self::PythonThreads => "python-threads",
            Self::PythonCoop => "python-coop",
            Self::PythonProcs => "python-procs",
        }
    }
}

impl GilState {
    /// The name in every output.
    pub fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::None => "none",
        }
    }
}

impl Contender {
    /// What a trace says about its run.
    pub fn facts(&self) -> Facts {
        Facts::default()
            .with("label", self.label())
            .with("workload", self.workload.name())
            .with("model", self.model.name())
            .with("gil", self.gil.name())
            .with("workers", self.workers.to_string())
    }

    /// The name that a reader gets: `5 threads, lock on`, `py3.13.0 5 threads`.
    pub fn label(&self) -> String {
        let count = self.workers;
        let threads = if count == 1 { "thread" } else { "threads" };
        let processes = if count == 1 { "process" } else { "processes" };
        let python = self.python.map_or_else(String::new, |version| format!("py{version}"));
        match (self.model, self.gil) {
            (Model::PythonSync, _) => format!("{python} sync"),
            (Model::PythonThreads, _) => format!("{python} {count} {threads}"),
            (Model::PythonCoop, _) => format!("{python} asyncio"),
            (Model::PythonProcs, _) => format!("{python} {count} {processes}"),
            (Model::Sync, _) => "one after another".to_owned(),
            (Model::Threads, GilState::On) => format!("{count} {threads}, lock on"),
            (Model::Threads, _) => format!("{count} {threads}, lock off"),
            (Model::ThreadsNative, _) => format!("{count} {threads}, native"),
            (Model::Coop, _) => "coop, one thread".to_owned(),
            (Model::Procs, _) => format!("{count} {processes}"),
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl fmt::Display for Model {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl fmt::Display for GilState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// The short name: `io/threads-on/5`, `io/python-threads-3.13.0/5`.
impl fmt::Display for Contender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workload, model, gil, workers, python } = self;
        match (python, gil) {
            (Some(version), _) => write!(formatter, "{workload}/{model}-{version}/{workers}"),
            (None, GilState::None) => write!(formatter, "{workload}/{model}/{workers}"),
            (None, gil) => write!(formatter, "{workload}/{model}-{gil}/{workers}"),
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
            let json = serde_json::to_string(model).unwrap();
            assert_eq!(json, format!("\"{model}\""));
            assert_eq!(Model::from_str(model.name(), false), Ok(*model));
        }
        for model in Model::IN_TABLE_ORDER.into_iter().filter_map(Model::in_python) {
            assert_eq!(serde_json::to_string(&model).unwrap(), format!("\"{model}\""));
            assert!(Model::from_str(model.name(), false).is_err(), "--python asks for it");
            assert_eq!(model.in_ours().in_python(), Some(model));
        }
        for workload in Workload::value_variants() {
            let json = serde_json::to_string(workload).unwrap();
            assert_eq!(json, format!("\"{workload}\""));
            assert_eq!(Workload::from_str(workload.name(), false), Ok(*workload));
        }
    }
}
