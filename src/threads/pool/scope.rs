//! Jobs that borrow: a scope that ends when all its jobs have.
//!
//! The jobs of a scope have a queue of their own. What the pool gets is *helpers*, at most one for each
//! worker, each of which runs jobs of the scope until none is left. So a job that is submitted by
//! another costs one turn in a mutex that few others want; and a worker that opens a scope inside a
//! job can run the scope's jobs itself while it waits, and none but those: it never finds itself
//! inside somebody else's job (rayon#592), and a pool whose workers all wait for scopes goes on.
//!
//! # Invariants
//!
//! - **SCOPE-1** [`ThreadPool::scope`] returns, or unwinds, only after every program that was given to
//!   the scope has been run or dropped.
//! - **SCOPE-2** While a job is queued there is a helper, or whoever opened the scope will look.
//!
//! # Not here
//!
//! Help for a scope that is opened under another lock than the pool's: its jobs run under the pool's.
//! The jobs of a scope in a recording, if they run inside another job: a thread runs one job at a time.
#![expect(unsafe_code, reason = "a job that borrows is queued among jobs that do not")]

use std::any::Any;
use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::thread;

use super::ThreadPool;
use super::closure::Closure;
use super::job::{Job, numbered};
use super::roster::NUMBER;
use super::spread::{Jobs, Spread};
use crate::handle::contained::{contained, discard};
use crate::handle::crew::Crew;
use crate::sys::prim::{Condvar, Mutex, MutexGuard};
use crate::sys::{Why, blocking};
use crate::threads::kernel::attach::{Attached, may_attach_to};

/// Where jobs that borrow are submitted; see [`ThreadPool::scope`].
pub struct Scope<'scope, 'env: 'scope> {
    pool: &'env ThreadPool,
    work: Arc<Work>,
    /// Invariant over both, as std's scope: neither may be taken for a longer or a shorter one.
    lifetimes: PhantomData<(&'scope mut &'scope (), &'env mut &'env ())>,
}

/// What the scope and its helpers share.
struct Work {
    state: Mutex<State>,
    spread: Spread,
    all_ended: Condvar,
}

/// Guarded by `Work::state`.
#[derive(Default)]
struct State {
    jobs: Jobs,
    /// How many jobs have not ended.
    unfinished: usize,
    helpers: usize,
    /// The first panic of a job.
    failure: Option<Box<dyn Any + Send>>,
    /// Jobs were dropped, because the pool is closed and had nobody to run them.
    were_dropped: bool,
    /// Whoever opened the scope runs its jobs as well, when it waits.
    opener_helps: bool,
}

/// Whether one more worker is to help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Help {
    Wanted,
    Enough,
}

/// The pool is closed or broken, and jobs of the scope were dropped.
#[derive(Debug)]
pub(super) struct Closed;

/// Ends the process if it is dropped before it is disarmed: a frame that jobs borrow from must not go.
struct AbortOnPanic {
    is_armed: bool,
}

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if self.is_armed {
            std::process::abort();
        }
    }
}

impl ThreadPool {
    /// Runs `program`, which may submit jobs that borrow what is outside it, and waits until all of
    /// them have ended.
    ///
    /// The counterpart of [`std::thread::scope`]. Called by one of the pool's own jobs, it runs jobs of
    /// the scope while it waits.
    ///
    /// # Panics
    ///
    /// Passes on a panic of `program`, or else the first panic of a job, when all have ended. Panics if
    /// jobs were dropped because the pool is closed or broken, and if it is called inside a section of a
    /// [`Guarded`](crate::threads::Guarded) by one of the pool's own jobs.
    ///
    /// # Example: two halves of a slice
    ///
    /// ```
    /// use trainyard::threads::ThreadPool;
    ///
    /// let pool = ThreadPool::builder().workers(2).build()?;
    /// let mut numbers = [3, 1, 2, 6, 5, 4];
    /// let (left, right) = numbers.split_at_mut(3);
    /// pool.scope(|scope| {
    ///     scope.spawn(|_| left.sort());
    ///     scope.spawn(|_| right.sort());
    /// });
    /// assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn scope<'env, R, F>(&'env self, program: F) -> R
    where
        F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> R,
    {
        let answer = self.try_scope(program);
        answer.unwrap_or_else(|Closed| {
            panic!("a scope's jobs were dropped: {}", self.shared.why_closed())
        })
    }

    /// As [`scope`](Self::scope), but says so if jobs were dropped because the pool is closed.
    pub(super) fn try_scope<'env, R, F>(&'env self, program: F) -> Result<R, Closed>
    where
        F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> R,
    {
        // All that can be refused is refused before a job is queued.
        let is_ours = Crew::is_mine(self.shared.crew.id);
        let opener_helps = is_ours && may_attach_to(&self.gils()[NUMBER.get()]);
        let work = Arc::new(Work::new(self.workers(), opener_helps));
        let scope = Scope { pool: self, work, lifetimes: PhantomData };
        let answer = catch_unwind(AssertUnwindSafe(|| program(&scope)));
        // INVARIANT: [SCOPE-1]
        let mut guard = AbortOnPanic { is_armed: true };
        scope.wait(opener_helps);
        guard.is_armed = false;
        let mut state = scope.work.state.lock();
        let (failure, were_dropped) = (state.failure.take(), state.were_dropped);
        drop(state);
        match (answer, failure) {
            (Ok(_), None) if were_dropped => Err(Closed),
            (Ok(answer), None) => Ok(answer),
            (Ok(_), Some(failure)) => resume_unwind(failure),
            (Err(panic), failure) => {
                failure.into_iter().for_each(discard);
                resume_unwind(panic)
            }
        }
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Queues `program`, which runs before the scope ends. It may submit further jobs.
    pub fn spawn<F>(&'scope self, program: F)
    where
        F: FnOnce(&mut Attached<'_>) + Send + 'scope,
    {
        // SAFETY: [SCOPE-1] what the program borrows outlives the scope, and the scope the program.
        self.queue(Job::Bare(unsafe { Closure::unbounded(numbered(program)) }));
    }

    /// As [`spawn`](Self::spawn), for a program that runs jobs and is none itself.
    pub(super) fn assist<F>(&'scope self, program: F)
    where
        F: FnOnce(&mut Attached<'_>) + Send + 'scope,
    {
        // SAFETY: as in `spawn`.
        self.queue(Job::Helper(unsafe { Closure::unbounded(program) }));
    }

    fn queue(&self, job: Job) {
        if self.work.queue(job) == Help::Wanted {
            let helper = Helper { work: Arc::clone(&self.work), counts: Cell::new(true) };
            self.pool.shared.enqueue(Job::Helper(Closure::new(move |at| helper.help(at))));
        }
    }

    /// Waits until all jobs have ended.
    fn wait(&self, opener_helps: bool) {
        if opener_helps {
            // Once the queue is empty no look is needed any more: what the jobs that still run will
            // submit is run by the helpers that run them. [SCOPE-2]
            self.pool.gils()[NUMBER.get()].attach(|at| self.work.run_all(at, |_| ()));
        }
        blocking(Why::Job, || self.work.wait());
    }
}

impl Work {
    fn new(workers: usize, opener_helps: bool) -> Self {
        let state = State { opener_helps, ..State::default() };
        let (state, spread) = (Mutex::new(state), Spread::new(workers));
        Self { state, spread, all_ended: Condvar::new() }
    }

    /// Queues a job. If help is wanted, one more helper counts already.
    fn queue(&self, job: Job) -> Help {
        let mut state = self.state.lock();
        state.jobs.push(job);
        state.unfinished += 1;
        // INVARIANT: [SCOPE-2]
        let workers = self.spread.workers() - usize::from(state.opener_helps);
        if state.helpers == workers {
            return Help::Enough;
        }
        state.helpers += 1;
        Help::Wanted
    }

    /// Runs jobs until none is queued; `when_empty` is called under the mutex that says so.
    fn run_all(&self, at: &mut Attached<'_>, when_empty: impl Fn(&mut State)) {
        let worker = NUMBER.get();
        let mut ended = Ended::default();
        while let Some(job) = self.next(worker, &mut ended, &when_empty) {
            ended.note(catch_unwind(AssertUnwindSafe(|| job.run(at))));
            at.checkpoint();
        }
    }

    /// Takes the next job, and counts those that have ended whenever it needs the mutex for that.
    fn next(
        &self,
        worker: usize,
        ended: &mut Ended,
        when_empty: impl Fn(&mut State),
    ) -> Option<Job> {
        let steals = self.spread.is_time_to_steal(worker);
        if !steals && let Some(job) = self.spread.take_own(worker) {
            return Some(job);
        }
        let Ended { jobs: count, mut failure } = std::mem::take(ended);
        let mut state = self.state.lock();
        if state.failure.is_none() {
            state.failure = failure.take();
        }
        let next = if steals { self.spread.steal(&mut state.jobs, worker) } else { None };
        let next = next.or_else(|| self.spread.take_own(worker));
        let next = next.or_else(|| self.spread.take(&mut state.jobs, worker));
        let next = next.or_else(|| self.spread.steal(&mut state.jobs, worker));
        if next.is_none() {
            when_empty(&mut state);
        }
        self.end(state, count);
        failure.into_iter().for_each(discard);
        next
    }

    /// Counts so many jobs as ended.
    fn end(&self, mut state: MutexGuard<'_, State>, jobs: usize) {
        state.unfinished -= jobs;
        let are_all = jobs > 0 && state.unfinished == 0;
        drop(state);
        if are_all {
            self.all_ended.notify_all();
        }
    }

    fn wait(&self) {
        let mut state = self.state.lock();
        while state.unfinished > 0 {
            state = self.all_ended.wait(state);
        }
    }
}

/// What a worker has not told the others yet.
#[derive(Default)]
struct Ended {
    jobs: usize,
    failure: Option<Box<dyn Any + Send>>,
}

impl Ended {
    fn note(&mut self, ended: thread::Result<()>) {
        self.jobs += 1;
        let Err(panic) = ended else { return };
        match self.failure {
            None => self.failure = Some(panic),
            Some(_) => discard(panic),
        }
    }
}

/// Runs the jobs of a scope in a worker of the pool.
struct Helper {
    work: Arc<Work>,
    /// It counts in [`State::helpers`].
    counts: Cell<bool>,
}

impl Helper {
    fn help(self, at: &mut Attached<'_>) {
        self.work.run_all(at, |state| {
            // INVARIANT: [SCOPE-2] in the same turn in which it finds no job.
            state.helpers -= 1;
            self.counts.set(false);
        });
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        if !self.counts.get() {
            return;
        }
        // It never ran: the pool is closed, or broken. If no other helper is left, nobody runs these jobs.
        let mut state = self.work.state.lock();
        state.helpers -= 1;
        let are_lost = state.helpers == 0 && !state.opener_helps;
        let jobs = if are_lost { state.jobs.take_shared() } else { VecDeque::new() };
        drop(state);
        let count = jobs.len();
        for job in jobs {
            contained(|| drop(job));
        }
        let mut state = self.work.state.lock();
        state.were_dropped |= count > 0;
        // INVARIANT: [SCOPE-1] after they were dropped.
        self.work.end(state, count);
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Scope").field("pool", self.pool).finish_non_exhaustive()
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use loom::sync::Arc;
    use loom::sync::atomic::{AtomicUsize, Ordering};
    use loom::thread;

    use super::*;

    /// Two jobs come while helpers may be about to leave.
    ///
    /// Fails ("deadlock"), with one worker, if a helper leaves in a later turn than the one in which it found no job, and
    /// if jobs that have ended are not told of before it leaves.
    fn check(workers: usize) {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = model.preemption_bound.or(Some(2));
        model.check(move || {
            let work = Arc::new(Work::new(workers, false));
            let (ran, mut helpers) = (Arc::new(AtomicUsize::new(0)), Vec::new());
            for _ in 0..2 {
                if work.queue(Job::Helper(Closure::new(|_| ()))) == Help::Enough {
                    continue;
                }
                let (work, ran, number) = (Arc::clone(&work), Arc::clone(&ran), helpers.len());
                helpers.push(thread::spawn(move || {
                    let mut ended = Ended::default();
                    let leave = |state: &mut State| state.helpers -= 1;
                    while let Some(job) = work.next(number % workers, &mut ended, leave) {
                        drop(job);
                        ran.fetch_add(1, Ordering::Relaxed);
                        ended.note(Ok(()));
                    }
                }));
            }
            work.wait();
            assert_eq!(ran.load(Ordering::Relaxed), 2);
            helpers.into_iter().for_each(|helper| helper.join().unwrap());
            assert_eq!(work.state.lock().helpers, 0);
        });
    }

    #[test]
    fn loom_the_scope_ends_when_each_of_its_jobs_has() {
        check(2);
    }

    #[test]
    fn loom_a_job_that_comes_as_the_only_helper_leaves_has_another() {
        check(1);
    }
}
