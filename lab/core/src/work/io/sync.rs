//! Fetching, one page after another.

use super::Plan;
use super::http::Page;
use super::session::Session;
use crate::terms::error::Result;
use crate::work::arm::{Arm, Setup};

/// One session, and so one connection.
#[derive(Debug)]
pub struct Sync {
    plan: Plan,
    session: Session,
}

impl Arm for Sync {
    type Answer = Page;

    fn start(setup: &Setup) -> Result<Self> {
        let plan = Plan::of(setup)?;
        Ok(Self { session: Session::open(&plan.targets)?, plan })
    }

    fn round(&mut self) -> Result<Vec<Page>> {
        let Self { plan, session } = self;
        let fetch = |index| {
            let (target, id) = plan.request(index);
            session.get(target, id)
        };
        (0..plan.requests).map(fetch).collect()
    }
}
