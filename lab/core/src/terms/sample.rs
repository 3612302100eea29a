//! What a round and a whole contender's rounds gave: the raw material of every figure.

use serde::{Deserialize, Serialize};

use super::contender::Contender;
use trainyard::trace::Recording;

/// What an arm says of one round of work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// How long the work took, in nanoseconds; starting up not included.
    pub wall_ns: u64,
    /// How many units of work were done: requests, sums.
    pub units: u64,
    /// A digest of all answers; the same for every contender that did the same work.
    pub checksum: u64,
    /// What the global lock counted during this round, where there is one.
    pub gil: Option<GilStats>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GilStats {
    /// How often the lock was taken.
    pub acquisitions: u64,
    /// How often it was found taken.
    pub contended: u64,
    /// How often a waiter's interval ended and it asked for the lock.
    pub drop_requests: u64,
    /// How often a holder gave the lock up because it was asked to.
    pub forced_switches: u64,
    /// How often a waiter was woken for a free lock, and found it taken again.
    pub failed_wakeups: u64,
    /// How long threads waited for it, all together, in seconds.
    pub wait_s: f64,
    /// How long threads held it, all together, in seconds.
    pub hold_s: f64,
}

/// What the kernel says a process tree has used in all measured rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TreeUsage {
    /// Processor time in the program, in seconds, per round.
    pub user_s: f64,
    /// Processor time in the kernel, in seconds, per round.
    pub system_s: f64,
    /// The largest resident sizes of the tree's processes, added up.
    pub max_rss_bytes: u64,
    /// Times a thread gave its processor up, per round.
    pub voluntary_switches: u64,
    /// Times the kernel took it away, per round.
    pub involuntary_switches: u64,
}

/// Everything that was seen of one contender.
#[derive(Clone, Debug)]
pub struct Measured {
    pub contender: Contender,
    /// How long starting took: threads, loop, workers, connections.
    pub startup_s: f64,
    /// The measured rounds' wall times in seconds, in the order of the rounds. Round `i` of every
    /// contender belongs together: they ran next to each other.
    pub wall_s: Vec<f64>,
    pub units: u64,
    pub checksum: u64,
    pub usage: TreeUsage,
    /// The lock's counters, added up over the measured rounds.
    pub gil: Option<GilStats>,
    /// The one round that was recorded and not measured.
    pub recording: Option<Recording>,
}
