//! A queue that several workers take jobs from, in batches.
//!
//! Jobs come into one *shared* queue, in order, under the mutex of whoever it belongs to: the pool, or a
//! scope. A worker that finds it long takes several in one turn in that mutex, and keeps the rest in a
//! queue of its own, from which others steal: no job waits behind a long one while a worker has nothing
//! to do, or for long while they are busy. Only then can a job begin before one that came earlier.
//!
//! # Invariants
//!
//! - **SPREAD-1** A job gets into a worker's own queue under the mutex, out of the shared one. So whoever
//!   finds all of them empty under the mutex knows that no job is queued.
//! - **SPREAD-2** Lock order: the owner's mutex, then a worker's own; never two workers' own.
//!
//! Read next: `work_queue`.

use std::collections::VecDeque;

use super::job::Job;
use crate::sys::prim::{AtomicU32, Mutex, Ordering};

/// How many jobs a worker takes in one turn at most.
const BATCH_MAX: usize = 32;

/// At every so many jobs a worker looks into the others' queues first: or, as long as the shared queue
/// is not empty, jobs that a worker has taken along with a long one would wait for its end.
const LOOK_AROUND: u32 = 64;

/// The queues of the workers.
pub(super) struct Spread(Vec<Own>);

/// A worker's own queue, on a cache line that others seldom write to.
#[repr(align(64))]
#[derive(Default)]
struct Own {
    jobs: Mutex<VecDeque<Job>>,
    /// How many jobs the worker has taken. Only it writes this.
    taken: AtomicU32,
}

/// The shared queue. Guarded by its owner's mutex.
#[derive(Default)]
pub(super) struct Jobs {
    shared: VecDeque<Job>,
    /// A worker's own queue may have jobs. Most owners never have several taken at once, and need not
    /// look through a thousand queues.
    are_spread: bool,
}

impl Jobs {
    pub(super) fn push(&mut self, job: Job) {
        self.shared.push_back(job);
    }

    /// How many jobs are in the shared queue.
    pub(super) fn shared(&self) -> usize {
        self.shared.len()
    }

    /// Tells whether a worker's own queue may have jobs.
    pub(super) fn may_be_spread(&self) -> bool {
        self.are_spread
    }

    /// Takes all that no worker has taken.
    pub(super) fn take_shared(&mut self) -> VecDeque<Job> {
        std::mem::take(&mut self.shared)
    }
}

impl Spread {
    pub(super) fn new(workers: usize) -> Self {
        Self((0..workers).map(|_| Own::default()).collect())
    }

    pub(super) fn workers(&self) -> usize {
        self.0.len()
    }

    /// Counts one more job for `worker`, and tells whether it should steal before it takes.
    pub(super) fn is_time_to_steal(&self, worker: usize) -> bool {
        let own = &self.0[worker];
        // ORDER: Relaxed; nobody else writes it.
        let taken = own.taken.load(Ordering::Relaxed).wrapping_add(1);
        own.taken.store(taken, Ordering::Relaxed);
        taken.is_multiple_of(LOOK_AROUND)
    }

    /// Takes a job of the worker's own. Needs no mutex.
    pub(super) fn take_own(&self, worker: usize) -> Option<Job> {
        self.0[worker].jobs.lock().pop_front()
    }

    /// Takes a shared job, and more for the worker's own queue if there are many: so many that each
    /// worker could do so twice.
    pub(super) fn take(&self, jobs: &mut Jobs, worker: usize) -> Option<Job> {
        let job = jobs.shared.pop_front()?;
        let share = if cfg!(loom) { 1 } else { 2 * self.workers() };
        let more = (jobs.shared.len() / share).min(BATCH_MAX - 1);
        if more > 0 {
            jobs.are_spread = true;
            // INVARIANT: [SPREAD-1]
            self.0[worker].jobs.lock().extend(jobs.shared.drain(..more));
        }
        Some(job)
    }

    /// Takes the oldest job of another worker's own queue.
    pub(super) fn steal(&self, jobs: &mut Jobs, thief: usize) -> Option<Job> {
        if !jobs.are_spread {
            return None;
        }
        // INVARIANT: [SPREAD-2] one after another.
        let others = (1..self.workers()).map(|step| (thief + step) % self.workers());
        others.map(|other| &self.0[other].jobs).find_map(|jobs| jobs.lock().pop_front())
    }

    /// Takes out all jobs that match, wherever they are queued.
    pub(super) fn take_out(&self, jobs: &mut Jobs, matches: impl Fn(&Job) -> bool) -> Vec<Job> {
        let sift = |jobs: &mut VecDeque<Job>| {
            let (out, kept): (Vec<_>, Vec<_>) = jobs.drain(..).partition(&matches);
            jobs.extend(kept);
            out
        };
        let mut taken = sift(&mut jobs.shared);
        // INVARIANT: [SPREAD-2] one after another.
        taken.extend(self.0.iter().flat_map(|own| sift(&mut own.jobs.lock())));
        taken
    }

    /// How many jobs are queued, wherever.
    pub(super) fn len(&self, jobs: &Jobs) -> usize {
        let own = if jobs.are_spread { &self.0[..] } else { &[] };
        // INVARIANT: [SPREAD-2] one after another.
        jobs.shared.len() + own.iter().map(|own| own.jobs.lock().len()).sum::<usize>()
    }

    /// Tells whether no job is queued anywhere.
    pub(super) fn is_empty(&self, jobs: &mut Jobs) -> bool {
        if jobs.are_spread {
            jobs.are_spread = self.0.iter().any(|own| !own.jobs.lock().is_empty());
        }
        jobs.shared.is_empty() && !jobs.are_spread
    }
}
