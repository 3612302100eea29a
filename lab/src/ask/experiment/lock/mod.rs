//! The group `lock`: what a global interpreter lock does, and what it does not.
//!
//! Each experiment is one file; its twin in Python lies beside it.

pub mod c_library;
pub mod ccbench;
pub mod convoy;
pub mod fairness;
pub mod interval;
pub mod lost_updates;
pub mod scaling;
pub mod sub_interpreters;
pub mod the_articles_race;

use crate::ask::experiment::kit::experiment::Experiment;

/// In the order in which they are best met.
pub const EXPERIMENTS: &[&Experiment] = &[
    &scaling::EXPERIMENT,
    &convoy::EXPERIMENT,
    &interval::EXPERIMENT,
    &c_library::EXPERIMENT,
    &ccbench::EXPERIMENT,
    &fairness::EXPERIMENT,
    &sub_interpreters::EXPERIMENT,
    &lost_updates::EXPERIMENT,
    &the_articles_race::EXPERIMENT,
];
