//! The queue itself: items in some order, and three lines of threads that wait.
//!
//! # The life of one item
//!
//! 1. [`put`](OrderedQueue::put): there is room, or the thread waits in line for some. The item is
//!    one more task that is not done, and the first getter in line is called.
//! 2. [`get`](OrderedQueue::get): the item leaves the queue, and the first putter in line is called.
//! 3. [`task_done`](OrderedQueue::task_done): whoever has got it is done with it. The last one calls
//!    all who wait in [`join`](OrderedQueue::join).
//!
//! [`shutdown`](OrderedQueue::shutdown) calls everybody: putters go, getters get what is left first.
//!
//! # Why no wake-up is lost
//!
//! A thread looks, and takes its place in line, under one lock; whoever changes what it looks at
//! calls under the same lock. A thread that was called looks again, also if its time is over: it
//! takes what it was called for, unless one that came by was quicker. Then there is nothing left that
//! another could be called for (QUEUE-1).
//!
//! # Invariants
//!
//! - **QUEUE-1** While getters stand in line, there are no more items than getters that were called
//!   and have yet to look; and so with putters and room.
//! - **QUEUE-2** Nobody is woken under the lock, and no item is dropped, but by an order that panics.
//!
//! # Not here
//!
//! Order among threads that come by and those that were called; Python's has none either.
//!
//! `tests/interleave/queue.rs` has the queue as it is, and with three mistakes.

use std::fmt;
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use super::error::{GetError, PutError, ShutDown, TooManyDone};
use super::order::Order;
use super::state::State;
use crate::sys::prim::{Mutex, MutexGuard};
use crate::sys::{Why, blocking};
use crate::threads::sync::deadline::{Deadline, Waited};
use crate::threads::sync::line::{Called, Line, Place};

/// A queue between threads, whose items come out as `O` says.
///
/// [`Queue`](super::Queue), [`LifoQueue`](super::LifoQueue) and
/// [`PriorityQueue`](super::PriorityQueue) are its three shapes.
///
/// # Example: the same items in three orders
///
/// ```
/// use trainyard::threads::{LifoQueue, Order, OrderedQueue, PriorityQueue, Queue};
///
/// fn drain<O: Order<u32>>(queue: &OrderedQueue<u32, O>) -> Vec<u32> {
///     [2, 3, 1].into_iter().for_each(|item| queue.put(item).expect("it is open"));
///     std::iter::from_fn(|| queue.try_get().ok()).collect()
/// }
///
/// assert_eq!(drain(&Queue::new()), [2, 3, 1]);
/// assert_eq!(drain(&LifoQueue::new()), [1, 3, 2]);
/// assert_eq!(drain(&PriorityQueue::new()), [1, 2, 3]);
/// ```
pub struct OrderedQueue<T, O> {
    /// How many items there may be.
    capacity: usize,
    pub(super) state: Mutex<State<O>>,
    items: PhantomData<fn(T) -> T>,
}

/// Which line a thread stands in.
type Which<O> = fn(&mut State<O>) -> &mut Line;

/// What a look at the queue has come to.
enum Look<R> {
    /// The call is over, and these threads are to be woken.
    Over(R, Called),
    Wait,
}

impl<T, O: Order<T>> OrderedQueue<T, O> {
    /// Creates a queue that takes as many items as there is memory for.
    pub fn new() -> Self {
        Self::bounded(usize::MAX)
    }

    /// Creates a queue that takes so many items at a time; `maxsize`.
    ///
    /// # Panics
    ///
    /// Panics if `capacity` is 0. (Python takes that for no bound.)
    pub fn bounded(capacity: usize) -> Self {
        assert!(capacity > 0, "a queue has room for one item or more");
        Self { capacity, state: Mutex::default(), items: PhantomData }
    }

    /// Puts an item in, and sleeps until there is room, with the global lock given up.
    ///
    /// # Errors
    ///
    /// Fails, and gives the item back, if the queue is shut down.
    pub fn put(&self, item: T) -> Result<(), ShutDown<T>> {
        let put = self.put_until(item, Some(Deadline::NEVER));
        put.map_err(|error| ShutDown(error.into_inner()))
    }

    /// Puts an item in if there is room; `put_nowait`.
    ///
    /// # Errors
    ///
    /// Fails, and gives the item back, if the queue is full or shut down.
    pub fn try_put(&self, item: T) -> Result<(), PutError<T>> {
        self.put_until(item, None)
    }

    /// As [`put`](Self::put), but gives up after `timeout`.
    ///
    /// # Errors
    ///
    /// Fails, and gives the item back, if the queue stays full or is shut down.
    pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutError<T>> {
        self.put_until(item, Some(Deadline::after(timeout)))
    }

    /// Takes the next item, and sleeps until there is one, with the global lock given up.
    ///
    /// # Errors
    ///
    /// Fails if the queue is shut down and empty.
    pub fn get(&self) -> Result<T, ShutDown> {
        self.get_until(Some(Deadline::NEVER)).map_err(|_| ShutDown(()))
    }

    /// Takes the next item if there is one; `get_nowait`.
    ///
    /// # Errors
    ///
    /// Fails if the queue is empty; and says so if it is shut down besides.
    pub fn try_get(&self) -> Result<T, GetError> {
        self.get_until(None)
    }

    /// As [`get`](Self::get), but gives up after `timeout`.
    ///
    /// # Errors
    ///
    /// Fails if the queue stays empty; and says so if it is shut down besides.
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, GetError> {
        self.get_until(Some(Deadline::after(timeout)))
    }

    /// Says that this thread is done with an item that it has got.
    ///
    /// # Errors
    ///
    /// Fails if that was said for every item already.
    pub fn task_done(&self) -> Result<(), TooManyDone> {
        let mut state = self.state();
        state.unfinished = state.unfinished.checked_sub(1).ok_or(TooManyDone)?;
        let called = state.call_joiners();
        drop(state);
        drop(called);
        Ok(())
    }

    /// Sleeps until every item that was put is done with, with the global lock given up.
    pub fn join(&self) {
        let _in_time = self.join_until(Deadline::NEVER);
    }

    /// As [`join`](Self::join), but gives up after `timeout`.
    pub fn join_timeout(&self, timeout: Duration) -> Waited {
        self.join_until(Deadline::after(timeout))
    }

    /// Shuts the queue down: nothing is put any more, and what is left can be got.
    pub fn shutdown(&self) {
        let mut state = self.state();
        let called = state.shut_down();
        drop(state);
        drop(called);
    }

    /// Shuts the queue down, and returns what is left, in order: `shutdown(immediate=True)`.
    ///
    /// Those items count as done with.
    pub fn shutdown_now(&self) -> Vec<T> {
        let mut left = Vec::new();
        let mut state = self.state();
        let (drained, called) = state.change(|items| {
            while let Some(item) = items.pop() {
                left.push(item);
            }
        });
        state.unfinished = state.unfinished.saturating_sub(left.len());
        let called = called.and(state.shut_down()).and(state.call_joiners());
        drop(state);
        drop(called);
        drained.unwrap_or_else(|panic| resume_unwind(panic));
        left
    }

    /// Tells whether the queue was shut down.
    pub fn is_shut_down(&self) -> bool {
        self.state().is_shut_down
    }

    /// Returns how many items there are at this moment; `qsize`.
    pub fn len(&self) -> usize {
        self.state().items.len()
    }

    /// Tells whether there are none at this moment.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Tells whether there is no room at this moment.
    pub fn is_full(&self) -> bool {
        self.len() >= self.capacity
    }

    /// Returns how many items there may be; `None` if that is not limited.
    pub fn capacity(&self) -> Option<usize> {
        (self.capacity < usize::MAX).then_some(self.capacity)
    }

    /// Returns how many items were put that nobody has said to be done with.
    pub fn unfinished(&self) -> usize {
        self.state().unfinished
    }

    /// Locks the queue. Who holds it may be in an [`Order`], which is foreign code and may have given the
    /// global lock up: so whoever has to wait for it gives the global lock up too.
    fn state(&self) -> MutexGuard<'_, State<O>> {
        let state = self.state.try_lock();
        state.unwrap_or_else(|| blocking(Why::Queue, || self.state.lock()))
    }

    fn put_until(&self, item: T, deadline: Option<Deadline>) -> Result<(), PutError<T>> {
        // Taken by the look that ends the call.
        let mut waits = Some(item);
        let look = |state: &mut State<O>| {
            if !state.is_shut_down && state.items.len() >= self.capacity {
                return Look::Wait;
            }
            let item = waits.take().expect("one look ends the call");
            if state.is_shut_down {
                return Look::Over(Ok(Err(PutError::ShutDown(item))), Called::default());
            }
            let (put, called) = state.change(|items| items.push(item));
            Look::Over(put.map(Ok), called)
        };
        match self.look_until(|state| &mut state.putters, look, deadline) {
            Some(put) => put.unwrap_or_else(|panic| resume_unwind(panic)),
            None => Err(PutError::Full(waits.expect("no look has ended the call"))),
        }
    }

    fn get_until(&self, deadline: Option<Deadline>) -> Result<T, GetError> {
        let look = |state: &mut State<O>| {
            if state.items.is_empty() && !state.is_shut_down {
                return Look::Wait;
            }
            let (got, called) = state.change(Order::pop);
            Look::Over(got.map(|item| item.ok_or(GetError::ShutDown)), called)
        };
        match self.look_until(|state| &mut state.getters, look, deadline) {
            Some(got) => got.unwrap_or_else(|panic| resume_unwind(panic)),
            None => Err(GetError::Empty),
        }
    }

    fn join_until(&self, deadline: Deadline) -> Waited {
        let look = |state: &mut State<O>| match state.unfinished {
            0 => Look::Over((), Called::default()),
            _ => Look::Wait,
        };
        let joined = self.look_until(|state| &mut state.joiners, look, Some(deadline));
        joined.map_or(Waited::TooLate, |()| Waited::InTime)
    }

    /// Looks until the call is over, and between two looks waits in line; `None`: too late, or not
    /// at all without a deadline.
    fn look_until<R>(
        &self,
        which: Which<O>,
        mut look: impl FnMut(&mut State<O>) -> Look<R>,
        deadline: Option<Deadline>,
    ) -> Option<R> {
        // A thread that need not wait need not give the global lock up.
        // STEP: look-or-stand-in-line
        let mut state = self.state();
        if let Look::Over(answer, called) = look(&mut state) {
            // INVARIANT: [QUEUE-2]
            drop(state);
            drop(called);
            return Some(answer);
        }
        let deadline = deadline.filter(|deadline| !deadline.is_over())?;
        let place = which(&mut state).join();
        // Not through the door with the lock: giving the global one up may take an interval.
        drop(state);
        blocking(Why::Queue, || self.look_in_line(place, which, look, deadline))
    }

    /// The same, once a look has shown that the call has to wait. Inside the door.
    fn look_in_line<R>(
        &self,
        mut place: Arc<Place>,
        which: Which<O>,
        mut look: impl FnMut(&mut State<O>) -> Look<R>,
        deadline: Deadline,
    ) -> Option<R> {
        loop {
            // STEP: sleep-in-line, look-when-called
            let waited = place.sleep(deadline);
            let mut state = self.state();
            if waited == Waited::TooLate && which(&mut state).leave(&place) == Waited::TooLate {
                return None;
            }
            // INVARIANT: [QUEUE-1] it was called, so it looks, however late it is.
            if let Look::Over(answer, called) = look(&mut state) {
                // INVARIANT: [QUEUE-2]
                drop(state);
                drop(called);
                return Some(answer);
            }
            place = which(&mut state).join();
        }
    }
}

impl<T, O: Order<T>> Default for OrderedQueue<T, O> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, O: Order<T>> fmt::Debug for OrderedQueue<T, O> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        let [getters, putters, joiners] =
            [&state.getters, &state.putters, &state.joiners].map(Line::len);
        let (len, unfinished) = (state.items.len(), state.unfinished);
        drop(state);
        let mut debug = formatter.debug_struct("OrderedQueue");
        debug.field("len", &len).field("capacity", &self.capacity());
        debug.field("unfinished", &unfinished).field("getters", &getters);
        debug.field("putters", &putters).field("joiners", &joiners).finish_non_exhaustive()
    }
}
