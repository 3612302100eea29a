//! One program for many items.
//!
//! The items are not jobs of their own: each worker takes a run of them, then another, until none is
//! left. The first runs are long, which costs few turns in the mutex that all share; the last are one
//! item each, so that no worker is left with much while the others have nothing. (Guided
//! self-scheduling: Polychronopoulos and Kuck, 1987. `multiprocessing.Pool.map` cuts into equal
//! chunks, four for each worker.)
//!
//! A recording shows each item as a job.

#![expect(unsafe_code, reason = "answers are written into a vector that is not yet that long")]

use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::scope::Closed;
use super::{ThreadPool, job};
use crate::handle::{JobError, JobId, JobResult};
use crate::sys::prim::Mutex;
use crate::threads::kernel::attach::Attached;

/// How many runs are left for each worker when one takes a run.
const RUNS: usize = 4;

impl ThreadPool {
    /// Runs `program` for every item, and returns the answers in the order of the items.
    ///
    /// All items are there before the first is computed. A panic is the answer of its item; of items
    /// that nobody is left to compute, the answer is [`JobError::Shutdown`] or
    /// [`JobError::PoolBroken`]. Called by one of
    /// the pool's own jobs, that job's thread works as well.
    ///
    /// # Panics
    ///
    /// Panics if it is called inside a section of a [`Guarded`](crate::threads::Guarded) by one of the
    /// pool's own jobs.
    ///
    /// # Example
    ///
    /// ```
    /// let pool = trainyard::threads::ThreadPool::builder().workers(2).build()?;
    /// let halves = pool.map([4, 3, 0], |_, n| 12 / n);
    /// assert_eq!(halves[0].as_ref().ok(), Some(&3));
    /// assert!(halves[2].as_ref().unwrap_err().to_string().contains("divide by zero"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn map<I, T, F>(&self, items: I, program: F) -> Vec<JobResult<T>>
    where
        I: IntoIterator,
        I::Item: Send,
        T: Send,
        F: Fn(&mut Attached<'_>, I::Item) -> T + Sync,
    {
        let items: Vec<_> = items.into_iter().collect();
        let all = items.len();
        let first = JobId::several(all);
        let queued = Mutex::new(items.into_iter());
        let runs = Mutex::new(Vec::new());
        let take_run = || {
            let mut rest = queued.lock();
            let begin = all - rest.len();
            let length = self.run_of(rest.len());
            let run: Vec<_> = rest.by_ref().take(length).collect();
            (!run.is_empty()).then_some((begin, run))
        };
        let work = |at: &mut Attached<'_>| {
            while let Some((begin, run)) = take_run() {
                let id = JobId(first.0 + begin as u64);
                let answers = answers(at, id, run, &program);
                runs.lock().push((begin, answers));
            }
        };
        let ended = self.in_all_workers(all, &work);
        let mut runs = runs.into_inner();
        runs.sort_unstable_by_key(|(begin, _)| *begin);
        let mut answers: Vec<_> = runs.into_iter().flat_map(|(_, answers)| answers).collect();
        if let Err(Closed) = ended {
            for n in answers.len()..all {
                JobId(first.0 + n as u64).note_done(true);
                answers.push(Err(self.shared.why_closed()));
            }
        }
        answers
    }

    /// Runs `program` for every item of a slice, and returns the answers in its order.
    ///
    /// For light programs: an answer is its value and nothing more, and nothing is recorded.
    ///
    /// # Panics
    ///
    /// Passes on the first panic of `program`, when all workers have ended; answers are dropped. Panics
    /// if the pool is closed or broken, and otherwise as [`map`](Self::map).
    ///
    /// # Example
    ///
    /// ```
    /// let pool = trainyard::threads::ThreadPool::builder().workers(2).build()?;
    /// assert_eq!(pool.map_slice(&[1, 2, 3], |_, n| n * n), [1, 4, 9]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn map_slice<I, T, F>(&self, items: &[I], program: F) -> Vec<T>
    where
        I: Sync,
        T: Send,
        F: Fn(&mut Attached<'_>, &I) -> T + Sync,
    {
        let mut answers = Vec::with_capacity(items.len());
        let slots = &mut answers.spare_capacity_mut()[..items.len()];
        let queued = Mutex::new((items, slots));
        let take_run = || {
            let mut rest = queued.lock();
            let length = self.run_of(rest.0.len());
            let items = rest.0.split_off(..length)?;
            let slots = rest.1.split_off_mut(..length)?;
            (!items.is_empty()).then_some((items, slots))
        };
        let finished = Mutex::new(Vec::new());
        let work = |at: &mut Attached<'_>| {
            while let Some((items, slots)) = take_run() {
                let written = write_answers(at, items, slots, &program);
                finished.lock().push(written);
            }
        };
        let ended = catch_unwind(AssertUnwindSafe(|| {
            let ended = self.in_all_workers(items.len(), &work);
            assert!(ended.is_ok(), "items were not computed: {}", self.shared.why_closed());
        }));
        let finished = finished.into_inner();
        if let Err(panic) = ended {
            drop(finished);
            std::panic::resume_unwind(panic);
        }
        finished.into_iter().for_each(std::mem::forget);
        // SAFETY: no worker panicked, so each took runs until none was left and wrote each answer.
        unsafe { answers.set_len(items.len()) };
        answers
    }

    /// How many of the items that are left one worker takes.
    fn run_of(&self, left: usize) -> usize {
        left.div_ceil(RUNS * self.workers())
    }

    /// Lets as many workers as there are items do `work`, and waits for them.
    fn in_all_workers(
        &self,
        items: usize,
        work: &(impl Fn(&mut Attached<'_>) + Sync),
    ) -> Result<(), Closed> {
        self.try_scope(|scope| {
            for _ in 0..self.workers().min(items) {
                scope.assist(work);
            }
        })
    }
}

/// Computes one run of [`ThreadPool::map`]; its first item is the job `id`.
fn answers<I, T>(
    at: &mut Attached<'_>,
    id: JobId,
    items: Vec<I>,
    program: &impl Fn(&mut Attached<'_>, I) -> T,
) -> Vec<JobResult<T>> {
    let mut answers = Vec::with_capacity(items.len());
    let mut items = items.into_iter();
    // A panic ends the inner loop, and is the answer of the item that it was at.
    while let Err(panic) = catch_unwind(AssertUnwindSafe(|| {
        for item in items.by_ref() {
            let id = JobId(id.0 + answers.len() as u64);
            job::begin(id);
            let answer = program(at, item);
            answers.push(Ok(answer));
            job::end(id);
            id.note_done(false);
            at.checkpoint();
        }
    })) {
        let id = JobId(id.0 + answers.len() as u64);
        job::end(id);
        id.note_done(true);
        answers.push(Err(JobError::panicked(panic)));
        at.checkpoint();
    }
    answers
}

/// The answers of one run, from the first on. Dropped, it drops them.
struct Written<'a, T> {
    slots: &'a mut [MaybeUninit<T>],
    count: usize,
}

impl<T> Drop for Written<'_, T> {
    fn drop(&mut self) {
        let written: *mut [MaybeUninit<T>] = &raw mut self.slots[..self.count];
        // SAFETY: the first `count` were written by `write_answers`, and are dropped once: here, or,
        // if this was forgotten, by the vector.
        unsafe { std::ptr::drop_in_place(written as *mut [T]) };
    }
}

fn write_answers<'a, I, T>(
    at: &mut Attached<'_>,
    items: &[I],
    slots: &'a mut [MaybeUninit<T>],
    program: &impl Fn(&mut Attached<'_>, &I) -> T,
) -> Written<'a, T> {
    let mut written = Written { slots, count: 0 };
    for item in items {
        written.slots[written.count].write(program(at, item));
        written.count += 1;
        at.checkpoint();
    }
    written
}
