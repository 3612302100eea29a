//! One global lock, across all threads: who holds it, and what the holder was asked for.
//!
//! The arrows are those of `threads::kernel::lock` and of `threads::kernel::world`. Taking,
//! dropping, asking and changing the mode happen under the lock's mutex, and so does the stamp; so
//! their order in a recording is the order in which they happened. Only `GilFree` and `GilLeave`,
//! with the lock off, do not: a thread may say that it runs after another has said "stop".

use std::collections::HashSet;

use super::illegal::{Verdict, ensure};
use super::track::Track;
use crate::trace::{Event, Kind};

/// The words of `GilDrop`.
const ASKED: u64 = 1;
const STOP: u64 = 3;
/// The words of `GilMode`.
const OFF: u64 = 0;
const OTHER_RULES: u64 = 2;

/// What the events have told of a lock.
#[derive(Default)]
pub(super) struct Lock {
    /// `None` until an event tells.
    is_on: Option<bool>,
    holder: Holder,
    /// The number of the thread that held it last, once an event has told.
    last_number: Option<u64>,
    /// Who runs beside others while it is off.
    free: HashSet<u32>,
    world: World,
    /// Who was told to stop for good: a daemon whose program is over.
    refused: HashSet<u32>,
    /// A switch was forced under the rules of now, so all are.
    forces: bool,
    /// A waiter asked before the holder had said that it took the lock.
    asked_early: bool,
    takes: u64,
    give_ups: u64,
}

#[derive(Default)]
enum Holder {
    /// It was neither taken nor dropped so far.
    #[default]
    Unknown,
    Nobody,
    Held(Hold),
}

/// What happened since the lock was taken.
struct Hold {
    track: u32,
    request: Request,
    /// The world was to stop.
    must_stop: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Request {
    /// The hold began before the recording; or the lock got other rules, and nobody may wait.
    Unknown,
    None,
    /// Somebody asked, when so many had given up waiting in all.
    Asked {
        give_ups: u64,
    },
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum World {
    #[default]
    Unknown,
    GoesOn,
    Stopping {
        by: u32,
        /// The lock was free, or seemed so: who had taken it may say so a moment later.
        one_is_late: bool,
    },
    Changed(u32),
}

/// A thread dropped the lock at a check point because somebody had asked for it: it takes the lock again
/// after another has had it.
pub(super) struct Owed {
    pub(super) lock: u64,
    /// How often the lock had been taken when it was dropped.
    takes: u64,
    request: Request,
}

/// What shows that a thread holds a lock, or has held it.
pub(super) const HOLDS_IT: [Kind; 5] =
    [Kind::GilTake, Kind::GilFree, Kind::GilDrop, Kind::GilLeave, Kind::GilSwitched];

impl Lock {
    pub(super) fn step(&mut self, event: Event, track: &mut Track) -> Verdict {
        match event.kind {
            Kind::GilTake => self.take(event),
            Kind::GilDrop => self.drop(event, track),
            Kind::GilDropRequest => self.ask(event),
            Kind::GilSwitched => self.switched(event, track),
            Kind::GilFree => self.enter(event),
            Kind::GilLeave => {
                self.free.remove(&event.track);
                ensure(self.is_on != Some(true), IS_OFF, "GilMode 0 before it, or GilDrop")?;
                self.is_on = Some(false);
                self.runs()
            }
            Kind::GilStop | Kind::GilMode | Kind::GilResume => self.world(event),
            Kind::GilWakeFailed => ensure(
                !matches!(self.holder, Holder::Nobody),
                "a waiter is called in vain when another was quicker",
                "GilTake of another thread",
            ),
            Kind::GilGiveUp => {
                self.give_ups += 1;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn take(&mut self, Event { track, b: previous, .. }: Event) -> Verdict {
        let was_held = !matches!(self.holder, Holder::Unknown);
        ensure(!matches!(self.holder, Holder::Held(_)), "a lock has one holder", "GilDrop by it")?;
        ensure(self.is_on != Some(false), IS_ON, "GilMode 1 before it, or GilFree")?;
        ensure(!self.refused.contains(&track), REFUSED, "no event of this track for this lock")?;
        let names_it = self.last_number.is_none_or(|number| number == previous);
        ensure(
            names_it && !(was_held && previous == 0),
            "a lock is taken from the thread that held it last",
            "GilTake and GilDrop of the thread that it names",
        )?;
        self.is_on = Some(true);
        self.last_number = None;
        self.takes += 1;
        let must_stop = matches!(self.world, World::Stopping { .. });
        let was_asked = std::mem::take(&mut self.asked_early);
        let request = if was_asked { Request::Unknown } else { Request::None };
        self.holder = Holder::Held(Hold { track, request, must_stop });
        self.runs()?;
        let is_late = match &mut self.world {
            World::Stopping { one_is_late, .. } => std::mem::take(one_is_late),
            _ => true,
        };
        ensure(is_late, "nobody takes a lock while the world stops", "GilResume before it")?;
        if self.world == World::Unknown {
            self.world = World::GoesOn;
        }
        Ok(())
    }

    fn drop(
        &mut self,
        Event { track, a: lock, b: cause, .. }: Event,
        whose: &mut Track,
    ) -> Verdict {
        ensure(self.is_on != Some(false), IS_ON, "GilMode 1 before it, or GilLeave")?;
        self.is_on = Some(true);
        let (takes, refused) = (self.takes, &mut self.refused);
        let request = match std::mem::replace(&mut self.holder, Holder::Nobody) {
            Holder::Unknown => Request::Unknown,
            Holder::Nobody => return ensure(false, HOLDS, "GilTake on this track"),
            Holder::Held(hold) => {
                ensure(hold.track == track, HOLDS, "GilDrop by its holder")?;
                if cause == STOP && !hold.must_stop {
                    refused.insert(track);
                }
                hold.request
            }
        };
        ensure(
            cause != ASKED || request != Request::None,
            "a drop on request was requested",
            "GilDropRequest by a waiter since the lock was taken",
        )?;
        whose.owed = (cause == ASKED).then_some(Owed { lock, takes, request });
        Ok(())
    }

    fn ask(&mut self, Event { track, b: number, .. }: Event) -> Verdict {
        let give_ups = self.give_ups;
        let Holder::Held(hold) = &mut self.holder else {
            // An open lock is taken first, and told then.
            self.asked_early = true;
            return Ok(());
        };
        ensure(hold.track != track, "a holder does not ask itself", "GilDrop by it")?;
        hold.request = Request::Asked { give_ups };
        let names_it = self.last_number.is_none_or(|known| known == number);
        self.last_number = Some(number);
        ensure(names_it, "all who ask one holder name the same thread", "GilTake by the other")
    }

    fn switched(&mut self, Event { track, .. }: Event, whose: &mut Track) -> Verdict {
        let owed = whose.owed.take();
        // It may have been dropped before the recording: then the thread has shown no hold yet.
        ensure(
            owed.is_some() || !whose.has_held,
            "only a thread that was asked for the lock, and dropped it, waits for the switch",
            "GilDropRequest for its hold, then its GilDrop",
        )?;
        let has_switched = owed.is_none_or(|owed| self.takes > owed.takes);
        let is_others = !matches!(&self.holder, Holder::Held(hold) if hold.track == track);
        ensure(
            has_switched && is_others,
            "a thread sees the switch after another took the lock",
            "GilTake by another thread since its GilDrop",
        )?;
        self.forces = true;
        Ok(())
    }

    /// Tells whether a thread that owes a look at the switch may go on to `event` without.
    ///
    /// The waiter that asked last still waits, unless somebody has given up since. As long as it does,
    /// every hold of the lock begins and ends under the mutex: so what was taken in between is known.
    pub(super) fn forgives(&self, owed: &Owed, event: Event) -> Verdict {
        let still_waits = owed.request == Request::Asked { give_ups: self.give_ups };
        if !self.forces || !still_waits {
            return Ok(());
        }
        let is_taken_back = event.kind == Kind::GilTake && event.a == owed.lock;
        ensure(
            !is_taken_back || self.takes > owed.takes,
            "a thread that was asked for the lock, and dropped it, lets the waiter have it first",
            "GilTake of another thread",
        )?;
        ensure(
            self.takes == owed.takes,
            "a thread that was asked for the lock goes on when it has seen another take it",
            "GilSwitched first",
        )
    }

    fn enter(&mut self, Event { track, .. }: Event) -> Verdict {
        ensure(self.is_on != Some(true), IS_OFF, "GilMode 0 before it, or GilTake")?;
        ensure(!self.refused.contains(&track), REFUSED, "no event of this track for this lock")?;
        self.is_on = Some(false);
        self.free.insert(track);
        self.runs()
    }

    /// Somebody has begun to run, or still did: in a world that is stopping too, but not later.
    fn runs(&self) -> Verdict {
        ensure(
            !matches!(self.world, World::Changed(_)),
            "nobody runs attached when the mode has changed and the world stands still",
            "GilResume before it",
        )
    }

    fn world(&mut self, Event { kind, track, b: mode, .. }: Event) -> Verdict {
        let goes_on = matches!(self.world, World::Unknown | World::GoesOn);
        let is_ours = match self.world {
            World::Unknown => true,
            World::GoesOn => false,
            World::Stopping { by, .. } | World::Changed(by) => by == track,
        };
        match kind {
            Kind::GilStop => {
                ensure(goes_on, "the world is stopped by one thread at a time", "GilResume first")?;
                let one_is_late = !matches!(self.holder, Holder::Held(_));
                self.world = World::Stopping { by: track, one_is_late };
                if let Holder::Held(hold) = &mut self.holder {
                    hold.must_stop = true;
                }
            }
            Kind::GilResume => {
                ensure(is_ours, "the world goes on when who stopped it says so", "GilStop first")?;
                self.world = World::GoesOn;
            }
            _ if mode == OTHER_RULES => {
                ensure(goes_on, "a lock gets other rules while the world goes on", "GilResume")?;
                ensure(self.is_on != Some(false), IS_ON, "GilMode 1 before it")?;
                self.is_on = Some(true);
                self.forces = false;
                // Whoever holds it is asked to drop it once, so that the old rules end.
                if let Holder::Held(hold) = &mut self.holder {
                    hold.request = Request::Unknown;
                }
            }
            _ => return self.change(track, mode, is_ours),
        }
        Ok(())
    }

    fn change(&mut self, track: u32, mode: u64, is_ours: bool) -> Verdict {
        let nobody_runs = self.free.is_empty() && !matches!(self.holder, Holder::Held(_));
        ensure(nobody_runs, "the mode changes while nobody runs", "GilDrop or GilLeave of all")?;
        ensure(
            is_ours && !matches!(self.world, World::Changed(_)),
            "the mode changes while the world stands still, and once",
            "GilStop by this thread first",
        )?;
        ensure(
            mode == OFF || self.is_on != Some(true),
            "a lock is switched on while it is off",
            "GilMode 0 before it, or GilMode 2",
        )?;
        self.is_on = Some(mode != OFF);
        self.forces = false;
        self.world = World::Changed(track);
        Ok(())
    }
}

const IS_ON: &str = "only a lock that is on is held";
const IS_OFF: &str = "only beside a lock that is off threads run freely";
const HOLDS: &str = "who holds the lock drops it";
const REFUSED: &str = "a thread that was stopped without a stop of the world never runs again";
