//! Fetching in a pool of processes.

use std::cell::RefCell;
use std::sync::Arc;

use super::http::{Page, RequestId};
use super::session::Session;
use super::{Fetch, fetches, targets};
use crate::lab::arm::{Arm, Setup};
use crate::lab::{LabError, Result};
use crate::procs::{Pool, Postcard};

thread_local! {
    /// A session per process, made by the initializer; a worker process has one thread.
    static OWN: RefCell<Result<(Arc<[Fetch]>, Session)>> =
        RefCell::new(Err(LabError::Failed("the worker has no session".to_owned())));
}

/// A process waits for its answers alone, and others wait beside it.
#[derive(Debug)]
pub struct Procs {
    requests: u64,
    pool: Pool,
}

impl Arm for Procs {
    type Answer = Page;

    fn start(setup: &Setup) -> Result<Self> {
        let pool = setup.process_pool(|Postcard(setup)| OWN.set(open(&setup)))?;
        Ok(Self { requests: setup.params.requests as u64, pool })
    }

    fn round(&mut self) -> Result<Vec<Page>> {
        let pages = self.pool.map(fetch, 0..self.requests);
        pages.into_iter().map(|page| page.map_err(LabError::from)?.0).collect()
    }
}

fn open(setup: &Setup) -> Result<(Arc<[Fetch]>, Session)> {
    let fetches = fetches(setup)?;
    let session = Session::open(targets(&fetches))?;
    Ok((fetches, session))
}

fn fetch(id: u64) -> Postcard<Result<Page>> {
    let page = |own: &mut Result<(Arc<[Fetch]>, Session)>| {
        let (fetches, session) = own.as_mut().map_err(|error| error.clone())?;
        let fetch = fetches.iter().find(|fetch| fetch.id == RequestId(id));
        let fetch = fetch.ok_or_else(|| LabError::failed("the worker", "no such request"))?;
        session.get(&fetch.target, fetch.id)
    };
    Postcard(OWN.with_borrow_mut(page))
}
