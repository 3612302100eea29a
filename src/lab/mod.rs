//! The laboratory: the same work through all three runtimes, measured and shown.

pub mod cli;
pub mod contender;
pub mod duration;
pub mod error;
pub mod host;
pub mod io;
pub mod lanes;
pub mod lines;
pub mod params;
pub mod render;
pub mod report;
pub mod sample;
pub mod server;
pub mod stats;
#[cfg(test)]
mod testing;

pub use error::{LabError, Result};
