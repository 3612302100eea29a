//! The laboratory: the same work through all three runtimes, measured and shown.

pub mod arm;
pub mod arm_process;
pub mod book;
pub mod cli;
pub mod conductor;
pub mod contender;
pub mod conversation;
pub mod cpu;
pub mod doctor;
pub mod duration;
pub mod error;
pub mod experiment;
pub mod explain;
pub mod guide;
pub mod host;
pub mod io;
pub mod lanes;
pub mod lines;
pub mod next;
pub mod params;
pub mod picture;
pub mod plot;
pub mod program;
pub mod progress;
pub mod python;
pub mod race;
pub mod record;
pub mod render;
pub mod report;
pub mod sample;
pub mod server;
pub mod sources;
pub mod stats;
pub mod sweep;
#[cfg(test)]
mod testing;
pub mod trace_check;
pub mod usage;
pub mod view;
pub mod warnings;

pub use error::{LabError, Result};
