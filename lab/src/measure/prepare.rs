//! What must be so before anything is measured.

use lab_core::terms::{LabError, Params, Result, Workload};
use lab_core::work::io::target::Target;
use trainyard::sys::signal::Interrupts;
use trainyard::sys::{affinity, child, process};

/// Makes sure that what was asked for is there, be it a processor, a server or `/proc`, and that
/// nothing of it will stay behind.
pub(crate) fn prepare(params: &Params) -> Result<()> {
    check_proc()?;
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

/// Turns Ctrl-C into something to read, before any process is started that it should end.
pub(crate) fn listen() -> Result<Interrupts> {
    check_proc()?;
    Interrupts::listen().map_err(|why| LabError::failed("Ctrl-C", why))
}

fn check_proc() -> Result<()> {
    child::check_proc().map_err(|why| LabError::BadInput(why.to_string()))
}
