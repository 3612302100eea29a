//! What a server says of itself under `/cpu`.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Shared;

/// A server's accounts, as `/cpu` answers them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerUsage {
    /// Processor time of the server's process in its own code, in seconds.
    pub user_s: f64,
    /// Processor time that the kernel spent for it, in seconds.
    pub system_s: f64,
    /// How many requests for pages were answered; `/cpu` itself and what was not found not counted.
    pub requests: u64,
    /// How many connections were accepted, the one that asks included.
    pub connections: u64,
}

impl Shared {
    pub(super) fn usage(&self) -> io::Result<ServerUsage> {
        let (user, system) = processor_time()?;
        Ok(ServerUsage {
            user_s: user.as_secs_f64(),
            system_s: system.as_secs_f64(),
            requests: self.requests.load(Ordering::Relaxed),
            connections: self.connections.load(Ordering::Relaxed),
        })
    }
}

/// The processor time of this process so far, in its own code and in the kernel.
fn processor_time() -> io::Result<(Duration, Duration)> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    parse_stat(&stat).ok_or_else(|| io::Error::other("/proc/self/stat has no processor times"))
}

/// Reads fields 14 and 15 of `proc_pid_stat(5)`, in hundredths of a second. The second field, a
/// file name in brackets, may hold anything, so the count begins after the last bracket, at 3.
fn parse_stat(stat: &str) -> Option<(Duration, Duration)> {
    let mut times = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(14 - 3);
    let mut next = || Some(Duration::from_millis(times.next()?.parse::<u64>().ok()? * 10));
    Some((next()?, next()?))
}
