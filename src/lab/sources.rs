//! Each contender's own source, as it was when the program was built.
//!
//! What concurrency costs is also code. So that `compare` can count it, every workload × model is
//! one file, and the program carries the text of each.

use super::contender::{Contender, Model, Workload};
use super::lines;

/// Returns the source of `contender`'s file, if there is such a contender.
pub fn source(workload: Workload, model: Model) -> Option<&'static str> {
    Some(match (workload, model) {
        (Workload::Io, Model::Sync) => include_str!("io/sync.rs"),
        (Workload::Io, Model::Threads) => include_str!("io/threads.rs"),
        (Workload::Io, Model::Coop) => include_str!("io/coop.rs"),
        (Workload::Io, Model::Procs) => include_str!("io/procs.rs"),
        (Workload::Io, Model::ThreadsNative) => return None,
        (Workload::Cpu, Model::Sync) => include_str!("cpu/sync.rs"),
        (Workload::Cpu, Model::Threads) => include_str!("cpu/threads.rs"),
        (Workload::Cpu, Model::ThreadsNative) => include_str!("cpu/threads_native.rs"),
        (Workload::Cpu, Model::Coop) => include_str!("cpu/coop.rs"),
        (Workload::Cpu, Model::Procs) => include_str!("cpu/procs.rs"),
    })
}

/// Counts the lines that `contender` has and the sequential version has not.
pub fn lines_changed(contender: &Contender) -> Option<usize> {
    let sync = source(contender.workload, Model::Sync)?;
    let other = source(contender.workload, contender.model)?;
    Some(lines::lines_changed(sync, other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::params::{Params, Preset};

    #[test]
    fn every_contender_has_a_source_and_only_sync_costs_nothing() {
        for contender in Params::of(Preset::Quick).contenders(2) {
            let lines = lines_changed(&contender).unwrap();
            assert_eq!(lines == 0, contender.model == Model::Sync, "{contender}: {lines}");
        }
    }
}
