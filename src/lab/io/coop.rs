//! Fetching in tasks on one thread.

use std::cell::Cell;
use std::rc::Rc;

use super::Plan;
use super::coop_session::Session;
use super::http::Page;
use crate::coop::{Runtime, join_all, spawn};
use crate::lab::arm::{Arm, Setup};
use crate::lab::{LabError, Result};

/// While one task waits for the network, the others ask: all requests are in flight at once.
#[derive(Debug)]
pub struct Coop {
    plan: Plan,
    sessions: Vec<Session>,
    runtime: Runtime,
}

impl Arm for Coop {
    type Answer = Page;

    fn start(setup: &Setup) -> Result<Self> {
        let plan = Plan::of(setup)?;
        let mut runtime = Runtime::new().map_err(|why| LabError::failed("the loop", why))?;
        let sessions = (0..setup.contender.workers).map(|_| Session::open(&plan.targets));
        let sessions = runtime.block_on(join_all(sessions));
        Ok(Self { sessions: sessions.into_iter().collect::<Result<_>>()?, plan, runtime })
    }

    fn round(&mut self) -> Result<Vec<Page>> {
        // Shared without a lock: no task is switched out between `get` and `set`.
        let next = Rc::new(Cell::new(0));
        let sessions = self.sessions.drain(..);
        let tasks = sessions.map(|session| fetch_in_turn(self.plan.clone(), next.clone(), session));
        let ended = self.runtime.block_on(async { join_all(tasks.map(spawn)).await });
        let mut pages = Vec::with_capacity(self.plan.requests);
        for task in ended {
            let (session, fetched) = task?;
            self.sessions.push(session);
            pages.extend(fetched?);
        }
        pages.sort_by_key(|(index, _)| *index);
        Ok(pages.into_iter().map(|(_, page)| page).collect())
    }
}

/// Fetches whatever is next until nothing is left, and gives the session back.
async fn fetch_in_turn(
    plan: Plan,
    next: Rc<Cell<usize>>,
    mut session: Session,
) -> (Session, Result<Vec<(usize, Page)>>) {
    let mut pages = Vec::new();
    loop {
        let index = next.get();
        next.set(index + 1);
        if index >= plan.requests {
            return (session, Ok(pages));
        }
        let (target, id) = plan.request(index);
        match session.get(target, id).await {
            Ok(page) => pages.push((index, page)),
            Err(error) => return (session, Err(error)),
        }
    }
}
