//! The workload `io`: many small pages fetched over HTTP from another process.
//!
//! What the contenders share, bottom to top: [`http`] turns requests into bytes and bytes into
//! answers without touching a socket, so that blocking and cooperative contenders use the same
//! code; [`target`] is one URL, resolved before anything is timed, and what its answer must be;
//! [`session`] is the blocking client.
//!
//! What the contenders do not share is one short file each: [`sync`], [`threads`], [`coop`],
//! [`procs`].
//!
//! The pages come from [`crate::lab::server`]. Read next: [`http`].

pub mod http;
pub mod session;
pub mod sync;
pub mod target;
pub mod threads;

use std::sync::Arc;

use self::http::{Page, RequestId};
use self::target::Target;
use super::Result;
use super::arm::{Answer, Digest, Setup};

/// One unit of work: a request with a number of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// The number, which our own server sends back.
    pub id: RequestId,
    /// What to fetch.
    pub target: Target,
}

/// Lists the units of one round: the targets in turn, as the article fetches its two pages.
///
/// # Errors
///
/// Fails if a server cannot be reached.
pub fn fetches(setup: &Setup) -> Result<Arc<[Fetch]>> {
    let targets = setup.targets()?;
    let numbered = (0..setup.params.requests as u64).zip(targets.into_iter().cycle());
    Ok(numbered.map(|(id, target)| Fetch { id: RequestId(id), target }).collect())
}

/// The servers that a session has to know.
pub fn targets(fetches: &[Fetch]) -> impl Iterator<Item = &Target> {
    fetches.iter().map(|fetch| &fetch.target)
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
