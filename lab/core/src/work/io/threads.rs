//! Fetching in a pool of threads, with the lock on or off.

use std::cell::RefCell;

use super::Plan;
use super::http::Page;
use super::session::Session;
use crate::terms::error::{LabError, Result};
use crate::work::arm::{Arm, Setup};
use trainyard::threads::{Gil, ThreadPool};

thread_local! {
    /// A session per thread: it is not made to be shared, and Rust would not let it be.
    static SESSION: RefCell<Result<Session>> = RefCell::new(Ok(Session::default()));
}

/// A thread gives the lock up while it waits for the network, so others can ask meanwhile.
#[derive(Debug)]
pub struct Threads {
    plan: Plan,
    pool: ThreadPool,
}

impl Arm for Threads {
    type Answer = Page;

    fn start(setup: &Setup) -> Result<Self> {
        let plan = Plan::of(setup)?;
        let targets = plan.targets.clone();
        let pool = setup.thread_pool(move || SESSION.set(Session::open(&targets)))?;
        Ok(Self { plan, pool })
    }

    fn round(&mut self) -> Result<Vec<Page>> {
        let plan = self.plan.clone();
        let fetch = move |index| {
            let (target, id) = plan.request(index);
            SESSION
                .with_borrow_mut(|session| session.as_mut().map_err(|e| e.clone())?.get(target, id))
        };
        let pages = self.pool.map(0..self.plan.requests, move |_, index| fetch(index));
        pages.into_iter().map(|page| page.map_err(LabError::from)?).collect()
    }

    fn gils(&self) -> &[Gil] {
        self.pool.gils()
    }
}
