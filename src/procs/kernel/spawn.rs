//! The parent's side of a start: from a slot without a worker to a socket with a process behind it.
//!
//! # The life of one start
//!
//! 1. A socket pair is made. The greeting, with the slot's ring, goes into it before there is
//!    anybody to read it: so the new process finds it, or knows that it is no worker.
//! 2. The process is forked and becomes this same program; see [`process`].
//! 3. `WorkerSpawn` is recorded, and then the Start frame goes out. The worker records nothing
//!    before it has read that, so no event of a worker is older than its start.
//!
//! # Why fork and exec
//!
//! A fork alone would be faster, and would copy a program with all its threads but one missing;
//! [`process`] says what that breaks. CPython changed its default away from it in 3.14. Between the
//! fork and the exec nothing of the program runs, so nothing of what is in its buffers is written
//! twice, and nobody has to flush them.
//!
//! Read next: [`worker`](super::worker).

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;

use super::child::{VARIABLE, greeting};
use super::frame::{FrameKind, Header, PAYLOAD_LEN_MAX, draft, seal, whole};
use super::wire::{Wire, Writer};
use crate::procs::call::Target;
use crate::procs::call::image::{Image, identity};
use crate::sys::channel::Channel;
use crate::sys::pidfd::Pidfd;
use crate::sys::process::{self, Plan};
use crate::trace::{self, Kind, Ring};

/// How a pool's workers come to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartMethod {
    /// Fork, and exec the same program: a worker begins with an empty memory.
    #[default]
    Spawn,
}

/// What every worker of a pool is started with.
#[derive(Debug)]
pub(crate) struct Starter {
    program: File,
    identity: String,
    initializer: Option<Initializer>,
    method: StartMethod,
}

/// What a worker runs before its first job.
#[derive(Clone, Debug)]
pub(crate) struct Initializer {
    target: Target,
    /// Encoded.
    argument: Vec<u8>,
}

impl Initializer {
    /// Writes down a function that takes nothing.
    pub(crate) fn plain(function: fn()) -> Result<Self, String> {
        Ok(Self { target: Target::of_plain(function)?, argument: Vec::new() })
    }

    /// Writes down a function and its argument.
    pub(crate) fn with<A: Wire>(function: fn(A), argument: &A) -> Result<Self, String> {
        let mut encoded = Writer::new(&[], PAYLOAD_LEN_MAX);
        argument.encode(&mut encoded);
        Ok(Self { target: Target::of(function)?, argument: encoded.finish()? })
    }
}

/// A process that was started and has not said hello.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) pidfd: Pidfd,
    pub(super) channel: Channel,
    /// What it has to be told first.
    pub(super) start_frame: Vec<u8>,
}

impl Starter {
    /// Opens this program, so that its workers are the same one whatever happens to its file.
    pub(crate) fn new(method: StartMethod, initializer: Option<Initializer>) -> io::Result<Self> {
        // Read now and kept: a submit must not fail because descriptors are short at that moment.
        Image::own()?;
        let program = process::own_program()?;
        let identity = identity(&program)?;
        Ok(Self { program, identity, initializer, method })
    }

    /// Starts a worker for the slot that `ring` belongs to.
    pub(super) fn start(&self, slot: usize, ring: &Ring) -> io::Result<Started> {
        let start_frame = self.start_frame()?;
        let (ours, theirs) = Channel::pair()?;
        let token = format!("{:016x}", RandomState::new().hash_one(slot));
        let room = ring.room().expect("a slot's ring is a shared one");
        ours.send_descriptor(&greeting(&token), room.descriptor())?;
        ours.set_nonblocking()?;
        let variable = format!("{}:{}:{token}", std::process::id(), room.offset());
        let pid = match self.method {
            StartMethod::Spawn => {
                let plan = Plan::new(&self.program, theirs, (VARIABLE, &variable), regret())?;
                process::spawn(&plan)?
            }
        };
        let pidfd = Pidfd::open(pid).or_else(|error| {
            process::kill_unwatched(pid)?;
            Err(error)
        })?;
        // Only now: whatever is on record as started is also on record as reaped.
        trace::emit(Kind::WorkerSpawn, slot as u64, u64::from(pid));
        Ok(Started { pidfd, channel: ours, start_frame })
    }

    fn start_frame(&self) -> io::Result<Vec<u8>> {
        let mut payload = draft();
        match &self.initializer {
            None => 0_u8.encode(&mut payload),
            Some(Initializer { target, argument }) => {
                1_u8.encode(&mut payload);
                target.encode(&mut payload);
                payload.put_len(argument.len());
                payload.put(argument);
            }
        }
        payload.put(self.identity.as_bytes());
        let header = Header { kind: FrameKind::Start, flags: 0, job: 0 };
        seal(payload, header).map_err(io::Error::other)
    }
}

/// What a process says that could not become the program. Its exit code is the error's number.
fn regret() -> Vec<u8> {
    let header = Header { kind: FrameKind::Unfit, flags: 0, job: 0 };
    whole(header, b"the program could not be executed, and its exit code says why")
}
