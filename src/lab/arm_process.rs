//! An arm seen from outside: a process that is started, asked, measured and ended.
//!
//! The process gets one end of a socket pair as its standard input, and a process group of its
//! own, so that Ctrl-C at the terminal reaches the conductor alone. It is killed and reaped when
//! the [`ArmProcess`] is dropped, with everything in its group; its own worker processes see the
//! end of their sockets and leave.
//!
//! Read after [`conductor`](super::conductor).

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::arm::Setup;
use super::contender::Contender;
use super::conversation::{Question, Reply, Socket};
use super::sample::Outcome;
use super::usage::{self, Reading};
use super::{LabError, Result};
use crate::sys::clock;
use crate::sys::poll::{self, Interest};
use crate::sys::signal::Interrupts;
use crate::trace::Recording;

/// How long an arm may be silent. The slowest preset's sequential round, `fib(35)` twenty times,
/// takes half a minute on a slow machine; this is ten times that.
const SILENCE_MAX: Duration = Duration::from_mins(5);

/// What ends a wait early.
#[derive(Debug)]
pub struct Halt<'a> {
    /// Ctrl-C.
    pub interrupts: &'a Interrupts,
}

/// A contender's process.
#[derive(Debug)]
pub struct ArmProcess {
    contender: Contender,
    child: Child,
    socket: Socket,
}

impl ArmProcess {
    /// Starts the current program again as an arm, and waits until everything of it is up; returns
    /// how long that took in the arm itself.
    ///
    /// # Errors
    ///
    /// Fails if no process can be had, or the arm says why it cannot start.
    pub fn start(setup: Setup, halt: &Halt<'_>) -> Result<(Self, Duration)> {
        let contender = setup.contender;
        let mut arm = Self::spawn(&setup).map_err(|why| LabError::failed(contender, why))??;
        arm.socket.ask(&Question::Start(Box::new(setup)))?;
        match arm.reply(halt)? {
            Reply::Started { startup_ns } => Ok((arm, Duration::from_nanos(startup_ns))),
            other => Err(arm.unexpected(&other)),
        }
    }

    fn spawn(setup: &Setup) -> std::io::Result<Result<Self>> {
        let (ours, theirs) = UnixStream::pair()?;
        let child = Command::new(std::env::current_exe()?)
            .arg("__arm")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Socket::new(ours).map(|socket| Self { contender: setup.contender, child, socket }))
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks for one round.
    ///
    /// # Errors
    ///
    /// [`LabError::WorkerDied`] if the arm or a worker of it died: the round may be repeated.
    pub fn round(&mut self, halt: &Halt<'_>) -> Result<Outcome> {
        self.ask(&Question::Round)?;
        match self.reply(halt)? {
            Reply::Done(outcome) => Ok(outcome),
            other => Err(self.unexpected(&other)),
        }
    }

    /// Asks for one round on the record.
    ///
    /// # Errors
    ///
    /// As [`round`](Self::round).
    pub fn record(&mut self, halt: &Halt<'_>) -> Result<Recording> {
        self.ask(&Question::Record)?;
        match self.reply(halt)? {
            Reply::Recorded(header) => self.socket.read_recording(header),
            other => Err(self.unexpected(&other)),
        }
    }

    /// Reads the accounts of the arm and its workers.
    pub fn usage(&self) -> Reading {
        usage::read(self.pid())
    }

    /// Forgets the peaks of the start, and reads the accounts.
    pub fn settle(&self) -> Reading {
        usage::forget_peaks(self.pid());
        self.usage()
    }

    /// Tells whether the process has ended.
    pub fn is_gone(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    fn ask(&mut self, question: &Question) -> Result<()> {
        // A dead arm cannot be asked; that it died is the more useful thing to say.
        self.socket.ask(question).map_err(|error| match self.child.try_wait() {
            Ok(Some(_)) => self.died(),
            _ => error,
        })
    }

    /// Sleeps until the arm answers, Ctrl-C comes, or it was silent for too long.
    fn reply(&mut self, halt: &Halt<'_>) -> Result<Reply> {
        let asked_ns = clock::now_ns();
        loop {
            let waited = Duration::from_nanos(clock::now_ns() - asked_ns);
            let left = SILENCE_MAX.saturating_sub(waited);
            let sources =
                [(self.socket.as_fd(), Interest::Read), (halt.interrupts.as_fd(), Interest::Read)];
            let ready = poll::wait(&sources, Some(left))
                .map_err(|why| LabError::failed("the conductor", why))?;
            if ready[1] && halt.interrupts.take() {
                return Err(LabError::Interrupted);
            }
            if ready[0] {
                return match self.socket.next_reply()? {
                    Some(Reply::Failed(error)) => Err(self.in_its_name(error)),
                    Some(reply) => Ok(reply),
                    None => Err(self.died()),
                };
            }
            if left.is_zero() {
                let silence =
                    format!("it was silent for {} s and was ended", SILENCE_MAX.as_secs());
                return Err(LabError::failed(self.contender, silence));
            }
        }
    }

    fn in_its_name(&self, error: LabError) -> LabError {
        let named = |line: String| format!("{}: {line}", self.contender);
        match error {
            LabError::Failed(line) => LabError::Failed(named(line)),
            LabError::WorkerDied(line) => LabError::WorkerDied(named(line)),
            other => other,
        }
    }

    fn died(&mut self) -> LabError {
        // Its socket is closed, so it is ending, or should be.
        drop(self.child.kill());
        let how = self.child.wait().map_or_else(|why| why.to_string(), |status| status.to_string());
        let (who, pid) = (self.contender, self.pid());
        LabError::WorkerDied(format!("{who}: its process {pid} ended ({how})"))
    }

    fn unexpected(&self, reply: &Reply) -> LabError {
        LabError::failed(self.contender, format!("it answered something else: {reply:?}"))
    }
}

impl Drop for ArmProcess {
    fn drop(&mut self) {
        // Errors mean that it has ended and was reaped.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
