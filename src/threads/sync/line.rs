//! A line: threads that wait in the order in which they came, each on a word of its own.
//!
//! As the conditions of Python's `threading`, where each waiter sleeps on a lock of its own: so
//! whoever calls one wakes that one, and nobody wakes for no reason.
//!
//! # The life of one wait
//!
//! 1. Under the mutex that guards the line, the thread takes a `Place` at its end, and unlocks.
//! 2. It sleeps on its place.
//! 3. Under the mutex, another thread calls the first of the line: the place leaves the line.
//! 4. After the mutex, the caller wakes it: `Called` does so when it is dropped.
//! 5. Or the time is over first: under the mutex, the thread looks whether it was called after all;
//!    if not it leaves the line.
//!
//! # Invariants
//!
//! - **LINE-1** A place is in its line until it is called or leaves, under the mutex: who was called
//!   knows so, and whoever leaves was not called.
//!
//! Read next: [`lock`](super::lock).

use std::collections::VecDeque;
use std::sync::Arc;

use super::deadline::{Deadline, Waited};
use crate::sys::prim::{Futex, Ordering, Wait};

const WAITING: u32 = 0;
const CALLED: u32 = 1;

/// Who waits, the first to come in front. Guarded by its owner's mutex.
#[derive(Debug, Default)]
pub(in crate::threads) struct Line {
    places: VecDeque<Arc<Place>>,
}

/// Where one thread sleeps, once.
#[derive(Debug)]
pub(in crate::threads) struct Place {
    word: Futex,
}

/// Threads that were called, and wake up when this is dropped: after the mutex, which they need.
#[derive(Debug, Default)]
#[must_use = "dropped under the mutex, those that are called wake up to wait for it"]
pub(in crate::threads) struct Called {
    places: Vec<Arc<Place>>,
}

impl Line {
    /// Takes a place at the end.
    pub(in crate::threads) fn join(&mut self) -> Arc<Place> {
        let place = Arc::new(Place { word: Futex::new(WAITING) });
        self.places.push_back(Arc::clone(&place));
        place
    }

    /// Calls the first `count`, or as many as there are.
    pub(in crate::threads) fn call(&mut self, count: usize) -> Called {
        let count = count.min(self.places.len());
        if count == 0 {
            return Called::default();
        }
        // INVARIANT: [LINE-1] out of the line, and called, in one step under the mutex.
        let places: Vec<_> = self.places.drain(..count).collect();
        for place in &places {
            // ORDER: Release; pairs with the Acquire in `sleep`: what was done before the call is
            // seen by who was called.
            place.word.word().store(CALLED, Ordering::Release);
        }
        Called { places }
    }

    pub(in crate::threads) fn call_all(&mut self) -> Called {
        self.call(usize::MAX)
    }

    /// Leaves the line; too late if it was called before.
    pub(in crate::threads) fn leave(&mut self, place: &Arc<Place>) -> Waited {
        let before = self.places.len();
        self.places.retain(|other| !Arc::ptr_eq(other, place));
        // INVARIANT: [LINE-1]
        if self.places.len() < before { Waited::TooLate } else { Waited::InTime }
    }

    pub(in crate::threads) fn len(&self) -> usize {
        self.places.len()
    }

    /// Ends every timed wait that is under way; time does not pass in a model.
    #[cfg(all(test, loom))]
    pub(in crate::threads) fn fire_timeouts(&self) {
        self.places.iter().for_each(|place| place.fire_timeouts());
    }
}

impl Place {
    /// Sleeps until called, or until the deadline. Without the mutex, and inside the door.
    pub(in crate::threads) fn sleep(&self, deadline: Deadline) -> Waited {
        // ORDER: Acquire; see `call`.
        while self.word.word().load(Ordering::Acquire) != CALLED {
            if self.word.wait(WAITING, deadline.left()) == Wait::TimedOut {
                return Waited::TooLate;
            }
        }
        Waited::InTime
    }

    /// Ends every timed wait that is under way; time does not pass in a model.
    #[cfg(all(test, loom))]
    pub(super) fn fire_timeouts(&self) {
        self.word.fire_timeouts();
    }
}

impl Called {
    /// Adds those that another call has called.
    pub(in crate::threads) fn and(mut self, mut others: Self) -> Self {
        if self.places.is_empty() {
            return others;
        }
        self.places.append(&mut others.places);
        self
    }

    pub(in crate::threads) fn len(&self) -> usize {
        self.places.len()
    }
}

impl Drop for Called {
    fn drop(&mut self) {
        self.places.iter().for_each(|place| place.word.wake(1));
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_first_to_come_is_called_first_and_no_more_than_asked_for() {
        let mut line = Line::default();
        let places = [(); 3].map(|()| line.join());
        assert_eq!(line.call(2).len(), 2);
        let called = places.each_ref().map(|place| place.sleep(Deadline::after(Duration::ZERO)));
        assert_eq!(called, [Waited::InTime, Waited::InTime, Waited::TooLate]);
        assert_eq!((line.call(7).len(), line.len()), (1, 0));
    }

    #[test]
    fn who_was_called_does_not_leave_and_who_leaves_is_not_called() {
        let mut line = Line::default();
        let [first, second] = [(); 2].map(|()| line.join());
        drop(line.call(1));
        assert_eq!(line.leave(&first), Waited::InTime);
        assert_eq!(line.leave(&second), Waited::TooLate);
        assert_eq!(line.call_all().len(), 0);
    }
}
