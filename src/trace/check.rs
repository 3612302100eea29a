//! A model that replays a recording and says where it is impossible.
//!
//! The recorder is also the test oracle: every law that the runtimes promise and that can be seen
//! from outside is a rule here, and a recording that breaks one names the event that broke it.
//!
//! | law | rule |
//! | --- | --- |
//! | one holder at a time | a lock is taken only while free, and dropped only by its holder |
//! | nothing runs unasked | a job begins only after it was queued, and at most once |
//! | one poll at a time | a task is polled only after a wake, never inside another poll of it |
//! | done is done | a task that is done is neither polled nor woken into a queue again |
//!
//! A recording that starts in the middle of things cannot be judged from its first event: the
//! model learns the state of a lock or task from the first event that shows it.
//!
//! # Example: two holders
//!
//! ```
//! use trainyard::trace::{Event, Kind, check::check};
//!
//! let take = |track| Event { time_ns: 0, track, kind: Kind::GilTake, cpu: 0, a: 1, b: 0 };
//! assert!(check(&[take(1)]).is_ok());
//! let illegal = check(&[take(1), take(2)]).unwrap_err();
//! assert_eq!(illegal.index, 1);
//! ```

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::{Event, Kind};

/// The first event of a recording that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Illegal {
    /// Which event, counted from 0.
    pub index: usize,
    /// The event.
    pub event: Event,
    /// What is wrong with it.
    pub law: &'static str,
}

impl fmt::Display for Illegal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Event { kind, track, a, b, .. } = self.event;
        let (index, law) = (self.index, self.law);
        write!(formatter, "event {index}, {} (track {track}, a {a}, b {b}): {law}", kind.name())
    }
}

impl std::error::Error for Illegal {}

/// Replays `events`, which are in order of time.
///
/// # Errors
///
/// Fails with the first event that no correct run could have had.
pub fn check(events: &[Event]) -> Result<(), Illegal> {
    let mut model = Model::default();
    for (index, &event) in events.iter().enumerate() {
        model.step(event).map_err(|law| Illegal { index, event, law })?;
    }
    Ok(())
}

/// What the model knows so far.
#[derive(Debug, Default)]
struct Model {
    locks: HashMap<u64, Lock>,
    jobs: HashMap<u64, Job>,
    tasks: HashMap<u64, Task>,
}

/// A global lock, as far as its events were seen: a recording may begin in the middle.
#[derive(Debug, Default)]
struct Lock {
    /// Whether it is on; `None` until it was changed.
    is_on: Option<bool>,
    holder: Holder,
    /// Who runs beside others while it is off.
    free: HashSet<u32>,
    is_stopped: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Holder {
    /// It was neither taken nor dropped so far.
    #[default]
    Unknown,
    Nobody,
    Track(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    Queued,
    Running,
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Idle,
    Woken,
    Polled { woken_again: bool },
    Done,
}

/// The outcome word of `TaskPollEnd` for a task that waits.
const PENDING: u64 = 0;

impl Model {
    fn step(&mut self, event: Event) -> Result<(), &'static str> {
        match event.kind {
            Kind::GilTake
            | Kind::GilDrop
            | Kind::GilFree
            | Kind::GilLeave
            | Kind::GilStop
            | Kind::GilMode
            | Kind::GilResume => self.locks.entry(event.a).or_default().step(event),
            Kind::JobQueued | Kind::ThreadJobBegin | Kind::WorkerJobBegin | Kind::JobDone => {
                self.job(event)
            }
            Kind::TaskSpawn
            | Kind::TaskWake
            | Kind::TaskPollBegin
            | Kind::TaskPollEnd
            | Kind::TaskCancel => self.task(event),
            _ => Ok(()),
        }
    }

    fn job(&mut self, Event { kind, a: job, .. }: Event) -> Result<(), &'static str> {
        let before = self.jobs.get(&job).copied();
        let after = match (kind, before) {
            (Kind::JobQueued, None) => Job::Queued,
            (Kind::JobQueued, Some(_)) => return Err("the job was queued twice"),
            (Kind::JobDone, Some(Job::Done)) => return Err("the job was answered twice"),
            (Kind::JobDone, _) => Job::Done,
            (_, Some(Job::Done)) => return Err("a job began that was answered already"),
            (Kind::ThreadJobBegin, Some(Job::Running)) => return Err("the job began twice"),
            _ => Job::Running,
        };
        self.jobs.insert(job, after);
        Ok(())
    }

    fn task(&mut self, Event { kind, a: task, b, .. }: Event) -> Result<(), &'static str> {
        let before = self.tasks.get(&task).copied();
        let after = match (kind, before) {
            (Kind::TaskSpawn, Some(_)) => return Err("the task was spawned twice"),
            (Kind::TaskWake, Some(Task::Woken)) => return Err("the task was queued twice"),
            (_, Some(Task::Done)) => return Err("something happened to a task that is done"),
            (Kind::TaskWake, Some(Task::Polled { woken_again: true })) => {
                return Err("the task was queued twice");
            }
            (Kind::TaskWake, Some(Task::Polled { .. })) => Task::Polled { woken_again: true },
            (Kind::TaskSpawn | Kind::TaskWake, _) => Task::Woken,
            (Kind::TaskPollBegin, Some(Task::Idle)) => return Err("a task ran that nobody woke"),
            (Kind::TaskPollBegin, Some(Task::Polled { .. })) => {
                return Err("a task was polled inside its own poll");
            }
            (Kind::TaskPollBegin, _) => Task::Polled { woken_again: false },
            (Kind::TaskPollEnd, Some(Task::Polled { woken_again })) if b == PENDING => {
                if woken_again {
                    Task::Woken
                } else {
                    Task::Idle
                }
            }
            (Kind::TaskPollEnd, Some(Task::Idle | Task::Woken)) => {
                return Err("a poll ended that never began");
            }
            (Kind::TaskPollEnd, None) if b == PENDING => return Ok(()),
            _ => Task::Done,
        };
        self.tasks.insert(task, after);
        Ok(())
    }
}

impl Lock {
    fn step(&mut self, Event { kind, track, b: word, .. }: Event) -> Result<(), &'static str> {
        match kind {
            Kind::GilTake => {
                ensure(!matches!(self.holder, Holder::Track(_)), "the lock has a holder already")?;
                ensure(self.is_on != Some(false), "a lock was taken that is off")?;
                ensure(!self.is_stopped, "the lock was taken while the world stood still")?;
                self.holder = Holder::Track(track);
            }
            Kind::GilDrop => {
                ensure(self.holder != Holder::Nobody, "the lock was dropped while free")?;
                ensure(
                    matches!(self.holder, Holder::Unknown) || self.holder == Holder::Track(track),
                    "the lock was dropped by a thread that does not hold it",
                )?;
                self.holder = Holder::Nobody;
            }
            Kind::GilFree => {
                ensure(self.is_on != Some(true), "a thread ran without a lock that is on")?;
                self.free.insert(track);
            }
            Kind::GilLeave => drop(self.free.remove(&track)),
            // Other rules for a lock that is on, and stays on.
            Kind::GilMode if word == OTHER_RULES => {
                ensure(self.is_on != Some(false), "a lock that is off got other rules")?;
                self.is_on = Some(true);
            }
            Kind::GilMode => {
                let is_held = matches!(self.holder, Holder::Track(_));
                let nobody_runs = self.free.is_empty() && !is_held;
                ensure(nobody_runs, "the mode changed while a thread ran")?;
                ensure(self.is_stopped, "the mode changed while the world went on")?;
                self.is_on = Some(word != 0);
            }
            Kind::GilStop => self.is_stopped = true,
            _ => self.is_stopped = false,
        }
        Ok(())
    }
}

/// The word of `GilMode` for a lock that stays on.
const OTHER_RULES: u64 = 2;

fn ensure(holds: bool, law: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(law) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks a history of (track, kind, a, b): legal without its last event, illegal with it.
    #[track_caller]
    fn check_last_is_illegal(history: &[(u32, Kind, u64, u64)], law: &str) {
        let events: Vec<Event> = (0..)
            .zip(history)
            .map(|(time_ns, &(track, kind, a, b))| Event { time_ns, track, kind, cpu: 0, a, b })
            .collect();
        let last = events.len() - 1;
        assert_eq!(check(&events[..last]), Ok(()));
        let illegal = check(&events).unwrap_err();
        assert_eq!((illegal.index, illegal.law), (last, law));
    }

    #[test]
    fn a_lock_has_one_holder() {
        check_last_is_illegal(
            &[(1, Kind::GilTake, 5, 0), (2, Kind::GilTake, 5, 0)],
            "the lock has a holder already",
        );
        check_last_is_illegal(
            &[(1, Kind::GilTake, 5, 0), (2, Kind::GilDrop, 5, 0)],
            "the lock was dropped by a thread that does not hold it",
        );
        check_last_is_illegal(
            &[(1, Kind::GilDrop, 5, 0), (1, Kind::GilDrop, 5, 0)],
            "the lock was dropped while free",
        );
    }

    #[test]
    fn the_mode_changes_while_nobody_runs() {
        let (stop, mode, resume) = (Kind::GilStop, Kind::GilMode, Kind::GilResume);
        check_last_is_illegal(
            &[(1, Kind::GilTake, 5, 0), (2, stop, 5, 1), (2, mode, 5, 0)],
            "the mode changed while a thread ran",
        );
        check_last_is_illegal(
            &[(1, Kind::GilFree, 5, 0), (2, stop, 5, 1), (2, mode, 5, 1)],
            "the mode changed while a thread ran",
        );
        check_last_is_illegal(&[(2, mode, 5, 1)], "the mode changed while the world went on");
        check_last_is_illegal(
            &[(2, stop, 5, 0), (2, mode, 5, 1), (2, resume, 5, 0), (1, Kind::GilFree, 5, 0)],
            "a thread ran without a lock that is on",
        );
        check_last_is_illegal(
            &[(2, stop, 5, 0), (2, mode, 5, 0), (2, resume, 5, 0), (1, Kind::GilTake, 5, 0)],
            "a lock was taken that is off",
        );
        check_last_is_illegal(
            &[(2, stop, 5, 0), (1, Kind::GilTake, 5, 0)],
            "the lock was taken while the world stood still",
        );
    }

    #[test]
    fn a_job_runs_and_is_answered_once() {
        let (queued, begin, done) = (Kind::JobQueued, Kind::ThreadJobBegin, Kind::JobDone);
        check_last_is_illegal(&[(1, queued, 7, 0), (1, queued, 7, 0)], "the job was queued twice");
        check_last_is_illegal(&[(1, begin, 7, 0), (2, begin, 7, 0)], "the job began twice");
        check_last_is_illegal(&[(1, done, 7, 0), (2, done, 7, 0)], "the job was answered twice");
        check_last_is_illegal(
            &[(1, done, 7, 0), (2, begin, 7, 0)],
            "a job began that was answered already",
        );
    }

    #[test]
    fn a_task_is_polled_once_for_each_wake() {
        let (begin, end) = (Kind::TaskPollBegin, Kind::TaskPollEnd);
        check_last_is_illegal(
            &[(1, begin, 7, 0), (1, end, 7, PENDING), (1, begin, 7, 0)],
            "a task ran that nobody woke",
        );
        check_last_is_illegal(
            &[(1, begin, 7, 0), (1, begin, 7, 0)],
            "a task was polled inside its own poll",
        );
        check_last_is_illegal(
            &[(1, begin, 7, 0), (1, end, 7, 1), (1, Kind::TaskWake, 7, 0)],
            "something happened to a task that is done",
        );
        check_last_is_illegal(
            &[(1, Kind::TaskWake, 7, 0), (1, Kind::TaskWake, 7, 0)],
            "the task was queued twice",
        );
    }

    #[test]
    fn a_wake_during_the_poll_makes_the_next_poll_legal() {
        let kinds = [
            Kind::TaskSpawn,
            Kind::TaskPollBegin,
            Kind::TaskWake,
            Kind::TaskPollEnd,
            Kind::TaskPollBegin,
        ];
        let events = kinds.map(|kind| Event { time_ns: 0, track: 1, kind, cpu: 0, a: 1, b: 0 });
        assert_eq!(check(&events), Ok(()));
    }
}
