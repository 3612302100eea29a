//! A contender's own process: what it is asked, and what it answers.
//!
//! Each contender, an *arm*, runs in a process of its own, so that its memory, processor time and
//! switches are nobody else's, and it can be killed. The conductor starts the process with a
//! socket as standard input, and asks for one round at a time.
//!
//! # The life of an arm
//!
//! 1. [`Start`](Question::Start): threads, loop, workers and connections come up. The time this
//!    takes is reported apart.
//! 2. [`Round`](Question::Round), again and again: the whole work, timed here, in the process that
//!    does it. The answers are checked and digested after the clock was stopped.
//! 3. [`Record`](Question::Record): one more round, with the recorder armed, and not measured.
//! 4. The socket ends, and so does the process.
//!
//! A round in which a worker died, or before which one did, is void, though the pool has a new one:
//! what it took to start that one is in nobody else's time. The answer says who died, and what it
//! did last.
//!
//! Read next: [`conversation`](super::conversation), what travels over the socket;
//! [`cpu`] and [`io`], one short file for each workload and model.

use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::contender::{Contender, GilState, Model, Workload};
use super::conversation::{Question, Reply, Socket};
pub use super::io::http::Fnv1a as Digest;
use super::io::target::Target;
use super::params::Params;
use super::python::Python;
use super::sample::{GilStats, Outcome};
use super::server::pages;
use super::{LabError, Result, cpu, io, record};
use crate::coop::JoinError;
use crate::handle::JobError;
use crate::procs::{Pool, Postcard};
use crate::sys::clock;
use crate::threads::{Counters, Gil, Mode, ThreadPool};
use crate::trace::file::flight;
use crate::trace::{self, Kind, Recording};

/// A workload done by one model of concurrency.
pub trait Arm: Sized {
    /// What one unit of work gives.
    type Answer: Answer;

    /// Brings up everything that is not work.
    ///
    /// # Errors
    ///
    /// Fails if threads, processes or connections cannot be had.
    fn start(setup: &Setup) -> Result<Self>;

    /// Does the whole work once, and returns the answers in the order of the units.
    ///
    /// # Errors
    ///
    /// Fails if a unit fails; the round is then void.
    fn round(&mut self) -> Result<Vec<Self::Answer>>;

    /// The global lock, if the model has one.
    fn gil(&self) -> Option<&Gil> {
        None
    }

    /// The worker processes, if the model has any.
    fn workers(&self) -> Option<&Pool> {
        None
    }
}

/// What an arm is told when it starts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Setup {
    /// Who the arm is.
    pub contender: Contender,
    /// What is compared.
    pub params: Params,
    /// Where our own server listens, if `io` asks that one.
    pub server: Option<SocketAddr>,
    /// The file that the arm keeps its rings in, if its recording is to survive it.
    pub flight: Option<PathBuf>,
}

impl Setup {
    /// Starts the contender's pool of threads, under its lock.
    ///
    /// # Errors
    ///
    /// Fails if a thread cannot be had.
    pub fn thread_pool(
        &self,
        initializer: impl Fn() + Send + Sync + 'static,
    ) -> Result<ThreadPool> {
        let interval = Duration::from_nanos(self.params.switch_interval_ns);
        let mode = match self.contender.gil {
            GilState::On => Mode::timed(interval),
            GilState::Off | GilState::None => Mode::Off,
        };
        let pool = ThreadPool::builder().workers(self.contender.workers).gil(Gil::new(mode));
        pool.initializer(initializer).build().map_err(|why| LabError::failed("the pool", why))
    }

    /// Starts the contender's pool of processes; each runs `initializer` first.
    ///
    /// # Errors
    ///
    /// Fails if a process cannot be had.
    pub fn process_pool(&self, initializer: fn(Postcard<Self>)) -> Result<Pool> {
        let pool = Pool::builder().workers(self.contender.workers);
        let pool = pool.initializer_with(initializer, Postcard(self.clone()));
        pool.build().map_err(|why| LabError::failed("the pool", why))
    }

    /// The CPython that the arm is, if it is one.
    pub fn python(&self) -> Option<&Python> {
        self.params.pythons.iter().find(|python| Some(python.id()) == self.contender.python)
    }

    /// The same, with our own server's pages as URLs: only our own arms know them by heart.
    #[must_use]
    pub fn spelled_out(mut self) -> Self {
        if let Some(server) = self.server {
            let pages = pages::all().iter();
            self.params.urls = pages.map(|page| format!("http://{server}{}", page.path)).collect();
        }
        self
    }

    /// Lists what `io` fetches, in turn.
    ///
    /// # Errors
    ///
    /// Fails if a server cannot be reached.
    pub fn targets(&self) -> Result<Vec<Target>> {
        match self.server {
            Some(server) => {
                Ok(pages::all().iter().map(|page| Target::ours(server, page)).collect())
            }
            None => self.params.urls.iter().map(|url| Target::parse(url)?.reach()).collect(),
        }
    }
}

/// What a round's checksum is made of.
pub trait Answer {
    /// Mixes the answer into the digest of the round.
    fn digest(&self, digest: &mut Digest);

    /// Compares the answer of unit `unit` with the right one, where that was not done on the way.
    ///
    /// # Errors
    ///
    /// Fails if it is wrong.
    fn check(&self, _setup: &Setup, _unit: usize) -> Result<()> {
        Ok(())
    }
}

impl Answer for u128 {
    fn digest(&self, digest: &mut Digest) {
        digest.update(&self.to_le_bytes());
    }

    fn check(&self, setup: &Setup, unit: usize) -> Result<()> {
        let input = cpu::inputs(setup.params.kernel)[unit];
        let right = cpu::expected(input.task);
        if *self == right {
            return Ok(());
        }
        Err(LabError::Failed(format!("unit {unit} answered {self}, and {right} is right")))
    }
}

/// A unit of work under way: its beginning and end are on the record.
#[derive(Debug)]
#[must_use = "dropped at once, the unit ends at once"]
pub struct Unit {
    number: u64,
}

impl Unit {
    /// Notes the beginning.
    #[inline]
    pub fn begin(number: u64) -> Self {
        trace::emit(Kind::UnitBegin, number, 0);
        Self { number }
    }
}

impl Drop for Unit {
    #[inline]
    fn drop(&mut self) {
        trace::emit(Kind::UnitEnd, self.number, 0);
    }
}

/// A job without an answer voids the round; a dead worker is worth another try.
impl From<JobError> for LabError {
    fn from(error: JobError) -> Self {
        match error {
            JobError::WorkerDied { .. } => Self::WorkerDied(error.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<JoinError> for LabError {
    fn from(error: JoinError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Is the arm at the other end of `socket`, until it is closed.
///
/// # Errors
///
/// Fails if the socket does, or the first question is not `Start`.
pub fn serve(socket: UnixStream) -> Result<()> {
    let mut socket = Socket::new(socket)?;
    match socket.next_question()? {
        Some(Question::Start(setup)) => {
            if let Some(path) = &setup.flight {
                let params = &setup.params;
                let about = record::about(Some(params.seed), Some(params));
                flight::keep_in(path, &about, &record::facts(&setup.contender)).map_err(|why| {
                    LabError::failed(format!("cannot write to '{}'", path.display()), why)
                })?;
            }
            serve_contender(&mut socket, &setup)
        }
        Some(_) => Err(LabError::Failed("an arm must be started before it is asked".to_owned())),
        None => Ok(()),
    }
}

fn serve_contender(socket: &mut Socket, setup: &Setup) -> Result<()> {
    match (setup.contender.workload, setup.contender.model) {
        (Workload::Cpu, Model::Sync) => answer::<cpu::sync::Sync>(socket, setup),
        (Workload::Cpu, Model::Threads) => answer::<cpu::threads::Threads>(socket, setup),
        (Workload::Cpu, Model::ThreadsNative) => {
            answer::<cpu::threads_native::ThreadsNative>(socket, setup)
        }
        (Workload::Cpu, Model::Coop) => answer::<cpu::coop::Coop>(socket, setup),
        (Workload::Cpu, Model::Procs) => answer::<cpu::procs::Procs>(socket, setup),
        (Workload::Io, Model::Sync) => answer::<io::sync::Sync>(socket, setup),
        (Workload::Io, Model::Threads | Model::ThreadsNative) => {
            answer::<io::threads::Threads>(socket, setup)
        }
        (Workload::Io, Model::Coop) => answer::<io::coop::Coop>(socket, setup),
        (Workload::Io, Model::Procs) => answer::<io::procs::Procs>(socket, setup),
        (_, Model::PythonSync | Model::PythonThreads | Model::PythonCoop | Model::PythonProcs) => {
            Err(LabError::Failed(format!("{} is none of ours", setup.contender)))
        }
    }
}

fn answer<A: Arm>(socket: &mut Socket, setup: &Setup) -> Result<()> {
    let began_ns = clock::now_ns();
    let mut arm = match A::start(setup) {
        Ok(arm) => arm,
        Err(error) => return socket.reply(&Reply::Failed(error)),
    };
    socket.reply(&Reply::Started { startup_ns: clock::now_ns() - began_ns })?;
    while let Some(question) = socket.next_question()? {
        match question {
            Question::Round => match unless_one_died(&mut arm, |arm| round(arm, setup)) {
                Ok(outcome) => socket.reply(&Reply::Done(outcome))?,
                Err(error) => socket.reply(&Reply::Failed(error))?,
            },
            Question::Record => match unless_one_died(&mut arm, on_the_record) {
                Ok(recording) => socket.reply_recorded(&recording)?,
                Err(error) => socket.reply(&Reply::Failed(error))?,
            },
            Question::Start(_) => {
                return Err(LabError::Failed("an arm cannot be started twice".to_owned()));
            }
        }
    }
    Ok(())
}

/// Does a round, and calls it void if a worker of the arm has ever died: the conductor replaces an
/// arm of which one did, so no death is reported twice.
fn unless_one_died<A: Arm, T>(arm: &mut A, round: impl FnOnce(&mut A) -> Result<T>) -> Result<T> {
    let outcome = round(arm);
    // The pool has noted a death before it answers the dead one's job.
    let deaths = arm.workers().map(Pool::deaths).unwrap_or_default();
    deaths.first().map_or(outcome, |death| Err(LabError::WorkerDied(death.to_string())))
}

/// Does the work once. Only the work is between the two looks at the clock.
fn round<A: Arm>(arm: &mut A, setup: &Setup) -> Result<Outcome> {
    let before = arm.gil().map(Gil::counters);
    let began_ns = clock::now_ns();
    let answers = arm.round()?;
    let wall_ns = clock::now_ns() - began_ns;
    let gil = before.zip(arm.gil()).map(|(before, gil)| since(before, gil.counters()));
    let mut digest = Digest::default();
    for (unit, answer) in answers.iter().enumerate() {
        answer.check(setup, unit)?;
        answer.digest(&mut digest);
    }
    Ok(Outcome { wall_ns, units: answers.len() as u64, checksum: digest.value(), gil })
}

fn on_the_record<A: Arm>(arm: &mut A) -> Result<Recording> {
    let recorder = trace::arm();
    let answers = arm.round();
    let recording = recorder.finish();
    answers?;
    Ok(recording)
}

#[expect(clippy::cast_precision_loss, reason = "a sum of waits is far below 2^53 nanoseconds")]
fn since(before: Counters, after: Counters) -> GilStats {
    let seconds = |nanoseconds: u64| nanoseconds as f64 / 1e9;
    GilStats {
        acquisitions: after.acquisitions - before.acquisitions,
        contended: after.contended - before.contended,
        drop_requests: after.drop_requests - before.drop_requests,
        forced_switches: after.forced_switches - before.forced_switches,
        failed_wakeups: after.failed_wakeups - before.failed_wakeups,
        wait_s: seconds(after.wait_ns - before.wait_ns),
        hold_s: seconds(after.hold_ns - before.hold_ns),
    }
}
