//! A contender's place at the table: its process, and what was seen of it round by round.

use std::path::PathBuf;

use super::Place;
use crate::measure::arm_process::ArmProcess;
use crate::measure::progress::Progress;
use crate::measure::record::land;
use crate::measure::usage::Account;
use lab_core::terms::{Contender, GilStats, Measured, Outcome};
use trainyard::trace::Recording;
use trainyard::trace::file::Run;

/// A contender, its process, and what was seen of it so far.
pub(super) struct Seat {
    pub(super) place: Place,
    pub(super) arm: Option<ArmProcess>,
    pub(super) startup_s: f64,
    pub(super) account: Account,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) recording: Option<Recording>,
    /// Where its process keeps its rings, if they are to survive it.
    pub(super) flight: Option<PathBuf>,
    /// Whether the user has been shown a first time.
    is_seen: bool,
}

impl Seat {
    pub(super) fn new(place: Place) -> Self {
        Self {
            place,
            arm: None,
            startup_s: 0.0,
            account: Account::default(),
            outcomes: Vec::new(),
            recording: None,
            flight: None,
            is_seen: false,
        }
    }

    /// A CPython has no recorder.
    pub(super) fn is_recorded(&self) -> bool {
        self.place.contender.python.is_none()
    }

    pub(super) fn last_outcome(&self) -> Option<(Contender, &Outcome)> {
        self.outcomes.last().map(|outcome| (self.place.contender, outcome))
    }

    /// Shows the contender's first time to whoever waits.
    pub(super) fn look(&mut self, progress: &mut Progress, outcome: &Outcome) {
        if !std::mem::replace(&mut self.is_seen, true) {
            progress.first_look(&self.place.contender, seconds(outcome.wall_ns));
        }
    }

    /// Takes the recording of its last round. The process ends, and what its rings took on the disk
    /// is free for the next one's.
    pub(super) fn recorded(&mut self, recording: Recording) {
        self.recording = Some(recording);
        self.arm = None;
        self.forget_flight();
    }

    /// Removes the rings of its process, which is gone.
    pub(super) fn forget_flight(&self) {
        if let Some(flight) = &self.flight {
            // A file that is not there, or cannot be removed, does no harm.
            drop(std::fs::remove_file(flight));
        }
    }

    /// What it recorded, with what is known of it.
    pub(super) fn run(&self) -> Option<Run> {
        Some(Run { about: self.place.facts(), recording: self.recording.clone()? })
    }

    /// Its run of the trace; none if there is to be no trace, or nothing was recorded. If its process
    /// died over the recording, this is what its rings hold.
    pub(super) fn run_of_trace(&mut self) -> Option<Run> {
        let flight = self.flight.take()?;
        if self.recording.is_some() {
            return self.run();
        }
        // It is ended before its rings are read: nobody writes any more.
        self.arm = None;
        let mut run = land(&flight).filter(|run| !run.recording.events.is_empty())?;
        run.about.set("label", &self.place.label);
        Some(run)
    }

    /// What was seen; nothing if no round was measured.
    pub(super) fn result(self) -> Option<Measured> {
        let last = self.outcomes.last()?;
        let stats = self.outcomes.iter().filter_map(|outcome| outcome.gil);
        Some(Measured {
            contender: self.place.contender,
            startup_s: self.startup_s,
            wall_s: self.outcomes.iter().map(|outcome| seconds(outcome.wall_ns)).collect(),
            units: last.units,
            checksum: last.checksum,
            usage: self.account.per_round(),
            gil: stats.reduce(add),
            recording: self.recording,
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
        failed_wakeups: a.failed_wakeups + b.failed_wakeups,
        wait_s: a.wait_s + b.wait_s,
        hold_s: a.hold_s + b.hold_s,
    }
}
