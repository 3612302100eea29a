//! The laboratory: the same work through all three runtimes, measured and shown.

pub mod cli;
pub mod contender;
pub mod duration;
pub mod error;
pub mod explain;
pub mod host;
pub mod io;
pub mod lanes;
pub mod lines;
pub mod next;
pub mod params;
pub mod picture;
pub mod progress;
pub mod render;
pub mod report;
pub mod sample;
pub mod server;
pub mod stats;
#[cfg(test)]
mod testing;
pub mod warnings;

pub use error::{LabError, Result};
