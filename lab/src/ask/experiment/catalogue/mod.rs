//! The catalogue: every experiment by group and by name, and the guided tour.

use clap::ValueEnum;

use super::kit::experiment::{Experiment, Group};
use super::kit::lesson::Stop;
use super::{lock, models, processes, tasks, threads};
use lab_core::terms::nearest::nearest;

/// The experiments of a group, in the order in which they are best met.
pub fn experiments(group: Group) -> &'static [&'static Experiment] {
    match group {
        Group::Models => models::EXPERIMENTS,
        Group::Tasks => tasks::EXPERIMENTS,
        Group::Lock => lock::EXPERIMENTS,
        Group::Threads => threads::EXPERIMENTS,
        Group::Processes => processes::EXPERIMENTS,
    }
}

/// Lists every experiment, in the order in which they are best met.
pub fn all() -> impl Iterator<Item = &'static Experiment> {
    Group::value_variants().iter().flat_map(|group| experiments(*group)).copied()
}

/// An experiment and the lesson beside it.
macro_rules! stop {
    ($group:ident :: $module:ident) => {
        Stop { experiment: &$group::$module::EXPERIMENT, lesson: &$group::$module::LESSON }
    };
}

/// The guided tour.
pub const TOUR: &[Stop] = &[
    stop!(models::three_names),
    stop!(models::io),
    stop!(models::cpu),
    stop!(threads::what_is_the_lock),
    stop!(lock::convoy),
    stop!(lock::lost_updates),
    stop!(threads::strategies),
    stop!(threads::session_per_thread),
    stop!(tasks::await_in_the_middle),
    stop!(tasks::blocking_call),
    stop!(processes::what_a_process_owns),
    stop!(threads::pool_size),
];

/// Finds an experiment.
///
/// # Errors
///
/// One line that names the experiment whose name is nearest.
pub fn find(name: &str) -> Result<&'static Experiment, String> {
    all().find(|experiment| experiment.name == name).ok_or_else(|| {
        let names = all().map(|experiment| experiment.name);
        match nearest(name, names) {
            Some(near) => format!("unknown experiment '{name}'; did you mean '{near}'?"),
            None => format!("unknown experiment '{name}'; `trainyard experiment list` has them"),
        }
    })
}

#[cfg(test)]
mod tests;
