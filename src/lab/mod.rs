//! The laboratory: the same work through all three runtimes, measured and shown.

pub mod arm;
pub mod arm_process;
pub mod cli;
pub mod conductor;
pub mod contender;
pub mod conversation;
pub mod cpu;
pub mod duration;
pub mod error;
pub mod io;
pub mod params;
pub mod sample;
pub mod server;
pub mod usage;

pub use error::{LabError, Result};
