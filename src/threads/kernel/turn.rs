//! The word that says who has the lock, and how it changes without the mutex.
//!
//! ```text
//!   bits 2 and up: HOLDER, the number of the thread that has it, or had it last; 0: nobody yet
//!   bit 1: CLOSED   bit 0: HELD
//! ```
//!
//! While the word is *open* a thread takes the lock, and leaves it, with one compare-exchange. Whoever
//! needs more than that *closes* the word, under the lock's mutex: a waiter, who must be called; whoever
//! stops the world; a mode that is off, or counts. From then on every change goes through the mutex,
//! until the last who needed it is gone, and the word is opened again. CPython's `PyMutex` (3.13)
//! has two bits as well; there the second means that somebody sleeps.
//!
//! | from | event | to | the caller must now |
//! | --- | --- | --- | --- |
//! | open, free | `take` | open, held by it | run |
//! | open, held by it | `leave` | open, free | – |
//! | closed | `take`, `leave` | the same | go through the mutex |
//! | open | `close` | closed, else the same | read who holds it: it changed without the mutex |
//! | closed | `set` | closed, held or free | –: it has the mutex |
//! | closed | `open` | open, else the same | – |
//!
//! # Invariants
//!
//! - **TURN-1** While the word is closed it changes only under the mutex.
//!
//! Read next: [`lock`](super::lock).

use crate::sys::prim::{AtomicU64, Ordering};

const HELD: u64 = 1;
const CLOSED: u64 = 2;
const HOLDER: u32 = 2;

/// The word.
#[derive(Debug)]
pub(super) struct Turn(AtomicU64);

/// What the word says: who has the lock, or had it last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) number: u64,
    pub(super) holds: bool,
}

impl Holder {
    fn of(word: u64) -> Self {
        Self { number: word >> HOLDER, holds: word & HELD != 0 }
    }

    fn word(self) -> u64 {
        self.number << HOLDER | u64::from(self.holds)
    }
}

/// Whether what is known of the holder is out of date.
#[must_use = "what was known of the holder is out of date if the word was open"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Was {
    /// It may have changed since it was closed the last time.
    Open(Holder),
    Closed,
}

impl Turn {
    /// Creates the word, closed: nobody has had the lock.
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(CLOSED))
    }

    /// Takes the lock for the thread `me`, and returns who had it before; `None`: it is not to be had
    /// without the mutex.
    #[inline]
    pub(super) fn take(&self, me: u64) -> Option<u64> {
        let held = Holder { number: me, holds: true }.word();
        // ORDER: Relaxed; compared again below.
        let free = self.0.load(Ordering::Relaxed);
        if free & (HELD | CLOSED) != 0 {
            return None;
        }
        // ORDER: Acquire; pairs with the Release of `leave` and of `open`: what the last holder wrote,
        // and what was changed under the mutex, is seen.
        let taken = self.0.compare_exchange(free, held, Ordering::Acquire, Ordering::Relaxed);
        taken.ok().map(|before| before >> HOLDER)
    }

    /// Tells whether `me`, which holds the lock, can leave it without the mutex; it may be too late soon.
    #[inline]
    pub(super) fn may_leave(&self, me: u64) -> bool {
        // ORDER: Relaxed; compared again by `leave`.
        self.0.load(Ordering::Relaxed) == Holder { number: me, holds: true }.word()
    }

    /// Leaves the lock that `me` holds, and tells whether that worked.
    #[inline]
    pub(super) fn leave(&self, me: u64) -> bool {
        let held = Holder { number: me, holds: true }.word();
        let free = Holder { number: me, holds: false }.word();
        // ORDER: Release; pairs with the Acquire of `take` and of `close`.
        self.0.compare_exchange(held, free, Ordering::Release, Ordering::Relaxed).is_ok()
    }

    /// Closes the word. Under the mutex.
    pub(super) fn close(&self) -> Was {
        // ORDER: Acquire; pairs with the Release of `leave`.
        let before = self.0.fetch_or(CLOSED, Ordering::Acquire);
        if before & CLOSED == 0 { Was::Open(Holder::of(before)) } else { Was::Closed }
    }

    /// Opens the word. Under the mutex.
    pub(super) fn open(&self) {
        // ORDER: Release; pairs with the Acquire of `take`.
        self.0.fetch_and(!CLOSED, Ordering::Release);
    }

    /// Says who holds the lock. Under the mutex, while the word is closed.
    pub(super) fn set(&self, holder: Holder) {
        // ORDER: Relaxed; [TURN-1] whoever reads it next does so under the mutex, or after `open`.
        self.0.store(holder.word() | CLOSED, Ordering::Relaxed);
    }

    /// Tells whether the lock looks free, for a thread that spins.
    pub(super) fn looks_free(&self) -> bool {
        // ORDER: Relaxed; a hint.
        self.0.load(Ordering::Relaxed) & HELD == 0
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn an_open_word_changes_hands_and_a_closed_one_does_not() {
        let turn = Turn::new();
        assert_eq!(turn.take(7), None, "closed from the start");
        turn.open();
        assert_eq!(turn.take(7), Some(0));
        assert_eq!(turn.take(8), None);
        assert!(!turn.leave(8), "it is not the holder");
        assert!(turn.leave(7));
        assert_eq!(turn.take(8), Some(7));
        assert_eq!(turn.close(), Was::Open(Holder { number: 8, holds: true }));
        assert_eq!(turn.close(), Was::Closed);
        assert!(!turn.leave(8));
        turn.set(Holder { number: 8, holds: false });
        assert!(turn.looks_free());
        assert_eq!(turn.take(8), None);
        turn.open();
        assert_eq!(turn.take(9), Some(8));
    }
}
