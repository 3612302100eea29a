//! The laboratory's units of work: each ends where it began, in its task, its job or its thread.
//!
//! A task may work on several at once; a job, or a thread without one, on one after another.

use std::collections::{BTreeSet, HashMap};

use super::illegal::{Verdict, ensure};
use super::task::Tasks;
use crate::trace::{Event, Kind};

/// The outcome word of `TaskPollEnd` for a task that is done.
const DONE: u64 = 1;

/// The units that one track works on.
#[derive(Default)]
pub(super) struct Units {
    /// Outside of tasks.
    own: Own,
    /// By task, and then by number: how many are under way, one at least.
    of_tasks: HashMap<u64, HashMap<u64, u32>>,
    /// By number: the tasks that have such a unit under way.
    owners: HashMap<u64, BTreeSet<u64>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Own {
    /// No event has told.
    #[default]
    Unknown,
    None,
    Open(u64),
}

impl Units {
    /// What a job begins with.
    pub(super) fn of_a_job() -> Self {
        Self { own: Own::None, ..Self::default() }
    }

    pub(super) fn step(&mut self, Event { kind, a: unit, .. }: Event, tasks: &Tasks) -> Verdict {
        match (kind, tasks.polled()) {
            (Kind::UnitBegin, Some(task)) => {
                *self.of_tasks.entry(task).or_default().entry(unit).or_default() += 1;
                self.owners.entry(unit).or_default().insert(task);
                Ok(())
            }
            (Kind::UnitBegin, None) => {
                let before = std::mem::replace(&mut self.own, Own::Open(unit));
                ensure(
                    !matches!(before, Own::Open(_)),
                    "one unit of work after another",
                    "UnitEnd of the unit before",
                )
            }
            (_, task) => self.end(unit, task, tasks),
        }
    }

    fn end(&mut self, unit: u64, task: Option<u64>, tasks: &Tasks) -> Verdict {
        // A task that is dropped ends its units outside of every poll.
        let owner = task.or_else(|| self.owners.get(&unit)?.first().copied());
        if owner.is_some_and(|owner| self.end_of_task(owner, unit)) {
            return Ok(());
        }
        let is_old = if let Some(task) = task {
            !tasks.has_spawned(task)
        } else {
            let before = std::mem::replace(&mut self.own, Own::None);
            before == Own::Unknown || before == Own::Open(unit)
        };
        ensure(is_old, "a unit of work ends that has begun", "UnitBegin in the same task or job")
    }

    /// Takes one `unit` off that the task has under way, if it has.
    fn end_of_task(&mut self, task: u64, unit: u64) -> bool {
        let Some(units) = self.of_tasks.get_mut(&task) else { return false };
        let Some(count) = units.get_mut(&unit) else { return false };
        *count -= 1;
        if *count == 0 {
            units.remove(&unit);
            self.disown(task, unit);
        }
        true
    }

    fn disown(&mut self, task: u64, unit: u64) {
        if let Some(owners) = self.owners.get_mut(&unit) {
            owners.remove(&task);
        }
    }

    pub(super) fn begin_job(&mut self) -> Verdict {
        let before = std::mem::replace(&mut self.own, Own::None);
        ensure(!matches!(before, Own::Open(_)), ENDS, "UnitEnd before the next job")
    }

    pub(super) fn end_job(&mut self) -> Verdict {
        let before = std::mem::replace(&mut self.own, Own::None);
        ensure(!matches!(before, Own::Open(_)), ENDS, "UnitEnd before the end of the job")
    }

    /// A task whose future is done has dropped what it owned.
    pub(super) fn end_poll(&mut self, Event { a: task, b: outcome, .. }: Event) -> Verdict {
        if outcome != DONE {
            return Ok(());
        }
        let open = self.of_tasks.remove(&task).unwrap_or_default();
        for unit in open.keys() {
            self.disown(task, *unit);
        }
        ensure(open.is_empty(), ENDS, "UnitEnd before the end of its task")
    }
}

const ENDS: &str = "a unit of work ends before its job or task does";
