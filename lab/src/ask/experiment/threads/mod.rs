//! The group `threads`: what threads share, what goes wrong with it, and what helps.
//!
//! Each experiment is one file; its twin in Python, if it has one, lies beside it.

pub mod daemon;
pub mod deadlock;
pub mod pool_size;
pub mod session_per_thread;
pub mod strategies;
pub mod what_is_the_lock;
pub mod who_waits_for_what;

use crate::ask::experiment::kit::experiment::Experiment;

/// In the order in which they are best met.
pub const EXPERIMENTS: &[&Experiment] = &[
    &what_is_the_lock::EXPERIMENT,
    &who_waits_for_what::EXPERIMENT,
    &pool_size::EXPERIMENT,
    &session_per_thread::EXPERIMENT,
    &strategies::EXPERIMENT,
    &deadlock::EXPERIMENT,
    &daemon::EXPERIMENT,
];
