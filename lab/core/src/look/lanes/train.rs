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

use crate::look::palette::State;
use trainyard::sys::Why;
use trainyard::threads::Cause;
use trainyard::trace::{Event, Kind};

/// What makes a track a train.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// It did units or jobs: who only submits them and waits for them is none.
    Units,
    /// It had a lock, or polled a task: in a recording that has no units and no jobs.
    Presence,
}

impl Work {
    /// What a track shows of itself by an event of this kind.
    pub(super) fn shown_by(kind: Kind) -> Option<Self> {
        match kind {
            Kind::UnitBegin
            | Kind::UnitEnd
            | Kind::ThreadJobBegin
            | Kind::ThreadJobEnd
            | Kind::WorkerJobBegin
            | Kind::WorkerJobEnd => Some(Self::Units),
            Kind::GilTake
            | Kind::GilDrop
            | Kind::GilFree
            | Kind::GilLeave
            | Kind::TaskPollBegin
            | Kind::TaskPollEnd => Some(Self::Presence),
            _ => None,
        }
    }
}

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
        let lock = events.iter().find_map(|event| match event.kind {
            Kind::GilSwitched => Some(Lock::Waiting),
            _ => lock_turn(event).map(|(before, _)| before),
        });
        let lock = lock.unwrap_or(Lock::Away);
        let job = events.iter().find_map(|event| job_turn(event.kind));
        let job = job.map_or(Job::None, |(before, _)| before);
        let park = |event: &&Event| matches!(event.kind, Kind::LoopPark | Kind::LoopUnpark);
        let parked = events.iter().find(park).is_some_and(|e| e.kind == Kind::LoopUnpark);
        let present = lock != Lock::Away || parked;
        let (mut doors, mut units) = (Vec::new(), HashSet::new());
        let (mut seen, mut depth) = (HashSet::new(), 0_usize);
        for event in events {
            match event.kind {
                Kind::UnitBegin => drop(seen.insert(event.a)),
                Kind::UnitEnd if !seen.contains(&event.a) => drop(units.insert(event.a)),
                Kind::BlockBegin => depth += 1,
                Kind::BlockEnd if depth == 0 => doors.push(why(event)),
                Kind::BlockEnd => depth -= 1,
                _ => {}
            }
        }
        // The door that was left last is the outermost.
        doors.reverse();
        Self { has_lock, lock, doors, job, units, parked, work, present }
    }

    pub(super) fn step(&mut self, event: &Event) {
        (_, self.lock) = lock_turn(event).unwrap_or((self.lock, self.lock));
        (_, self.job) = job_turn(event.kind).unwrap_or((self.job, self.job));
        match event.kind {
            Kind::BlockBegin => self.doors.push(why(event)),
            Kind::BlockEnd => drop(self.doors.pop()),
            Kind::UnitBegin => drop(self.units.insert(event.a)),
            Kind::UnitEnd => drop(self.units.remove(&event.a)),
            Kind::LoopPark => self.parked = true,
            Kind::LoopUnpark => self.parked = false,
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

/// Where a train was at the lock before an event, and where it is then.
fn lock_turn(event: &Event) -> Option<(Lock, Lock)> {
    match event.kind {
        Kind::GilWait => Some((Lock::Away, Lock::Waiting)),
        Kind::GilDropRequest | Kind::GilWakeFailed => Some((Lock::Waiting, Lock::Waiting)),
        Kind::GilTake | Kind::GilFree => Some((Lock::Away, Lock::Held)),
        // A drop at a check point is followed by waiting; any other by a call that needs no lock,
        // or the end.
        Kind::GilDrop if event.b != Cause::Own as u64 => Some((Lock::Held, Lock::Waiting)),
        Kind::GilDrop | Kind::GilLeave => Some((Lock::Held, Lock::Away)),
        Kind::GilGiveUp => Some((Lock::Waiting, Lock::Away)),
        _ => None,
    }
}

/// What became of a train's job: before an event, and then.
fn job_turn(kind: Kind) -> Option<(Job, Job)> {
    match kind {
        Kind::ThreadJobBegin | Kind::WorkerJobBegin => Some((Job::None, Job::Running)),
        Kind::ThreadJobEnd => Some((Job::Running, Job::None)),
        Kind::WorkerJobEnd => Some((Job::Running, Job::Answered)),
        Kind::WorkerIdle => Some((Job::None, Job::None)),
        _ => None,
    }
}

/// A reason that this version does not know is one more way to wait.
fn why(event: &Event) -> Why {
    Why::from_word(event.a).unwrap_or(Why::Io)
}
