//! A queue and nothing else: the counterpart of `queue.SimpleQueue`.

use std::fmt;
use std::time::Duration;

use super::Queue;

/// A queue without a bound, without tasks to be done with, and without an end.
///
/// [`put`](Self::put) never waits, and runs no code of the program's: a destructor may put, also one
/// that runs because an item of this queue is dropped. (A signal handler may not, as in Python it
/// may: it would have to allocate.)
///
/// # Example: from one thread to another
///
/// ```
/// use trainyard::threads::SimpleQueue;
///
/// let queue = SimpleQueue::new();
/// std::thread::scope(|scope| {
///     scope.spawn(|| (0..3).for_each(|item| queue.put(item)));
///     assert_eq!([(); 3].map(|()| queue.get()), [0, 1, 2]);
/// });
/// assert!(queue.is_empty());
/// ```
pub struct SimpleQueue<T> {
    queue: Queue<T>,
}

impl<T> SimpleQueue<T> {
    /// Creates a queue without items.
    pub fn new() -> Self {
        Self { queue: Queue::new() }
    }

    /// Puts an item in.
    ///
    /// # Panics
    ///
    /// Never: nobody can shut a simple queue down.
    pub fn put(&self, item: T) {
        self.queue.put(item).expect("nobody can shut a simple queue down");
    }

    /// Takes the oldest item, and sleeps until there is one, with the global lock given up.
    ///
    /// # Panics
    ///
    /// Never: nobody can shut a simple queue down.
    pub fn get(&self) -> T {
        self.queue.get().expect("nobody can shut a simple queue down")
    }

    /// Takes the oldest item if there is one; `get_nowait`.
    pub fn try_get(&self) -> Option<T> {
        self.queue.try_get().ok()
    }

    /// As [`get`](Self::get), but gives up after `timeout`: `None`.
    pub fn get_timeout(&self, timeout: Duration) -> Option<T> {
        self.queue.get_timeout(timeout).ok()
    }

    /// Returns how many items there are at this moment; `qsize`.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Tells whether there are none at this moment.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

impl<T> Default for SimpleQueue<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for SimpleQueue<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SimpleQueue").field("len", &self.len()).finish()
    }
}
