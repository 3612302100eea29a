//! The group `models`: one problem for threads, tasks and processes, and what each makes of it.
//!
//! Each experiment is one file; its twin in Python lies beside it.

use super::Experiment;

/// In the order in which they are best met.
pub const EXPERIMENTS: &[&Experiment] = &[];
