//! The extra round, on the record: from a run to a trace file.
//!
//! A measured round is never recorded, and a recorded one never measured. With `-o FILE` the
//! recordings of the extra rounds are kept, one run of the trace for each contender (at each point
//! of a sweep), with what is known about it.
//!
//! # The life of one recording
//!
//! 1. Each contender's process keeps its rings in a *flight file* beside FILE, from its start.
//! 2. It records its extra round, and sends the recording. The flight file is not needed any more.
//! 3. A process that dies on the way leaves its flight file, which is read up to its last event:
//!    that run is cut short, and the trace says so.
//! 4. When all have come, FILE is written in one piece.
//!
//! If the laboratory itself is killed, the flight files stay: each is a trace of its own, until the
//! same FILE is written again.
//!
//! Read next: [`trace::file`](trainyard::trace::file).

use std::path::Path;

use super::progress::tell;
use lab_core::terms::outfile::Extent;
use lab_core::terms::{Host, Params, Result, outfile};
use lab_core::text::numbers;
use lab_core::text::plain::{quoted, quoted_path};
use trainyard::trace::file::{Ending, Facts, Run, Trace};

/// What is known about a trace that this program records now.
pub(crate) fn about(seed: Option<u64>, params: Option<&Params>) -> Facts {
    let host = Host::read();
    let command: Vec<String> = std::env::args_os().skip(1).map(|word| quoted(&word)).collect();
    let json = |document| serde_json::to_string(document).expect("a host is plain data");
    let mut about = Facts::default()
        .with("program", format!("trainyard {}", host.trainyard))
        .with("command", format!("trainyard {}", command.join(" ")).trim_end())
        .with("clock", "CLOCK_MONOTONIC, ns")
        .with("host", json(&host));
    if let Some(seed) = seed {
        about.set("seed", seed.to_string());
    }
    if let Some(params) = params {
        about.set("params", serde_json::to_string(params).expect("parameters are plain data"));
    }
    about
}

/// Takes a flight file in: what there is of it, or nothing. The file is gone afterwards.
pub fn land(flight: &Path) -> Option<Run> {
    let trace = Trace::read(flight).ok();
    // A file that cannot be removed does no harm.
    drop(std::fs::remove_file(flight));
    // Its process is dead, maybe in the middle of writing it anew.
    outfile::sweep(flight);
    let trace = trace?;
    let is_cut = trace.ending == Ending::CutShort;
    let mut run = trace.runs.into_iter().next()?;
    if is_cut {
        run.about.set("ending", "cut short: its process died");
    }
    Some(run)
}

/// The trace of a comparison, or of a sweep. Of two workloads each run says which is its own.
pub fn of_comparison(params: &Params, mut runs: Vec<Run>) -> Trace {
    if params.workloads.len() > 1 {
        for run in &mut runs {
            let workload = run.about.get("workload").unwrap_or("a workload");
            let label = format!("{workload}: {}", run.label());
            run.about.set("label", label);
        }
    }
    Trace::of(about(Some(params.seed), Some(params)), runs)
}

/// Writes the trace, and says where it is and what can be done with it. A trace without a run, of
/// something that ended before its first recording, replaces nothing.
pub(crate) fn save(mut trace: Trace, path: &Path, extent: Extent) -> Result<()> {
    if trace.runs.is_empty() {
        tell(format_args!("nothing was recorded: '{}' is not written", path.display()));
        return Ok(());
    }
    if trace.runs.iter().any(|run| run.about.get("ending").is_some()) {
        trace.ending = Ending::CutShort;
    }
    let written = outfile::write(path, extent, |file| trace.write_to(file))?;
    let events: usize = trace.runs.iter().map(|run| run.recording.events.len()).sum();
    let (runs, lost) = (trace.runs.len(), trace.overwritten());
    let runs = numbers::count(runs, "run");
    let lost = if lost == 0 { String::new() } else { format!(" ({lost} more were lost)") };
    let path = quoted_path(&written);
    tell(match events {
        0 => format!(
            "recorded {runs}, and no event: what was done, programs of their own did, or native code"
        ),
        _ => format!("recorded {runs}, {events} events{lost}: trainyard timeline {path}"),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails if what a cell was writing when it was killed stays.
    #[test]
    fn a_flight_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let flight = folder.path().join("x.convoy.1.flight");
        let unfinished = folder.path().join(format!("x.convoy.1.flight.{}.unfinished", u32::MAX));
        for path in [&flight, &unfinished] {
            std::fs::write(path, "no trace").unwrap();
        }
        assert_eq!(land(&flight), None);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
