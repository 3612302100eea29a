//! What this process, or its children, have used so far: processor time, memory, context switches.
//!
//! See `getrusage(2)`.

use std::io;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use super::named;

/// Whose usage to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// All threads of this process, ended ones included.
    Process,
    /// The calling thread alone.
    Thread,
    /// The children that this process has reaped, with the children that those had reaped.
    Children,
}

/// A reading of the kernel's accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time spent in the program.
    pub user: Duration,
    /// Processor time that the kernel spent on the program's behalf.
    pub system: Duration,
    /// The largest resident size so far, in bytes; 0 for a thread's own reading, and of children
    /// the largest one's.
    pub max_rss_bytes: u64,
    /// Switches because the thread gave the processor up: it waited for something.
    pub voluntary_switches: u64,
    /// Switches because the kernel took the processor away.
    pub involuntary_switches: u64,
}

/// Reads the accounts of this process or thread.
///
/// # Errors
///
/// Never in practice: all readings exist on every Linux that we support.
pub fn usage(whose: Whose) -> io::Result<Usage> {
    let who = match whose {
        Whose::Process => UsageWho::RUSAGE_SELF,
        Whose::Thread => UsageWho::RUSAGE_THREAD,
        Whose::Children => UsageWho::RUSAGE_CHILDREN,
    };
    let reading = getrusage(who).map_err(named("getrusage"))?;
    Ok(Usage {
        user: duration(reading.user_time()),
        system: duration(reading.system_time()),
        // The man page counts ru_maxrss in kibibytes.
        max_rss_bytes: reading.max_rss().cast_unsigned() * 1024,
        voluntary_switches: reading.voluntary_context_switches().cast_unsigned(),
        involuntary_switches: reading.involuntary_context_switches().cast_unsigned(),
    })
}

fn duration(time: TimeVal) -> Duration {
    let microseconds = time.tv_sec() * 1_000_000 + time.tv_usec();
    Duration::from_micros(microseconds.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_some_memory_and_its_switches_only_grow() {
        let before = usage(Whose::Process).unwrap();
        std::thread::yield_now();
        let after = usage(Whose::Process).unwrap();
        assert!(before.max_rss_bytes > 0);
        assert!(after.voluntary_switches >= before.voluntary_switches);
        assert!(after.user + after.system >= before.user + before.system);
    }

    #[test]
    fn a_child_counts_when_it_is_reaped() {
        let before = usage(Whose::Children).unwrap();
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        let after = usage(Whose::Children).unwrap();
        assert!(after.user + after.system > before.user + before.system);
    }
}
