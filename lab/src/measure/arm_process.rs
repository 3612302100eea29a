//! An arm seen from outside: a process that is started, asked, measured and ended.
//!
//! It is our own program, or becomes a CPython (see [`python`]), which is asked the same and answers
//! the same. The process gets one end of a socket pair as its standard input, and a process group of
//! its own, so that Ctrl-C at the terminal reaches the conductor alone.
//!
//! # How it ends
//!
//! Dropping the [`ArmProcess`] kills the process and reaps it. Its own worker processes are killed
//! with it, by the kernel, and become the conductor's: it reaps them too, so that none is left as
//! a zombie where nobody else would ever look. If the conductor itself is killed, the arm's socket
//! ends; an arm in the middle of a round does not look at it, and is killed by the kernel.
//!
//! Read after [`conductor`](super::conductor).

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::Duration;

use super::conversation::{Question, Reply, Socket};
use super::python;
use super::usage::{self, Reading};
use lab_core::terms::{Contender, LabError, Outcome, Result};
use lab_core::work::arm::Setup;
use trainyard::sys::poll::{self, Interest};
use trainyard::sys::signal::Interrupts;
use trainyard::sys::{child, clock, limits, process};
use trainyard::trace::Recording;

/// What ends a wait early.
#[derive(Clone, Copy, Debug)]
pub struct Halt<'a> {
    /// Ctrl-C.
    pub interrupts: &'a Interrupts,
    /// How long an arm may be silent.
    pub silence_max: Duration,
}

/// A contender's process.
#[derive(Debug)]
pub struct ArmProcess {
    contender: Contender,
    child: Child,
    socket: Socket,
    /// Its own processes, as they were when it had started.
    workers: Vec<u32>,
}

impl ArmProcess {
    /// Starts the contender's process, and waits until everything of it is up; returns
    /// how long that took in the arm itself.
    ///
    /// # Errors
    ///
    /// Fails if no process can be had, or the arm says why it cannot start.
    pub fn start(setup: Setup, halt: &Halt<'_>) -> Result<(Self, Duration)> {
        let mut arm = Self::spawn(&setup)?;
        let setup = if setup.python().is_some() { setup.spelled_out() } else { setup };
        match arm.ask(&Question::Start(Box::new(setup)), halt)? {
            Reply::Started { startup_ns } => {
                arm.workers = arm.list_workers();
                Ok((arm, Duration::from_nanos(startup_ns)))
            }
            other => Err(arm.unexpected(&other)),
        }
    }

    fn spawn(setup: &Setup) -> Result<Self> {
        let failed = |why| LabError::failed(setup.contender, why);
        let pair = UnixStream::pair().map_err(limits::of_call("socketpair"));
        let (ours, theirs) = pair.map_err(failed)?;
        // Before the start: a child is ended by the `Self` that has it, so nothing may fail between.
        let socket = Socket::new(ours).map_err(failed)?;
        let mut command = child::own_program();
        command.arg("__arm").arg(std::process::id().to_string());
        if let Some(python) = setup.python() {
            let Contender { workload, model, .. } = setup.contender;
            let script = python::script(workload, model).unwrap_or_default();
            command.arg(python::ARM_WORD).arg(&python.path).arg(script);
        }
        command.stdin(Stdio::from(OwnedFd::from(theirs))).stdout(Stdio::null()).process_group(0);
        let child = child::start(&mut command).map_err(failed)?;
        Ok(Self { contender: setup.contender, child, socket, workers: Vec::new() })
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
        match self.ask(&Question::Round, halt)? {
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
        match self.ask(&Question::Record, halt)? {
            Reply::Recorded { bytes } => {
                let contender = self.contender;
                let wait = |socket: BorrowedFd<'_>| halt.wait_for(socket, contender);
                self.socket.hear_recording(bytes, wait)?.ok_or_else(|| self.died())
            }
            other => Err(self.unexpected(&other)),
        }
    }

    /// Reads the accounts of the arm and its workers.
    pub fn usage(&self) -> Reading {
        usage::read(self.pid())
    }

    /// Forgets how large the arm and its workers have been.
    pub fn forget_peaks(&self) {
        usage::forget_peaks(self.pid());
    }

    fn list_workers(&self) -> Vec<u32> {
        usage::tree(self.pid()).split_off(1)
    }

    /// Asks, and waits for the answer.
    fn ask(&mut self, question: &Question, halt: &Halt<'_>) -> Result<Reply> {
        // Only an arm that is gone cannot be asked, and that is the more useful thing to say.
        self.socket.say(question).map_err(|_| self.died())?;
        let contender = self.contender;
        match self.socket.hear_within(|socket| halt.wait_for(socket, contender))? {
            Some(Reply::Failed(error)) => Err(self.in_its_name(error)),
            Some(reply) => Ok(reply),
            None => Err(self.died()),
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

impl Halt<'_> {
    /// Sleeps until `socket`, the one of `contender`, has something to read.
    fn wait_for(&self, socket: BorrowedFd<'_>, contender: Contender) -> Result<()> {
        let deadline_ns = clock::deadline_ns(self.silence_max);
        loop {
            let left = Duration::from_nanos(deadline_ns.saturating_sub(clock::now_ns()));
            let sources = [(socket, Interest::Read), (self.interrupts.as_fd(), Interest::Read)];
            let ready = poll::wait(&sources, Some(left))
                .map_err(|why| LabError::failed("the conductor", why))?;
            if ready[1] && self.interrupts.take() {
                return Err(LabError::Interrupted);
            }
            if ready[0] {
                return Ok(());
            }
            if left.is_zero() {
                let seconds = self.silence_max.as_secs();
                let silence = format!("it was silent for {seconds} s and was ended");
                return Err(LabError::failed(contender, silence));
            }
        }
    }
}

impl Drop for ArmProcess {
    fn drop(&mut self) {
        // Empty if it was killed by somebody else; then the older list holds.
        let workers = self.list_workers();
        // Errors mean that it has ended and was reaped.
        drop(self.child.kill());
        drop(self.child.wait());
        for worker in workers.iter().chain(&self.workers) {
            // An error means that it was reaped, by the arm or a line above.
            drop(process::kill_unwatched(*worker));
        }
    }
}
