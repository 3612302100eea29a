//! The trace file: what happened, to be looked at later, elsewhere, and in many ways.
//!
//! # The life of one trace file
//!
//! 1. Recordings are collected into a [`Trace`], each a [`Run`] with what is known about it, and
//!    [`Trace::write_to`] writes them.
//! 2. Any program reads it back with [`Trace::read`]. What is wrong with a file that is none, or is
//!    newer than the reader, is one line.
//!
//! A program that may die on the way keeps its rings in the file from the beginning: see
//! [`flight`]. Both kinds of file have the same form, described in [`block`].
//!
//! # Invariants
//!
//! - **FILE-3** A reader gives back no event that was not whole when its writer died.
//!
//! Read next: [`block`], [`flight`].
//!
//! # Example: write a trace and read it back
//!
//! ```
//! use trainyard::trace::file::{Ending, Facts, Run, Trace};
//! use trainyard::trace::{self, Kind};
//!
//! let recorder = trace::arm();
//! trace::emit(Kind::UnitBegin, 7, 0);
//! let recording = recorder.finish();
//!
//! let about = Facts::default().with("program", "an example");
//! let run = Run { about: Facts::default().with("label", "alone"), recording };
//! let path = std::env::temp_dir().join(format!("example-{}.trace", std::process::id()));
//! Trace::of(about, vec![run]).write_to(&mut std::fs::File::create(&path)?)?;
//!
//! let trace = Trace::read(&path)?;
//! assert_eq!((trace.ending, trace.runs[0].label()), (Ending::Whole, "alone"));
//! assert_eq!(trace.runs[0].recording.events[0].a, 7);
//! # std::fs::remove_file(&path)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod block;
mod blocks;
mod error;
mod facts;
#[cfg_attr(loom, expect(dead_code, reason = "the rings of a model lie in no file"))]
pub mod flight;
mod fuzz;
mod read;
mod write;

pub use error::ReadError;
pub use facts::Facts;
#[doc(hidden)]
pub use fuzz::fuzz_file;

use super::Recording;

/// Everything that a trace file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// What was done, with which program, where.
    pub about: Facts,
    /// What was recorded.
    pub runs: Vec<Run>,
    /// Whether the file says so itself.
    pub ending: Ending,
}

/// One recording, and what is known about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Who did what; `label` is its name for people.
    pub about: Facts,
    /// What happened.
    pub recording: Recording,
}

/// How a trace ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Ending {
    /// With the recording.
    Whole,
    /// Before it: the program that recorded has died. Every event up to then is there.
    CutShort,
}

impl Trace {
    /// A whole trace.
    pub fn of(about: Facts, runs: Vec<Run>) -> Self {
        Self { about, runs, ending: Ending::Whole }
    }

    /// How many events the rings have lost, in all runs.
    pub fn overwritten(&self) -> u64 {
        self.runs.iter().fold(0, |sum, run| sum.saturating_add(run.recording.overwritten()))
    }
}

impl Run {
    /// Its name for people.
    pub fn label(&self) -> &str {
        self.about.get("label").unwrap_or("a run")
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests;
