//! An arm seen from outside: a process that is started, asked, measured and ended.
//!
//! It is our own program, or becomes a CPython (see [`python`]), which is asked the same and answers
//! the same. The process gets one end of a socket pair as its standard input, and a process group of
//! its own, so that Ctrl-C at the terminal reaches the conductor alone.
//!
//! # How it ends
//!
//! Dropping the `ArmProcess` kills the process and reaps it, and its own worker processes with it:
//! [`usage`]. If the conductor itself is killed, the arm's socket ends; an arm in the middle of a
//! round does not look at it, and is killed by the kernel.
//!
//! Read after [`conductor`](super::conductor).

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::time::Duration;

use super::conversation::{Question, Reply, Socket};
use super::python;
use super::usage::{self, Reading, Tree};
use lab_core::terms::{Contender, LabError, Outcome, Result};
use lab_core::work::arm::Setup;
use trainyard::sys::poll::{self, Interest};
use trainyard::sys::signal::Interrupts;
use trainyard::sys::{child, clock, limits};
use trainyard::trace::Recording;

/// What ends a wait early.
#[derive(Clone, Copy, Debug)]
pub struct Halt<'a> {
    pub interrupts: &'a Interrupts,
    /// How long an arm may be silent.
    pub silence_max: Duration,
}

/// A contender's process.
#[derive(Debug)]
pub(crate) struct ArmProcess {
    contender: Contender,
    tree: Tree,
    socket: Socket,
}

impl ArmProcess {
    /// Starts the contender's process, and waits until everything of it is up; returns how long that
    /// took in the arm itself. Fails if no process can be had, or the arm says why it cannot start.
    pub(crate) fn start(setup: Setup, halt: &Halt<'_>) -> Result<(Self, Duration)> {
        let mut arm = Self::spawn(&setup)?;
        let setup = if setup.python().is_some() { setup.spelled_out() } else { setup };
        match arm.ask(&Question::Start(Box::new(setup)), halt)? {
            Reply::Started { startup_ns } => {
                arm.tree.look();
                Ok((arm, Duration::from_nanos(startup_ns)))
            }
            other => Err(arm.unexpected(&other)),
        }
    }

    fn spawn(setup: &Setup) -> Result<Self> {
        let failed = |why| LabError::failed(setup.contender, why);
        let pair = UnixStream::pair().map_err(limits::of_call("socketpair"));
        let (ours, theirs) = pair.map_err(failed)?;
        let mut command = child::own_program();
        command.arg("__arm").arg(std::process::id().to_string());
        if let Some(python) = setup.python() {
            let Contender { workload, model, .. } = setup.contender;
            let script = python::script(workload, model).unwrap_or_default();
            command.arg(python::ARM_WORD).arg(&python.path).arg(script);
        }
        command.stdin(Stdio::from(OwnedFd::from(theirs))).stdout(Stdio::null()).process_group(0);
        let tree = Tree::of(child::start(&mut command).map_err(failed)?);
        Ok(Self { contender: setup.contender, tree, socket: Socket::new(ours) })
    }

    /// Asks for one round; after [`LabError::WorkerDied`], by the arm or a worker of it, the round may
    /// be repeated.
    pub(crate) fn round(&mut self, halt: &Halt<'_>) -> Result<Outcome> {
        match self.ask(&Question::Round, halt)? {
            Reply::Done(outcome) => Ok(outcome),
            other => Err(self.unexpected(&other)),
        }
    }

    /// Asks for one round on the record, and fails as [`round`](Self::round) does.
    pub(crate) fn record(&mut self, halt: &Halt<'_>) -> Result<Recording> {
        match self.ask(&Question::Record, halt)? {
            Reply::Recorded { bytes } => {
                let contender = self.contender;
                let wait = |socket: &UnixStream| halt.wait_for(socket, contender);
                self.socket.hear_recording(bytes, wait)?.ok_or_else(|| self.died())
            }
            other => Err(self.unexpected(&other)),
        }
    }

    pub(crate) fn usage(&self) -> Reading {
        usage::read(self.tree.child.id())
    }

    pub(crate) fn forget_peaks(&self) {
        usage::forget_peaks(self.tree.child.id());
    }

    fn ask(&mut self, question: &Question, halt: &Halt<'_>) -> Result<Reply> {
        // Only an arm that is gone cannot be asked, and that is the more useful thing to say.
        self.socket.say(question).map_err(|_| self.died())?;
        let named = |line: String| format!("{}: {line}", self.contender);
        match self.socket.hear(|socket| halt.wait_for(socket, self.contender))? {
            Some(Reply::Failed(LabError::Failed(line))) => Err(LabError::Failed(named(line))),
            Some(Reply::Failed(LabError::WorkerDied(line))) => {
                Err(LabError::WorkerDied(named(line)))
            }
            Some(Reply::Failed(other)) => Err(other),
            Some(reply) => Ok(reply),
            None => Err(self.died()),
        }
    }

    fn died(&mut self) -> LabError {
        // Its socket is closed, so it is ending, or should be.
        let child = &mut self.tree.child;
        drop(child.kill());
        let how = child.wait().map_or_else(|why| why.to_string(), |status| status.to_string());
        let (who, pid) = (self.contender, child.id());
        LabError::WorkerDied(format!("{who}: its process {pid} ended ({how})"))
    }

    fn unexpected(&self, reply: &Reply) -> LabError {
        LabError::failed(self.contender, format!("it answered something else: {reply:?}"))
    }
}

impl Halt<'_> {
    /// Sleeps until `socket`, the one of `contender`, has something to read.
    fn wait_for(&self, socket: &UnixStream, contender: Contender) -> Result<()> {
        let deadline_ns = clock::deadline_ns(self.silence_max);
        loop {
            let left = Duration::from_nanos(deadline_ns.saturating_sub(clock::now_ns()));
            let sources =
                [(socket.as_fd(), Interest::Read), (self.interrupts.as_fd(), Interest::Read)];
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
