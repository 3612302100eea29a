//! Moments on a lane: what happened at a thread's lock that took no time of its own.
//!
//! A *failed wake-up* is the one to look for: a thread was woken because the lock was free, and
//! found it taken again. It cost two switches of the processor and brought nothing. David Beazley
//! drew them in red ("Understanding the Python GIL", `PyCon` 2010), one tick each, and one picture
//! was enough to have the lock rewritten.

use trainyard::trace::{Kind, Recording};

/// A moment on a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// When.
    pub at_ns: u64,
    /// On whose lane.
    pub track: u32,
    /// What happened: one of [`KINDS`].
    pub kind: Kind,
    /// The event, by its index in the recording.
    pub event: u32,
}

/// What is a tick: woken in vain, and asking the holder to drop the lock.
pub const KINDS: [Kind; 2] = [Kind::GilWakeFailed, Kind::GilDropRequest];

/// Lists the ticks of all lanes in the order of time.
pub fn read(recording: &Recording) -> Vec<Tick> {
    let numbered = (0..).zip(&recording.events);
    numbered
        .filter(|(_, event)| KINDS.contains(&event.kind))
        .map(|(index, event)| Tick {
            at_ns: event.time_ns,
            track: event.track,
            kind: event.kind,
            event: index,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::lanes::tests::{LOCK_ON, recording};

    #[test]
    fn ticks_are_the_wakeups_in_vain_and_the_requests() {
        let mut lines = LOCK_ON.to_vec();
        lines.insert(8, (22, 1, 0, Kind::GilWakeFailed, 7, 0));
        let ticks = read(&recording(&lines));
        let seen: Vec<(u64, u32, Kind)> =
            ticks.iter().map(|tick| (tick.at_ns / 1000, tick.track, tick.kind)).collect();
        assert_eq!(seen, [(20, 2, Kind::GilDropRequest), (22, 1, Kind::GilWakeFailed)]);
        assert_eq!([ticks[0].event, ticks[1].event], [5, 8]);
    }
}
