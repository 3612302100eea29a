//! Jobs: queued, run by a thread or by a worker process, answered once.
//!
//! ```text
//!            ThreadJobBegin      ThreadJobEnd
//!   Queued ------------------> Runs ---------> Ran ------------------+
//!     |  \ FrameSend     WorkerJobBegin   WorkerJobEnd  FrameReceive v  JobDone
//!     |   +--------> Sent ---------> Begun ---------> Ended ------> Here -----> Done
//!     |                ^               |                                          ^
//!     |                +-- its worker is reaped, and it is tried again, or not ---+
//!     +-- cancelled, refused, or kept by whoever made the promise ----------------+
//! ```

use std::collections::HashMap;

use super::illegal::{Breach, Verdict, ensure};
use super::track::Track;
use super::worker::Workers;
use crate::trace::{Event, Kind};

/// The jobs of the recording's process.
#[derive(Default)]
pub(super) struct Jobs {
    known: HashMap<u64, Job>,
    /// By process: the job that it began last.
    begun: HashMap<u64, u64>,
    /// Every job from this number on was queued in this recording.
    queued_from: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    Queued,
    Runs,
    Ran,
    /// On its way to a worker, when so many had been reaped.
    Sent {
        reaped: usize,
    },
    /// In a worker, whose process is known if it has told.
    Begun {
        reaped: usize,
        pid: Option<u64>,
    },
    Ended {
        reaped: usize,
        pid: Option<u64>,
    },
    Here,
    Done,
}

impl Jobs {
    pub(super) fn step(&mut self, event: Event, track: &Track, workers: &mut Workers) -> Verdict {
        match event.kind {
            Kind::JobQueued => self.queue(event.a, track),
            Kind::JobDone => self.finish(event.a, workers),
            Kind::ThreadJobBegin => {
                let before = self.becomes(event.a, Job::Runs)?;
                ensure(
                    matches!(before, None | Some(Job::Queued)),
                    "a thread runs a job that is queued, once",
                    "JobQueued since, and no other ThreadJobBegin",
                )
            }
            Kind::ThreadJobEnd => {
                let before = self.becomes(event.a, Job::Ran)?;
                let has_begun = matches!(before, None | Some(Job::Runs));
                ensure(has_begun, "a job ends that has begun", "ThreadJobBegin of this job")
            }
            Kind::FrameSend => self.send(event.a, workers),
            _ => {
                let before = self.becomes(event.a, Job::Here)?;
                let unseen = workers.are_unseen(event.track);
                ensure(
                    matches!(before, None | Some(Job::Ended { .. }))
                        || (unseen && matches!(before, Some(Job::Sent { .. }))),
                    "the parent reads an answer that a worker has sent",
                    "WorkerJobEnd of this job",
                )
            }
        }
    }

    /// A worker process, whose number is known if it has told, begins a job.
    pub(super) fn begin(&mut self, job: u64, pid: Option<u64>, reaped: usize) -> Verdict {
        let before = self.becomes(job, Job::Begun { reaped, pid })?;
        self.begun.extend(pid.map(|pid| (pid, job)));
        ensure(
            matches!(before, None | Some(Job::Sent { .. })),
            "a worker runs a job that was sent to it, once",
            "FrameSend of this job",
        )
    }

    /// A worker process is done with a job.
    pub(super) fn end(&mut self, job: u64, pid: Option<u64>, reaped: usize) -> Verdict {
        let before = self.becomes(job, Job::Ended { reaped, pid })?;
        let has_begun = matches!(before, None | Some(Job::Begun { .. }));
        ensure(has_begun, "a job ends that has begun", "WorkerJobBegin of this job")
    }

    /// Returns the job that a worker was in, if the event says that the worker is gone. One that it
    /// had ended may be sent to another, should its answer have come out broken.
    pub(super) fn lost_with(&self, Event { kind, a: gone, .. }: Event) -> Option<u64> {
        let job = *self.begun.get(&gone)?;
        let was_in_it =
            matches!(self.known.get(&job), Some(Job::Begun { pid, .. }) if *pid == Some(gone));
        (kind == Kind::WorkerExit && was_in_it).then_some(job)
    }

    /// Returns what was known of a job, and makes it `next`.
    fn becomes(&mut self, job: u64, next: Job) -> Result<Option<Job>, Breach> {
        let before = self.known.insert(job, next);
        let is_old = self.queued_from.is_none_or(|lowest| job < lowest);
        ensure(before.is_some() || is_old, "a job is queued first", "JobQueued of this job")?;
        ensure(before != Some(Job::Done), "nothing happens to a job that is answered", "no event")?;
        Ok(before)
    }

    fn queue(&mut self, job: u64, track: &Track) -> Verdict {
        // Numbers are given in order, and this one after the track's last event. So whatever got a
        // higher one got it in this recording too, and was queued in it.
        if track.is_seen {
            self.queued_from = Some(self.queued_from.map_or(job, |lowest| lowest.min(job)));
        }
        let before = self.known.insert(job, Job::Queued);
        ensure(before.is_none(), "a job is queued once, before all else", "another number")
    }

    fn send(&mut self, job: u64, workers: &Workers) -> Verdict {
        let before = self.becomes(job, Job::Sent { reaped: workers.reaped() })?;
        let may_send = match before {
            None | Some(Job::Queued) => true,
            Some(before) => lost_its_worker(before, workers),
        };
        ensure(may_send, "a job is sent once, unless its worker is gone", "WorkerExit first")
    }

    fn finish(&mut self, job: u64, workers: &Workers) -> Verdict {
        let may_end = match self.becomes(job, Job::Done)? {
            None | Some(Job::Queued | Job::Ran | Job::Here) => true,
            Some(before) => lost_its_worker(before, workers),
        };
        ensure(
            may_end,
            "a job that has begun is answered when it is over, or its worker is gone",
            "ThreadJobEnd, FrameReceive or WorkerExit first",
        )
    }
}

/// Tells whether the worker that a job was given to is reaped, as far as is known.
fn lost_its_worker(job: Job, workers: &Workers) -> bool {
    match job {
        Job::Sent { reaped } => workers.reaped() > reaped,
        Job::Begun { reaped, pid } | Job::Ended { reaped, pid } => match pid {
            Some(pid) => workers.has_reaped(pid),
            None => workers.reaped() > reaped,
        },
        _ => false,
    }
}
