//! Who takes part: a workload, a model of concurrency, a state of the lock, a number of workers.

use std::fmt;

use serde::{Deserialize, Serialize};

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
    /// The name on the command line and in every output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Threads => "threads",
            Self::ThreadsNative => "threads-native",
            Self::Coop => "coop",
            Self::Procs => "procs",
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
    /// The name that a reader gets: `5 threads, lock on`.
    pub fn label(&self) -> String {
        let count = self.workers;
        let threads = if count == 1 { "thread" } else { "threads" };
        match (self.model, self.gil) {
            (Model::Sync, _) => "one after another".to_owned(),
            (Model::Threads, GilState::On) => format!("{count} {threads}, lock on"),
            (Model::Threads, _) => format!("{count} {threads}, lock off"),
            (Model::ThreadsNative, _) => format!("{count} {threads}, native"),
            (Model::Coop, _) => "coop, one thread".to_owned(),
            (Model::Procs, _) if count == 1 => "1 process".to_owned(),
            (Model::Procs, _) => format!("{count} processes"),
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

/// The short name: `io/threads-on/5`.
impl fmt::Display for Contender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workload, model, gil, workers } = self;
        match gil {
            GilState::None => write!(formatter, "{workload}/{model}/{workers}"),
            gil => write!(formatter, "{workload}/{model}-{gil}/{workers}"),
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
        for workload in Workload::value_variants() {
            let json = serde_json::to_string(workload).unwrap();
            assert_eq!(json, format!("\"{workload}\""));
            assert_eq!(Workload::from_str(workload.name(), false), Ok(*workload));
        }
    }
}
