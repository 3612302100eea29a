//! Fetching in a pool of threads, with the lock on or off.

use std::sync::Arc;

use super::Plan;
use super::http::Page;
use super::session::Session;
use crate::terms::error::{LabError, Result};
use crate::work::arm::{Arm, Setup};
use trainyard::threads::{Gil, Local, ThreadPool};

/// A thread gives the lock up while it waits for the network, so others can ask meanwhile.
#[derive(Debug)]
pub struct Threads {
    plan: Plan,
    /// A session per thread: it is not made to be shared, and Rust would not let it be.
    session: Arc<Local<Result<Session>>>,
    pool: ThreadPool,
}

impl Arm for Threads {
    type Answer = Page;

    fn start(setup: &Setup) -> Result<Self> {
        let plan = Plan::of(setup)?;
        let targets = plan.targets.clone();
        let session = Arc::new(Local::new(move || Session::open(&targets)));
        let own = Arc::clone(&session);
        let pool = setup.thread_pool(move || own.with(|_| ()))?;
        Ok(Self { plan, session, pool })
    }

    fn round(&mut self) -> Result<Vec<Page>> {
        let fetch = |index| {
            let (target, id) = self.plan.request(index);
            self.session.with(|own| own.as_mut().map_err(|why| why.clone())?.get(target, id))
        };
        let pages = self.pool.map(0..self.plan.requests, move |_, index| fetch(index));
        pages.into_iter().map(|page| page.map_err(LabError::from)?).collect()
    }

    fn gils(&self) -> &[Gil] {
        self.pool.gils()
    }
}
