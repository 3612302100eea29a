//! What a loop hears from outside: descriptors that became ready, and deadlines that have passed.

use std::collections::HashMap;

use super::illegal::{Verdict, ensure};
use super::task::{Tasks, Turn};
use crate::trace::{Event, Kind};

/// What one loop waits for.
#[derive(Default)]
pub(super) struct News {
    /// How many timers are set to each deadline; those that were dropped are still counted.
    timers: HashMap<u64, u32>,
}

impl News {
    pub(super) fn step(&mut self, event: Event, tasks: &mut Tasks) -> Verdict {
        match event.kind {
            Kind::IoWait => tasks.is_polled(event.a),
            Kind::IoReady => tasks.hears(),
            Kind::TimerSet => {
                *self.timers.entry(event.b).or_default() += 1;
                tasks.is_polled(event.a)
            }
            _ => self.fire(event, tasks),
        }
    }

    fn fire(&mut self, Event { a: task, b: deadline_ns, .. }: Event, tasks: &mut Tasks) -> Verdict {
        ensure(
            matches!(tasks.turn(), Turn::Unknown | Turn::Between),
            "a timer fires between two polls, while the loop is awake",
            "TaskPollEnd or LoopUnpark first",
        )?;
        let set = self.timers.get_mut(&deadline_ns).filter(|count| **count > 0);
        let was_set = set.map(|count| *count -= 1).is_some();
        ensure(
            was_set || !tasks.has_spawned(task),
            "a timer fires that was set",
            "TimerSet to this deadline",
        )
    }
}
