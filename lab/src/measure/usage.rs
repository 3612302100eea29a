//! A process and all that it starts: who they are, what they have used, and how they are ended.
//!
//! An arm's workers are processes of their own, so the arm cannot answer for them. Its processor
//! time comes from two places: the process's own clock, exact to the nanosecond, says how much; the
//! ticks of `/proc/PID/stat` say which part of it was the kernel's.
//!
//! See `proc_pid_stat(5)`, `proc_pid_status(5)`, `clock_getcpuclockid(3)`.

use std::process::Child;
use std::{fs, io};

use lab_core::terms::TreeUsage;
use trainyard::sys::{clock, process};

/// A reading of one process tree's accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    cpu_ns: u64,
    user_ticks: u64,
    system_ticks: u64,
    max_rss_bytes: u64,
    voluntary_switches: u64,
    involuntary_switches: u64,
}

impl Reading {
    /// Puts two readings together, figure by figure.
    fn with(self, other: Self, both: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            cpu_ns: both(self.cpu_ns, other.cpu_ns),
            user_ticks: both(self.user_ticks, other.user_ticks),
            system_ticks: both(self.system_ticks, other.system_ticks),
            max_rss_bytes: both(self.max_rss_bytes, other.max_rss_bytes),
            voluntary_switches: both(self.voluntary_switches, other.voluntary_switches),
            involuntary_switches: both(self.involuntary_switches, other.involuntary_switches),
        }
    }
}

/// A process that was started, and those that it starts: all are killed and reaped when it is dropped.
///
/// What a process leaves behind becomes ours ([`adopt_orphans`](process::adopt_orphans)): it is reaped
/// here, so that none is left as a zombie where nobody else would ever look.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) child: Child,
    /// Its own processes, as they were at the last look.
    others: Vec<u32>,
}

impl Tree {
    pub(super) fn of(child: Child) -> Self {
        Self { child, others: Vec::new() }
    }

    /// Notes whom it has started.
    pub(super) fn look(&mut self) {
        self.others = tree(self.child.id()).split_off(1);
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        // Empty if it was killed by somebody else; then the older list holds. A process that is started
        // after this look lives on; a shell that waits starts none.
        let others = tree(self.child.id()).split_off(1);
        // Errors mean that it has ended and was reaped.
        drop(self.child.kill());
        drop(self.child.wait());
        for pid in others.iter().chain(&self.others) {
            // An error means that it was reaped, by its parent or a line above.
            drop(process::kill_unwatched(*pid));
        }
    }
}

/// Lists `pid` and everything that it, or a process that it started, has started and not reaped.
pub fn tree(pid: u32) -> Vec<u32> {
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(&pid) = found.get(next) {
        found.extend(children(pid));
        next += 1;
    }
    found
}

fn children(pid: u32) -> Vec<u32> {
    let of_thread = |task: fs::DirEntry| fs::read_to_string(task.path().join("children")).ok();
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists: Vec<String> = tasks.filter_map(of_thread).collect();
    lists.iter().flat_map(|list| list.split_whitespace()).filter_map(|n| n.parse().ok()).collect()
}

/// Forgets how large the tree's processes have been, so that starting up does not count.
pub fn forget_peaks(pid: u32) {
    for pid in tree(pid) {
        // 5 resets VmHWM, says proc_pid_clear_refs(5). A process that has just ended has no peak.
        fs::write(format!("/proc/{pid}/clear_refs"), "5").unwrap_or_default();
    }
}

/// Reads the accounts of `pid` and its descendants. One that ends meanwhile is left out.
pub fn read(pid: u32) -> Reading {
    let readings = tree(pid).into_iter().filter_map(|pid| read_process(pid).ok());
    readings.fold(Reading::default(), |sum, one| sum.with(one, |sum, one| sum + one))
}

fn read_process(pid: u32) -> io::Result<Reading> {
    let cpu_ns = u64::try_from(clock::process_cpu(pid)?.as_nanos()).unwrap_or(u64::MAX);
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let (user_ticks, system_ticks) = ticks(&stat).unwrap_or_default();
    let max_rss_bytes = field(&status, "VmHWM:").unwrap_or(0) * 1024;
    let mut reading =
        Reading { cpu_ns, user_ticks, system_ticks, max_rss_bytes, ..Reading::default() };
    for task in fs::read_dir(format!("/proc/{pid}/task"))?.flatten() {
        let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
        reading.voluntary_switches += field(&status, "voluntary_ctxt_switches:").unwrap_or(0);
        reading.involuntary_switches += field(&status, "nonvoluntary_ctxt_switches:").unwrap_or(0);
    }
    Ok(reading)
}

/// Reads fields 14 and 15, counted from behind the name, which may hold anything.
fn ticks(stat: &str) -> Option<(u64, u64)> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(14 - 3);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// Reads the number behind `name` in one of the kernel's tables, as in `VmHWM:    4061 kB`.
pub(crate) fn field(table: &str, name: &str) -> Option<u64> {
    let line = table.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// What the measured rounds of a contender have used, and nothing that came between them: not the
/// start of a process that took the place of a dead one, not a round that was void.
#[derive(Clone, Copy, Debug, Default)]
pub struct Account {
    sum: Reading,
    rounds: u64,
}

impl Account {
    /// Adds one round, from the readings at its two ends; the peak is the later one's.
    pub fn add(&mut self, before: Reading, after: Reading) {
        self.rounds += 1;
        let peak = self.sum.max_rss_bytes.max(after.max_rss_bytes);
        let used = after.with(before, u64::saturating_sub);
        self.sum = Reading { max_rss_bytes: peak, ..self.sum.with(used, |sum, used| sum + used) };
    }

    #[expect(clippy::cast_precision_loss, reason = "ticks of a run are far below 2^53")]
    pub fn per_round(&self) -> TreeUsage {
        let (sum, rounds) = (self.sum, self.rounds.max(1));
        let used_s = sum.cpu_ns as f64 / 1e9 / rounds as f64;
        let (user, system) = (sum.user_ticks as f64, sum.system_ticks as f64);
        // Less than a tick of either: say that all was the program's own.
        let user_share = if user + system > 0.0 { user / (user + system) } else { 1.0 };
        TreeUsage {
            user_s: used_s * user_share,
            system_s: used_s * (1.0 - user_share),
            max_rss_bytes: sum.max_rss_bytes,
            voluntary_switches: sum.voluntary_switches / rounds,
            involuntary_switches: sum.involuntary_switches / rounds,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn the_tree_has_the_children_of_children() {
        let mut shell = Command::new("sh")
            .args(["-c", "exec 3<&0; cat <&3 & cat; wait"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        // The shell starts its children in its own time; the bound is for a broken test.
        let found = (0..100_000).map(|_| tree(shell.id())).find(|found| found.len() >= 3);
        drop(shell.stdin.take());
        shell.kill().unwrap();
        shell.wait().unwrap();
        assert!(found.is_some());
    }

    #[test]
    fn a_reading_of_this_process_has_memory_and_time_and_only_grows() {
        let pid = std::process::id();
        let before = read(pid);
        let after = read(pid);
        assert!(before.max_rss_bytes > 0 && before.cpu_ns > 0);
        assert!(after.cpu_ns >= before.cpu_ns);
        assert!(after.voluntary_switches >= before.voluntary_switches);
    }

    #[test]
    fn what_processes_used_in_turn_is_added_up_and_split_as_the_ticks_are() {
        let reading = |cpu_ns, user_ticks, system_ticks, max_rss_bytes| Reading {
            cpu_ns,
            user_ticks,
            system_ticks,
            max_rss_bytes,
            ..Reading::default()
        };
        let mut account = Account::default();
        account.add(reading(1_000_000_000, 10, 0, 50), reading(5_000_000_000, 13, 1, 70));
        // Another process takes the place of the first.
        account.add(reading(100_000_000, 0, 0, 10), reading(2_100_000_000, 0, 0, 30));
        let usage = account.per_round();
        assert_eq!((usage.user_s, usage.system_s, usage.max_rss_bytes), (2.25, 0.75, 70));
    }

    #[test]
    fn a_name_with_brackets_and_blanks_does_not_move_the_fields() {
        let table = "MemTotal:  100 kB\nMemAvailable:    20 kB\n";
        assert_eq!((field(table, "MemAvailable:"), field(table, "Swap:")), (Some(20), None));
        let stat = "42 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 77 88 0";
        assert_eq!(ticks(stat), Some((77, 88)));
    }
}
