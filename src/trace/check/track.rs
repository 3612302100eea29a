//! What is known of one thread, or of one worker process: everything that its own events tell.

use std::collections::HashMap;

use super::call::Calls;
use super::illegal::{Verdict, ensure};
use super::lock::{Lock, Owed};
use super::news::News;
use super::standing::Standing;
use super::task::Tasks;
use super::thread::Work;
use super::unit::Units;
use crate::trace::{Event, Kind};

/// One track, as far as its events have told.
#[derive(Default)]
pub(super) struct Track {
    /// It has shown an event already.
    pub(super) is_seen: bool,
    /// It has shown that it held a lock, or that it had none when it began.
    pub(super) has_held: bool,
    pub(super) calls: Calls,
    pub(super) standing: Standing,
    pub(super) work: Work,
    /// It dropped a lock that it was asked for, and has not said more.
    pub(super) owed: Option<Owed>,
    tasks: Tasks,
    news: News,
    units: Units,
}

impl Track {
    /// A worker process that begins a job, or its life: nothing is under way in its thread.
    pub(super) fn at_its_outermost_place() -> Self {
        let mut calls = Calls::default();
        let nothing_was_open = calls.are_over();
        debug_assert!(nothing_was_open.is_ok(), "nothing was seen of it yet");
        let units = Units::of_a_job();
        Self { is_seen: true, has_held: true, calls, units, ..Self::default() }
    }

    /// Holds the track to what its last event has promised of its next.
    pub(super) fn keeps_its_word(&mut self, event: Event, locks: &HashMap<u64, Lock>) -> Verdict {
        self.standing.allows(event.kind)?;
        self.work.allows(event)?;
        if event.kind == Kind::GilGiveUp {
            // It leaves, and takes nothing back.
            self.owed = None;
        }
        // It may wait for the lock first, for as long as it takes.
        let may_wait = [Kind::GilWait, Kind::GilDropRequest, Kind::GilWakeFailed];
        if event.kind != Kind::GilSwitched
            && !may_wait.contains(&event.kind)
            && let Some(owed) = self.owed.take()
            && let Some(lock) = locks.get(&owed.lock)
        {
            lock.forgives(&owed, event)?;
        }
        Ok(())
    }

    /// Takes in an event that concerns this track alone.
    pub(super) fn step(&mut self, event: Event) -> Verdict {
        match event.kind {
            Kind::BlockBegin | Kind::BlockEnd => {
                if event.kind == Kind::BlockEnd {
                    self.tasks.has_slept();
                }
                self.calls.step(event, self.standing)
            }
            Kind::ThreadStart => {
                ensure(
                    !self.is_seen,
                    "the start of a thread is its first event",
                    "another track for another thread",
                )?;
                self.work = Work::Idle;
                self.standing = Standing::Detached;
                self.has_held = true;
                self.calls.are_over()
            }
            Kind::ThreadEnd => {
                self.calls.are_over()?;
                let is_detached = self.standing.may_be_detached();
                ensure(is_detached, "a thread ends detached", "GilDrop or GilLeave before it")?;
                self.work.step(event)
            }
            Kind::ThreadJobBegin => {
                self.calls.are_over()?;
                let is_attached = self.standing.may_be_attached();
                ensure(is_attached, "a job of a pool runs attached", "GilTake or GilFree first")?;
                self.work.step(event)?;
                self.units.begin_job()
            }
            Kind::ThreadJobEnd => {
                let is_attached = self.standing.may_be_attached();
                ensure(is_attached, "a job of a pool runs attached", "GilTake or GilFree first")?;
                self.units.end_job()?;
                self.work.step(event)
            }
            Kind::WorkerJobEnd => self.units.end_job(),
            Kind::UnitBegin | Kind::UnitEnd => self.units.step(event, &self.tasks),
            Kind::IoWait | Kind::IoReady | Kind::TimerSet | Kind::TimerFire => {
                self.news.step(event, &mut self.tasks)
            }
            Kind::TaskPollEnd => {
                self.tasks.step(event)?;
                self.units.end_poll(event)
            }
            _ => self.tasks.step(event),
        }
    }
}
