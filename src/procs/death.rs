//! The end of a worker, and what can still be read of it.
//!
//! A worker writes its life into a ring in shared memory as it goes, so the last line is there
//! whatever it was that ended the process: a crash, the kernel's out-of-memory killer, `kill -9`.

use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

use crate::handle::JobId;
use crate::trace::Event;

/// The end of a worker that was not sent home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Death {
    /// The process.
    pub pid: u32,
    /// How it ended.
    pub status: ExitStatus,
    /// The job that it was running.
    pub job: Option<JobId>,
    /// When the pool noticed, on the clock that stamps events.
    pub noticed_ns: u64,
    /// The last event in its flight recorder.
    pub last_event: Option<Event>,
}

impl fmt::Display for Death {
    /// `worker 4711 ended (signal: 9 (SIGKILL)) before it answered job 12; its last event:
    /// WorkerJobBegin (job 12), 3.2ms before`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "worker {} ended ({}) ", self.pid, self.status)?;
        match self.job {
            Some(job) => write!(out, "before it answered job {job}")?,
            None => out.write_str("while it had no job")?,
        }
        let Some(event) = self.last_event else {
            return out.write_str("; it left no event");
        };
        write!(out, "; its last event: {}", event.kind.name())?;
        let (meaning, _) = event.kind.words();
        if !meaning.is_empty() {
            write!(out, " ({meaning} {})", event.a)?;
        }
        let before = Duration::from_nanos(self.noticed_ns.saturating_sub(event.time_ns));
        write!(out, ", {before:.1?} before")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;
    use crate::trace::Kind;

    fn event(kind: Kind, a: u64) -> Event {
        Event { time_ns: 1_000_000, track: 3, kind, cpu: 0, a, b: 40 }
    }

    #[track_caller]
    fn check(job: Option<u64>, last_event: Option<Event>, line: &str) {
        let status = ExitStatus::from_raw(9);
        let job = job.map(JobId);
        let death = Death { pid: 4711, status, job, noticed_ns: 4_200_000, last_event };
        assert_eq!(death.to_string(), line);
    }

    #[test]
    fn a_death_says_who_how_over_what_and_what_came_last() {
        check(
            Some(12),
            Some(event(Kind::WorkerJobBegin, 12)),
            "worker 4711 ended (signal: 9 (SIGKILL)) before it answered job 12; its last event: \
             WorkerJobBegin (job 12), 3.2ms before",
        );
        check(
            None,
            Some(event(Kind::WorkerIdle, 4711)),
            "worker 4711 ended (signal: 9 (SIGKILL)) while it had no job; its last event: \
             WorkerIdle (pid 4711), 3.2ms before",
        );
        check(
            None,
            None,
            "worker 4711 ended (signal: 9 (SIGKILL)) while it had no job; it left no event",
        );
    }
}
