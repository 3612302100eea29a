//! A model that replays a recording and says where it is impossible.
//!
//! The recorder is also the test oracle: every law that the runtimes promise and that can be seen
//! from outside is a rule here, and a recording that breaks one names the event that broke it.
//! Each part of the model is a small state machine in a file of its own:
//!
//! | file | what is followed | some of its laws |
//! | --- | --- | --- |
//! | `call` | the calls of a thread that may sleep | each ends once, the inner one first |
//! | `standing` | whether a thread runs attached | who waits does nothing else |
//! | `lock` | a global lock | one holder; a drop on request was requested, and lets another go first; the mode changes while nobody runs |
//! | `thread` | a thread of a pool | one job after another, and each is answered at its end |
//! | `job` | a job, in whichever pool | it is queued, begins, ends and is answered, in this order and once |
//! | `worker` | a worker process | started, ready, one job after another, reaped, silent |
//! | `task` | a loop and its tasks | a task is polled only after a wake, never inside a poll |
//! | `news` | sockets and timers | what fires was set |
//! | `unit` | the laboratory's units of work | what ends has begun |
//!
//! # Strict about what it knows
//!
//! A recording may begin in the middle of things, and end there. So the model begins with knowing
//! nothing, and learns the state of a lock, a task, a thread from the first event that shows it;
//! from then on it is strict. Where events were overwritten, nothing that came before the first
//! one that is left can be judged: [`check_recording`] begins there, and says how much it left out.
//!
//! # What cannot be noticed
//!
//! The model is meant to notice the loss of any single event: a beginning at its end, an end at the
//! next beginning. `tests/procs/trace_check.rs` removes every event of real recordings,
//! one at a time, and counts. These leave no gap that could be seen:
//!
//! | event | why |
//! | --- | --- |
//! | the first and the last events of a track, a job, a task | the recording could have begun later, or ended earlier |
//! | `GilWakeFailed` | nothing follows from it: the thread waits on |
//! | `GilWait`, if it was neither called in vain, nor asked, nor gave up | the lock was free when it was taken, as if the thread had just come |
//! | `GilDropRequest`, if another waiter has asked the same holder | one request is as good as two |
//! | `GilMode` 2 | other rules are seen by what they rule, and a policy may rule anything |
//! | `GilSwitched`, before the lock has shown that it forces switches | a policy may do without; one that forces one forces all |
//! | `BellRung`, `BellSaved` | a wake is legal with and without; these say what it cost |
//! | `IoWait` | a task may be woken by a socket that another waits for |
//! | `IoReady`, if it was not the only one in its sleep | the others could have woken everybody |
//! | `TimerFire` | its task may as well have been woken by another thread |
//! | `TaskWake`, if the task is dropped before its next poll | nothing follows from it |
//! | `TaskCancel` | a task that is never heard of again may still wait |
//! | `WorkerJobBegin`, if the worker died in the job | it could as well have died before |
//! | `JobDone` of a promise that no pool has run | nobody else speaks of it |
//!
//! # Not here
//!
//! Threads of a worker process other than its first: their rings die with it. So what a worker
//! shows of locks and jobs of its own is judged only as far as its one thread goes.
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

mod call;
mod illegal;
mod job;
mod lock;
mod news;
mod standing;
mod task;
mod thread;
mod track;
mod unit;
mod worker;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::fmt;

pub use illegal::Illegal;

use super::{Event, Kind, Recording};
use illegal::{Breach, Verdict};
use job::Jobs;
use lock::Lock;
use track::Track;
use worker::Workers;

/// Replays `events`, which are in order of time.
///
/// # Errors
///
/// Fails with the first event that no correct run could have had.
pub fn check(events: &[Event]) -> Result<(), Illegal> {
    let begin_ns = events.first().map_or(0, |event| event.time_ns);
    replay(events).map_err(|(index, breach)| Illegal::new(index, events[index], begin_ns, breach))
}

/// Replays a recording, as far as none of its events are missing.
///
/// # Errors
///
/// Fails with the first event that no correct run could have had.
pub fn check_recording(recording: &Recording) -> Result<Judged, Illegal> {
    let skipped = first_whole(recording);
    replay(&recording.events[skipped..]).map_err(|(index, breach)| {
        let index = index + skipped;
        let event = recording.events[index];
        let illegal = Illegal::new(index, event, recording.begin_ns, breach);
        illegal.named(recording.track(event.track).map(|track| track.name.as_str()))
    })?;
    let events = recording.events.len() - skipped;
    Ok(Judged { events, skipped, overwritten: recording.overwritten() })
}

/// How much of a recording was judged, and found legal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// How many events were replayed.
    pub events: usize,
    /// How many were not: they came before the first one that is left of a track with losses.
    pub skipped: usize,
    /// How many are not in the recording at all, because a ring was full.
    pub overwritten: u64,
}

impl fmt::Display for Judged {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { events, skipped, overwritten } = self;
        write!(formatter, "{events} events, each legal")?;
        if *overwritten > 0 {
            write!(
                formatter,
                "; {skipped} before them were not judged, because {overwritten} events of that \
                 time are overwritten"
            )?;
        }
        Ok(())
    }
}

/// Returns the first event from which on no track has a hole.
fn first_whole(recording: &Recording) -> usize {
    let events = &recording.events;
    let mut lossy: HashSet<u32> = recording
        .tracks
        .iter()
        .filter(|track| track.overwritten > 0)
        .map(|track| track.number)
        .collect();
    if lossy.is_empty() {
        return 0;
    }
    for (index, event) in events.iter().enumerate() {
        if lossy.remove(&event.track) && lossy.is_empty() {
            return index;
        }
    }
    events.len()
}

fn replay(events: &[Event]) -> Result<(), (usize, Breach)> {
    let mut model = Model::of(events);
    for (index, &event) in events.iter().enumerate() {
        model.step(event).map_err(|breach| (index, breach))?;
    }
    Ok(())
}

/// What the model knows so far.
#[derive(Default)]
struct Model {
    tracks: HashMap<u32, Track>,
    locks: HashMap<u64, Lock>,
    jobs: Jobs,
    workers: Workers,
}

impl Model {
    /// Begins with knowing nothing but which tracks are those of worker processes.
    fn of(events: &[Event]) -> Self {
        Self { workers: Workers::of(events), ..Self::default() }
    }

    fn step(&mut self, event: Event) -> Verdict {
        let Self { tracks, locks, jobs, workers } = self;
        let track = tracks.entry(event.track).or_default();
        let is_worker = workers.owns(event.track);
        if is_worker {
            workers.inside(event, track, jobs)?;
        }
        track.keeps_its_word(event, locks)?;
        match event.kind {
            kind if standing::KINDS.contains(&kind) => {
                track.standing.step(event)?;
                // Of a worker's locks only one thread can be seen.
                if !is_worker {
                    locks.entry(event.a).or_default().step(event, track)?;
                }
            }
            Kind::GilStop | Kind::GilMode | Kind::GilResume | Kind::GilSwitched if !is_worker => {
                locks.entry(event.a).or_default().step(event, track)?;
            }
            Kind::JobQueued | Kind::JobDone if !is_worker => jobs.step(event, track, workers)?,
            Kind::ThreadJobBegin | Kind::ThreadJobEnd if !is_worker => {
                track.step(event)?;
                jobs.step(event, track, workers)?;
            }
            Kind::FrameSend | Kind::FrameReceive => jobs.step(event, track, workers)?,
            Kind::WorkerSpawn | Kind::WorkerReady | Kind::WorkerExit => {
                workers.outside(event)?;
                track.work.takes_over(jobs.lost_with(event));
            }
            _ => track.step(event)?,
        }
        track.has_held |= lock::HOLDS_IT.contains(&event.kind);
        track.is_seen = true;
        Ok(())
    }
}
