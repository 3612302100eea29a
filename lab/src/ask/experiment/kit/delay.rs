//! How long threads could have run, and were not let: the kernel counts it for each of them.
//!
//! A thread that waits for a lock sleeps, and is not counted; one that waits for a processor is. So
//! this tells a busy machine from a lock that nobody has taken.

use std::fmt::Display;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::measure::usage;

/// How long the calling thread has waited for a processor since it began; 0 if the kernel does not
/// say, so that nothing is excused by it.
pub fn own() -> Duration {
    read(Path::new("/proc/thread-self/schedstat"))
}

/// The same for all threads that this process has now.
pub fn all() -> Duration {
    of_process("self").sum()
}

/// The same for all threads that process `pid`, and those that it has started, have now.
pub fn of_tree(pid: u32) -> Duration {
    usage::tree(pid).into_iter().flat_map(of_process).sum()
}

fn of_process(pid: impl Display) -> impl Iterator<Item = Duration> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    tasks.map(|task| read(&task.path().join("schedstat")))
}

fn read(path: &Path) -> Duration {
    let text = fs::read_to_string(path).unwrap_or_default();
    Duration::from_nanos(second_figure(&text).unwrap_or(0))
}

/// Time on a processor, time in line for one, and how often: nanoseconds (Linux,
/// Documentation/scheduler/sched-stats.rst).
fn second_figure(text: &str) -> Option<u64> {
    text.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_of_three_figures_is_the_time_in_line() {
        assert_eq!(second_figure("72100 92884 1\n"), Some(92_884));
        assert_eq!(second_figure(""), None);
    }
}
