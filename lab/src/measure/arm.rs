//! A contender's own process: what it is asked, and what it answers.
//!
//! Each contender, an *arm*, runs in a process of its own, so that its memory, processor time and
//! switches are nobody else's, and it can be killed. The conductor starts the process with a
//! socket as standard input, and asks for one round at a time.
//!
//! # The life of an arm
//!
//! 1. `Start`: threads, loop, workers and connections come up. The time this takes is reported apart.
//! 2. `Round`, again and again: the whole work, timed here, in the process that does it. The answers
//!    are checked and digested after the clock was stopped.
//! 3. `Record`: one more round, with the recorder armed, and not measured.
//! 4. The socket ends, and so does the process.
//!
//! A round in which a worker died, or before which one did, is void, though the pool has a new one:
//! what it took to start that one is in nobody else's time. The answer says who died, and what it
//! did last.
//!
//! Read next: [`conversation`](super::conversation), what travels over the socket;
//! [`cpu`] and [`io`], one short file for each workload and model.

use std::os::unix::net::UnixStream;
use std::path::Path;

use lab_core::terms::{GilStats, LabError, Model, Outcome, Result, Workload};
use lab_core::work::arm::{Answer, Arm, Digest, Setup};
use lab_core::work::{cpu, io};
use trainyard::procs::Pool;
use trainyard::sys::clock;
use trainyard::threads::{Counters, Gil};
use trainyard::trace::file::flight;
use trainyard::trace::{self, Recording};

use super::conversation::{FOR_EVER, Question, Reply, Socket};
use super::record;

/// Is the arm at the other end of `socket`, until it is closed.
pub(crate) fn serve(socket: UnixStream) -> Result<()> {
    let mut socket = Socket::new(socket);
    match socket.hear(FOR_EVER)? {
        Some(Question::Start(setup)) => {
            if let Some(path) = setup.flight.as_ref().map(Path::new) {
                let params = &setup.params;
                let about = record::about(Some(params.seed), Some(params));
                flight::keep_in(path, &about, &setup.contender.facts()).map_err(|why| {
                    LabError::failed(format!("cannot write to '{}'", path.display()), why)
                })?;
            }
            serve_contender(&mut socket, &setup)
        }
        Some(_) => Err(LabError::Failed("an arm must be started before it is asked".to_owned())),
        None => Ok(()),
    }
}

/// Our contenders: which type does the work, and in which file of `lab/core/src/work` it stands.
macro_rules! ours {
    ($($workload:ident $model:ident => $arm:path, $file:literal;)*) => {
        fn serve_contender(socket: &mut Socket, setup: &Setup) -> Result<()> {
            match (setup.contender.workload, setup.contender.model) {
                $((Workload::$workload, Model::$model) => answer::<$arm>(socket, setup),)*
                _ => Err(LabError::Failed(format!("{} is none of ours", setup.contender))),
            }
        }

        /// The text of the contender's file.
        pub(super) fn source(workload: Workload, model: Model) -> Option<&'static str> {
            match (workload, model) {
                $((Workload::$workload, Model::$model) => {
                    Some(include_str!(concat!("../../core/src/work/", $file)))
                })*
                _ => None,
            }
        }
    };
}

ours! {
    Io Sync => io::sync::Sync, "io/sync.rs";
    Io Threads => io::threads::Threads, "io/threads.rs";
    Io Coop => io::coop::Coop, "io/coop.rs";
    Io Procs => io::procs::Procs, "io/procs.rs";
    Cpu Sync => cpu::sync::Sync, "cpu/sync.rs";
    Cpu Threads => cpu::threads::Threads, "cpu/threads.rs";
    Cpu ThreadsNative => cpu::threads_native::ThreadsNative, "cpu/threads_native.rs";
    Cpu Coop => cpu::coop::Coop, "cpu/coop.rs";
    Cpu Procs => cpu::procs::Procs, "cpu/procs.rs";
}

fn answer<A: Arm>(socket: &mut Socket, setup: &Setup) -> Result<()> {
    let began_ns = clock::now_ns();
    let mut arm = match A::start(setup) {
        Ok(arm) => arm,
        Err(error) => return socket.say(&Reply::Failed(error)),
    };
    socket.say(&Reply::Started { startup_ns: clock::now_ns() - began_ns })?;
    while let Some(question) = socket.hear(FOR_EVER)? {
        match question {
            Question::Round => match unless_one_died(&mut arm, |arm| round(arm, setup)) {
                Ok(outcome) => socket.say(&Reply::Done(outcome))?,
                Err(error) => socket.say(&Reply::Failed(error))?,
            },
            Question::Record => match unless_one_died(&mut arm, on_the_record) {
                Ok(recording) => socket.say_recording(recording)?,
                Err(error) => socket.say(&Reply::Failed(error))?,
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
    let before = counters(arm, setup);
    let began_ns = clock::now_ns();
    let answers = arm.round()?;
    let wall_ns = clock::now_ns() - began_ns;
    let gil = since(&before, &counters(arm, setup));
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

/// What the locks of an arm have counted so far. A pool has one for each worker, or the same one.
fn counters<A: Arm>(arm: &A, setup: &Setup) -> Vec<Counters> {
    let own = setup.contender.rules.is_some_and(|rules| rules.per_worker);
    let gils = arm.gils().iter().take(if own { usize::MAX } else { 1 });
    gils.map(Gil::counters).collect()
}

/// What they counted between two looks; `None` if there are none.
fn since(before: &[Counters], after: &[Counters]) -> Option<GilStats> {
    let sum = |count: fn(&Counters) -> u64| {
        let [before, after] = [before, after].map(|all| all.iter().map(count).sum::<u64>());
        after - before
    };
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53 nanoseconds")]
    let seconds = |count| sum(count) as f64 / 1e9;
    (!after.is_empty()).then(|| GilStats {
        acquisitions: sum(|all| all.acquisitions),
        contended: sum(|all| all.contended),
        drop_requests: sum(|all| all.drop_requests),
        forced_switches: sum(|all| all.forced_switches),
        failed_wakeups: sum(|all| all.failed_wakeups),
        wait_s: seconds(|all| all.wait_ns),
        hold_s: seconds(|all| all.hold_ns),
    })
}
