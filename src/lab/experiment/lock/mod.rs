//! The group `lock`: what a global interpreter lock does, and what it does not.
//!
//! Each experiment is one file; its twin in Python lies beside it.

pub mod convoy;

use super::Experiment;

/// In the order in which they are best met.
pub const EXPERIMENTS: [&Experiment; 1] = [&convoy::EXPERIMENT];
