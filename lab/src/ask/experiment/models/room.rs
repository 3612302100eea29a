//! Whether this machine has room for so many threads or processes.
//!
//! A program that hits one of the half a dozen limits is told no more than "Resource temporarily
//! unavailable". So they are read first, and a size that does not fit is left out, with the limit's
//! name.

use std::fs;

use crate::ask::doctor::machine::Limits;
use lab_core::terms::error::{LabError, Result};
use lab_core::text::numbers::grouped;
use trainyard::sys::limits;

/// A limit: its name, how much of it there is, how much of that is used, and what one more takes.
type Limit = (&'static str, Option<u64>, u64, u64);

/// Fails with the limit that is too low if `count` of `model` do not fit.
pub(super) fn check(model: &str, count: usize) -> Result<()> {
    // A thread has a stack, its guard page, and at times an arena of the allocator's. The bytes
    // are what this experiment has measured, rounded up.
    let [kernel_threads, mappings, descriptors, bytes] = match model {
        "tasks" => [0, 0, 0, 2_000],
        "threads" => [1, 3, 0, 100_000],
        _ => [1, 2, 6, 4_000_000],
    };
    let known = Limits::read();
    let threads = threads_now();
    let maps = fs::read_to_string("/proc/self/maps").map_or(0, |maps| maps.lines().count());
    let open = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let group = limits::processes_of_group();
    let (group_max, in_group) = (group.map(|group| group.max), group.map_or(0, |group| group.used));
    let pid_max = number("/proc/sys/kernel/pid_max");
    // One that cannot be read is none.
    let limits = [
        ("RLIMIT_NPROC", known.processes, threads, kernel_threads),
        ("kernel.threads-max", known.threads_of_machine, threads, kernel_threads),
        ("kernel.pid_max", pid_max, threads, kernel_threads),
        ("pids.max of the control group", group_max, in_group, kernel_threads),
        ("vm.max_map_count", known.mappings, maps as u64, mappings),
        ("RLIMIT_NOFILE", known.descriptors, open as u64, descriptors),
        ("the memory that is free", known.memory_available, 0, bytes),
    ];
    fits(model, count as u64, &limits)
}

fn fits(model: &str, count: u64, limits: &[Limit]) -> Result<()> {
    for &(limit, max, used, needed) in limits {
        if let Some(max) = max.filter(|max| used + needed * count > *max) {
            let [count, needed, max, used] = [count, needed * count, max, used].map(grouped);
            return Err(LabError::NoRoom(format!(
                "{count} {model} need {needed} of {limit}, which is {max}, and {used} are taken"
            )));
        }
    }
    Ok(())
}

fn number(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// All threads of the system: more than the user's own, so rather too many. `0.71 0.51 1.32 1/234 9`.
fn threads_now() -> u64 {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let threads = load.split_whitespace().nth(3).and_then(|field| field.split_once('/'));
    threads.and_then(|(_, all)| all.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_too_low_is_named_with_its_figures() {
        let threads = |max| fits("threads", 1_000, &[("vm.max_map_count", Some(max), 100, 3)]);
        assert_eq!(threads(3_100), Ok(()));
        let why = "1 000 threads need 3 000 of vm.max_map_count, which is 3 099, and 100 are taken";
        assert_eq!(threads(3_099), Err(LabError::NoRoom(why.to_owned())));

        assert_eq!(check("threads", 1), Ok(()));
        let many = check("threads", 1_000_000_000);
        assert!(matches!(many, Err(LabError::NoRoom(_))), "{many:?}");
    }
}
