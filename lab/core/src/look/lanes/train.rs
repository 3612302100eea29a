//! One train and its state, after each of its events.
//!
//! | state | a thread | the loop of the tasks | a worker process |
//! | --- | --- | --- | --- |
//! | `Run` | works and has the lock, or needs none | is awake while units are in flight | has a job |
//! | `Ready` | has a job and does not have the lock yet | – | – |
//! | `WaitGil` | waits for the lock | – | – |
//! | `Native` | works with the lock given up | – | – |
//! | `Wait` | waits for a descriptor, a queue, a lock of its own, an answer | is parked | waits for a descriptor |
//! | `Sleep` | sleeps | sleeps and lets nobody else run | sleeps |
//! | `Ipc` | – | – | sends an answer, reads a job |
//! | `Idle` | has nothing to do | has nothing to do | has nothing to do |
//!
//! # Reading from the middle
//!
//! `Train::before` looks ahead: an end without a begin says that the train was in there from
//! the start. So a recording that begins in the middle has the right state from its first event.

use std::collections::HashSet;

use trainyard::sys::Why;
use trainyard::threads::Cause;
use trainyard::trace::{Event, Kind};

/// What a train does at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Nothing: no work has come yet, or all of it is done.
    Idle,
    /// It works, with the lock or without need of one.
    Run,
    /// It has work, and is about to ask for the lock.
    Ready,
    /// It waits for the lock.
    WaitGil,
    /// It works, with the lock given up.
    Native,
    /// It waits for a descriptor, a lock of its own, or an answer.
    Wait,
    /// It waits for time to pass.
    Sleep,
    /// It talks to the parent process.
    Ipc,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Idle,
        Self::Run,
        Self::Ready,
        Self::WaitGil,
        Self::Native,
        Self::Wait,
        Self::Sleep,
        Self::Ipc,
    ];

    /// Tells whether the train gets on with its work.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Run | Self::Native)
    }

    /// Tells whether the train has something to do and cannot get on with it.
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::Ready | Self::WaitGil | Self::Wait | Self::Sleep)
    }
}

/// What makes a track a train.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// It did units or jobs: who only submits them and waits for them is none.
    Units,
    /// It had a lock, or polled a task: in a recording that has no units and no jobs.
    Presence,
}

impl Work {
    /// Tells whether an event of this kind makes its track a train.
    pub(super) fn is_shown_by(self, kind: Kind) -> bool {
        match self {
            Self::Units => matches!(
                kind,
                Kind::UnitBegin
                    | Kind::UnitEnd
                    | Kind::ThreadJobBegin
                    | Kind::ThreadJobEnd
                    | Kind::WorkerJobBegin
                    | Kind::WorkerJobEnd
            ),
            Self::Presence => matches!(
                kind,
                Kind::GilTake
                    | Kind::GilDrop
                    | Kind::GilFree
                    | Kind::GilLeave
                    | Kind::TaskPollBegin
                    | Kind::TaskPollEnd
            ),
        }
    }
}

/// Tells whether an event of this kind shows a lock that is on.
pub(super) fn shows_lock(kind: Kind) -> bool {
    matches!(kind, Kind::GilWait | Kind::GilTake | Kind::GilDrop)
}

/// The parts of a train's state, each of which changes by events of its own.
#[derive(Clone, Debug)]
pub(super) struct Train {
    /// Whether working takes the lock.
    has_lock: bool,
    lock: Lock,
    /// The doors of blocking calls that it is inside of, outermost first.
    doors: Vec<Why>,
    job: Job,
    units: HashSet<u64>,
    parked: bool,
    work: Work,
    /// Whether it runs under the lock, or as a loop: it is inside, or will come back to it.
    present: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lock {
    Away,
    Waiting,
    Held,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    None,
    Running,
    /// A worker is done with it, and does not wait for its next one yet.
    Answered,
}

impl Train {
    /// The state before the first of `events`, which are all of one track.
    pub(super) fn before(events: &[Event], work: Work, has_lock: bool) -> Self {
        let mut train = Self {
            has_lock,
            lock: Lock::Away,
            doors: Vec::new(),
            job: Job::None,
            units: HashSet::new(),
            parked: false,
            work,
            present: false,
        };
        train.lock = events.iter().find_map(lock_before).unwrap_or(Lock::Away);
        train.job = events.iter().find_map(job_before).unwrap_or(Job::None);
        let park = |event: &&Event| matches!(event.kind, Kind::LoopPark | Kind::LoopUnpark);
        train.parked = events.iter().find(park).is_some_and(|e| e.kind == Kind::LoopUnpark);
        train.present = train.lock != Lock::Away || train.parked;
        let mut seen = HashSet::new();
        let mut depth = 0_usize;
        for event in events {
            match event.kind {
                Kind::UnitBegin => drop(seen.insert(event.a)),
                Kind::UnitEnd if !seen.contains(&event.a) => drop(train.units.insert(event.a)),
                Kind::BlockBegin => depth += 1,
                Kind::BlockEnd if depth == 0 => train.doors.push(why(event)),
                Kind::BlockEnd => depth -= 1,
                _ => {}
            }
        }
        // The door that was left last is the outermost.
        train.doors.reverse();
        train
    }

    pub(super) fn step(&mut self, event: &Event) {
        match event.kind {
            Kind::GilWait | Kind::GilDropRequest | Kind::GilWakeFailed => {
                self.lock = Lock::Waiting;
            }
            Kind::GilTake | Kind::GilFree => self.lock = Lock::Held,
            Kind::GilDrop => self.lock = after_drop(event),
            Kind::GilLeave | Kind::GilGiveUp => self.lock = Lock::Away,
            Kind::BlockBegin => self.doors.push(why(event)),
            Kind::BlockEnd => drop(self.doors.pop()),
            Kind::ThreadJobBegin | Kind::WorkerJobBegin => self.job = Job::Running,
            Kind::WorkerJobEnd => self.job = Job::Answered,
            Kind::ThreadJobEnd | Kind::WorkerIdle => self.job = Job::None,
            Kind::UnitBegin => drop(self.units.insert(event.a)),
            Kind::UnitEnd => drop(self.units.remove(&event.a)),
            Kind::LoopPark => self.parked = true,
            Kind::LoopUnpark => self.parked = false,
            _ => {}
        }
        match event.kind {
            Kind::GilWait | Kind::GilTake | Kind::GilFree | Kind::TaskPollBegin => {
                self.present = true;
            }
            // Whoever gives the lock up inside a door comes back.
            Kind::GilDrop | Kind::GilLeave | Kind::GilGiveUp => {
                self.present = self.lock != Lock::Away || !self.doors.is_empty();
            }
            _ => {}
        }
    }

    /// Tells whether the train has something to do, whether or not it gets on with it.
    pub(super) fn is_working(&self) -> bool {
        match self.work {
            Work::Units => self.job == Job::Running || !self.units.is_empty(),
            Work::Presence => self.present,
        }
    }

    /// The first line that applies, applies.
    pub(super) fn state(&self) -> State {
        let holds_lock = self.has_lock && self.lock == Lock::Held;
        let needs_lock = self.has_lock && self.lock == Lock::Away;
        match self.doors.last() {
            // The call of a door is over when its thread waits to have the lock back.
            _ if self.lock == Lock::Waiting => State::WaitGil,
            Some(Why::Native) => State::Native,
            _ if self.job == Job::Answered => State::Ipc,
            _ if !self.is_working() && !holds_lock => State::Idle,
            Some(Why::Sleep) => State::Sleep,
            Some(_) => State::Wait,
            None if self.parked => State::Wait,
            None if needs_lock => State::Ready,
            None => State::Run,
        }
    }
}

/// A drop at a check point is followed by waiting; any other by a call that needs no lock, or the end.
fn after_drop(event: &Event) -> Lock {
    if event.b == Cause::Own as u64 { Lock::Away } else { Lock::Waiting }
}

fn lock_before(event: &Event) -> Option<Lock> {
    match event.kind {
        Kind::GilDrop | Kind::GilLeave => Some(Lock::Held),
        Kind::GilDropRequest | Kind::GilWakeFailed | Kind::GilSwitched | Kind::GilGiveUp => {
            Some(Lock::Waiting)
        }
        Kind::GilWait | Kind::GilTake | Kind::GilFree => Some(Lock::Away),
        _ => None,
    }
}

fn job_before(event: &Event) -> Option<Job> {
    match event.kind {
        Kind::ThreadJobBegin | Kind::WorkerJobBegin | Kind::WorkerIdle => Some(Job::None),
        Kind::ThreadJobEnd | Kind::WorkerJobEnd => Some(Job::Running),
        _ => None,
    }
}

/// A reason that this version does not know is one more way to wait.
fn why(event: &Event) -> Why {
    Why::from_word(event.a).unwrap_or(Why::Io)
}
