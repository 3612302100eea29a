//! What others took of the machine while a cell was measured: the account that failures are judged by.
//!
//! Time that no processor idled and no process of the experiment used went to somebody else: another
//! program, the kernel's own threads, or the hypervisor. A cell cannot inflict that on itself, as it
//! can time in line for a processor. The account spans the whole life of a cell's processes: what a
//! process and its children used is exact once they are reaped. See `proc_stat(5)`, `getrusage(2)`.

use std::fs;
use std::time::Duration;

use trainyard::sys::clock;
use trainyard::sys::rusage::{Whose, usage};

/// The share of all processors' time that others used, as each measured cell carries it.
pub(crate) const OTHERS_SHARE: &str = "others_share";

/// More than this share is a busy machine: 5 % of a processor where there are two.
///
/// An idle machine's own services stay below 1 %, and the narrowest relations allow for 15 %. What
/// matters is the chance that others want the very processor that a cell needs, so the limit is a
/// share of the machine and not of one processor: one busy program among 64 disturbs nobody.
pub(crate) const OTHERS_SHARE_MAX: f64 = 0.025;

/// The kernel's unit in `/proc/stat`, in milliseconds: `USER_HZ` is 100 on every machine that we run on.
const TICK_MS: u64 = 10;

/// How much rounding may add to what seems not to be idle: idle time and time that waits for a disk
/// are each cut off to a tick.
const ROUNDING: Duration = Duration::from_millis(2 * TICK_MS);

/// The accounts of the machine and of the experiment at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    at: Duration,
    processors: u32,
    /// Of all processors, since the machine was started.
    idle: Duration,
    /// What the lab and every process that it has reaped have used.
    ours: Duration,
}

impl Reading {
    /// Reads them; `None` if the kernel does not say.
    pub(crate) fn take() -> Option<Self> {
        let (processors, idle) = idle(&fs::read_to_string("/proc/stat").ok()?)?;
        let used = |whose| usage(whose).ok().map(|usage| usage.user + usage.system);
        let ours = used(Whose::Process)? + used(Whose::Children)?;
        Some(Self { at: Duration::from_nanos(clock::now_ns()), processors, idle, ours })
    }

    /// The share of all processors' time since `earlier` that was neither idle nor ours.
    pub(crate) fn others_since(self, earlier: Self) -> f64 {
        let all = self.at.saturating_sub(earlier.at) * self.processors;
        let accounted = self.idle.saturating_sub(earlier.idle)
            + self.ours.saturating_sub(earlier.ours)
            + ROUNDING;
        all.saturating_sub(accounted).div_duration_f64(all)
    }
}

/// How many processors there are, and how long all of them were idle, waiting for a disk or not.
/// A sandbox that shows only zeros says nothing.
fn idle(stat: &str) -> Option<(u32, Duration)> {
    let mut lines = stat.lines();
    let ticks = |word: &str| word.parse::<u64>().ok();
    let all = lines.next()?.strip_prefix("cpu ")?.split_ascii_whitespace();
    // user nice system idle iowait ...
    let idle: u64 = all.skip(3).take(2).filter_map(ticks).sum();
    let processors = lines.take_while(|line| line.starts_with("cpu")).count();
    let processors = u32::try_from(processors).ok().filter(|_| idle > 0)?;
    Some((processors, Duration::from_millis(TICK_MS * idle)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_neither_idle_nor_ours_was_used_by_others() {
        let reading = |at_ms, idle_ms, ours_ms| {
            let [at, idle, ours] = [at_ms, idle_ms, ours_ms].map(Duration::from_millis);
            Reading { at, processors: 2, idle, ours }
        };
        for (idle_ms, ours_ms, share) in [
            (1_000, 980, 0.0),   // all but what rounding may hide
            (0, 1_980, 0.0),     // however many threads of ours stood in line
            (0, 980, 0.5),       // one processor of two
            (1_900, 0, 0.04),    // a little
            (2_000, 1_000, 0.0), // clocks that do not agree
        ] {
            let after = reading(2_000, 5_000 + idle_ms, 300 + ours_ms);
            let others = after.others_since(reading(1_000, 5_000, 300));
            assert!((others - share).abs() < 1e-9, "{others} is not {share}");
        }
    }

    #[test]
    fn idle_time_is_read_from_the_line_of_all_processors() {
        let stat = "cpu  9 9 9 50 20 9 9 9 0 0\ncpu0 1 2 3 4 5\ncpu1 1 2 3 4 5\nintr 7 7\n";
        assert_eq!(idle(stat), Some((2, Duration::from_millis(700))));
        assert_eq!(idle("cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0\n"), None);
        assert_eq!(idle("intr 7 7\n"), None);
        let [before, after] = [(); 2].map(|()| Reading::take().unwrap());
        assert!(after.ours >= before.ours && after.idle >= before.idle);
        assert!(before.ours > Duration::ZERO);
        assert!((0.0..=1.0).contains(&after.others_since(before)));
    }
}
