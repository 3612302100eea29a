//! The worker's side: what a process does when it finds that it is one.
//!
//! # The life of one worker
//!
//! ```text
//!  exec --(1)--> recognised --(2)--> hello --(3)--> ready --(4)--> idle <--(5)--> running
//!                    |                  |              |             |
//!                    +------------------+--(6) unfit --+             +--(7)--> gone
//! ```
//!
//! 1. The program's `main` calls [`enter_if_worker`] first. An environment variable names the
//!    greeting that the parent has left in descriptor 3, together with the worker's ring.
//! 2. The Start frame says which program the parent is. It is this one: the worker says so.
//! 3. It runs the pool's initializer.
//! 4. It reads the next job, and sleeps while there is none.
//! 5. It runs the job in its one thread and sends the answer.
//! 6. It is another program, or the initializer panicked: it says why and leaves.
//! 7. Its parent has closed the socket or is gone: it leaves.
//!
//! # Invariants
//!
//! - **CHILD-1** A worker never returns into `main`, and leaves by `_exit`: exit handlers and
//!   destructors of statics are the program's, and would run once for each worker.
//! - **CHILD-2** A worker outlives its parent by the length of its job at most: it ends at the end
//!   of its socket, which no other process holds. That the kernel kills it in the middle of a job
//!   as well is the belt to these braces.
//! - **CHILD-3** `WorkerJobBegin` is in the ring before the job's function is called; so a job of a
//!   dead worker whose beginning is not in its ring has not run.
//!
//! Read next: [`spawn`](super::spawn).

use std::io::{self, IoSlice, Write};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};

use super::frame::{ARMED, Frame, FrameKind, Header, seal, whole};
use super::slot::RING_CAPACITY;
use super::stream::{Broken, FrameReader};
use super::wire::{Reader, Wire};
use crate::procs::call::image::identity;
use crate::procs::call::{Outcome, Target};
use crate::sys::channel::Channel;
use crate::sys::memory::SharedWords;
use crate::sys::{Why, blocking, process, ticks};
use crate::trace::ring::words_of;
use crate::trace::{self, Kind, Ring};

/// The environment variable that tells a process to look for a greeting: `PARENT:OFFSET:TOKEN`.
/// The offset is where the worker's ring begins in what the greeting brings.
pub(crate) const VARIABLE: &str = "TRAINYARD_WORKER";

/// Says that the bytes after it are a token of ours.
const GREETING: &[u8] = b"trainyard worker ";

/// How a worker leaves that is fit no more. 70 is `EX_SOFTWARE` of `sysexits.h`.
const UNFIT: i32 = 70;

static IS_WORKER: AtomicBool = AtomicBool::new(false);

/// Returns what the parent leaves in the socket for a worker that was given `token`.
pub(crate) fn greeting(token: &str) -> Vec<u8> {
    [GREETING, token.as_bytes()].concat()
}

/// Becomes a worker and never returns, if this process was started to be one.
pub(crate) fn enter_if_worker() {
    // A process that a worker's job starts inherits the variable, but finds no greeting.
    let Ok(variable) = std::env::var(VARIABLE) else { return };
    let mut fields = variable.splitn(3, ':');
    let mut number = || fields.next()?.parse::<u64>().ok();
    let Some((parent, offset)) = number().zip(number()) else { return };
    let Some(token) = fields.next() else { return };
    let code = match Channel::inherited(process::SOCKET_NUMBER, &greeting(token)) {
        Ok(None) => return,
        Ok(Some((channel, ring))) => live(channel, (ring, offset), parent),
        Err(_) => UNFIT,
    };
    // INVARIANT: [CHILD-1]
    process::exit_now(code)
}

/// Tells whether this process is a worker.
pub(crate) fn is_worker() -> bool {
    // ORDER: Relaxed; a flag that publishes nothing else.
    IS_WORKER.load(Ordering::Relaxed)
}

/// The worker's life, up to its exit code.
fn live(channel: Channel, ring: (OwnedFd, u64), parent: u64) -> i32 {
    // ORDER: Relaxed; see `is_worker`.
    IS_WORKER.store(true, Ordering::Relaxed);
    let mut worker = Worker { channel, reader: FrameReader::new() };
    // A panic of this module must not reach `main` either.
    let lived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        worker.begin(ring, parent).and_then(|()| worker.work())
    }));
    match lived {
        Ok(Ok(()) | Err(Leave::ParentGone)) => 0,
        Ok(Err(Leave::Unfit(reason))) => {
            let header = Header { kind: FrameKind::Unfit, flags: 0, job: 0 };
            // If the parent cannot be told, the exit code still says that something was wrong.
            worker.send(&whole(header, reason.as_bytes())).map_or(UNFIT, |()| UNFIT)
        }
        Err(_) => UNFIT,
    }
}

/// Why a worker ends.
enum Leave {
    ParentGone,
    Unfit(String),
}

impl From<io::Error> for Leave {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => Self::ParentGone,
            _ => Self::Unfit(error.to_string()),
        }
    }
}

struct Worker {
    channel: Channel,
    reader: FrameReader,
}

impl Worker {
    /// Arrows 2 and 3: compares programs and runs the initializer.
    fn begin(&mut self, ring: (OwnedFd, u64), parent: u64) -> Result<(), Leave> {
        // INVARIANT: [CHILD-2] the parent that ended before the first line is noticed by the
        // second, and one that ends after it by the kernel.
        process::die_with_parent()?;
        if u64::from(process::parent_pid()) != parent {
            return Err(Leave::ParentGone);
        }
        process::set_name(c"trainyard-work")?;
        let words = match ring {
            (memory, 0) => SharedWords::open(memory)?,
            // A trace file begins with what it is about, so no ring of one is at its begin.
            (file, offset) => SharedWords::of_file(file, offset, words_of(RING_CAPACITY))?,
        };
        trace::write_into(Ring::open_shared(words)?);
        // INVARIANT: [TICKS-1] an initializer may take away what this is known by.
        ticks::find_out();
        let start = self.receive()?.filter(|frame| frame.header.kind == FrameKind::Start);
        let start = start.ok_or(Leave::ParentGone)?;
        let mut fields = Reader::new(&start.payload);
        let broken = |error| Leave::Unfit(format!("the start frame does not decode: {error}"));
        let initializer = if u8::decode(&mut fields).map_err(broken)? == 0 {
            None
        } else {
            let target = Target::decode(&mut fields).map_err(broken)?;
            let len = fields.take_len().map_err(broken)?;
            Some((target, fields.take(len).map_err(broken)?))
        };
        let ours = identity(&process::own_program()?)?;
        let theirs = fields.take(fields.remaining()).map_err(broken)?;
        if ours.as_bytes() != theirs {
            let theirs = String::from_utf8_lossy(theirs);
            return Err(Leave::Unfit(format!("its program is {ours}, its parent's is {theirs}")));
        }
        self.say(FrameKind::Hello)?;
        if let Some((function, argument)) = initializer {
            initialize(function, argument).map_err(Leave::Unfit)?;
        }
        self.say(FrameKind::Ready)
    }

    /// Arrows 4, 5 and 7: runs jobs until there can be no more.
    fn work(&mut self) -> Result<(), Leave> {
        let pid = u64::from(std::process::id());
        loop {
            trace::record(Kind::WorkerIdle, pid, 0);
            let Some(frame) = self.receive()? else { return Ok(()) };
            if frame.header.kind != FrameKind::Job {
                return Err(Leave::Unfit(format!("it was sent a {:?}", frame.header.kind)));
            }
            let answer = run(&frame);
            // A job that prints has printed when its answer arrives. A stdout that is gone is the
            // job's business, and it was told if it looked.
            drop(io::stdout().flush());
            // STEP: send-result
            self.send(&answer)?;
        }
    }

    /// Sleeps until the next frame is here; `None` is the end of the socket.
    fn receive(&mut self) -> Result<Option<Frame>, Leave> {
        blocking(Why::Io, || self.reader.next(&self.channel)).map_err(|broken| match broken {
            Broken::Call(error) => error.into(),
            Broken::Truncated => Leave::ParentGone,
            Broken::Bad(bad) => Leave::Unfit(format!("it was sent {bad}")),
        })
    }

    fn say(&self, kind: FrameKind) -> Result<(), Leave> {
        Ok(self.send(&whole(Header { kind, flags: 0, job: 0 }, &[]))?)
    }

    /// Sends all of `bytes`; sleeps while the parent has no room for them.
    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let len = blocking(Why::Io, || self.channel.send(&[IoSlice::new(rest)]))?;
            rest = rest.get(len..).unwrap_or_default();
        }
        Ok(())
    }
}

fn initialize(function: Target, argument: &[u8]) -> Result<(), String> {
    let failed = |reason| format!("its initializer failed: {reason}");
    match function.resolve().map_err(failed)?.run(argument) {
        Outcome::Answer(_) => Ok(()),
        Outcome::Panicked(text) => Err(format!("its initializer panicked: {text}")),
        Outcome::Refused(reason) => Err(failed(reason)),
    }
}

/// Runs one job and returns the frame that answers it.
fn run(frame: &Frame) -> Vec<u8> {
    let Frame { header, payload } = frame;
    trace::set_armed(header.flags & ARMED != 0);
    // INVARIANT: [CHILD-3] before the call.
    trace::record(Kind::WorkerJobBegin, header.job, payload.len() as u64);
    let mut input = Reader::new(payload);
    let outcome = Target::decode(&mut input)
        .map_err(|error| error.to_string())
        .and_then(Target::resolve)
        .map_or_else(Outcome::Refused, |call| {
            call.run(input.take(input.remaining()).unwrap_or_default())
        });
    let answer = |kind| Header { kind, flags: 0, job: header.job };
    let answer = match outcome {
        Outcome::Answer(payload) => {
            seal(payload, answer(FrameKind::Answer)).unwrap_or_else(|why| {
                whole(answer(FrameKind::Refused), format!("its answer: {why}").as_bytes())
            })
        }
        Outcome::Panicked(text) => whole(answer(FrameKind::Panicked), text.as_bytes()),
        Outcome::Refused(why) => whole(answer(FrameKind::Refused), why.as_bytes()),
    };
    trace::record(Kind::WorkerJobEnd, header.job, answer.len() as u64);
    answer
}
