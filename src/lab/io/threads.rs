//! Fetching in a pool of threads, with the lock on or off.

use std::cell::RefCell;
use std::sync::Arc;

use super::http::Page;
use super::session::Session;
use super::{Fetch, fetches, targets};
use crate::lab::arm::{Arm, Setup};
use crate::lab::{LabError, Result};
use crate::threads::{Gil, ThreadPool};

thread_local! {
    /// A session per thread: it is not made to be shared, and Rust would not let it be.
    static SESSION: RefCell<Result<Session>> = RefCell::new(Ok(Session::default()));
}

/// A thread gives the lock up while it waits for the network, so others can ask meanwhile.
#[derive(Debug)]
pub struct Threads {
    fetches: Arc<[Fetch]>,
    pool: ThreadPool,
}

impl Arm for Threads {
    type Answer = Page;

    fn start(setup: &Setup) -> Result<Self> {
        let fetches = fetches(setup)?;
        let known = Arc::clone(&fetches);
        let pool = setup.thread_pool(move || SESSION.set(Session::open(targets(&known))))?;
        Ok(Self { fetches, pool })
    }

    fn round(&mut self) -> Result<Vec<Page>> {
        let fetches = Arc::clone(&self.fetches);
        let pages = self.pool.map(0..fetches.len(), move |_, index| fetch(&fetches[index]));
        pages.into_iter().map(|page| page.map_err(LabError::from)?).collect()
    }

    fn gil(&self) -> Option<&Gil> {
        Some(self.pool.gil())
    }
}

fn fetch(fetch: &Fetch) -> Result<Page> {
    SESSION.with_borrow_mut(|session| match session {
        Ok(session) => session.get(&fetch.target, fetch.id),
        Err(error) => Err(error.clone()),
    })
}
