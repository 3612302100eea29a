//! What a process holds: a test has as much of it afterwards as before.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Calls `test`, and panics if it leaves a child, a thread, a descriptor or shared memory.
pub(crate) fn leaving_nothing(test: fn()) {
    let before = Belongings::count();
    test();
    before.check_nothing_is_left();
}

/// What a process holds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Belongings {
    descriptors: BTreeSet<String>,
    threads: usize,
    children: Vec<u32>,
    shared_memory: usize,
}

impl Belongings {
    fn count() -> Self {
        Self {
            descriptors: descriptors(),
            threads: entries("/proc/self/task").count(),
            children: children(std::process::id()),
            shared_memory: mappings_of_shared_memory(),
        }
    }

    /// A joined thread may stay in /proc for a moment, so look again until the time is over; and
    /// the count before may have met one of the test before.
    #[track_caller]
    fn check_nothing_is_left(&self) {
        let is_clean = |now: &Self| {
            let threads = now.threads.max(self.threads);
            *self == Self { threads: self.threads, ..now.clone() } && threads == self.threads
        };
        let until = Instant::now() + Duration::from_secs(2);
        let mut now = Self::count();
        while !is_clean(&now) && Instant::now() < until {
            std::thread::yield_now();
            now = Self::count();
        }
        assert!(is_clean(&now), "left behind: {now:?}, where before there was {self:?}");
    }
}

/// All of ours is nameless, so there is nothing to find under /dev/shm.
fn mappings_of_shared_memory() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.contains("memfd:")).count()
}

fn entries(folder: &str) -> impl Iterator<Item = String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap())
}

/// Returns the open descriptors, each with what it leads to.
pub(crate) fn descriptors() -> BTreeSet<String> {
    let leads_to = |name: String| {
        let target = std::fs::read_link(format!("/proc/self/fd/{name}")).ok()?;
        // The one that reads the folder itself is gone by now, or leads to it.
        let target = target.to_string_lossy().into_owned();
        (!target.contains("/fd")).then(|| format!("{name} -> {target}"))
    };
    entries("/proc/self/fd").filter_map(leads_to).collect()
}

/// Returns the children of a process, zombies included.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let pids = entries("/proc").filter_map(|name| name.parse::<u32>().ok());
    pids.filter(|&pid| field_of(pid, "PPid:") == Some(parent)).collect()
}

/// Reads a number out of /proc/PID/status; `None` if the process is gone.
pub(crate) fn field_of(pid: u32, field: &str) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// Tells whether a process has ended. Its parent, or process 1, may take its time to reap it.
pub(crate) fn is_gone(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.map_or(true, |stat| stat.contains(") Z ") || stat.contains(") X "))
}

/// Waits until something is so, and fails if it is not in time.
#[track_caller]
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < until, "not in time: {what}");
        std::thread::yield_now();
    }
}

/// Scales a number of rounds: `TRAINYARD_STRESS=10` makes ten times as many.
pub(crate) fn scaled(rounds: usize) -> usize {
    let factor = std::env::var("TRAINYARD_STRESS").ok().and_then(|text| text.parse().ok());
    rounds * factor.unwrap_or(1)
}
