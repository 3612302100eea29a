//! The workload `io`: many small pages fetched over HTTP from another process.
//!
//! What the contenders share, bottom to top, to be read in this order: [`http`] turns requests into
//! bytes and bytes into answers; [`target`] is one URL and what its answer must be; `connection`
//! fetches it; [`session`] is the blocking client, [`coop_session`] the one that awaits.
//!
//! What they do not share is one short file each: [`sync`], [`threads`], [`coop`], [`procs`].

pub(super) mod connection;
pub mod coop;
pub mod coop_session;
pub mod http;
pub mod procs;
pub mod session;
pub mod sync;
pub mod target;
#[cfg(test)]
mod tests;
pub mod threads;

use std::sync::Arc;

use self::http::{Page, RequestId};
use self::target::Target;
use super::arm::{Answer, Digest, Setup};
use crate::terms::error::Result;

/// The work of one round: the targets in turn, as the article fetches its two pages.
#[derive(Clone, Debug)]
pub struct Plan {
    pub targets: Arc<[Target]>,
    pub requests: usize,
}

impl Plan {
    pub fn of(setup: &Setup) -> Result<Self> {
        let targets: Result<Vec<_>> = match setup.server {
            Some(server) => Ok(Target::all_of(server)),
            None => setup.params.urls.iter().map(|url| Target::parse(url)?.reach()).collect(),
        };
        Ok(Self { targets: targets?.into(), requests: setup.params.requests })
    }

    /// Returns what request `index` fetches, and its number, which our own server sends back.
    pub fn request(&self, index: usize) -> (&Target, RequestId) {
        (&self.targets[index % self.targets.len()], RequestId(index as u64))
    }
}

impl Answer for Page {
    fn digest(&self, digest: &mut Digest) {
        digest.update(&self.status.to_le_bytes());
        // Without the number it is not our server's, and its content may differ each time.
        if self.request_id.is_some() {
            digest.update(&self.checksum.to_le_bytes());
        }
    }
}
