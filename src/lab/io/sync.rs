//! Fetching, one page after another.

use std::sync::Arc;

use super::http::Page;
use super::session::Session;
use super::{Fetch, fetches, targets};
use crate::lab::Result;
use crate::lab::arm::{Arm, Setup};

/// One session, and so one connection.
#[derive(Debug)]
pub struct Sync {
    fetches: Arc<[Fetch]>,
    session: Session,
}

impl Arm for Sync {
    type Answer = Page;

    fn start(setup: &Setup) -> Result<Self> {
        let fetches = fetches(setup)?;
        Ok(Self { session: Session::open(targets(&fetches))?, fetches })
    }

    fn round(&mut self) -> Result<Vec<Page>> {
        self.fetches.iter().map(|fetch| self.session.get(&fetch.target, fetch.id)).collect()
    }
}
