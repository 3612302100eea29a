//! The mode changes thousands of times under load. `ci/toggle.sh` runs this a million times.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use trainyard::sys::Why;
use trainyard::threads::{Gil, Mode};

use crate::support::{
    Ends, INTERVAL, Inside, assert_settled, eventually, named, turns, without_hanging,
};

const WORKERS: usize = 3;

/// What the workers and the toggler know of each other.
#[derive(Default)]
struct Storm {
    /// Which change is the last; the mode is on if it is odd.
    change: AtomicU64,
    /// The last change in whose mode each worker was seen to run.
    seen: [AtomicU64; WORKERS],
    inside: Inside,
    is_over: AtomicBool,
}

impl Storm {
    /// Runs attached until it is over. It passes check points, sleeps in a call, and leaves, by turns.
    fn work(&self, gil: &Gil, number: usize) {
        let seen = &self.seen[number];
        while !self.is_over.load(Ordering::Relaxed) {
            gil.attach(|at| {
                for turn in 0..100_u32 {
                    let change = self.change.load(Ordering::Acquire);
                    let is_on = gil.is_on();
                    if is_on {
                        self.inside.visit();
                    }
                    // Nothing changes between two check points: neither the mode nor the number.
                    if seen.load(Ordering::Relaxed) < change && is_on == (change % 2 == 1) {
                        seen.store(change, Ordering::Release);
                    } else if turn % 32 == 31 {
                        at.detach(Why::Sleep, thread::yield_now);
                    }
                    at.checkpoint();
                }
            });
        }
    }

    fn all_have_seen(&self, change: u64) -> bool {
        self.seen.iter().all(|seen| seen.load(Ordering::Acquire) == change)
    }
}

/// Item 9, G9, R18. Fails in as many ways as there are mistakes to make: see the other tests.
#[test]
fn ten_thousand_changes_under_load_are_seen_by_every_worker_and_leave_no_trace() {
    without_hanging(|| {
        let interval = INTERVAL / 50;
        let ticks = NonZeroU32::new(20).unwrap();
        let gil = Gil::new(Mode::Off);
        let storm = Storm::default();
        let names = ["storm 0", "storm 1", "storm 2"];
        thread::scope(|scope| {
            for (number, name) in names.into_iter().enumerate() {
                let (storm, gil) = (&storm, &gil);
                named(scope, name, move || storm.work(gil, number));
            }
            let _ends = Ends(&storm.is_over);
            let mut acquired = 0;
            for change in 1..=turns(10_000) {
                let mode = match change % 4 {
                    1 => Mode::timed(interval),
                    3 => Mode::ticks(ticks),
                    _ => Mode::Off,
                };
                gil.set_mode(mode).unwrap();
                storm.change.store(change, Ordering::Release);
                eventually("every worker runs in the new mode", || storm.all_have_seen(change));
                let counters = gil.counters();
                assert!(counters.acquisitions >= acquired, "a counter went back");
                acquired = counters.acquisitions;
            }
        });
        assert_eq!(storm.inside.most(), 1);
        assert_settled(&gil.counters());
    });
}

/// G9, R18. Two are inside at once if a change lets the world go on while somebody still runs.
#[test]
fn a_storm_of_changes_against_sixteen_threads_lets_no_two_inside() {
    without_hanging(|| {
        let (gil, storm) = (Gil::new(Mode::timed(INTERVAL / 50)), Storm::default());
        let sections = AtomicU64::new(0);
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    while !storm.is_over.load(Ordering::Relaxed) {
                        gil.attach(|at| {
                            if gil.is_on() {
                                storm.inside.visit();
                                sections.fetch_add(1, Ordering::Relaxed);
                            }
                            at.checkpoint();
                        });
                    }
                });
            }
            let _ends = Ends(&storm.is_over);
            for _ in 0..turns(500) {
                gil.set_mode(Mode::Off).unwrap();
                let seen = sections.load(Ordering::Relaxed);
                gil.set_mode(Mode::timed(INTERVAL / 50)).unwrap();
                let go_on = || sections.load(Ordering::Relaxed) > seen;
                eventually("somebody is inside again", go_on);
            }
        });
        assert_eq!(storm.inside.most(), 1);
        assert_settled(&gil.counters());
    });
}
