//! The group `tasks`: what a loop does for its tasks, and what it cannot do.
//!
//! Each experiment is one file; its twin in Python lies beside it.

use super::Experiment;

/// In the order in which they are best met.
pub const EXPERIMENTS: &[&Experiment] = &[];
