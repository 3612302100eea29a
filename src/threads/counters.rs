//! What the lock counts, for each thread and in all.
//!
//! Users of Python ask what CPython does not tell: who holds the lock, who waits and for how long,
//! and how many wake-ups were for nothing. A lock that keeps time changes all of it under its mutex,
//! where it is read too: then sums are exact at every moment. Otherwise a hold that nobody waited for is
//! counted a moment after it has begun, or ended.
//!
//! # Invariants
//!
//! - **COUNT-1** Only its own thread writes a tally. The words are atomic so that others may read them,
//!   and cost what plain words cost.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::kernel::policy::Cause;

macro_rules! counters {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// What a lock has counted since it was made, or one thread since it first attached.
        ///
        /// The lock was taken as often as it was dropped, for one of the four causes, and once
        /// more while it is held.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Counters {
            $($(#[doc = $doc])+ pub $name: u64,)+
        }

        impl Counters {
            /// Adds the counts of `other`.
            pub(super) fn add(&mut self, other: Self) {
                $(self.$name += other.$name;)+
            }
        }

        /// The counters of one thread, while they count.
        #[derive(Debug, Default)]
        pub(super) struct Tally {
            $(pub(super) $name: Count,)+
            pub(super) waits: [Count; Histogram::BUCKETS],
        }

        impl Tally {
            pub(super) fn counters(&self) -> Counters {
                Counters { $($name: self.$name.get(),)+ }
            }
        }
    };
}

counters! {
    /// How often the lock was taken.
    acquisitions,
    /// How often a thread found it taken and had to wait.
    contended,
    /// How often a waiter asked the holder to drop it.
    drop_requests,
    /// How often a holder dropped it because it was asked to, at a check point.
    forced_switches,
    /// How often a holder dropped it after so many check points, asked or not.
    tick_drops,
    /// How often a holder dropped it of its own accord: to sleep, or for good.
    own_drops,
    /// How often a holder dropped it so that the mode could change.
    stop_drops,
    /// How often a waiter was woken because the lock was free, and found it taken again.
    failed_wakeups,
    /// How long threads waited for it, added up, in nanoseconds.
    wait_ns,
    /// How long threads held it, added up, in nanoseconds; nothing is added unless the lock keeps time:
    /// [`Gil::keep_time`](crate::threads::Gil::keep_time).
    hold_ns,
}

/// One word that counts.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn get(&self) -> u64 {
        // ORDER: Relaxed; where a sum must be exact, the lock's mutex orders it.
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, more: u64) {
        // ORDER: Relaxed; [COUNT-1] nobody else writes meanwhile.
        self.0.store(self.get() + more, Ordering::Relaxed);
    }
}

impl Tally {
    /// Notes a wait for the lock that is over.
    pub(super) fn waited(&self, wait_ns: u64) {
        self.wait_ns.add(wait_ns);
        self.waits[Histogram::bucket(wait_ns)].add(1);
    }

    /// Notes that the thread drops the lock.
    pub(super) fn dropped(&self, cause: Cause, hold_ns: u64) {
        self.hold_ns.add(hold_ns);
        let drops = match cause {
            Cause::Own => &self.own_drops,
            Cause::Asked => &self.forced_switches,
            Cause::Ticks => &self.tick_drops,
            Cause::Stop => &self.stop_drops,
        };
        drops.add(1);
    }

    pub(super) fn histogram(&self) -> Histogram {
        Histogram { counts: self.waits.each_ref().map(Count::get) }
    }
}

/// How long waits took, by powers of two.
///
/// Bucket `n` counts the waits of at least 2^n and less than 2^(n+1) nanoseconds; bucket 0 also
/// those of 0.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: [u64; Self::BUCKETS],
}

impl Histogram {
    /// How many buckets there are; the last one begins at 2.1 s, and has no end.
    pub const BUCKETS: usize = 32;

    fn bucket(wait_ns: u64) -> usize {
        (wait_ns.max(1).ilog2() as usize).min(Self::BUCKETS - 1)
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.counts.iter_mut().zip(other.counts).for_each(|(sum, count)| *sum += count);
    }

    /// Returns the buckets, from the shortest waits to the longest.
    pub fn counts(&self) -> &[u64; Self::BUCKETS] {
        &self.counts
    }

    /// Returns how many waits were counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns a time that at least the share `quantile` of all waits did not exceed; `None` if
    /// nobody has waited.
    ///
    /// The answer is the upper end of a bucket, so it may be twice too long.
    ///
    /// # Panics
    ///
    /// Panics if `quantile` is not between 0 and 1.
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        assert!((0.0..=1.0).contains(&quantile), "a quantile is between 0 and 1, not {quantile}");
        #[expect(clippy::cast_precision_loss, reason = "a share of a count")]
        let wanted = quantile * self.total() as f64;
        let mut seen = 0;
        let bucket = self.counts.iter().position(|count| {
            seen += count;
            #[expect(clippy::cast_precision_loss, reason = "compared with a share of a count")]
            let enough = seen > 0 && seen as f64 >= wanted;
            enough
        })?;
        Some(Duration::from_nanos(2 << bucket))
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let buckets = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let rows = buckets.map(|(bucket, count)| (Duration::from_nanos(1 << bucket), count));
        formatter.debug_map().entries(rows).finish()
    }
}

/// What one thread has to do with a lock at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is attached: it holds the lock, or the lock is off.
    Running,
    /// It waits for the lock.
    Waiting,
    /// It is in a call that may sleep, or has left and may come back.
    Detached,
}

/// What the lock knows of one thread.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThreadReport {
    /// The thread's name.
    pub name: String,
    /// Its number, as in the words of a recording.
    pub number: u64,
    /// What it does at this moment.
    pub standing: Standing,
    /// What it has counted since it first attached.
    pub counters: Counters,
    /// How long it waited for the lock, each time.
    pub waits: Histogram,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_counted_in_the_bucket_of_its_power_of_two() {
        let tally = Tally::default();
        for wait_ns in [0, 1, 1023, 1024, 2047, u64::MAX] {
            tally.waited(wait_ns.min(u64::MAX / 2));
        }
        let histogram = tally.histogram();
        let filled = histogram.counts().iter().enumerate().filter(|(_, count)| **count > 0);
        let filled: Vec<_> = filled.map(|(bucket, count)| (bucket, *count)).collect();
        assert_eq!(filled, [(0, 2), (9, 1), (10, 2), (Histogram::BUCKETS - 1, 1)]);
    }

    #[test]
    fn a_quantile_is_the_end_of_the_bucket_that_reaches_it() {
        let tally = Tally::default();
        assert_eq!(tally.histogram().quantile(0.5), None);
        (0..99).for_each(|_| tally.waited(1000));
        tally.waited(1_000_000);
        let ends = [0.0, 0.5, 0.99, 1.0].map(|share| tally.histogram().quantile(share));
        assert_eq!(ends, [1024, 1024, 1024, 1 << 20].map(|ns| Some(Duration::from_nanos(ns))));
    }
}
