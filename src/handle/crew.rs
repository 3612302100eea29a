//! The workers of one pool, and who of them waits for whom.
//!
//! A job that joins another job of its own pool keeps a worker busy with waiting. When every worker of
//! the pool does so, nobody is left who could end the jobs that they wait for: the last one to begin
//! such a wait is told, instead of hanging. `ThreadPoolExecutor` hangs (its documentation shows how).
//!
//! # Invariants
//!
//! - **CREW-1** A worker counts as waiting from before it sleeps until the job that it waits for is
//!   done, and not until it has woken up. Both ends of that time are under the job's lock.
//!
//! # Why there are no false alarms
//!
//! By CREW-1 a worker that counts waits for a job that is not done. If all of them count, no job of
//! the pool runs, and only its workers run its jobs: so none of these waits can ever end. If one does
//! not count, it runs a job and comes to its end, to a wait of its own, or to one of those below.
//!
//! A pool that starts its threads on demand has a thread for each job that is queued, or cannot start
//! another: so the threads that were started are all who could run what these waits are for.
//!
//! # Not here
//!
//! A join with a timeout, which ends by itself; an `.await`; a worker that waits for several jobs at
//! once, for a scope, or for another pool; a circle of fewer workers than all, such as a job that joins
//! itself; a join that begins while the pool tries, and fails, to start another thread. (The thread that
//! opened a scope cannot return early, since its jobs borrow from it: one of the others would have to
//! be told in its place.)

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::AtomicU64 as Counter;

use crate::sys::prim::{AtomicUsize, Ordering};

/// Names a crew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CrewId(u64);

impl CrewId {
    /// Of a job that no pool runs.
    pub(crate) const NONE: Self = Self(0);
}

/// The workers of one pool.
#[derive(Debug)]
pub(crate) struct Crew {
    pub(crate) id: CrewId,
    /// How many there are; a pool that starts them on demand has more later.
    workers: AtomicUsize,
    /// How many of them wait for a job of this pool that is not done.
    waiting: AtomicUsize,
}

thread_local! {
    /// The pool that this thread works for.
    static CREW: RefCell<Option<Arc<Crew>>> = const { RefCell::new(None) };
}

impl Crew {
    pub(crate) fn new() -> Arc<Self> {
        static NEXT: Counter = Counter::new(1);
        // ORDER: Relaxed; a plain counter.
        let id = CrewId(NEXT.fetch_add(1, Ordering::Relaxed));
        Arc::new(Self { id, workers: AtomicUsize::new(0), waiting: AtomicUsize::new(0) })
    }

    pub(crate) fn workers(&self) -> usize {
        // ORDER: Relaxed; `Joining::begin` says why that is enough.
        self.workers.load(Ordering::Relaxed)
    }

    /// Counts one more worker, before it is started.
    pub(crate) fn add_worker(&self) {
        self.workers.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts one less: it could not be started.
    pub(crate) fn remove_worker(&self) {
        self.workers.fetch_sub(1, Ordering::Relaxed);
    }

    /// Makes this thread one of the crew, until it ends.
    pub(crate) fn enlist(self: &Arc<Self>) {
        CREW.with(|crew| crew.replace(Some(Arc::clone(self))));
    }

    /// Tells whether this thread is one of the crew.
    pub(crate) fn is_mine(id: CrewId) -> bool {
        Self::mine(id).is_some()
    }

    fn mine(id: CrewId) -> Option<Arc<Self>> {
        let crew = CREW.try_with(|crew| crew.borrow().clone()).ok().flatten();
        crew.filter(|crew| crew.id == id)
    }
}

/// A worker waits for a job of its own pool, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Joining(Arc<Crew>);

/// Nobody is left to run what the worker wants to wait for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WouldDeadlock;

impl Joining {
    /// Counts this thread as waiting for a job of the pool `id`; nothing to count, if it works for
    /// another or for none.
    pub(crate) fn begin(id: CrewId) -> Result<Option<Self>, WouldDeadlock> {
        let Some(crew) = Crew::mine(id) else { return Ok(None) };
        // ORDER: AcqRel. Of two workers that begin, the later one in the order of this word sees the
        // other, and the workers that the other has had started by then. Those that were started for
        // the job that it waits for it sees, as it has the job's handle.
        let before = crew.waiting.fetch_add(1, Ordering::AcqRel);
        let is_last = before + 1 >= crew.workers();
        let joining = Self(crew);
        if is_last { Err(WouldDeadlock) } else { Ok(Some(joining)) }
    }
}

impl Drop for Joining {
    fn drop(&mut self) {
        // ORDER: Relaxed; this word alone says who waits, and it has one order. Nothing is handed over.
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_last_worker_to_wait_is_told_and_the_others_are_not() {
        let crew = Crew::new();
        (0..2).for_each(|_| crew.add_worker());
        crew.enlist();
        let first = Joining::begin(crew.id).expect("another worker is left");
        assert!(first.is_some());
        assert_eq!(Joining::begin(crew.id).err(), Some(WouldDeadlock));
        // Who was told does not count any more.
        drop(first);
        assert!(Joining::begin(crew.id).is_ok());
        assert!(matches!(Joining::begin(CrewId::NONE), Ok(None)));
    }
}
