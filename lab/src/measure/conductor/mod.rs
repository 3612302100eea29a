//! The measurement: arms in processes of their own, asked in turn.
//!
//! # The life of one workload's comparison
//!
//! 1. For `io` a server process starts, or the given URLs are reached.
//! 2. Each contender's process starts, and brings its threads, loop and workers up.
//! 3. Warm-up rounds, thrown away. Then the measured rounds: all contenders one after another, in
//!    reverse order every other round, so that neither a drift of the machine's speed nor a
//!    neighbour's wake falls on the same one each time.
//! 4. One round more for each that has a recorder, recorded and not measured.
//! 5. Everything is ended and reaped, in whatever way the comparison ends.
//!
//! # What may go wrong
//!
//! | what | then |
//! | --- | --- |
//! | a worker or an arm dies | the round is void, and repeated by a fresh arm; the second death ends it all |
//! | an arm says nothing for too long | it is ended, and so is the comparison |
//! | an arm's answers are not those of the others | the comparison ends: one of them is wrong |
//! | Ctrl-C | all processes are killed; what was measured is kept |
//!
//! # Invariants
//!
//! - **CONDUCTOR-1** While an arm works, nothing else of ours does: the conductor sleeps in one
//!   `poll`, and draws the progress bar only between rounds.

mod place;
mod seat;

use std::path::Path;

pub use place::Place;
use place::{compare_answers, servers};
use seat::Seat;

use super::arm_process::{ArmProcess, Halt};
use super::progress::Progress;
use super::record::of_comparison;
use lab_core::terms::outfile::flight_path;
use lab_core::terms::{LabError, Measured, Params, Result};
use lab_core::work::arm::Setup;
use lab_core::work::server::{ServerProcess, ServerUsage};
use trainyard::sys::signal::Interrupts;
use trainyard::trace::file::{Run, Trace};

#[derive(Debug)]
pub struct Measurement {
    /// What was seen at each place; `None` where no round was measured.
    pub measured: Vec<Option<Measured>>,
    /// What our own server has used and done, if one was asked.
    pub server: Option<ServerUsage>,
    /// For the trace, the recordings: those of contenders that died over them too.
    pub runs: Vec<Run>,
    /// Why it is not complete, if it is not.
    pub failure: Option<LabError>,
}

/// Measures every one of `places`, interleaved, `rounds.runs` times after `rounds.warmup`.
///
/// The URLs of their parameters must have been reached. With a `trace` the recordings are kept for
/// it, and survive the death of their contenders in files beside it.
pub fn measure(
    places: Vec<Place>,
    rounds: &Params,
    interrupts: &Interrupts,
    deaths: &mut Deaths,
    trace: Option<&Path>,
) -> Measurement {
    let count = places.len();
    let mut conductor = match Conductor::new(places, rounds, interrupts, deaths) {
        Ok(conductor) => conductor,
        Err(failure) => {
            let (measured, runs) = (vec![None; count], Vec::new());
            return Measurement { measured, server: None, runs, failure: Some(failure) };
        }
    };
    for (number, seat) in conductor.seats.iter_mut().enumerate() {
        // Not by its name alone: the same contender may have several places.
        let name = format!("{}/{number}", seat.place.contender);
        seat.flight = trace.map(|path| flight_path(path, &name));
    }
    let failure = conductor.run().err();
    // A server that does not answer any more has no account; the failure says more.
    let server = conductor.servers.first().filter(|_| failure.is_none());
    let server = server.and_then(|(_, server)| server.cpu().ok());
    let mut seats = std::mem::take(&mut conductor.seats);
    let runs = seats.iter_mut().filter_map(Seat::run_of_trace).collect();
    let measured = seats.into_iter().map(Seat::result).collect();
    Measurement { measured, server, runs, failure }
}

/// Records one round of each contender of `params`, warm, and measures none.
pub(crate) fn record(params: &Params, interrupts: &Interrupts) -> Result<Trace> {
    let params = Params { runs: 0, ..params.clone() };
    let (mut runs, mut deaths) = (Vec::new(), Deaths::default());
    for &workload in &params.workloads {
        let places = Place::all(workload, &params);
        let mut conductor = Conductor::new(places, &params, interrupts, &mut deaths)?;
        conductor.run()?;
        runs.extend(conductor.seats.iter().filter_map(Seat::run));
    }
    Ok(of_comparison(&params, runs))
}

/// The deaths of workers and arms in a whole comparison.
#[derive(Debug, Default)]
pub struct Deaths {
    count: usize,
}

impl Deaths {
    /// One is bad luck, and may be somebody's experiment; the second has a reason.
    const SURVIVED_MAX: usize = 1;

    /// Counts `failure` if it is a death, and returns it unless it can be survived.
    fn survive(&mut self, failure: LabError) -> Result<String> {
        let LabError::WorkerDied(line) = failure else { return Err(failure) };
        self.count += 1;
        if self.count > Self::SURVIVED_MAX { Err(LabError::WorkerDied(line)) } else { Ok(line) }
    }
}

struct Conductor<'a> {
    /// How many rounds.
    params: &'a Params,
    halt: Halt<'a>,
    deaths: &'a mut Deaths,
    progress: Progress,
    /// Our own servers, one for each latency that somebody asks for.
    servers: Vec<(u64, ServerProcess)>,
    seats: Vec<Seat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    Warmup,
    Measured,
    Recorded,
}

impl<'a> Conductor<'a> {
    fn new(
        places: Vec<Place>,
        params: &'a Params,
        interrupts: &'a Interrupts,
        deaths: &'a mut Deaths,
    ) -> Result<Self> {
        let silence_max = places.iter().map(|it| it.params.round_max(it.contender.workload)).max();
        let servers = servers(&places)?;
        let seats: Vec<Seat> = places.into_iter().map(Seat::new).collect();
        let recorded = seats.iter().filter(|seat| seat.is_recorded()).count();
        let rounds = seats.len() * (params.warmup + params.runs) + recorded;
        let progress = Progress::start(rounds);
        let halt = Halt { interrupts, silence_max: silence_max.unwrap_or_default() };
        Ok(Self { params, halt, deaths, progress, servers, seats })
    }

    fn run(&mut self) -> Result<()> {
        let all = 0..self.seats.len();
        for seat in all.clone() {
            while let Err(failure) = self.start(seat) {
                let line = self.deaths.survive(failure)?;
                self.progress.note(&format!("{line}; it is started again once"));
            }
        }
        for _ in 0..self.params.warmup {
            self.rounds(Round::Warmup, all.clone())?;
        }
        for arm in self.seats.iter().filter_map(|seat| seat.arm.as_ref()) {
            arm.forget_peaks();
        }
        for number in 0..self.params.runs {
            match number % 2 {
                0 => self.rounds(Round::Measured, all.clone())?,
                _ => self.rounds(Round::Measured, all.clone().rev())?,
            }
        }
        self.rounds(Round::Recorded, all)
    }

    /// One round for every contender; once more, with a fresh arm, if somebody dies over it.
    fn rounds(&mut self, round: Round, seats: impl Iterator<Item = usize>) -> Result<()> {
        for seat in seats {
            if round == Round::Recorded && !self.seats[seat].is_recorded() {
                continue;
            }
            // INVARIANT: [CONDUCTOR-1] drawn before the round and after it.
            let who = self.seats[seat].place.contender;
            self.progress.tick(&format!("{}: {}", who.workload, who.label()));
            while let Err(failure) = self.round(seat, round) {
                let line = self.deaths.survive(failure)?;
                self.progress.note(&format!("{line}; this round is void and repeated once"));
                self.replace(seat, round)?;
            }
            self.progress.advance();
        }
        self.compare_answers()
    }

    /// Compares each with the first who did the same work.
    fn compare_answers(&self) -> Result<()> {
        for seat in &self.seats {
            let first = self.seats.iter().find(|first| first.place.does_the_same_as(&seat.place));
            let outcomes = first.and_then(Seat::last_outcome).zip(seat.last_outcome());
            outcomes.map_or(Ok(()), |(first, other)| compare_answers(first, other))?;
        }
        Ok(())
    }

    fn round(&mut self, seat: usize, round: Round) -> Result<()> {
        let seat = &mut self.seats[seat];
        let arm = seat.arm.as_mut().expect("every seat's arm is started first");
        if round == Round::Recorded {
            let recording = arm.record(&self.halt)?;
            seat.recorded(recording);
            return Ok(());
        }
        let before = arm.usage();
        let outcome = arm.round(&self.halt)?;
        let after = arm.usage();
        // A recording has no result some rounds away.
        if self.params.runs > 0 {
            seat.look(&mut self.progress, &outcome);
        }
        if round == Round::Measured {
            seat.account.add(before, after);
            seat.outcomes.push(outcome);
        }
        Ok(())
    }

    fn start(&mut self, seat: usize) -> Result<()> {
        let seat = &mut self.seats[seat];
        let Place { contender, params, .. } = seat.place.clone();
        let mut servers = self.servers.iter();
        let server = servers.find(|(latency_ns, _)| *latency_ns == params.latency_ns);
        let server = server.map(|(_, server)| server.address());
        let flight = seat.flight.clone().map(Into::into);
        let setup = Setup { contender, params, server, flight };
        // The old process is gone before the new one comes, and its rings go too.
        seat.arm = None;
        seat.forget_flight();
        let (arm, startup) = ArmProcess::start(setup, &self.halt)?;
        seat.startup_s = startup.as_secs_f64();
        seat.arm = Some(arm);
        Ok(())
    }

    /// Starts the contender again for `round`, as warm as the others. One more death ends it all.
    fn replace(&mut self, seat: usize, round: Round) -> Result<()> {
        self.start(seat)?;
        let arm = self.seats[seat].arm.as_mut().expect("it was started");
        if round != Round::Warmup {
            for _ in 0..self.params.warmup {
                arm.round(&self.halt)?;
            }
            arm.forget_peaks();
        }
        Ok(())
    }
}
