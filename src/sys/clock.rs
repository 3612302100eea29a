//! The only place that reads time; the recorder's stamps are [`ticks`](super::ticks) of it.
//!
//! One clock for the whole crate and for every process of it: `CLOCK_MONOTONIC`, in nanoseconds.
//! It is the same in all processes of a machine, so the events of a worker and of its parent can
//! stand on one time line. `std::time::Instant` reads the same clock but hides the number.
//!
//! See `clock_gettime(2)`, `clock_getcpuclockid(3)`.

use std::io;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;

use super::named;

/// Returns the monotonic time in nanoseconds since an arbitrary point, the same in all processes.
///
/// # Panics
///
/// Panics if the kernel has no monotonic clock; Linux always has.
///
/// # Example: it never runs backwards
///
/// ```
/// let earlier = trainyard::sys::clock::now_ns();
/// assert!(trainyard::sys::clock::now_ns() >= earlier);
/// ```
#[inline]
pub fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("Linux has CLOCK_MONOTONIC");
    nanoseconds(now.tv_sec(), now.tv_nsec())
}

/// Returns the moment that is `timeout` from now, as [`now_ns`] will say it; one that never comes if
/// that is too far away.
pub fn deadline_ns(timeout: Duration) -> u64 {
    now_ns().saturating_add(u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX))
}

/// Returns the processor time that process `pid` has used, all its threads, ended ones included.
///
/// # Errors
///
/// Fails if there is no such process, or it belongs to somebody else.
pub fn process_cpu(pid: u32) -> io::Result<Duration> {
    let pid = Pid::from_raw(pid.cast_signed());
    let clock = ClockId::pid_cpu_clock_id(pid).map_err(named("clock_getcpuclockid"))?;
    let used = clock_gettime(clock).map_err(named("clock_gettime"))?;
    Ok(Duration::from_nanos(nanoseconds(used.tv_sec(), used.tv_nsec())))
}

fn nanoseconds(seconds: i64, nanoseconds: i64) -> u64 {
    seconds.cast_unsigned() * 1_000_000_000 + nanoseconds.cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_time_of_a_busy_process_grows() {
        let pid = std::process::id();
        let before = process_cpu(pid).unwrap();
        let mut turns = 0_u64;
        while process_cpu(pid).unwrap() <= before && turns < 100_000_000 {
            turns = std::hint::black_box(turns + 1);
        }
        assert!(process_cpu(pid).unwrap() > before);
    }

    #[test]
    fn the_clock_of_a_process_that_is_not_there_is_an_error_that_names_the_call() {
        // Larger than any pid_max, so no such process can exist.
        let error = process_cpu(0x7fff_fff0).unwrap_err();
        assert!(error.to_string().starts_with("clock_getcpuclockid: "), "{error}");
    }
}
