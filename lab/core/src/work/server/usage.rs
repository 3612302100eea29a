//! What a server says of itself under `/cpu`.

use std::io;
use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};

use super::Shared;
use trainyard::sys::rusage::{self, Whose};

/// A server's accounts, as `/cpu` answers them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerUsage {
    /// Processor time of the server's process in its own code, in seconds.
    pub user_s: f64,
    /// Processor time that the kernel spent for it, in seconds.
    pub system_s: f64,
    /// How many pages were asked for; `/cpu` itself and what was not found are not counted.
    pub requests: u64,
    /// How many connections were accepted, the one that asks included.
    pub connections: u64,
}

impl Shared {
    pub(super) fn usage(&self) -> io::Result<ServerUsage> {
        let used = rusage::usage(Whose::Process)?;
        Ok(ServerUsage {
            user_s: used.user.as_secs_f64(),
            system_s: used.system.as_secs_f64(),
            requests: self.requests.load(Ordering::Relaxed),
            connections: self.connections.load(Ordering::Relaxed),
        })
    }
}
