//! A flag that threads wait for: the counterpart of `threading.Event`.
//!
//! ```text
//!   bit 0: SET   bit 1: SLEEPERS, somebody may sleep   bits 2..: how often it was set
//! ```
//!
//! | from | event | to | the caller must now |
//! | --- | --- | --- | --- |
//! | clear | wait | clear, `SLEEPERS` | sleep while the word is that |
//! | clear | set | `SET`, one more | – |
//! | clear, `SLEEPERS` | set | `SET`, one more, no `SLEEPERS` | wake all |
//! | `SET` | clear | clear, the same number | – |
//!
//! A waiter that sees another number than at first knows that the event was set meanwhile, though it
//! may have been cleared again: so all who wait when it is set come back, as in Python.
//!
//! # Invariants
//!
//! - **EVENT-1** Setting an event that is clear changes the number, and only that does.
//!
//! # Not here
//!
//! A waiter that sleeps while the event is set and cleared a billion times, and then sees the number
//! that it saw at first.
//!
//! Read next: [`condition`](super::condition).

use std::fmt;
use std::time::Duration;

use super::deadline::{Deadline, Waited};
use crate::sys::prim::{Futex, Ordering, Wait};
use crate::sys::{Why, blocking};

const SET: u32 = 1;
const SLEEPERS: u32 = 2;
const ONE_TURN: u32 = 4;

/// A flag that threads wait for.
///
/// # Example: a thread is told to stop
///
/// ```
/// use std::time::Duration;
/// use trainyard::threads::{Event, Gil, Mode, Waited};
///
/// let (gil, stop) = (Gil::new(Mode::default()), Event::new());
/// std::thread::scope(|scope| {
///     scope.spawn(|| {
///         gil.attach(|_| {
///             // Works, and looks once in a while.
///             while stop.wait_timeout(Duration::from_millis(1)) == Waited::TooLate {}
///         });
///     });
///     stop.set();
/// });
/// assert!(stop.is_set());
/// ```
pub struct Event {
    word: Futex,
}

impl Event {
    /// Creates an event that is clear.
    #[cfg(not(loom))]
    pub const fn new() -> Self {
        Self { word: Futex::new(0) }
    }

    /// Creates an event of the model.
    #[cfg(loom)]
    pub fn new() -> Self {
        Self { word: Futex::new(0) }
    }

    /// Tells whether the event is set.
    #[inline]
    pub fn is_set(&self) -> bool {
        // ORDER: Acquire; pairs with the Release in `set`: what was done before is seen.
        self.word.word().load(Ordering::Acquire) & SET != 0
    }

    /// Sets the event, and wakes all who wait for it.
    pub fn set(&self) {
        let word = self.word.word();
        let mut seen = word.load(Ordering::Relaxed);
        // An event that is set already is set again, unchanged: who sees it so also sees what this
        // thread has done before.
        loop {
            // INVARIANT: [EVENT-1] the bit is not set, so adding it and a turn carries nothing over.
            let next = if seen & SET != 0 {
                seen
            } else {
                (seen & !SLEEPERS).wrapping_add(ONE_TURN | SET)
            };
            // ORDER: Release; pairs with the Acquires in `is_set` and `sleep`.
            match word.compare_exchange_weak(seen, next, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => break,
                Err(now) => seen = now,
            }
        }
        if seen & SLEEPERS != 0 {
            self.word.wake(u32::MAX);
        }
    }

    /// Clears the event: from now on, whoever waits waits for the next time that it is set.
    pub fn clear(&self) {
        // ORDER: Relaxed; it hands nothing over.
        // INVARIANT: [EVENT-1] the number stays.
        self.word.word().fetch_and(!SET, Ordering::Relaxed);
    }

    /// Sleeps until the event is set, with the global lock given up; not at all if it is.
    pub fn wait(&self) {
        let _in_time = self.wait_until(Deadline::NEVER, Why::Event);
    }

    /// As [`wait`](Self::wait), but gives up after `timeout`.
    pub fn wait_timeout(&self, timeout: Duration) -> Waited {
        self.wait_until(Deadline::after(timeout), Why::Event)
    }

    /// As [`wait`](Self::wait), for something that stands on an event and has a name of its own.
    pub(in crate::threads) fn wait_until(&self, deadline: Deadline, why: Why) -> Waited {
        // ORDER: Acquire; pairs with the Release in `set`.
        let first = self.word.word().load(Ordering::Acquire);
        if first & SET != 0 {
            return Waited::InTime;
        }
        if deadline.is_over() {
            return Waited::TooLate;
        }
        // Looked at before the door: giving the global lock up may take long enough for another
        // thread to set the event and clear it again.
        blocking(why, || self.sleep(first, deadline))
    }

    /// Sleeps until the event was set after it was seen to be `first`, which is clear.
    pub(super) fn sleep(&self, first: u32, deadline: Deadline) -> Waited {
        let word = self.word.word();
        // ORDER: Acquire, here and below; pairs with the Release in `set`.
        let mut seen = word.load(Ordering::Acquire);
        loop {
            // INVARIANT: [EVENT-1] another number: it was set after the first look.
            if seen & SET != 0 || seen / ONE_TURN != first / ONE_TURN {
                return Waited::InTime;
            }
            // ORDER: Relaxed; nothing is handed over, and the kernel orders the word.
            let asleep = seen | SLEEPERS;
            let announced =
                word.compare_exchange(seen, asleep, Ordering::Relaxed, Ordering::Relaxed);
            let ended = match announced {
                Ok(_) => self.word.wait(asleep, deadline.left()),
                Err(_) => Wait::Woken,
            };
            seen = word.load(Ordering::Acquire);
            if ended == Wait::TimedOut && seen & SET == 0 && seen / ONE_TURN == first / ONE_TURN {
                return Waited::TooLate;
            }
        }
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Event").field(&self.is_set()).finish()
    }
}
