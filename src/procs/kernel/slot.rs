//! A place for a worker: it stays when its worker dies, and gets another one.
//!
//! # The life of one slot
//!
//! ```text
//!          start                   died while working: at once
//!  Vacant -------> Manned ------------------------------------------> Vacant
//!    ^                |                                                  |
//!    +----------------+ died before it was ready: later and later        v
//!                                                        Closed: the pool ends
//! ```
//!
//! # Invariants
//!
//! - **SLOT-1** One process at a time writes to the slot's ring: the next one is started when the
//!   one before is reaped.
//! - **SLOT-2** A program that cannot be a worker is not started over and over: after
//!   [`BOOT_DEATHS_MAX`] tries in a row the pool is broken.
//!
//! Read next: [`supervisor`](super::supervisor).

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::worker::{Worker, after};
use crate::handle::JobId;
use crate::sys::ticks::{Look, Scale};
use crate::trace::{self, Adopted, Event, Kind, Ring};

/// As systemd: five starts in ten seconds. With the waits below that is four seconds of trying.
pub(super) const BOOT_DEATHS_MAX: u32 = 5;
/// How long to wait after that, if the reason may pass: the system had no room for a process.
pub(super) const LAST_WAIT: Duration = Duration::from_millis(1600);
/// Doubled with each try. Shorter than anybody notices, longer than a start takes.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The events that a worker's ring holds: 128 KiB of memory for each worker.
pub(super) const RING_CAPACITY: usize = 4096;

/// A place for a worker, and its flight recorder.
pub(super) struct Slot {
    pub(super) ring: Arc<Ring>,
    pub(super) state: SlotState,
    boot_deaths: u32,
    /// How many events the ring had when the worker was started.
    ring_start: u64,
    /// When it was: the older end of the scale for what the worker has stamped.
    manned: Look,
    _adopted: Adopted,
}

pub(super) enum SlotState {
    Vacant { until_ns: u64 },
    Manned(Box<Worker>),
    Closed,
}

/// Whether to try again after a worker died before it was ready.
#[must_use = "a slot that gives up breaks the pool"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    After(Duration),
    GiveUp,
}

impl Slot {
    pub(super) fn new(index: usize) -> io::Result<Self> {
        let ring = Arc::new(trace::shared_ring(&format!("worker-{index}"), RING_CAPACITY)?);
        let adopted = trace::adopt(Arc::clone(&ring));
        let state = SlotState::Vacant { until_ns: 0 };
        let manned = Look::now();
        Ok(Self { ring, state, boot_deaths: 0, ring_start: 0, manned, _adopted: adopted })
    }

    pub(super) fn worker(&self) -> Option<&Worker> {
        match &self.state {
            SlotState::Manned(worker) => Some(worker),
            SlotState::Vacant { .. } | SlotState::Closed => None,
        }
    }

    pub(super) fn worker_mut(&mut self) -> Option<&mut Worker> {
        match &mut self.state {
            SlotState::Manned(worker) => Some(worker),
            SlotState::Vacant { .. } | SlotState::Closed => None,
        }
    }

    /// Puts a worker into the slot.
    pub(super) fn man(&mut self, worker: Worker) {
        // INVARIANT: [SLOT-1] whoever wrote before is gone, or the slot would not be vacant.
        self.ring_start = self.ring.count();
        self.manned = Look::now();
        self.state = SlotState::Manned(Box::new(worker));
    }

    /// Leaves the slot empty until `wait` is over.
    pub(super) fn vacate(&mut self, now_ns: u64, wait: Duration) {
        self.state = SlotState::Vacant { until_ns: after(now_ns, wait) };
    }

    /// A worker has become ready: the program can be one.
    pub(super) fn note_ready(&mut self) {
        self.boot_deaths = 0;
    }

    /// A worker died before it was ready, or could not be started.
    pub(super) fn note_boot_death(&mut self) -> Retry {
        // INVARIANT: [SLOT-2]
        self.boot_deaths += 1;
        if self.boot_deaths >= BOOT_DEATHS_MAX {
            return Retry::GiveUp;
        }
        Retry::After(FIRST_WAIT * (1 << (self.boot_deaths - 1)))
    }

    /// Returns the last event that the slot's worker has recorded.
    pub(super) fn last_event(&self) -> Option<Event> {
        self.life().pop()
    }

    /// Tells whether the dead worker of this slot can have called the function of `job`.
    ///
    /// It tells a job that ran from one that only lay in the socket: the second may be given to
    /// another worker, since it has not had any effect.
    pub(super) fn may_have_run(&self, job: JobId) -> bool {
        let life = [Kind::WorkerIdle, Kind::WorkerJobBegin, Kind::WorkerJobEnd];
        let last = self.life().into_iter().rev().find(|event| life.contains(&event.kind));
        match last {
            // INVARIANT: [CHILD-3] its beginning would stand after this.
            Some(Event { kind: Kind::WorkerIdle, .. }) => false,
            Some(Event { kind: Kind::WorkerJobEnd, a, .. }) => JobId(a) == job,
            Some(_) => true,
            // Nothing was ever recorded, or so much that its beginning is overwritten.
            None => self.ring.count() > self.ring_start,
        }
    }

    /// Everything that is left of what the slot's worker has recorded, oldest first.
    fn life(&self) -> Vec<Event> {
        let scale = Scale::between(self.manned, Look::now());
        self.ring.read(self.ring_start, scale).events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(slot: &Slot, kind: Kind, a: u64) {
        slot.ring.push(Event { time_ns: 0, track: 0, kind, cpu: 0, a, b: 0 });
    }

    #[test]
    fn a_slot_gives_up_after_several_deaths_in_a_row() {
        let mut slot = Slot::new(0).unwrap();
        assert_eq!(slot.note_boot_death(), Retry::After(FIRST_WAIT));
        assert_eq!(slot.note_boot_death(), Retry::After(FIRST_WAIT * 2));
        slot.note_ready();
        for _ in 1..BOOT_DEATHS_MAX {
            assert_ne!(slot.note_boot_death(), Retry::GiveUp);
        }
        assert_eq!(slot.note_boot_death(), Retry::GiveUp);
    }

    #[test]
    fn a_job_has_not_run_if_the_worker_was_still_idle() {
        let slot = Slot::new(0).unwrap();
        assert!(!slot.may_have_run(JobId(2)), "nothing was recorded");
        record(&slot, Kind::WorkerIdle, 0);
        assert!(!slot.may_have_run(JobId(2)));
        record(&slot, Kind::WorkerJobBegin, 1);
        record(&slot, Kind::UnitBegin, 2);
        record(&slot, Kind::WorkerJobEnd, 1);
        assert!(!slot.may_have_run(JobId(2)), "it was another that ended");
    }

    #[test]
    fn a_job_may_have_run_if_it_began_or_nobody_can_tell() {
        let slot = Slot::new(0).unwrap();
        record(&slot, Kind::WorkerIdle, 0);
        record(&slot, Kind::WorkerJobBegin, 2);
        assert!(slot.may_have_run(JobId(2)));
        record(&slot, Kind::WorkerJobEnd, 2);
        assert!(slot.may_have_run(JobId(2)), "its answer was not sent");
        (0..RING_CAPACITY as u64).for_each(|number| record(&slot, Kind::UnitBegin, number));
        assert!(slot.may_have_run(JobId(2)), "its beginning is overwritten");
    }
}
