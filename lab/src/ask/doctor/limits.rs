//! What may run out: descriptors, processes and threads, mappings, memory.
//!
//! Sources: getrlimit(2), proc(5), the kernel's `admin-guide/sysctl/vm.rst` and
//! `admin-guide/cgroup-v2.rst`.

use std::fs;

use serde::{Deserialize, Serialize};

use super::machine::line;
use trainyard::sys::limits;

/// The limits that this program runs under. `None`: there is none, or the kernel does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Open descriptors, for this process.
    pub descriptors: Option<u64>,
    /// How far it may raise that itself.
    pub descriptors_hard: Option<u64>,
    /// Threads and processes, for this user.
    pub processes: Option<u64>,
    /// The same, for our control group.
    pub processes_of_group: Option<u64>,
    /// Threads, for the whole machine.
    pub threads_of_machine: Option<u64>,
    /// Mappings, for one process; a thread's stack and its guard page are two.
    pub mappings: Option<u64>,
    /// Bytes of memory that can be had at this moment.
    pub memory_available: Option<u64>,
    /// Bytes of memory, for our control group.
    pub memory_of_group: Option<u64>,
}

impl Limits {
    /// Asks the kernel.
    pub fn read() -> Self {
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let number = |path: &str| line(path)?.parse().ok();
        let descriptors = limits::descriptors();
        Self {
            descriptors: descriptors.soft,
            descriptors_hard: descriptors.hard,
            processes: limits::processes().soft,
            processes_of_group: limits::processes_of_group().map(|quota| quota.max),
            threads_of_machine: number("/proc/sys/kernel/threads-max"),
            mappings: number("/proc/sys/vm/max_map_count"),
            memory_available: kilobytes(&memory, "MemAvailable:"),
            memory_of_group: limits::of_groups("memory.max"),
        }
    }

    /// How many threads one process of ours can have at most, as far as numbers tell.
    pub fn threads(&self) -> Option<u64> {
        // A stack and its guard page.
        let by_mappings = self.mappings.map(|mappings| mappings / 2);
        [self.processes, self.processes_of_group, self.threads_of_machine, by_mappings]
            .into_iter()
            .flatten()
            .min()
    }
}

/// `MemAvailable:    4061796 kB`.
fn kilobytes(memory: &str, name: &str) -> Option<u64> {
    let line = memory.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_table_is_read_and_the_smallest_limit_of_threads_counts() {
        let memory = "MemTotal:  100 kB\nMemAvailable:    20 kB\n";
        assert_eq!(kilobytes(memory, "MemAvailable:"), Some(20 * 1024));
        let none = Limits::default();
        assert_eq!(none.threads(), None);
        let limits = Limits { processes: Some(50_000), mappings: Some(65_530), ..none };
        assert_eq!(limits.threads(), Some(32_765));
    }
}
