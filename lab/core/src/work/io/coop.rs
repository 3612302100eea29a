//! Fetching in tasks on one thread.

use super::Plan;
use super::coop_session::Session;
use super::http::Page;
use crate::terms::error::{LabError, Result};
use crate::work::arm::{Arm, Setup};
use trainyard::coop::{Runtime, join_all, spawn};

/// While one task waits for the network the others ask, all through one session.
#[derive(Debug)]
pub struct Coop {
    plan: Plan,
    session: Session,
    runtime: Runtime,
}

impl Arm for Coop {
    type Answer = Page;

    fn start(setup: &Setup) -> Result<Self> {
        let plan = Plan::of(setup)?;
        let mut runtime = Runtime::new().map_err(|why| LabError::failed("the loop", why))?;
        let open = Session::open(&plan.targets, setup.contender.workers);
        Ok(Self { session: runtime.block_on(open)?, plan, runtime })
    }

    fn round(&mut self) -> Result<Vec<Page>> {
        let Self { plan, session, runtime } = self;
        let fetch = |index| {
            let (plan, session) = (plan.clone(), session.clone());
            async move {
                let (target, id) = plan.request(index);
                session.get(target, id).await
            }
        };
        let tasks = (0..plan.requests).map(fetch);
        let pages = runtime.block_on(async { join_all(tasks.map(spawn)).await });
        pages.into_iter().map(|page| page?).collect()
    }
}
