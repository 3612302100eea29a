//! The laws: what the recorded events of one lock must obey under a policy.
//!
//! A law walks through the events once and says at which one it was broken. The moments in them are
//! data: where a law speaks of time, it is the time that a waiter has let pass before it asked.

use std::collections::HashMap;
use std::time::Duration;

use trainyard::trace::{Event, Kind};

/// Where a law was broken, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    pub(crate) at: usize,
    pub(crate) says: &'static str,
}

pub(crate) type Law = fn(&[Event], Duration) -> Result<(), Breach>;

pub(crate) const TOOK_IT_BACK: &str = "who gave way took it back before another had it";
pub(crate) const ASKED_TOO_EARLY: &str = "a waiter asked before its interval was over";
pub(crate) const WAITED_FOR_A_SWITCH: &str = "who gave way waited for another to take it";
pub(crate) const NOT_ASKED: &str = "the holder gave way though nobody had asked";
pub(crate) const ASKED: &str = "a waiter asked";
pub(crate) const LET_IT_WAIT: &str = "who computes let one wait that was back from a call";
pub(crate) const OVERTAKEN: &str = "a waiter was overtaken";

/// Why a thread dropped the lock, as its event says it.
const OWN: u64 = 0;
const FORCED: u64 = 1;
const TICKS: u64 = 2;

/// What the events so far say of the lock.
#[derive(Default)]
struct Seen {
    holder: Option<u32>,
    /// Since when each waiter waits in vain: it came, it asked, or another was served.
    patient_since_ns: HashMap<u32, u64>,
    /// In the order in which they came.
    queue: Vec<u32>,
    last_drop: HashMap<u32, u64>,
    was_asked: bool,
    /// Who gave way on request, until another has the lock.
    gave_way: Option<u32>,
    /// Who began to wait before the one that had taken the lock said so: an open lock is taken first, and
    /// told then.
    knew_first: Vec<u32>,
    last_holder: Option<u32>,
}

impl Seen {
    fn step(&mut self, event: &Event) {
        match event.kind {
            Kind::GilWait => {
                self.queue.push(event.track);
                self.patient_since_ns.insert(event.track, event.time_ns);
                if self.holder.is_none() && self.gave_way != Some(event.track) {
                    self.knew_first.push(event.track);
                }
            }
            Kind::GilDropRequest => {
                self.was_asked = true;
                self.patient_since_ns.insert(event.track, event.time_ns);
            }
            Kind::GilTake => {
                self.queue.retain(|waiter| *waiter != event.track);
                self.patient_since_ns.remove(&event.track);
                if self.last_holder != Some(event.track) {
                    // INVARIANT: [GIL-4] somebody was served: all others begin anew.
                    let knew_first = std::mem::take(&mut self.knew_first);
                    for (track, since_ns) in &mut self.patient_since_ns {
                        if !knew_first.contains(track) {
                            *since_ns = event.time_ns;
                        }
                    }
                    self.gave_way = None;
                }
                self.holder = Some(event.track);
                self.last_holder = self.holder;
                self.was_asked = false;
            }
            Kind::GilDrop => {
                self.holder = None;
                self.last_drop.insert(event.track, event.b);
                self.gave_way =
                    (event.b == FORCED && !self.queue.is_empty()).then_some(event.track);
            }
            _ => {}
        }
    }

    /// Whether the thread was forced when it dropped the lock the last time.
    fn computes(&self, track: u32) -> bool {
        self.last_drop.get(&track) == Some(&FORCED)
    }
}

fn walk(
    events: &[Event],
    mut judge: impl FnMut(&Seen, &Event) -> Result<(), &'static str>,
) -> Result<(), Breach> {
    let mut seen = Seen::default();
    for (at, event) in events.iter().enumerate() {
        judge(&seen, event).map_err(|says| Breach { at, says })?;
        seen.step(event);
    }
    Ok(())
}

fn ensure(holds: bool, says: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(says) }
}

/// How long the waiter that asks in this event has waited for it.
fn waited(seen: &Seen, event: &Event) -> Duration {
    let since_ns = seen.patient_since_ns.get(&event.track).copied();
    Duration::from_nanos(event.time_ns - since_ns.expect("only a waiter asks"))
}

/// `Timed`: nobody asks before an interval is over in which nobody was served, and who gives way does
/// not take the lock back before another had it (GIL-2, GIL-4).
pub(crate) fn gives_way(events: &[Event], interval: Duration) -> Result<(), Breach> {
    walk(events, |seen, event| match event.kind {
        Kind::GilDropRequest => ensure(waited(seen, event) >= interval, ASKED_TOO_EARLY),
        Kind::GilTake => ensure(seen.gave_way != Some(event.track), TOOK_IT_BACK),
        _ => Ok(()),
    })
}

/// `Timed` without forced switching: a holder gives way when it was asked, and only then, and waits
/// for nobody.
pub(crate) fn goes_on_at_once(events: &[Event], _: Duration) -> Result<(), Breach> {
    walk(events, |seen, event| match event.kind {
        Kind::GilDrop => ensure(event.b == OWN || seen.was_asked, NOT_ASKED),
        Kind::GilSwitched => Err(WAITED_FOR_A_SWITCH),
        _ => Ok(()),
    })
}

/// `Ticks`: nobody asks, and nobody waits until another has the lock.
pub(crate) fn asks_nobody(events: &[Event], _: Duration) -> Result<(), Breach> {
    walk(events, |_, event| match event.kind {
        Kind::GilDropRequest => Err(ASKED),
        Kind::GilSwitched => Err(WAITED_FOR_A_SWITCH),
        Kind::GilDrop => ensure(event.b == OWN || event.b == TICKS, ASKED),
        _ => Ok(()),
    })
}

/// `Priority`: a waiter that is back from a call asks a holder that computes at once, and nobody else
/// asks before an interval is over.
///
/// "At once" is sooner than an interval in more than half of the cases: on a busy machine Linux may
/// let any thread wait for longer than that.
pub(crate) fn preempts_at_once(events: &[Event], interval: Duration) -> Result<(), Breach> {
    let (mut first_requests, mut late) = (0, 0);
    let mut has_asked: HashMap<u32, bool> = HashMap::new();
    walk(events, |seen, event| {
        if event.kind == Kind::GilWait {
            has_asked.insert(event.track, false);
        }
        if event.kind != Kind::GilDropRequest {
            return Ok(());
        }
        let is_first = has_asked.insert(event.track, true) == Some(false);
        let holder = seen.holder.expect("only a holder is asked");
        let is_late = waited(seen, event) >= interval;
        let preempts = seen.computes(holder) && !seen.computes(event.track);
        first_requests += u32::from(preempts && is_first);
        late += u32::from(preempts && is_first && is_late);
        ensure(preempts || is_late, ASKED_TOO_EARLY)
    })?;
    ensure(late * 2 < first_requests, LET_IT_WAIT)
        .map_err(|says| Breach { at: events.len() - 1, says })
}

/// `Fifo`: the lock is taken by whoever has waited longest, and by others only if nobody waits.
pub(crate) fn serves_in_order(events: &[Event], _: Duration) -> Result<(), Breach> {
    walk(events, |seen, event| match event.kind {
        Kind::GilTake => {
            let first = seen.queue.first();
            let was_first = |first: &u32| *first == event.track || seen.knew_first.contains(first);
            ensure(first.is_none_or(was_first), OVERTAKEN)
        }
        _ => Ok(()),
    })
}
