//! The catalogue: every experiment by group and by name, and the guided tour.

use std::sync::LazyLock;

use clap::ValueEnum;

use super::kit::experiment::{Design, Experiment, Group, Lesson};
use super::{lock, models, processes, tasks, threads};
use lab_core::terms::nearest::nearest;

/// In the order in which they are best met.
fn designs(group: Group) -> &'static [Design] {
    match group {
        Group::Models => models::DESIGNS,
        Group::Tasks => tasks::DESIGNS,
        Group::Lock => lock::DESIGNS,
        Group::Threads => threads::DESIGNS,
        Group::Processes => processes::DESIGNS,
    }
}

static ALL: LazyLock<Vec<Experiment>> = LazyLock::new(|| {
    let of = |&group| designs(group).iter().map(move |design| Experiment::new(group, design));
    Group::value_variants().iter().flat_map(of).collect()
});

/// Lists every experiment, in the order in which they are best met.
pub(crate) fn all() -> impl Iterator<Item = &'static Experiment> {
    ALL.iter()
}

pub(crate) fn experiments(group: Group) -> impl Iterator<Item = &'static Experiment> {
    all().filter(move |experiment| experiment.group == group)
}

/// The guided tour: each stop, and what to do there.
pub(crate) fn tour() -> Vec<(&'static Experiment, &'static Lesson)> {
    let stops = all().filter_map(|one| one.lesson.as_ref().map(|lesson| (one, lesson)));
    let mut stops: Vec<_> = stops.collect();
    stops.sort_by_key(|(_, lesson)| lesson.stop);
    stops
}

/// Finds an experiment.
/// Fails with one line that names the experiment whose name is nearest.
pub(crate) fn find(name: &str) -> Result<&'static Experiment, String> {
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
