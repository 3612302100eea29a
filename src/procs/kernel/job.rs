//! A job as the supervisor sees it: bytes to send, and somebody who waits.
//!
//! What types the bytes have is known to both ends and not here; that is what keeps the supervisor
//! one piece of code and not one for each kind of job.
//!
//! Read next: [`worker`](super::worker).

use std::time::Duration;

use super::frame::{FrameKind, Header, draft, seal};
use super::wire::{Wire, decode};
use crate::handle::contained::contained;
use crate::handle::{JobError, JobHandle, JobId, Promise, Start, job};
use crate::procs::call::Target;

/// What may be asked for a single job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobOptions {
    /// How long it may run before its worker is ended; the time in the queue does not count.
    pub deadline: Option<Duration>,
}

impl JobOptions {
    /// Sets how long the job may run; see [`deadline`](Self::deadline).
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }
}

/// How often a job goes back to the queue because its worker died before it began.
///
/// A worker that is killed by chance in that moment is rare; a job whose very arrival kills workers
/// would otherwise kill them for ever.
const RETURNS_MAX: u8 = 3;

/// A job on its way.
pub(crate) struct Job {
    pub(super) id: JobId,
    // INVARIANT: [WORKER-3] it lives as long as the job.
    pub(super) frame: Vec<u8>,
    pub(super) deadline: Option<Duration>,
    returns: u8,
    answer: Box<dyn Answer>,
}

/// Whoever waits for the job, whatever type it waits for.
trait Answer: Send {
    fn start(&self) -> Start;
    fn give(self: Box<Self>, answer: Result<&[u8], JobError>);
}

impl<R: Wire + Send> Answer for Promise<R> {
    fn start(&self) -> Start {
        Self::start(self)
    }

    fn give(self: Box<Self>, answer: Result<&[u8], JobError>) {
        let answer = answer.and_then(|bytes| {
            decode(bytes).map_err(|error| {
                let reason = format!("its answer does not decode: {error}");
                JobError::Refused { reason }
            })
        });
        self.fulfil(answer);
    }
}

/// Makes a job of a function and its argument; the handle is the caller's.
///
/// If the job cannot be sent there is none, and its handle has the reason already.
pub(crate) fn prepare<A: Wire, R: Wire + Send + 'static>(
    function: fn(A) -> R,
    argument: &A,
    options: JobOptions,
) -> (Option<Job>, JobHandle<R>) {
    let (promise, handle) = job();
    let id = promise.id();
    let frame = Target::of(function).and_then(|target| {
        let mut payload = draft();
        target.encode(&mut payload);
        argument.encode(&mut payload);
        seal(payload, Header { kind: FrameKind::Job, flags: 0, job: id.0 })
            .map_err(|why| format!("its argument: {why}"))
    });
    match frame {
        Ok(frame) => {
            let answer = Box::new(promise);
            let job = Job { id, frame, deadline: options.deadline, returns: 0, answer };
            (Some(job), handle)
        }
        Err(reason) => {
            promise.fulfil(Err(JobError::Refused { reason }));
            (None, handle)
        }
    }
}

impl Job {
    /// Marks the job as started, unless its owner has cancelled it.
    pub(super) fn start(&self) -> Start {
        self.answer.start()
    }

    /// Counts a return to the queue, and tells whether it is allowed.
    pub(super) fn may_return(&mut self) -> bool {
        self.returns += 1;
        self.returns <= RETURNS_MAX
    }

    /// Gives the answer to whoever waits.
    ///
    /// Decoding it and being told of it is the user's code. If that panics, it is the user who
    /// hears of it, on stderr, and not the other jobs of the pool.
    pub(crate) fn finish(self, answer: Result<&[u8], JobError>) {
        contained(|| self.answer.give(answer));
    }
}
