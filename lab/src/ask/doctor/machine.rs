//! The machine and what may run out on it, in the kernel's own words.
//!
//! Sources: getrlimit(2), proc(5); the kernel's `Documentation/ABI/testing/sysfs-devices-system-cpu`,
//! `admin-guide/cgroup-v2.rst`, `admin-guide/sysctl/vm.rst`, `timers/timekeeping.rst`.

use std::fs;

use serde::{Deserialize, Serialize};

use crate::measure::usage::field;
use lab_core::terms::{Conditions, Host};
use trainyard::sys::limits;

/// What the kernel says of the machine. What it does not say is `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    pub cpu_model: String,
    /// Which are switched on, as in `0-7`.
    pub online_cpus: Option<String>,
    /// How many the affinity mask leaves.
    pub allowed_cpus: usize,
    /// How many a quota of the control group leaves.
    pub quota_cpus: usize,
    /// The quota itself: microseconds in each period, and the period.
    pub quota_us: Option<[u64; 2]>,
    /// Whether two of the processors may be one core.
    pub smt: Option<bool>,
    /// Who chooses the frequency.
    pub governor: Option<String>,
    pub kernel: String,
    /// What the kernel's clock counts.
    pub clock_source: Option<String>,
    /// How many threads wanted to run, on average over the last minute.
    pub load_average: Option<f64>,
    pub trainyard: String,
}

impl Machine {
    pub fn read(conditions: &Conditions) -> Self {
        let Host { cpu_model, kernel, trainyard, .. } = Host::read();
        let cpu = "/sys/devices/system/cpu";
        let Conditions { allowed_cpus, quota_cpus, load_average } = *conditions;
        Self {
            cpu_model,
            online_cpus: line(&format!("{cpu}/online")),
            allowed_cpus,
            quota_cpus,
            quota_us: limits::of_group("cpu.max").as_deref().and_then(quota),
            smt: line(&format!("{cpu}/smt/active")).map(|active| active == "1"),
            governor: line(&format!("{cpu}/cpu0/cpufreq/scaling_governor")),
            kernel,
            clock_source: line("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            load_average,
            trainyard,
        }
    }

    /// How many processors can be busy at once.
    pub fn cpus(&self) -> usize {
        self.allowed_cpus.min(self.quota_cpus)
    }
}

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
            memory_available: field(&memory, "MemAvailable:").map(|kilobytes| kilobytes * 1024),
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

/// Returns what a file of one line says; `None` if it cannot be read, or says nothing.
pub(super) fn line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// `200000 100000`, or `max 100000` for none.
fn quota(text: &str) -> Option<[u64; 2]> {
    let (quota, period) = text.split_once(' ')?;
    Some([quota.parse().ok()?, period.parse().ok()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_two_numbers_or_none_and_a_file_that_is_not_there_says_nothing() {
        assert_eq!(quota("200000 100000"), Some([200_000, 100_000]));
        assert_eq!((quota("max 100000"), quota("")), (None, None));
        assert_eq!(line("/proc/no such file"), None);
    }

    #[test]
    fn the_smallest_limit_of_threads_counts() {
        let none = Limits::default();
        assert_eq!(none.threads(), None);
        let limits = Limits { processes: Some(50_000), mappings: Some(65_530), ..none };
        assert_eq!(limits.threads(), Some(32_765));
    }
}
