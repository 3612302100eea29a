//! What must be so before anything is measured.

use lab_core::terms::contender::Workload;
use lab_core::terms::params::Params;
use lab_core::terms::{LabError, Result};
use lab_core::work::io::target::Target;
use trainyard::sys::{affinity, process};

/// Makes sure that what was asked for is there, and that nothing of it will stay behind.
///
/// # Errors
///
/// [`LabError::BadInput`] if a processor or a server is not there.
pub fn prepare(params: &Params) -> Result<()> {
    if !params.affinity.is_empty() {
        affinity::restrict_to(&params.affinity)
            .map_err(|why| LabError::BadInput(format!("--affinity: {why}")))?;
    }
    if params.workloads.contains(&Workload::Io) {
        for url in &params.urls {
            Target::parse(url)?.reach()?;
        }
    }
    process::adopt_orphans().map_err(|why| LabError::failed("the conductor", why))
}
