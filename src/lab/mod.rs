//! The laboratory: the same work through every runtime, measured side by side.

pub mod duration;
pub mod error;
pub mod io;
pub mod server;

pub use error::{LabError, Result};
