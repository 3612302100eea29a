//! The laboratory: the same work through all three runtimes, measured and shown.

pub mod contender;
pub mod sample;
