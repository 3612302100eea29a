//! `trainyard trace check`: is this recording one of a correct run?
//!
//! Each run of the file is replayed through the model of [`trace::check`](trainyard::trace::check). The
//! first event of a run that no correct run could have had is named, and the next run is replayed
//! all the same.

use std::path::{Path, PathBuf};

use lab_core::terms::{LabError, Result, outfile};
use lab_core::text::plain::plain;
use lab_core::text::{add, numbers};
use trainyard::trace::check::check_recording;
use trainyard::trace::file::{Ending, Trace};

/// Where the examples of the command stand, and of its only verb.
pub const EXAMPLES: &str = "\
Examples:
  trainyard compare cpu --gil on -o run.trace
  trainyard trace check run.trace

Exit status: 0 every event is possible, 1 one is not, 2 bad input.";

/// What is done with a trace.
#[derive(Clone, Debug, PartialEq, Eq, clap::Subcommand)]
pub enum TraceVerb {
    /// Replay FILE
    #[command(after_help = EXAMPLES)]
    Check {
        /// What `-o FILE` has written
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Reads a trace that the user names, or says in one line what is wrong with it.
pub(crate) fn read(path: &Path) -> Result<Trace> {
    Trace::read(path).map_err(|why| {
        let left = if path.exists() { String::new() } else { what_is_left(path) };
        LabError::BadInput(format!("cannot read '{}': {why}{left}", path.display()))
    })
}

/// Names the files in which a recording was kept that never became the trace `path`: its program
/// was killed.
fn what_is_left(path: &Path) -> String {
    let left = outfile::flights_left(path);
    let Some(first) = left.first() else { return String::new() };
    let (files, first) = (numbers::count(left.len(), "file"), first.display());
    format!("; what recorded it was killed, and left {files}, of which each is a trace: '{first}'")
}

/// Replays each run; returns the page, and how it ended.
pub(crate) fn run(TraceVerb::Check { file }: &TraceVerb) -> Result<(String, Result<()>)> {
    let trace = read(file)?;
    let mut page = String::new();
    if trace.ending == Ending::CutShort {
        page += "cut short: what was recorded after the last whole event is not there\n";
    }
    let mut illegal = 0_usize;
    for run in &trace.runs {
        let judged = check_recording(&run.recording);
        illegal += usize::from(judged.is_err());
        let line = judged.map_or_else(|found| found.to_string(), |judged| judged.to_string());
        add!(page, "{}: {}\n", plain(run.label()), plain(&line));
    }
    let (runs, all) = (numbers::count(illegal, "run"), trace.runs.len());
    let ended = match illegal {
        0 => Ok(()),
        _ => Err(LabError::Failed(format!("{runs} of {all} could not have been"))),
    };
    Ok((page, ended))
}
