//! Why a job has no answer.

use std::any::Any;
use std::fmt;
use std::process::ExitStatus;
use std::sync::Mutex;

use super::JobId;

/// What became of a job that did not return.
///
/// Both pools use this one type, so a program can move from threads to processes without
/// rewriting how it treats failures. New ways to fail may be added.
#[non_exhaustive]
pub enum JobError {
    /// The job was cancelled before it started.
    Cancelled,
    /// The job panicked.
    Panicked {
        /// The panic's text, if it had one.
        message: String,
        /// What the job panicked with; only the text crosses from another process.
        payload: Mutex<Box<dyn Any + Send>>,
    },
    /// The process that ran the job died before it answered.
    WorkerDied {
        /// The process.
        pid: u32,
        /// How it ended.
        status: ExitStatus,
        /// The job that it was running.
        job: JobId,
    },
    /// A process sent something that is no answer; it was ended.
    Protocol {
        /// The process.
        pid: u32,
        /// What is wrong with what it sent.
        reason: String,
    },
    /// The job ran longer than its deadline allows, and its process was ended.
    DeadlineExceeded,
    /// The job could not be sent, or its answer could not: too large, or not encodable.
    Refused {
        /// What is wrong with it.
        reason: String,
    },
    /// The pool can run no further jobs.
    PoolBroken {
        /// What broke it.
        reason: String,
    },
    /// The answer was not there in time; the job was cancelled, if it had not begun.
    TimedOut,
    /// The pool was shut down before the job ran.
    Shutdown,
    /// A job was to wait for another of its own pool, while every other worker of the pool waits
    /// likewise: none is left to run it. The job runs once a worker is free; its answer goes with the
    /// handle, which [`join_timeout`](super::JobHandle::join_timeout) would have kept.
    WouldDeadlock,
}

impl JobError {
    /// Makes the error of a job that panicked with `payload`.
    pub fn panicked(payload: Box<dyn Any + Send>) -> Self {
        let message = payload
            .downcast_ref::<&'static str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a value that is no text".to_owned());
        Self::Panicked { message, payload: Mutex::new(payload) }
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => write!(formatter, "the job was cancelled before it started"),
            Self::Panicked { message, .. } => write!(formatter, "the job panicked: {message}"),
            Self::WorkerDied { pid, status, job } => {
                write!(formatter, "worker {pid} ended ({status}) before it answered job {job}")
            }
            Self::Protocol { pid, reason } => {
                write!(formatter, "worker {pid} broke the protocol and was ended: {reason}")
            }
            Self::DeadlineExceeded => {
                write!(formatter, "the job ran past its deadline, and its worker was ended")
            }
            Self::Refused { reason } => write!(formatter, "the job was refused: {reason}"),
            Self::PoolBroken { reason } => write!(formatter, "the pool is broken: {reason}"),
            Self::TimedOut => write!(formatter, "the job was not done in time"),
            Self::Shutdown => write!(formatter, "the pool was shut down before the job ran"),
            Self::WouldDeadlock => write!(
                formatter,
                "every worker of the pool waits for a job of the same pool: none is left to run it"
            ),
        }
    }
}

impl fmt::Debug for JobError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "JobError({self})")
    }
}

impl std::error::Error for JobError {}
