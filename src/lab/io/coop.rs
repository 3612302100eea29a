//! Fetching in tasks on one thread.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use super::coop_session::Session;
use super::http::Page;
use super::{Fetch, fetches};
use crate::coop::{Runtime, join_all, spawn};
use crate::lab::arm::{Arm, Setup};
use crate::lab::{LabError, Result};

/// While one task waits for the network, the others ask: all requests are in flight at once.
#[derive(Debug)]
pub struct Coop {
    fetches: Arc<[Fetch]>,
    sessions: Vec<Session>,
    runtime: Runtime,
}

impl Arm for Coop {
    type Answer = Page;

    fn start(setup: &Setup) -> Result<Self> {
        let fetches = fetches(setup)?;
        let mut runtime = Runtime::new().map_err(|why| LabError::failed("the loop", why))?;
        let workers = setup.contender.workers;
        let open = async || {
            let mut sessions = Vec::with_capacity(workers);
            for _ in 0..workers {
                sessions.push(Session::open(super::targets(&fetches)).await?);
            }
            Ok(sessions)
        };
        let sessions = runtime.block_on(open())?;
        Ok(Self { fetches, sessions, runtime })
    }

    fn round(&mut self) -> Result<Vec<Page>> {
        // Shared without a lock: no task can be switched out between `get` and `set`.
        let next = Rc::new(Cell::new(0));
        let tasks = self.sessions.drain(..).map(|session| {
            let (fetches, next) = (Arc::clone(&self.fetches), Rc::clone(&next));
            async move { spawn(take_turns(fetches, next, session)).await }
        });
        let answers = self.runtime.block_on(join_all(tasks));
        let mut pages = Vec::with_capacity(self.fetches.len());
        for answer in answers {
            let (session, fetched) = answer?;
            self.sessions.push(session);
            pages.extend(fetched?);
        }
        pages.sort_by_key(|(index, _)| *index);
        Ok(pages.into_iter().map(|(_, page)| page).collect())
    }
}

type Fetched = Vec<(usize, Page)>;

/// Fetches what is next until nothing is left, and gives the session back.
async fn take_turns(
    fetches: Arc<[Fetch]>,
    next: Rc<Cell<usize>>,
    mut session: Session,
) -> (Session, Result<Fetched>) {
    let mut pages = Vec::new();
    loop {
        let index = next.get();
        next.set(index + 1);
        let Some(fetch) = fetches.get(index) else { return (session, Ok(pages)) };
        match session.get(&fetch.target, fetch.id).await {
            Ok(page) => pages.push((index, page)),
            Err(error) => return (session, Err(error)),
        }
    }
}
