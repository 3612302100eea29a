//! What a contender is to whoever measures it: an *arm*, which starts and does rounds.
//!
//! Every workload × model is one short file: [`super::cpu`] and [`super::io`] have them. Each
//! runs in a process of its own, which the laboratory's floor `measure` starts and asks.

use std::ffi::OsString;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

pub use super::io::http::Fnv1a as Digest;
use super::pages::{Content, PAGES};
use crate::terms::contender::{Contender, GilState};
use crate::terms::error::{LabError, Result};
use crate::terms::params::Params;
use crate::terms::python::Python;
use trainyard::procs::{Pool, Postcard};
use trainyard::threads::{Gil, Mode, ThreadPool};
use trainyard::trace::{self, Kind};

/// A workload done by one model of concurrency.
pub trait Arm: Sized {
    /// What one unit of work gives.
    type Answer: Answer;

    /// Brings up everything that is not work.
    fn start(setup: &Setup) -> Result<Self>;

    /// Does the whole work once, and returns the answers in the order of the units. An error of one
    /// voids the round.
    fn round(&mut self) -> Result<Vec<Self::Answer>>;

    /// The global lock, if the model has one; or that of each thread.
    fn gils(&self) -> &[Gil] {
        &[]
    }

    /// The worker processes, if the model has any.
    fn workers(&self) -> Option<&Pool> {
        None
    }
}

/// What an arm is told when it starts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Setup {
    /// Who the arm is.
    pub contender: Contender,
    /// What is compared.
    pub params: Params,
    /// Where our own server listens, if `io` asks that one.
    pub server: Option<SocketAddr>,
    /// Where the arm keeps its rings, if they are to survive it; a `Path` that is no text has no JSON.
    pub flight: Option<OsString>,
}

impl Setup {
    /// Starts the contender's pool of threads, under its lock, or a lock each.
    pub fn thread_pool(
        &self,
        initializer: impl Fn() + Send + Sync + 'static,
    ) -> Result<ThreadPool> {
        let rules = self.contender.rules.unwrap_or_default();
        let mode = match self.contender.gil {
            GilState::On => rules.mode(self.params.pace()),
            GilState::Off | GilState::None => Mode::Off,
        };
        let pool = ThreadPool::builder().workers(self.contender.workers).initializer(initializer);
        let pool =
            if rules.per_worker { pool.gil_per_worker(mode) } else { pool.gil(Gil::new(mode)) };
        let pool = pool.build().map_err(|why| LabError::failed("the pool", why))?;
        for gil in pool.gils() {
            rules.place(gil);
            // A row says how long the lock was held.
            gil.keep_time(true);
        }
        Ok(pool)
    }

    /// Starts the contender's pool of processes; each runs `initializer` first.
    pub fn process_pool(&self, initializer: fn(Postcard<Self>)) -> Result<Pool> {
        let pool = Pool::builder().workers(self.contender.workers);
        let pool = pool.initializer_with(initializer, Postcard(self.clone()));
        pool.build().map_err(|why| LabError::failed("the pool", why))
    }

    /// The CPython that the arm is, if it is one.
    pub fn python(&self) -> Option<&Python> {
        self.params.pythons.iter().find(|python| Some(python.id()) == self.contender.python)
    }

    /// The same, with our own server's pages as URLs: only our own arms know them by heart.
    #[must_use]
    pub fn spelled_out(mut self) -> Self {
        if let Some(server) = self.server {
            let url = |page: &Content| format!("http://{server}{}", page.path);
            self.params.urls = PAGES.iter().map(url).collect();
        }
        self
    }
}

/// What a round's checksum is made of.
pub trait Answer {
    /// Mixes the answer into the digest of the round.
    fn digest(&self, digest: &mut Digest);

    /// Compares the answer of unit `unit` with the right one, where that was not done on the way.
    fn check(&self, _setup: &Setup, _unit: usize) -> Result<()> {
        Ok(())
    }
}

/// A unit of work under way: its beginning and end are on the record.
#[derive(Debug)]
#[must_use = "dropped at once, the unit ends at once"]
pub struct Unit {
    number: u64,
}

impl Unit {
    /// Notes the beginning.
    #[inline]
    pub fn begin(number: u64) -> Self {
        trace::emit(Kind::UnitBegin, number, 0);
        Self { number }
    }
}

impl Drop for Unit {
    #[inline]
    fn drop(&mut self) {
        trace::emit(Kind::UnitEnd, self.number, 0);
    }
}
