//! A map that is read while it runs.
//!
//! The pool sees a *window* of the items: so many at most have been given to it and not been read.
//! Each read takes one further item, and goes on until the window is full or the answer that is to be
//! read is there: the window grows while the reader would wait, and no longer. So items may be
//! infinitely many, or come slowly; and a reader that is slower than the workers keeps few answers
//! waiting.
//!
//! # Not here
//!
//! A thread that takes the items ahead of the reader: whoever reads takes them, and an iterator of items
//! that waits lets the reader wait.

use std::collections::VecDeque;
use std::fmt;
use std::iter::FusedIterator;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::ThreadPool;
use crate::handle::{JobError, JobHandle, JobResult};
use crate::threads::kernel::attach::Attached;

/// How many items for each worker are in the window, if nothing is said: one that it runs, and three
/// that are next, or done and not read while an earlier one takes long.
const WINDOW: usize = 4;

impl ThreadPool {
    /// Runs `program` for each item, and returns the answers in the order of the items, one by one.
    ///
    /// Nothing runs before the first answer is asked for. From then on up to
    /// [`buffer_size`](MapLazy::buffer_size) items are on their way. A panic is the answer of its item.
    /// After [`close`](Self::close) each further item is answered with [`JobError::Shutdown`], and of a
    /// pool that is broken with [`JobError::PoolBroken`]. If one of the pool's own jobs reads, an answer
    /// may be [`JobError::WouldDeadlock`].
    ///
    /// [`map`](Self::map) is faster for a collection that is there as a whole; a job here is one item.
    ///
    /// # Panics
    ///
    /// Passes on a panic of the iterator of items.
    ///
    /// # Cancel behaviour
    ///
    /// Dropping the iterator cancels what has not begun. What runs goes on, and its answer is dropped.
    ///
    /// # Example: the first of infinitely many
    ///
    /// ```
    /// let pool = trainyard::threads::ThreadPool::builder().build()?;
    /// let squares = pool.map_lazy(1.., |_, n: u64| n * n);
    /// let first = squares.take(3).collect::<Result<Vec<_>, _>>()?;
    /// assert_eq!(first, [1, 4, 9]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn map_lazy<I, T, F>(&self, items: I, program: F) -> MapLazy<'_, I::IntoIter, T, F>
    where
        I: IntoIterator,
        I::Item: Send + 'static,
        T: Send + 'static,
        F: Fn(&mut Attached<'_>, I::Item) -> T + Send + Sync + 'static,
    {
        MapLazy {
            pool: self,
            items: Some(items.into_iter()),
            program: Arc::new(program),
            window: VecDeque::new(),
            buffer_size: WINDOW * self.workers(),
            deadline: None,
        }
    }
}

/// The answers of [`ThreadPool::map_lazy`].
#[must_use = "an iterator runs nothing until it is asked"]
pub struct MapLazy<'pool, I, T, F> {
    pool: &'pool ThreadPool,
    /// `None` once it has ended.
    items: Option<I>,
    program: Arc<F>,
    /// Items that were given to the pool, in their order.
    window: VecDeque<JobHandle<T>>,
    buffer_size: usize,
    deadline: Option<Instant>,
}

impl<I, T, F> MapLazy<'_, I, T, F> {
    /// Says how many items at most have been given to the pool and not been returned; defaults to four
    /// for each worker. Python 3.14's `buffersize`.
    ///
    /// # Panics
    ///
    /// Panics if `items` is 0: nothing would ever be returned.
    pub fn buffer_size(mut self, items: usize) -> Self {
        assert!(items > 0, "a map needs room for at least one item");
        self.buffer_size = items;
        self
    }

    /// Says how much time there is for all of the answers, from now on.
    ///
    /// When it has passed, an answer that is not there is [`JobError::TimedOut`], what has not begun is
    /// cancelled, and the iterator ends.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        // Too far away to be told is never.
        self.deadline = Instant::now().checked_add(timeout);
        self
    }

    /// Cancels what has not begun, and takes no more items.
    fn end(&mut self) {
        self.items = None;
        for job in self.window.drain(..) {
            job.cancel();
        }
    }
}

impl<I, T, F> MapLazy<'_, I, T, F>
where
    I: Iterator,
    I::Item: Send + 'static,
    T: Send + 'static,
    F: Fn(&mut Attached<'_>, I::Item) -> T + Send + Sync + 'static,
{
    /// Gives the pool one more item, and tells whether there was one.
    fn submit_next(&mut self) -> bool {
        let Some(item) = self.items.as_mut().and_then(Iterator::next) else {
            self.items = None;
            return false;
        };
        let program = Arc::clone(&self.program);
        self.window.push_back(self.pool.submit(move |at| program(at, item)));
        true
    }

    /// Gives the pool at least one more item, and as many as there is room for until the first is done.
    fn fill(&mut self) {
        while self.window.len() < self.buffer_size && self.submit_next() {
            if self.window.front().is_some_and(JobHandle::is_finished) {
                break;
            }
        }
    }
}

impl<I, T, F> Iterator for MapLazy<'_, I, T, F>
where
    I: Iterator,
    I::Item: Send + 'static,
    T: Send + 'static,
    F: Fn(&mut Attached<'_>, I::Item) -> T + Send + Sync + 'static,
{
    type Item = JobResult<T>;

    fn next(&mut self) -> Option<JobResult<T>> {
        let is_late = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
        if !is_late || self.window.is_empty() {
            self.fill();
        }
        let mut first = self.window.pop_front()?;
        let Some(deadline) = self.deadline else { return Some(first.join()) };
        let answer = first.join_timeout(deadline.saturating_duration_since(Instant::now()));
        if answer.is_none() {
            first.cancel();
            self.end();
        }
        Some(answer.unwrap_or(Err(JobError::TimedOut)))
    }
}

impl<I, T, F> FusedIterator for MapLazy<'_, I, T, F>
where
    I: Iterator,
    I::Item: Send + 'static,
    T: Send + 'static,
    F: Fn(&mut Attached<'_>, I::Item) -> T + Send + Sync + 'static,
{
}

impl<I, T, F> Drop for MapLazy<'_, I, T, F> {
    fn drop(&mut self) {
        self.end();
    }
}

impl<I, T, F> fmt::Debug for MapLazy<'_, I, T, F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("MapLazy");
        debug.field("buffer_size", &self.buffer_size).field("in_flight", &self.window.len());
        debug.finish_non_exhaustive()
    }
}
