//! The measurement: arms in processes of their own, asked in turn.
//!
//! # The life of one workload's comparison
//!
//! 1. For `io` a server process starts, or the given URLs are reached.
//! 2. Each contender's process starts, and brings its threads, loop and workers up.
//! 3. Warm-up rounds, thrown away. Then the measured rounds: all contenders one after another, in
//!    reverse order every other round, so that neither a drift of the machine's speed nor a
//!    neighbour's wake falls on the same one each time.
//! 4. One round more for each, recorded and not measured.
//! 5. Everything is ended and reaped, in whatever way the comparison ends.
//!
//! # What may go wrong
//!
//! | what | then |
//! | --- | --- |
//! | a worker or an arm dies | the round is void, and repeated once; the second death ends it all |
//! | an arm says nothing for too long | it is ended, and so is the comparison |
//! | Ctrl-C | all processes are killed; what was measured is kept |
//!
//! # Invariants
//!
//! - **CONDUCTOR-1** While an arm works, nothing else of ours does: the conductor sleeps in one
//!   `poll`, and draws the progress bar only between rounds.

use std::time::Duration;

use super::arm::Setup;
use super::arm_process::{ArmProcess, Halt};
use super::contender::{Contender, Workload};
use super::io::target::Target;
use super::params::Params;
use super::progress::Progress;
use super::sample::{GilStats, Measured, Outcome};
use super::server::{ServerConfig, ServerProcess};
use super::usage::{self, Reading};
use super::{LabError, Result};
use crate::sys::affinity;
use crate::sys::signal::Interrupts;
use crate::trace::Recording;

/// What was measured of one workload, and how it ended.
#[derive(Debug)]
pub struct Measurement {
    /// Everyone of whom at least one round was measured.
    pub measured: Vec<Measured>,
    /// Why it is not complete, if it is not.
    pub failure: Option<LabError>,
}

/// Measures every contender of `workload`.
pub fn measure(workload: Workload, params: &Params, interrupts: &Interrupts) -> Measurement {
    let mut conductor = match Conductor::new(workload, params, interrupts) {
        Ok(conductor) => conductor,
        Err(failure) => return Measurement { measured: Vec::new(), failure: Some(failure) },
    };
    let failure = conductor.run().err();
    let seats = std::mem::take(&mut conductor.seats);
    Measurement { measured: seats.into_iter().filter_map(Seat::result).collect(), failure }
}

/// A contender, its process, and what was seen of it so far.
struct Seat {
    contender: Contender,
    arm: Option<ArmProcess>,
    startup_s: f64,
    before: Reading,
    after: Reading,
    outcomes: Vec<Outcome>,
    recording: Option<Recording>,
    /// Whether the user has been shown a first time.
    is_seen: bool,
}

struct Conductor<'a> {
    params: &'a Params,
    interrupts: &'a Interrupts,
    progress: Progress,
    server: Option<ServerProcess>,
    seats: Vec<Seat>,
    deaths: usize,
}

/// Which kind of round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    Warmup,
    Measured,
    Recorded,
}

/// How many deaths a comparison survives.
const DEATHS_MAX: usize = 1;

impl<'a> Conductor<'a> {
    fn new(workload: Workload, params: &'a Params, interrupts: &'a Interrupts) -> Result<Self> {
        let server = match (workload, params.urls.is_empty()) {
            (Workload::Cpu, _) => None,
            (Workload::Io, true) => Some(ServerProcess::spawn(&ServerConfig {
                latency: Duration::from_nanos(params.latency_ns),
                ..ServerConfig::default()
            })?),
            (Workload::Io, false) => {
                for url in &params.urls {
                    Target::parse(url)?.reach()?;
                }
                None
            }
        };
        let cpus = affinity::allowed_cpus().map_err(|why| LabError::failed("the host", why))?;
        let contenders = params.contenders(cpus.len());
        let mine = contenders.into_iter().filter(|contender| contender.workload == workload);
        let seats: Vec<Seat> = mine.map(Seat::new).collect();
        let progress = Progress::start(seats.len() * (params.warmup + params.runs + 1));
        Ok(Self { params, interrupts, progress, server, seats, deaths: 0 })
    }

    fn run(&mut self) -> Result<()> {
        for seat in 0..self.seats.len() {
            self.start(seat)?;
        }
        for _ in 0..self.params.warmup {
            self.rounds(Round::Warmup, Order::Table)?;
        }
        for seat in &mut self.seats {
            seat.before = seat.arm.as_ref().map_or_else(Reading::default, ArmProcess::settle);
        }
        for number in 0..self.params.runs {
            let order = if number % 2 == 0 { Order::Table } else { Order::Reverse };
            self.rounds(Round::Measured, order)?;
        }
        self.rounds(Round::Recorded, Order::Table)
    }

    /// One round for every contender.
    fn rounds(&mut self, round: Round, order: Order) -> Result<()> {
        let count = self.seats.len();
        for turn in 0..count {
            let seat = if order == Order::Table { turn } else { count - 1 - turn };
            // INVARIANT: [CONDUCTOR-1] drawn before the round and after it.
            self.progress.tick(&self.seats[seat].contender);
            self.round_with_one_retry(seat, round)?;
            self.progress.advance();
        }
        self.compare_checksums()
    }

    fn round_with_one_retry(&mut self, seat: usize, round: Round) -> Result<()> {
        loop {
            let Err(failure) = self.round(seat, round) else { return Ok(()) };
            let LabError::WorkerDied(line) = &failure else { return Err(failure) };
            self.deaths += 1;
            if self.deaths > DEATHS_MAX {
                return Err(failure);
            }
            self.progress.note(&format!("{line}; this round is void and repeated once"));
            if self.seats[seat].arm.as_mut().is_none_or(ArmProcess::is_gone) {
                self.start(seat)?;
                let seat = &mut self.seats[seat];
                // The new process's accounts begin anew, so the old one's cannot be subtracted.
                seat.before = seat.arm.as_ref().map_or_else(Reading::default, ArmProcess::settle);
            }
        }
    }

    fn round(&mut self, seat: usize, round: Round) -> Result<()> {
        let halt = Halt { interrupts: self.interrupts };
        let seat = &mut self.seats[seat];
        let arm = seat.arm.as_mut().expect("every seat's arm is started first");
        match round {
            Round::Warmup => {
                let outcome = arm.round(&halt)?;
                seat.look(&self.progress, &outcome);
            }
            Round::Measured => {
                let outcome = arm.round(&halt)?;
                seat.after = arm.usage();
                seat.look(&self.progress, &outcome);
                seat.outcomes.push(outcome);
            }
            Round::Recorded => seat.recording = Some(arm.record(&halt)?),
        }
        Ok(())
    }

    fn start(&mut self, seat: usize) -> Result<()> {
        let halt = Halt { interrupts: self.interrupts };
        let seat = &mut self.seats[seat];
        let setup = Setup {
            contender: seat.contender,
            params: self.params.clone(),
            server: self.server.as_ref().map(ServerProcess::address),
        };
        // The old process is gone before the new one comes.
        seat.arm = None;
        let (arm, startup) = ArmProcess::start(setup, &halt)?;
        seat.startup_s = startup.as_secs_f64();
        seat.arm = Some(arm);
        Ok(())
    }

    /// All contenders did the same work, or one of them is wrong.
    fn compare_checksums(&self) -> Result<()> {
        let last = |seat: &'_ Seat| seat.outcomes.last().map(|outcome| outcome.checksum);
        let reference = self.seats.first().and_then(last);
        for seat in &self.seats {
            if let (Some(expected), Some(found)) = (reference, last(seat))
                && expected != found
            {
                return Err(LabError::failed(
                    seat.contender,
                    format!(
                        "its answers have checksum {found:016x}, those of sync {expected:016x}"
                    ),
                ));
            }
        }
        Ok(())
    }
}

/// In which direction a round goes through the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Table,
    Reverse,
}

impl Seat {
    fn new(contender: Contender) -> Self {
        Self {
            contender,
            arm: None,
            startup_s: 0.0,
            before: Reading::default(),
            after: Reading::default(),
            outcomes: Vec::new(),
            recording: None,
            is_seen: false,
        }
    }

    /// Shows the contender's first time to whoever waits.
    fn look(&mut self, progress: &Progress, outcome: &Outcome) {
        if !std::mem::replace(&mut self.is_seen, true) {
            progress.first_look(&self.contender, seconds(outcome.wall_ns));
        }
    }

    /// What was seen; nothing if no round was measured.
    fn result(self) -> Option<Measured> {
        let last = self.outcomes.last()?;
        let rounds = self.outcomes.len() as u64;
        let stats = self.outcomes.iter().filter_map(|outcome| outcome.gil);
        Some(Measured {
            contender: self.contender,
            startup_s: self.startup_s,
            wall_s: self.outcomes.iter().map(|outcome| seconds(outcome.wall_ns)).collect(),
            units: last.units,
            checksum: last.checksum,
            usage: usage::per_round(self.before, self.after, rounds),
            gil: stats.reduce(add),
            recording: self.recording,
            pid: self.arm.as_ref().map_or(0, ArmProcess::pid),
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a round is far shorter than 2^53 nanoseconds")]
fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

fn add(a: GilStats, b: GilStats) -> GilStats {
    GilStats {
        acquisitions: a.acquisitions + b.acquisitions,
        contended: a.contended + b.contended,
        drop_requests: a.drop_requests + b.drop_requests,
        forced_switches: a.forced_switches + b.forced_switches,
        wait_s: a.wait_s + b.wait_s,
        hold_s: a.hold_s + b.hold_s,
    }
}
