//! Whether this machine lets one start so many threads or processes.
//!
//! There are half a dozen limits, and whoever meets one is told no more than "Resource temporarily
//! unavailable". So they are looked at first, and a size that does not fit is left out, with the
//! limit's name.

use std::fs;
use std::path::Path;

use lab_core::terms::error::{LabError, Result};
use lab_core::text::numbers::grouped;

/// What many of something are going to take.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// What they are called.
    pub name: &'static str,
    /// How many.
    pub count: u64,
    /// Threads of the kernel's, for each: a thread is one, and a process has one.
    pub kernel_threads: u64,
    /// Mappings of this process.
    pub mappings: u64,
    /// Descriptors of this process.
    pub descriptors: u64,
    /// Memory.
    pub bytes: u64,
}

/// A limit, and how much of it is used.
#[derive(Clone, Debug)]
struct Limit {
    name: &'static str,
    max: u64,
    used: u64,
    /// Of one.
    needed: u64,
}

impl Need {
    /// Looks at the limits.
    ///
    /// # Errors
    ///
    /// [`LabError::NoRoom`] names the first that is too low.
    pub fn check(self) -> Result<()> {
        self.fits(&self.limits())
    }

    /// A limit that cannot be read is none.
    fn limits(self) -> Vec<Limit> {
        let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let threads = threads_now();
        let of_threads = [
            ("RLIMIT_NPROC", resource(&limits, "Max processes"), threads),
            ("kernel.threads-max", number("/proc/sys/kernel/threads-max"), threads),
            ("kernel.pid_max", number("/proc/sys/kernel/pid_max"), threads),
            (
                "pids.max of the control group",
                group("pids.max"),
                group("pids.current").unwrap_or(0),
            ),
        ];
        let of_threads = of_threads.map(|(name, max, used)| (name, max, used, self.kernel_threads));
        let mappings = number("/proc/sys/vm/max_map_count");
        let descriptors = resource(&limits, "Max open files");
        let others = [
            ("vm.max_map_count", mappings, lines("/proc/self/maps"), self.mappings),
            ("RLIMIT_NOFILE", descriptors, entries("/proc/self/fd"), self.descriptors),
            ("the memory that is free", free_bytes(), 0, self.bytes),
        ];
        let all = of_threads.into_iter().chain(others);
        all.filter_map(|(name, max, used, needed)| Some(Limit { name, max: max?, used, needed }))
            .collect()
    }

    fn fits(self, limits: &[Limit]) -> Result<()> {
        let Self { name, count, .. } = self;
        let is_too_low = |limit: &&Limit| limit.used + limit.needed * count > limit.max;
        let Some(Limit { name: limit, max, used, needed }) = limits.iter().find(is_too_low) else {
            return Ok(());
        };
        Err(LabError::NoRoom(format!(
            "{} {name} need {} of {limit}, which is {}, and {} are taken",
            grouped(count),
            grouped(needed * count),
            grouped(*max),
            grouped(*used)
        )))
    }
}

/// `Max processes    96365    96365    processes`: the soft limit; none if it is `unlimited`.
fn resource(limits: &str, name: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn number(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn lines(path: &str) -> u64 {
    fs::read_to_string(path).map_or(0, |text| text.lines().count() as u64)
}

fn entries(path: &str) -> u64 {
    fs::read_dir(path).map_or(0, |entries| entries.count() as u64)
}

/// All threads of the system: more than the user's own, so rather too many. `0.71 0.51 1.32 1/234 9`.
fn threads_now() -> u64 {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let threads = load.split_whitespace().nth(3).and_then(|field| field.split_once('/'));
    threads.and_then(|(_, all)| all.parse().ok()).unwrap_or(0)
}

fn free_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    Some(resource(&text, "MemAvailable:")? * 1024)
}

/// A figure of the control group for processes, of either version; `max` is no figure.
fn group(name: &str) -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    groups.lines().find_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let root = match controllers {
            "" => "/sys/fs/cgroup",
            "pids" => "/sys/fs/cgroup/pids",
            _ => return None,
        };
        let file = Path::new(root).join(path.trim_start_matches('/')).join(name);
        fs::read_to_string(file).ok()?.trim().parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEED: Need = Need {
        name: "threads",
        count: 1_000,
        kernel_threads: 1,
        mappings: 3,
        descriptors: 0,
        bytes: 0,
    };

    #[test]
    fn a_limit_that_is_too_low_is_named_with_its_figures() {
        let limit = |max| [Limit { name: "vm.max_map_count", max, used: 100, needed: 3 }];
        assert_eq!(NEED.fits(&limit(3_100)), Ok(()));
        let why = "1 000 threads need 3 000 of vm.max_map_count, which is 3 099, and 100 are taken";
        assert_eq!(NEED.fits(&limit(3_099)), Err(LabError::NoRoom(why.to_owned())));
    }

    #[test]
    fn one_more_thread_fits_and_a_billion_do_not() {
        assert_eq!(Need { count: 1, ..NEED }.check(), Ok(()));
        let many = Need { count: 1_000_000_000, ..NEED }.check();
        assert!(matches!(many, Err(LabError::NoRoom(_))), "{many:?}");
    }

    #[test]
    fn the_soft_limit_is_read_and_no_limit_is_none() {
        let limits = "Max processes             96365   200000   processes\n\
                      Max open files            unlimited  unlimited  files\n";
        assert_eq!(resource(limits, "Max processes"), Some(96_365));
        assert_eq!(resource(limits, "Max open files"), None);
    }
}
