//! How quiet the machine is: the same work again and again, and the gaps in a clock that is read
//! without a pause.
//!
//! What a program loses to others shows twice: a piece of work that takes longer than its twin, and
//! two readings of the clock with too much between them. What a hypervisor takes away the kernel
//! counts as *steal* (proc(5), `/proc/stat`).

use std::fs;
use std::hint::black_box;

use serde::{Deserialize, Serialize};

use trainyard::sys::clock;

/// One piece of work: some twenty microseconds, far more than a reading of the clock takes and far
/// less than a time slice.
const SPIN_TURNS: u64 = 20_000;

/// A gap that is no cache miss: an interrupt takes microseconds, a switch of threads more.
const GAP_NS: u64 = 10_000;

/// What disturbed us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// How often the piece of work was done.
    pub spins: usize,
    /// What it took usually: the median.
    pub median_ns: u64,
    /// What the slowest one in a hundred took, or more.
    pub p99_ns: u64,
    pub largest_ns: u64,
    pub watched_ns: u64,
    /// How often it jumped by 10 us or more.
    pub gaps: usize,
    pub largest_gap_ns: u64,
    /// The share of the time that went into these jumps.
    pub lost: f64,
    /// The share of all processors' time that the hypervisor gave to others, if the kernel says.
    pub steal: Option<f64>,
}

impl Noise {
    /// Keeps one processor busy, `spins` times and then for `watch_ns`, and looks.
    pub fn measure(spins: usize, watch_ns: u64) -> Self {
        let stat = || fs::read_to_string("/proc/stat").unwrap_or_default();
        let before = stat();
        let mut took: Vec<u64> = (0..spins).map(|_| spin()).collect();
        took.sort_unstable();
        let (median_ns, p99_ns) = (took[spins / 2], took[spins * 99 / 100]);
        let (largest_ns, watched) = (took[spins - 1], watch(watch_ns));
        let steal = stolen_between(&before, &stat());
        Self { spins, median_ns, p99_ns, largest_ns, steal, ..watched }
    }
}

fn spin() -> u64 {
    let begin_ns = clock::now_ns();
    for turn in 0..SPIN_TURNS {
        black_box(turn);
    }
    clock::now_ns() - begin_ns
}

/// Reads the clock without a pause.
#[expect(clippy::cast_precision_loss, reason = "a share")]
fn watch(watch_ns: u64) -> Noise {
    let begin_ns = clock::now_ns();
    let (mut last_ns, mut noise, mut away_ns) = (begin_ns, Noise::default(), 0);
    while last_ns - begin_ns < watch_ns {
        let now_ns = clock::now_ns();
        let gap_ns = now_ns - last_ns;
        if gap_ns >= GAP_NS {
            noise.gaps += 1;
            away_ns += gap_ns;
            noise.largest_gap_ns = noise.largest_gap_ns.max(gap_ns);
        }
        last_ns = now_ns;
    }
    let watched_ns = last_ns - begin_ns;
    Noise { watched_ns, lost: away_ns as f64 / watched_ns as f64, ..noise }
}

/// What all processors did since the machine was started, and how much of it was stolen, in the
/// kernel's ticks: `cpu  user nice system idle iowait irq softirq steal guest guest_nice`, the last
/// two of which are part of the first two.
fn ticks(stat: &str) -> Option<[u64; 2]> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let words: Vec<u64> =
        line.split_ascii_whitespace().map_while(|word| word.parse().ok()).take(8).collect();
    Some([words.iter().sum(), *words.get(7)?])
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
fn stolen_between(before: &str, after: &str) -> Option<f64> {
    let ([all_before, before], [all_after, after]) = (ticks(before)?, ticks(after)?);
    let all = all_after.checked_sub(all_before).filter(|all| *all > 0)?;
    Some(after.saturating_sub(before) as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stolen_time_is_a_share_of_all() {
        let before = "cpu  10 0 10 70 0 0 0 10 0 0\ncpu0 1 2 3\n";
        let after = "cpu  20 0 20 130 0 0 0 30 5 5\n";
        assert_eq!((ticks(before), ticks("intr 1 2 3\n")), (Some([100, 10]), None));
        assert_eq!(stolen_between(before, after), Some(0.2));
        assert_eq!(stolen_between(before, before), None, "no time has passed");
    }

    #[test]
    fn a_watched_clock_accounts_for_its_gaps() {
        let noise = watch(1_000_000);
        assert!(noise.watched_ns >= 1_000_000 && noise.lost <= 1.0, "{noise:?}");
        assert_eq!(noise.gaps == 0, noise.largest_gap_ns == 0);
    }
}
