//! The catalogue: every experiment by group and by name, and the guided tour.

use std::sync::{LazyLock, OnceLock};

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

/// An experiment whose page is read when somebody asks for it: a cell's process needs no other.
struct Entry {
    group: Group,
    design: &'static Design,
    experiment: OnceLock<Experiment>,
}

impl Entry {
    fn read(&self) -> &Experiment {
        self.experiment.get_or_init(|| Experiment::new(self.group, self.design))
    }
}

static ALL: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let entry = |group, design| Entry { group, design, experiment: OnceLock::new() };
    let of = |&group| designs(group).iter().map(move |design| entry(group, design));
    Group::value_variants().iter().flat_map(of).collect()
});

/// Lists every experiment, in the order in which they are best met.
pub(crate) fn all() -> impl Iterator<Item = &'static Experiment> {
    ALL.iter().map(Entry::read)
}

pub(crate) fn experiments(group: Group) -> impl Iterator<Item = &'static Experiment> {
    ALL.iter().filter(move |entry| entry.group == group).map(Entry::read)
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
    let found = ALL.iter().find(|entry| entry.design.name() == name);
    found.map(Entry::read).ok_or_else(|| {
        match nearest(name, ALL.iter().map(|entry| entry.design.name())) {
            Some(near) => format!("unknown experiment '{name}'; did you mean '{near}'?"),
            None => format!("unknown experiment '{name}'; `trainyard experiment list` has them"),
        }
    })
}

#[cfg(test)]
mod tests;
