//! The laboratory: the same work through all three runtimes, measured and shown.

pub mod cli;
pub mod contender;
pub mod duration;
pub mod error;
pub mod io;
pub mod params;
pub mod sample;
pub mod server;
pub mod stats;

pub use error::{LabError, Result};
