//! The tasks of a loop: where a future lives between two polls.
//!
//! # The life of one task
//!
//! ```text
//!          (1) insert            (2) start                (4) remove
//!  nothing -----------> resting -----------> running ------------------> ended
//!                          ^  |                 |                          ^
//!                          |  |  (3) rest       |                          |
//!                          +--|-----------------+                          |
//!                             |  (5) abort                                 |
//!                             +--------------------------------------------+
//! ```
//!
//! | arrow | when | what the caller must do |
//! | --- | --- | --- |
//! | (1) | `spawn` | queue the task: its first poll is owed |
//! | (2) | its turn in the run queue | poll the body that it was given |
//! | (3) | the poll said "pending" | nothing, or cancel: the task was aborted meanwhile |
//! | (4) | the poll said "done", or panicked | drop the body |
//! | (5) | `abort` while it rests | cancel the body that it was given |
//!
//! A running task's body is not in the table: the loop holds it, and foreign code (a poll, a
//! destructor) always runs with the table free. So a task may spawn, wake and abort what it likes,
//! itself included: aborting a running task leaves a note that (3) reads.
//!
//! # Invariants
//!
//! - **TASK-1** A body is in the table or in the hands of the loop, never in both, so a future is
//!   polled by one caller at a time.
//! - **TASK-2** A key is never used again, though its slot is: a key that is older than the slot's
//!   task finds nothing.
//!
//! Read next: [`waker`](super::waker).
#![forbid(unsafe_code)]

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use slab::Slab;

use super::join::JoinError;
use super::waker::TaskWaker;

/// A task's number, unique in its process and never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(pub u64);

impl TaskId {
    fn new() -> Self {
        // Std's atomic: a `static` cannot hold loom's. Zero is left free: in events it says
        // "the loop itself".
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // ORDER: Relaxed; a plain counter.
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Where to find a task, and which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    slot: usize,
    pub(super) id: TaskId,
}

impl Key {
    #[cfg(test)]
    pub(super) fn for_test(id: u64) -> Self {
        Self { slot: 0, id: TaskId(id) }
    }
}

/// A future whose type is forgotten, and the promise to its joiner.
pub(super) trait Job {
    /// Polls the future; gives its output to the joiner when it is done.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()>;
    /// Drops the future and gives `error` to the joiner.
    fn fail(&mut self, error: JoinError);
}

/// What is polled, and what wakes it.
pub(super) struct Body {
    pub(super) task: Arc<TaskWaker>,
    /// `task` in std's clothes, made once: a poll costs no reference count.
    pub(super) waker: Waker,
    pub(super) job: Box<dyn Job>,
}

/// What a task that is not in the run queue waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitsOn {
    /// A socket.
    Io,
    /// A deadline.
    Timer,
    /// The end of another task.
    Task(TaskId),
    /// Something that the loop does not know: a channel, another thread.
    Other,
}

/// What a task does at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// It is being polled.
    Running,
    /// It was woken and is in the run queue.
    Ready,
    /// It waits.
    Waiting(WaitsOn),
}

/// One line of [`tasks`](crate::coop::tasks).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct TaskInfo {
    /// The task.
    pub id: TaskId,
    /// The line that spawned it.
    pub spawned_at: &'static Location<'static>,
    /// What it does.
    pub state: TaskState,
}

impl fmt::Display for TaskInfo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "task {} (spawned at {}) ", self.id, self.spawned_at)?;
        match self.state {
            TaskState::Running => write!(formatter, "runs"),
            TaskState::Ready => write!(formatter, "is ready"),
            TaskState::Waiting(WaitsOn::Io) => write!(formatter, "waits for a socket"),
            TaskState::Waiting(WaitsOn::Timer) => write!(formatter, "waits for a deadline"),
            TaskState::Waiting(WaitsOn::Task(other)) => {
                write!(formatter, "waits for task {other}")
            }
            TaskState::Waiting(WaitsOn::Other) => write!(formatter, "waits to be woken"),
        }
    }
}

/// Every live task of one loop.
#[derive(Default)]
pub(super) struct Tasks {
    entries: Slab<Entry>,
}

struct Entry {
    task: Arc<TaskWaker>,
    spawned_at: &'static Location<'static>,
    waits_on: WaitsOn,
    place: Place,
}

/// Where the body is.
enum Place {
    /// In the table: the task rests, queued or waiting.
    Resting(Body),
    /// In the hands of the loop.
    Running(Afterwards),
    /// On the stack of `block_on`.
    Root,
}

/// What becomes of a running task when its poll is over.
#[derive(Clone, Copy)]
enum Afterwards {
    GoOn,
    Cancel,
}

/// Whose turn it is.
pub(super) enum Turn {
    /// A spawned task: poll its body.
    Spawned(Body),
    /// The future of `block_on`.
    Root,
    /// Nobody's: the task ended while it was in the queue.
    Ended,
}

impl Tasks {
    /// Arrow (1): makes a key for a new task, and enters what `make` makes with it.
    pub(super) fn insert(
        &mut self,
        spawned_at: &'static Location<'static>,
        make: impl FnOnce(Key) -> Body,
    ) -> Key {
        let vacant = self.entries.vacant_entry();
        // INVARIANT: [TASK-2] the id is new, whatever the slot was used for.
        let key = Key { slot: vacant.key(), id: TaskId::new() };
        let body = make(key);
        let task = Arc::clone(&body.task);
        let place = Place::Resting(body);
        vacant.insert(Entry { task, spawned_at, waits_on: WaitsOn::Other, place });
        key
    }

    /// Enters the future of `block_on`, which stays on its caller's stack.
    pub(super) fn insert_root(
        &mut self,
        spawned_at: &'static Location<'static>,
        make: impl FnOnce(Key) -> Arc<TaskWaker>,
    ) -> Arc<TaskWaker> {
        let vacant = self.entries.vacant_entry();
        let task = make(Key { slot: vacant.key(), id: TaskId::new() });
        let entry = Entry {
            task: Arc::clone(&task),
            spawned_at,
            waits_on: WaitsOn::Other,
            place: Place::Root,
        };
        vacant.insert(entry);
        task
    }

    /// Arrow (2): hands the body out.
    pub(super) fn start(&mut self, key: Key) -> Turn {
        let Some(entry) = self.get_mut(key) else { return Turn::Ended };
        // INVARIANT: [TASK-1] the body leaves the table.
        match std::mem::replace(&mut entry.place, Place::Running(Afterwards::GoOn)) {
            Place::Resting(body) => Turn::Spawned(body),
            Place::Root => {
                entry.place = Place::Root;
                Turn::Root
            }
            Place::Running(_) => unreachable!("TASK-1: task {} runs already", key.id),
        }
    }

    /// Arrow (3): takes the body back, unless the task was aborted during its poll.
    #[must_use = "a body that comes back was aborted and has to be cancelled"]
    pub(super) fn rest(&mut self, key: Key, body: Body, waits_on: WaitsOn) -> Option<Body> {
        let entry = self.get_mut(key).expect("TASK-1: a running task stays in the table");
        entry.waits_on = waits_on;
        if let Place::Running(Afterwards::Cancel) = entry.place {
            self.entries.remove(key.slot);
            return Some(body);
        }
        entry.place = Place::Resting(body);
        None
    }

    /// The root's arrow (3): its future is where it was.
    pub(super) fn rest_root(&mut self, key: Key, waits_on: WaitsOn) {
        if let Some(entry) = self.get_mut(key) {
            entry.waits_on = waits_on;
        }
    }

    /// Arrow (4): forgets a task that has ended.
    pub(super) fn remove(&mut self, key: Key) {
        if self.get_mut(key).is_some() {
            self.entries.remove(key.slot);
        }
    }

    /// Arrow (5): takes the body out, or notes that the running task is to end.
    #[must_use = "a body that comes back has to be cancelled"]
    pub(super) fn abort(&mut self, key: Key) -> Option<Body> {
        let entry = self.get_mut(key)?;
        if let Place::Running(afterwards) = &mut entry.place {
            *afterwards = Afterwards::Cancel;
            return None;
        }
        match self.entries.remove(key.slot).place {
            Place::Resting(body) => Some(body),
            Place::Running(_) | Place::Root => unreachable!("only a spawned task has a handle"),
        }
    }

    pub(super) fn keys(&self) -> Vec<Key> {
        self.entries.iter().map(|(_, entry)| entry.task.key()).collect()
    }

    pub(super) fn contains(&self, key: Key) -> bool {
        self.entries.get(key.slot).is_some_and(|entry| entry.task.key() == key)
    }

    pub(super) fn spawned_at(&self, key: Key) -> Option<&'static Location<'static>> {
        self.contains(key).then(|| self.entries[key.slot].spawned_at)
    }

    /// Describes every task, in the order of their numbers; `running` is the one being polled.
    pub(super) fn list(&self, running: Option<Key>) -> Vec<TaskInfo> {
        let state = |entry: &Entry| {
            if running == Some(entry.task.key()) {
                TaskState::Running
            } else if entry.task.is_queued() {
                TaskState::Ready
            } else {
                TaskState::Waiting(entry.waits_on)
            }
        };
        let mut list: Vec<TaskInfo> = (self.entries.iter())
            .map(|(_, entry)| TaskInfo {
                id: entry.task.key().id,
                spawned_at: entry.spawned_at,
                state: state(entry),
            })
            .collect();
        list.sort_by_key(|info| info.id);
        list
    }

    fn get_mut(&mut self, key: Key) -> Option<&mut Entry> {
        self.entries.get_mut(key.slot).filter(|entry| entry.task.key() == key)
    }
}
