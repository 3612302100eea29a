//! Each contender's own source, as it was when the program was built.
//!
//! What concurrency costs is also code. So that `compare` can count it, every workload × model is
//! one file, and the program carries the text of each. A CPython's are scripts.

use super::lines::{self, Language};
use super::python;
use lab_core::terms::{Contender, Model, Workload};

/// Returns the source of `contender`'s file, if there is such a contender.
pub fn source(workload: Workload, model: Model) -> Option<&'static str> {
    Some(match (workload, model) {
        (Workload::Io, Model::Sync) => include_str!("../../core/src/work/io/sync.rs"),
        (Workload::Io, Model::Threads) => include_str!("../../core/src/work/io/threads.rs"),
        (Workload::Io, Model::Coop) => include_str!("../../core/src/work/io/coop.rs"),
        (Workload::Io, Model::Procs) => include_str!("../../core/src/work/io/procs.rs"),
        (Workload::Io, Model::ThreadsNative) => return None,
        (Workload::Cpu, Model::Sync) => include_str!("../../core/src/work/cpu/sync.rs"),
        (Workload::Cpu, Model::Threads) => include_str!("../../core/src/work/cpu/threads.rs"),
        (Workload::Cpu, Model::ThreadsNative) => {
            include_str!("../../core/src/work/cpu/threads_native.rs")
        }
        (Workload::Cpu, Model::Coop) => include_str!("../../core/src/work/cpu/coop.rs"),
        (Workload::Cpu, Model::Procs) => include_str!("../../core/src/work/cpu/procs.rs"),
        (_, Model::PythonSync | Model::PythonThreads | Model::PythonCoop | Model::PythonProcs) => {
            return python::source(workload, model);
        }
    })
}

/// Counts the lines that `contender` has and the sequential version in the same language has not.
pub fn lines_changed(contender: &Contender) -> Option<usize> {
    let (sync, language) = match contender.python {
        None => (Model::Sync, Language::Rust),
        Some(_) => (Model::PythonSync, Language::Python),
    };
    let sync = source(contender.workload, sync)?;
    let other = source(contender.workload, contender.model)?;
    Some(lines::lines_changed(sync, other, language))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab_core::terms::{Params, Preset};

    #[test]
    fn every_contender_has_a_source_and_only_sync_costs_nothing() {
        for contender in Params::of(Preset::Quick).contenders(2) {
            let lines = lines_changed(&contender).unwrap();
            assert_eq!(lines == 0, contender.model == Model::Sync, "{contender}: {lines}");
        }
    }
}
