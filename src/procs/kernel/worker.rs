//! One live worker, as its parent sees it.
//!
//! # The life of one worker
//!
//! ```text
//!           hello             ready
//!  Starting ------> Preparing ------> Ready ---+
//!      |                |               |      | jobs go out, answers come in
//!      +----------------+---------------+ <----+
//!                       | its socket or its process ends
//!                       v
//!                 read to the end, reaped: what is left is buried by the supervisor
//! ```
//!
//! # Invariants
//!
//! - **WORKER-1** The parent never sleeps on a worker: its end of the socket is non-blocking, and
//!   bytes that find no room wait here.
//! - **WORKER-2** The worker answers jobs in the order in which they were sent. So an answer is for
//!   the first job of `running`, or it breaks the protocol.
//! - **WORKER-3** The bytes of a job are kept until its answer is here, so that it can be sent to
//!   another worker.
//!
//! Read next: [`slot`](super::slot).

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use super::frame::{ARMED, Frame, FrameKind, set_flags};
use super::job::Job;
use super::spawn::Started;
use super::stream::{Broken, FrameReader};
use crate::handle::{JobError, JobId};
use crate::sys::channel::Channel;
use crate::sys::pidfd::{Pidfd, Signal};
use crate::sys::poll::Interest;
use crate::trace::{self, Kind};

/// The kernel's limit for one call (`UIO_MAXIOV`); more is `EMSGSIZE`.
const SLICES_MAX: usize = 1024;

/// How far a worker has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It has to say hello in time.
    Starting { until_ns: u64 },
    /// It runs the initializer, which takes as long as it takes.
    Preparing,
    /// It may get jobs.
    Ready,
}

/// Why we end a worker that would go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It sent something that is no answer.
    Protocol(String),
    /// Its job ran too long.
    Deadline,
    /// It did not say hello in time.
    Silent,
    /// The pool ends, and its job does not.
    Shutdown,
}

/// A job that was given to the worker.
struct Running {
    job: Job,
    /// How much of it is in the socket.
    sent_len: usize,
    until_ns: Option<u64>,
}

/// A worker and what is under way with it.
pub(super) struct Worker {
    pub(super) pidfd: Pidfd,
    channel: Channel,
    reader: FrameReader,
    start_frame: Vec<u8>,
    running: VecDeque<Running>,
    pub(super) stage: Stage,
    pub(super) ending: Option<Ending>,
    /// What the worker says is wrong with it.
    pub(super) unfit: Option<String>,
    /// When a worker that was asked to end is killed.
    kill_at_ns: Option<u64>,
    /// Whether something may still come out of its socket.
    is_listened_to: bool,
    /// Whether it has closed the end that it reads from.
    is_deaf: bool,
    is_dismissed: bool,
}

impl Worker {
    pub(super) fn new(started: Started, until_ns: u64) -> Self {
        let Started { pidfd, channel, start_frame } = started;
        Self {
            pidfd,
            channel,
            reader: FrameReader::new(),
            start_frame,
            running: VecDeque::new(),
            stage: Stage::Starting { until_ns },
            ending: None,
            unfit: None,
            kill_at_ns: None,
            is_listened_to: true,
            is_deaf: false,
            is_dismissed: false,
        }
    }

    pub(super) fn pid(&self) -> u32 {
        self.pidfd.pid()
    }

    /// Tells how many jobs are with the worker; `None` if it may get no more.
    pub(super) fn load(&self) -> Option<usize> {
        let takes_jobs = self.ending.is_none() && self.is_listened_to && !self.is_deaf;
        (self.stage == Stage::Ready && takes_jobs).then_some(self.running.len())
    }

    pub(super) fn is_busy(&self) -> bool {
        !self.running.is_empty()
    }

    /// What to poll: the process, and the socket as long as something can come out of it.
    pub(super) fn descriptors(&self) -> impl Iterator<Item = (BorrowedFd<'_>, Interest)> {
        let interest = if self.has_unsent() { Interest::ReadWrite } else { Interest::Read };
        let socket = self.is_listened_to.then(|| (self.channel.as_fd(), interest));
        std::iter::once((self.pidfd.as_fd(), Interest::Read)).chain(socket)
    }

    /// The next moment at which [`enforce`](Self::enforce) has something to do.
    pub(super) fn next_deadline_ns(&self) -> Option<u64> {
        if self.ending.is_some() {
            return self.kill_at_ns;
        }
        match self.stage {
            Stage::Starting { until_ns } => Some(until_ns),
            _ => self.running.front().and_then(|running| running.until_ns),
        }
    }

    /// Ends a worker whose time is over: asks first, and kills it when the grace is over too.
    pub(super) fn enforce(&mut self, now_ns: u64, grace: Duration) {
        if self.next_deadline_ns().is_none_or(|deadline_ns| now_ns < deadline_ns) {
            return;
        }
        match (&self.ending, self.stage) {
            (Some(_), _) => self.kill(),
            (None, Stage::Starting { .. }) => self.end(Ending::Silent, now_ns, grace),
            (None, _) => self.end(Ending::Deadline, now_ns, grace),
        }
    }

    /// Asks the worker to end, and lets `grace` pass before it is killed.
    pub(super) fn end(&mut self, why: Ending, now_ns: u64, grace: Duration) {
        if self.ending.is_none() {
            self.ending = Some(why);
            self.kill_at_ns = Some(after(now_ns, grace));
            // A process that is gone does not mind; see `Pidfd::signal`.
            drop(self.pidfd.signal(Signal::Terminate));
        }
    }

    /// Ends the worker at once, because of what it sent; what it sends after that is not heard.
    fn condemn(&mut self, reason: String) {
        self.ending.get_or_insert(Ending::Protocol(reason));
        self.hang_up();
    }

    /// Kills the worker.
    pub(super) fn kill(&mut self) {
        self.kill_at_ns = None;
        drop(self.pidfd.signal(Signal::Kill));
    }

    /// Sends the worker home: it leaves when it has answered the jobs it has.
    pub(super) fn dismiss(&mut self) {
        self.is_dismissed = true;
        self.send();
    }

    /// Gives the worker a job; [`send`](Self::send) puts it on its way.
    pub(super) fn take_on(&mut self, mut job: Job, now_ns: u64) {
        let flags = if trace::is_armed() { ARMED } else { 0 };
        set_flags(&mut job.frame, flags);
        trace::emit(Kind::FrameSend, job.id.0, job.frame.len() as u64);
        let mut running = Running { job, sent_len: 0, until_ns: None };
        if self.running.is_empty() {
            running.begins(now_ns);
        }
        self.running.push_back(running);
    }

    fn has_unsent(&self) -> bool {
        let last = self.running.back();
        let has_unsent = last.is_some_and(|last| !last.unsent().is_empty());
        !self.is_deaf && (has_unsent || !self.start_frame.is_empty())
    }

    /// Sends what there is room for, everything that waits in one system call.
    pub(super) fn send(&mut self) {
        while self.has_unsent() {
            let jobs = self.running.iter().map(Running::unsent);
            let unsent = std::iter::once(self.start_frame.as_slice()).chain(jobs);
            let unsent = unsent.filter(|unsent| !unsent.is_empty()).take(SLICES_MAX);
            let slices: Vec<IoSlice<'_>> = unsent.map(IoSlice::new).collect();
            match self.channel.send(&slices) {
                Ok(len) => self.note_sent(len),
                // INVARIANT: [WORKER-1] the rest waits for room.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // It reads no more, so it is of no use. What it has said is still to be heard.
                Err(_) => {
                    self.is_deaf = true;
                    return self.kill();
                }
            }
        }
        if self.is_dismissed {
            // An end that is gone already needs no telling.
            drop(self.channel.finish_sending());
        }
    }

    fn note_sent(&mut self, mut len: usize) {
        let start_len = len.min(self.start_frame.len());
        self.start_frame.drain(..start_len);
        len -= start_len;
        for running in &mut self.running {
            let part = len.min(running.unsent().len());
            running.sent_len += part;
            len -= part;
        }
    }

    /// Nothing more can come: the worker is at its end, even if its process does not know it yet.
    fn hang_up(&mut self) {
        self.is_listened_to = false;
        self.kill();
    }

    /// Takes in what the worker has sent, until there is no more for the moment.
    pub(super) fn receive(&mut self, now_ns: u64) {
        while self.is_listened_to {
            match self.reader.next(&self.channel) {
                Ok(Some(frame)) => self.take_in(frame, now_ns),
                Ok(None) | Err(Broken::Truncated) => self.hang_up(),
                Err(Broken::Call(error)) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(Broken::Call(error)) => self.condemn(error.to_string()),
                Err(Broken::Bad(bad)) => self.condemn(format!("it sent {bad}")),
            }
        }
    }

    fn take_in(&mut self, frame: Frame, now_ns: u64) {
        match (frame.header.kind, self.stage) {
            (FrameKind::Hello, Stage::Starting { .. }) => self.stage = Stage::Preparing,
            (FrameKind::Ready, Stage::Preparing) => self.stage = Stage::Ready,
            (FrameKind::Unfit, _) => {
                self.unfit = Some(String::from_utf8_lossy(&frame.payload).into_owned());
            }
            (FrameKind::Answer | FrameKind::Panicked | FrameKind::Refused, Stage::Ready) => {
                self.take_answer(frame, now_ns);
            }
            (kind, stage) => self.condemn(format!("it sent {kind:?} while {stage:?}")),
        }
    }

    fn take_answer(&mut self, Frame { header, payload }: Frame, now_ns: u64) {
        // INVARIANT: [WORKER-2]
        let Some(done) = self.running.pop_front_if(|first| first.is_answered_by(header.job)) else {
            return self.condemn(format!("it answered job {}, which it does not have", header.job));
        };
        trace::emit(Kind::FrameReceive, header.job, payload.len() as u64);
        if let Some(next) = self.running.front_mut() {
            next.begins(now_ns);
        }
        let text = || String::from_utf8_lossy(&payload).into_owned();
        done.job.finish(match header.kind {
            FrameKind::Panicked => Err(JobError::panicked(Box::new(text()))),
            FrameKind::Refused => Err(JobError::Refused { reason: text() }),
            _ => Ok(&payload),
        });
    }

    /// Takes apart a worker that has ended: its process, and the jobs that it has not answered.
    pub(super) fn into_remains(self) -> (Pidfd, VecDeque<Job>) {
        (self.pidfd, self.running.into_iter().map(|running| running.job).collect())
    }
}

impl Running {
    /// The jobs before this one are answered: the worker runs it from now on.
    fn begins(&mut self, now_ns: u64) {
        self.until_ns = self.job.deadline.map(|deadline| after(now_ns, deadline));
    }

    /// The part of its bytes that is not in the socket.
    fn unsent(&self) -> &[u8] {
        &self.job.frame[self.sent_len..]
    }

    fn is_answered_by(&self, job: u64) -> bool {
        self.job.id == JobId(job) && self.unsent().is_empty()
    }
}

/// Returns the moment `wait` after `now_ns`.
pub(super) fn after(now_ns: u64, wait: Duration) -> u64 {
    now_ns.saturating_add(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX))
}
