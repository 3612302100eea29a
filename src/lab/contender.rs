//! Who takes part: a workload, a model of concurrency, a state of the lock, a number of workers.

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
