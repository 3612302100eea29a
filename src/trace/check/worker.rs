//! Worker processes: started, ready, busy with one job after another, reaped, and silent after.
//!
//! Two sides tell of a worker. Its supervisor's track says when it was started, said hello, and was
//! reaped. Its own track, which it shares with those that had the slot before it, says which
//! process it is whenever it waits for a job.

use std::collections::{HashMap, HashSet};

use super::illegal::{Verdict, ensure};
use super::job::Jobs;
use super::track::Track;
use crate::trace::{Event, Kind};

/// The worker processes of a recording.
#[derive(Default)]
pub(super) struct Workers {
    /// By track: the process that writes to it.
    processes: HashMap<u32, Process>,
    /// By supervisor and slot: the process in it, if there is one.
    slots: HashMap<(u32, u64), Option<u64>>,
    lives: HashMap<u64, Life>,
    /// Whose start was seen.
    started: HashSet<u64>,
    /// The supervisors none of whose workers has a track here: their pool was gone too early.
    unseen: HashSet<u32>,
    reaped: usize,
}

/// A process, as it tells.
#[derive(Clone, Copy, Default)]
struct Process {
    pid: Option<u64>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Unknown,
    Waits,
    Runs(u64),
    /// Its answer is on the way.
    Ran,
}

/// A process, as its supervisor tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Started,
    Ready,
    Reaped,
}

/// What only a worker process says.
const INSIDE: [Kind; 3] = [Kind::WorkerIdle, Kind::WorkerJobBegin, Kind::WorkerJobEnd];

impl Workers {
    /// Finds out which tracks are those of workers.
    pub(super) fn of(events: &[Event]) -> Self {
        let inside = || events.iter().filter(|event| INSIDE.contains(&event.kind));
        let processes = inside().map(|event| (event.track, Process::default())).collect();
        let seen: HashSet<u64> =
            inside().filter(|event| event.kind != Kind::WorkerIdle).map(|event| event.a).collect();
        let sent = || events.iter().filter(|event| event.kind == Kind::FrameSend);
        let mut unseen: HashSet<u32> = sent().map(|event| event.track).collect();
        for event in sent().filter(|event| seen.contains(&event.a)) {
            unseen.remove(&event.track);
        }
        Self { processes, unseen, ..Self::default() }
    }

    /// Tells whether a track is that of a worker process.
    pub(super) fn owns(&self, track: u32) -> bool {
        self.processes.contains_key(&track)
    }

    pub(super) fn are_unseen(&self, supervisor: u32) -> bool {
        self.unseen.contains(&supervisor)
    }

    /// Returns how many workers were reaped so far.
    pub(super) fn reaped(&self) -> usize {
        self.reaped
    }

    pub(super) fn has_reaped(&self, pid: u64) -> bool {
        self.lives.get(&pid) == Some(&Life::Reaped)
    }

    /// What a worker's track tells.
    pub(super) fn inside(&mut self, event: Event, track: &mut Track, jobs: &mut Jobs) -> Verdict {
        let Process { pid, stage } = self.processes.get(&event.track).copied().unwrap_or_default();
        let reaped = self.reaped;
        let next = match event.kind {
            Kind::WorkerIdle => return self.idle(event, track),
            Kind::WorkerJobBegin => {
                self.lives_and_works(pid)?;
                let is_free = matches!(stage, Stage::Unknown | Stage::Waits);
                ensure(is_free, "a worker begins a job that it has waited for", "WorkerIdle")?;
                track.calls.are_over()?;
                *track = Track::at_its_outermost_place();
                jobs.begin(event.a, pid, reaped)?;
                Stage::Runs(event.a)
            }
            Kind::WorkerJobEnd => {
                let runs = matches!(stage, Stage::Unknown) || stage == Stage::Runs(event.a);
                ensure(runs, "a worker ends the job that it runs", "WorkerJobBegin on this track")?;
                jobs.end(event.a, pid, reaped)?;
                Stage::Ran
            }
            _ => stage,
        };
        let is_over = pid.is_some_and(|pid| self.has_reaped(pid));
        ensure(!is_over, "a worker that is reaped says no more", "WorkerIdle of the next one")?;
        self.processes.insert(event.track, Process { pid, stage: next });
        Ok(())
    }

    fn idle(&mut self, Event { track: number, a: pid, .. }: Event, track: &mut Track) -> Verdict {
        let next = Process { pid: Some(pid), stage: Stage::Waits };
        let before = self.processes.insert(number, next).unwrap_or_default();
        let is_over = self.has_reaped(pid);
        ensure(!is_over, "a worker that is reaped says no more", "no event")?;
        match before.pid {
            Some(old) if old != pid => {
                *track = Track::at_its_outermost_place();
                ensure(
                    self.has_reaped(old) && self.started.contains(&pid),
                    "a slot's next worker is started when the one before is reaped",
                    "WorkerExit of the one before, then WorkerSpawn",
                )
            }
            _ => ensure(
                matches!(before.stage, Stage::Unknown | Stage::Ran),
                "a worker waits for a job once, after the one before",
                "WorkerJobEnd of that one, or WorkerJobBegin",
            ),
        }
    }

    /// A worker gets jobs when its supervisor has heard that it is ready.
    fn lives_and_works(&self, pid: Option<u64>) -> Verdict {
        let life = pid.and_then(|pid| self.lives.get(&pid));
        ensure(
            life != Some(&Life::Started),
            "a worker gets its first job when it has said hello",
            "WorkerReady first",
        )
    }

    /// What a supervisor tells.
    pub(super) fn outside(&mut self, event: Event) -> Verdict {
        let Event { kind, track: supervisor, a, b, .. } = event;
        match kind {
            Kind::WorkerSpawn => {
                let life = self.lives.insert(b, Life::Started);
                self.started.insert(b);
                let before = self.slots.insert((supervisor, a), Some(b)).flatten();
                let is_vacant = before.is_none_or(|pid| self.has_reaped(pid));
                ensure(
                    is_vacant && matches!(life, None | Some(Life::Reaped)),
                    "a slot gets a worker when the one before is reaped",
                    "WorkerExit first",
                )
            }
            Kind::WorkerReady => {
                let life = self.lives.insert(b, Life::Ready);
                let before = self.slots.insert((supervisor, a), Some(b));
                ensure(
                    before.is_none_or(|pid| pid == Some(b))
                        && matches!(life, None | Some(Life::Started)),
                    "a worker says hello once, after it was started",
                    "WorkerSpawn of this process",
                )
            }
            _ => {
                self.reaped += 1;
                let life = self.lives.insert(a, Life::Reaped);
                for pid in self.slots.values_mut().filter(|pid| **pid == Some(a)) {
                    *pid = None;
                }
                ensure(life != Some(Life::Reaped), "a worker is reaped once", "WorkerSpawn")
            }
        }
    }
}
