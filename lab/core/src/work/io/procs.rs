//! Fetching in a pool of processes.

use std::cell::RefCell;

use super::Plan;
use super::http::Page;
use super::session::Session;
use crate::terms::error::{LabError, Result};
use crate::work::arm::{Arm, Setup};
use trainyard::procs::{Pool, Postcard};

thread_local! {
    /// A plan and a session per process, made by the initializer; a worker has one thread.
    static OWN: RefCell<Result<(Plan, Session)>> =
        RefCell::new(Err(LabError::Failed("the worker has no session".to_owned())));
}

/// A process waits for its answers alone, and the others wait beside it.
#[derive(Debug)]
pub struct Procs {
    requests: usize,
    pool: Pool,
}

impl Arm for Procs {
    type Answer = Page;

    fn start(setup: &Setup) -> Result<Self> {
        let pool = setup.process_pool(|Postcard(setup)| OWN.set(open(&setup)))?;
        Ok(Self { requests: setup.params.requests, pool })
    }

    fn round(&mut self) -> Result<Vec<Page>> {
        let pages = self.pool.map(fetch, 0..self.requests);
        pages.into_iter().map(|page| page.map_err(LabError::from)?.0).collect()
    }

    fn workers(&self) -> Option<&Pool> {
        Some(&self.pool)
    }
}

fn open(setup: &Setup) -> Result<(Plan, Session)> {
    let plan = Plan::of(setup)?;
    Ok((plan.clone(), Session::open(&plan.targets)?))
}

fn fetch(index: usize) -> Postcard<Result<Page>> {
    Postcard(OWN.with_borrow_mut(|own| {
        let (plan, session) = own.as_mut().map_err(|error| error.clone())?;
        let (target, id) = plan.request(index);
        session.get(target, id)
    }))
}
