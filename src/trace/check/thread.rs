//! One thread of a pool: it starts, runs one job after another, and ends. And the thread of a pool of
//! processes, as far as it passes answers on.

use super::illegal::{Verdict, ensure};
use crate::trace::{Event, Kind};

/// What a thread of a pool does; of any other thread, nothing is ever known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Work {
    /// No event has told.
    #[default]
    Unknown,
    Idle,
    Runs(u64),
    /// The job is over, and its answer comes next.
    Owes(u64),
    Over,
    /// The answer of a worker is here, or the worker is gone that had the job. The next thing that
    /// is said of any worker is that whoever waits for the job was told; before that an answer is
    /// decoded, which may be anybody's code.
    Passes(u64),
}

/// What is said of the workers by the thread that passes their answers on.
const OF_WORKERS: [Kind; 5] =
    [Kind::FrameSend, Kind::FrameReceive, Kind::WorkerSpawn, Kind::WorkerReady, Kind::WorkerExit];

impl Work {
    pub(super) fn step(&mut self, Event { kind, a: job, .. }: Event) -> Verdict {
        let before = *self;
        let is_free = matches!(before, Self::Unknown | Self::Idle);
        match kind {
            Kind::ThreadJobBegin => {
                *self = Self::Runs(job);
                ensure(
                    is_free,
                    "a thread of a pool runs one job at a time, between its start and its end",
                    "ThreadJobEnd of the job before",
                )
            }
            Kind::ThreadJobEnd => {
                *self = Self::Owes(job);
                ensure(
                    before == Self::Unknown || before == Self::Runs(job),
                    "a job ends that runs",
                    "ThreadJobBegin on this track",
                )
            }
            _ => {
                *self = Self::Over;
                ensure(is_free, "a thread ends between two jobs, and once", "ThreadJobEnd first")
            }
        }
    }

    /// A thread has to answer a job whose worker is gone.
    pub(super) fn takes_over(&mut self, lost: Option<u64>) {
        if let Some(job) = lost {
            *self = Self::Passes(job);
        }
    }

    /// A thread whose job is over gives its answer, and nothing else.
    pub(super) fn allows(&mut self, Event { kind, a, .. }: Event) -> Verdict {
        let before = *self;
        if kind == Kind::FrameReceive {
            *self = Self::Passes(a);
        }
        let (job, may_wait) = match before {
            Self::Owes(job) => (job, false),
            Self::Passes(job) => (job, !OF_WORKERS.contains(&kind)),
            _ => return Ok(()),
        };
        let is_given = kind == Kind::JobDone && a == job;
        if is_given {
            *self = Self::Idle;
        }
        ensure(
            is_given || may_wait,
            "a thread gives the answer when its job is over",
            "JobDone of that job",
        )
    }
}
