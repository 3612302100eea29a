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

/// The guided tour.
pub const TOUR: &[Stop] = &[
    Stop { experiment: &models::three_names::EXPERIMENT, lesson: &models::three_names::LESSON },
    Stop { experiment: &models::io::EXPERIMENT, lesson: &models::io::LESSON },
    Stop { experiment: &models::cpu::EXPERIMENT, lesson: &models::cpu::LESSON },
    Stop {
        experiment: &threads::what_is_the_lock::EXPERIMENT,
        lesson: &threads::what_is_the_lock::LESSON,
    },
    Stop { experiment: &lock::convoy::EXPERIMENT, lesson: &lock::convoy::LESSON },
    Stop { experiment: &lock::lost_updates::EXPERIMENT, lesson: &lock::lost_updates::LESSON },
    Stop { experiment: &threads::strategies::EXPERIMENT, lesson: &threads::strategies::LESSON },
    Stop {
        experiment: &threads::session_per_thread::EXPERIMENT,
        lesson: &threads::session_per_thread::LESSON,
    },
    Stop {
        experiment: &tasks::await_in_the_middle::EXPERIMENT,
        lesson: &tasks::await_in_the_middle::LESSON,
    },
    Stop { experiment: &tasks::blocking_call::EXPERIMENT, lesson: &tasks::blocking_call::LESSON },
    Stop {
        experiment: &processes::what_a_process_owns::EXPERIMENT,
        lesson: &processes::what_a_process_owns::LESSON,
    },
    Stop { experiment: &threads::pool_size::EXPERIMENT, lesson: &threads::pool_size::LESSON },
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
