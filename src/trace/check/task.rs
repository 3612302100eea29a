//! One thread's event loop and its tasks.
//!
//! A task never leaves its thread, so everything that happens to it is on one track; and its
//! number is higher than that of every task that the thread has spawned before.
//!
//! ```text
//!   the loop:  polls a task <--> between two polls <--> parked
//!   a task:    woken --> polled --> idle, or woken again, or done
//! ```

use std::collections::HashMap;

use super::illegal::{Breach, Verdict, ensure};
use crate::trace::{Event, Kind};

/// The outcome word of `TaskPollEnd` for a task that waits.
const PENDING: u64 = 0;

/// The loop of a thread, and its tasks.
#[derive(Default)]
pub(super) struct Tasks {
    turn: Turn,
    /// The lowest number whose spawn was seen: of all that are higher it must have been.
    spawned: Option<u64>,
    last_spawned: Option<u64>,
    known: HashMap<u64, Task>,
}

/// What the loop does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Turn {
    /// No event has told.
    #[default]
    Unknown,
    Between,
    Polls(u64),
    Parked(Sleep),
}

/// How far a loop is that has parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sleep {
    /// It looks whether it may sleep, or sleeps.
    Begun,
    /// The call is over.
    Over,
    /// The kernel has told of a descriptor.
    News,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Idle,
    Woken,
    Polled { woken_again: bool },
    Done,
}

impl Tasks {
    pub(super) fn step(&mut self, event: Event) -> Verdict {
        match event.kind {
            Kind::TaskSpawn => self.spawn(event),
            Kind::TaskWake => self.wake(event),
            Kind::TaskPollBegin => self.begin(event.a),
            Kind::TaskPollEnd => self.end(event),
            Kind::TaskCancel => self.cancel(event.a),
            Kind::LoopPark => {
                let before = self.turns(Turn::Parked(Sleep::Begun));
                ensure(
                    matches!(before, Turn::Unknown | Turn::Between),
                    "a loop sleeps between two polls, once at a time",
                    "TaskPollEnd or LoopUnpark first",
                )
            }
            Kind::LoopUnpark => {
                let before = self.turns(Turn::Between);
                ensure(
                    matches!(before, Turn::Unknown | Turn::Parked(_)),
                    "a loop wakes up that has slept",
                    "LoopPark first",
                )
            }
            _ => Ok(()),
        }
    }

    /// Returns the task that is being polled.
    pub(super) fn polled(&self) -> Option<u64> {
        match self.turn {
            Turn::Polls(task) => Some(task),
            _ => None,
        }
    }

    pub(super) fn turn(&self) -> Turn {
        self.turn
    }

    /// A call that may sleep is over.
    pub(super) fn has_slept(&mut self) {
        if self.turn == Turn::Parked(Sleep::Begun) {
            self.turn = Turn::Parked(Sleep::Over);
        }
    }

    /// The loop looks at the kernel's news.
    pub(super) fn hears(&mut self) -> Verdict {
        let looks = !matches!(self.turn, Turn::Polls(_) | Turn::Parked(Sleep::Begun));
        if matches!(self.turn, Turn::Parked(_)) {
            self.turn = Turn::Parked(Sleep::News);
        }
        ensure(
            looks,
            "a loop hears of its descriptors between two polls, or at the end of its sleep",
            "TaskPollEnd, or BlockEnd since LoopPark",
        )
    }

    /// Tells whether the task was spawned in this recording.
    pub(super) fn has_spawned(&self, task: u64) -> bool {
        self.spawned.is_some_and(|lowest| task >= lowest)
    }

    fn turns(&mut self, next: Turn) -> Turn {
        std::mem::replace(&mut self.turn, next)
    }

    /// A task that does something is the one that is polled; 0 stands for the loop.
    pub(super) fn is_polled(&mut self, task: u64) -> Verdict {
        if task != 0 && self.turn == Turn::Unknown && !self.known.contains_key(&task) {
            self.turn = Turn::Polls(task);
        }
        ensure(
            task == 0 || self.turn == Turn::Polls(task),
            "a task does something only while it is polled",
            "TaskPollBegin of that task",
        )
    }

    /// Returns what was known of a task, and makes it `next`.
    fn changes(&mut self, task: u64, next: Task) -> Result<Option<Task>, Breach> {
        let before = self.known.insert(task, next);
        ensure(
            before.is_some() || !self.has_spawned(task),
            "something happens to a task after it was spawned",
            "TaskSpawn of that task",
        )?;
        ensure(before != Some(Task::Done), "nothing happens to a task that is done", "no event")?;
        Ok(before)
    }

    fn spawn(&mut self, Event { a: task, b: parent, .. }: Event) -> Verdict {
        self.leaves_by_panic();
        self.is_polled(parent)?;
        let before = self.known.insert(task, Task::Woken);
        let is_next = self.last_spawned.is_none_or(|last| last < task);
        self.last_spawned = Some(task);
        self.spawned = self.spawned.or(Some(task));
        ensure(
            before.is_none() && is_next,
            "a task is spawned once, and after those with lower numbers",
            "TaskSpawn in the order of the numbers",
        )
    }

    fn wake(&mut self, Event { a: task, b: by, .. }: Event) -> Verdict {
        self.is_polled(by)?;
        ensure(
            !matches!(self.turn, Turn::Parked(Sleep::Begun | Sleep::Over)),
            "a loop that sleeps wakes a task when the kernel has news of a descriptor",
            "IoReady since LoopPark, or LoopUnpark",
        )?;
        let again = self.known.get(&task) == Some(&Task::Polled { woken_again: false });
        let next = if again { Task::Polled { woken_again: true } } else { Task::Woken };
        let before = self.changes(task, next)?;
        ensure(
            !matches!(before, Some(Task::Woken | Task::Polled { woken_again: true })),
            "a task is in the run queue once",
            "TaskPollBegin since it was woken or spawned",
        )
    }

    fn begin(&mut self, task: u64) -> Verdict {
        let turn = self.turns(Turn::Polls(task));
        ensure(
            matches!(turn, Turn::Unknown | Turn::Between),
            "a loop polls one task at a time, and none in its sleep",
            "TaskPollEnd or LoopUnpark first",
        )?;
        let before = self.changes(task, Task::Polled { woken_again: false })?;
        ensure(
            matches!(before, None | Some(Task::Woken)),
            "a task is polled once for each time that it is woken",
            "TaskSpawn or TaskWake since its last poll",
        )
    }

    fn end(&mut self, Event { a: task, b: outcome, .. }: Event) -> Verdict {
        let turn = self.turns(Turn::Between);
        ensure(
            turn == Turn::Unknown || turn == Turn::Polls(task),
            "a poll ends that has begun",
            "TaskPollBegin of this task",
        )?;
        let again = self.known.get(&task) == Some(&Task::Polled { woken_again: true });
        let next = match outcome {
            PENDING if again => Task::Woken,
            PENDING => Task::Idle,
            _ => Task::Done,
        };
        let is_old = !self.known.contains_key(&task);
        self.changes(task, next)?;
        // It may have been woken in the part of the poll that was before the recording.
        if is_old && outcome == PENDING {
            self.known.remove(&task);
        }
        Ok(())
    }

    fn cancel(&mut self, task: u64) -> Verdict {
        self.leaves_by_panic();
        let before = self.changes(task, Task::Done)?;
        ensure(
            !matches!(before, Some(Task::Polled { .. })),
            "a task that is being polled is dropped after its poll",
            "TaskPollEnd first",
        )
    }

    /// A panic of a waker, or of a loop on virtual time that waits for nothing, ends a sleep without
    /// a word; then tasks are dropped, or another future gets its turn.
    fn leaves_by_panic(&mut self) {
        if matches!(self.turn, Turn::Parked(_)) {
            self.turn = Turn::Unknown;
        }
    }
}
