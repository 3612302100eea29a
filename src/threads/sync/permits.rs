//! A number of permits in one word: what semaphores and the re-entrant lock are made of.
//!
//! ```text
//!   bit 0: SLEEPERS, somebody may sleep   bits 1..: how many permits there are
//! ```
//!
//! | from | event | to | the caller must now |
//! | --- | --- | --- | --- |
//! | n > 0 permits | take | n - 1 | – |
//! | n > 0 permits | take, after a sleep | n - 1, `SLEEPERS` | wake one more, if n > 1 |
//! | 0 | sleep | 0, `SLEEPERS` | sleep while the word is that |
//! | n, no `SLEEPERS` | give k | n + k | – |
//! | n, `SLEEPERS` | give k | n + k, no `SLEEPERS` | wake k |
//!
//! # Why no wake-up is lost
//!
//! Whoever gives clears the bit, and wakes no more than it has given. So two that give may wake one
//! of two sleepers: the second of them found the bit cleared. That is why a thread that has slept
//! sets the bit again when it takes, and wakes the next if it leaves permits behind (PERMITS-2); and
//! why one that gives up sets it too before it goes (PERMITS-1).
//!
//! # Invariants
//!
//! - **PERMITS-1** Whoever sleeps, or leaves without a permit, has seen the word without permits and
//!   with `SLEEPERS` set.
//! - **PERMITS-2** Whoever has slept and leaves permits behind wakes another.
//!
//! # Not here
//!
//! Order: a thread that comes by may take what a sleeper was woken for. Python promises none either.
//!
//! `tests/interleave/permits.rs` has the word as it is, and with two mistakes.
//!
//! Read next: [`line`](super::line).

use super::deadline::{Deadline, Waited};
use crate::sys::prim::{Futex, Ordering, Wait};
use crate::sys::{Why, blocking};

const SLEEPERS: u32 = 1;
const ONE: u32 = 2;

/// As many as one word can hold.
pub(super) const PERMITS_MAX: u32 = u32::MAX / ONE;

/// Permits to be taken and given.
#[derive(Debug)]
pub(super) struct Permits {
    word: Futex,
}

/// There would be more permits than there may be; none was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany;

impl Permits {
    pub(super) fn new(permits: u32) -> Self {
        assert!(permits <= PERMITS_MAX, "a semaphore holds {PERMITS_MAX} permits at most");
        Self { word: Futex::new(permits * ONE) }
    }

    /// Returns how many there are at this moment.
    pub(super) fn count(&self) -> u32 {
        // ORDER: Relaxed; a number that may be old when it is read.
        self.word.word().load(Ordering::Relaxed) / ONE
    }

    /// Takes one if there is one.
    #[inline]
    pub(super) fn try_take(&self) -> bool {
        self.take(0).is_some()
    }

    /// Takes one, and sleeps until it can, with the global lock given up.
    pub(super) fn take_until(&self, deadline: Deadline, why: Why) -> Waited {
        if self.try_take() {
            return Waited::InTime;
        }
        if deadline.is_over() {
            return Waited::TooLate;
        }
        blocking(why, || self.sleep_until_taken(deadline))
    }

    fn sleep_until_taken(&self, deadline: Deadline) -> Waited {
        let (mut mark, mut is_over) = (0, false);
        loop {
            if let Some(left) = self.take(mark) {
                self.pass_on(mark, left);
                return Waited::InTime;
            }
            // STEP: announce-sleep
            // ORDER: Relaxed; nothing is handed over, and the kernel orders the word.
            // INVARIANT: [PERMITS-1]
            let announced = self.word.word().compare_exchange(
                0,
                SLEEPERS,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            if announced.is_err_and(|seen| seen != SLEEPERS) {
                continue;
            }
            if is_over {
                return Waited::TooLate;
            }
            // STEP: compare-and-sleep, wake-up-for-permit
            is_over = self.word.wait(SLEEPERS, deadline.left()) == Wait::TimedOut;
            mark = SLEEPERS;
        }
    }

    /// Wakes another, if this thread has slept and there is something left to take.
    fn pass_on(&self, mark: u32, left: u32) {
        // STEP: pass-on
        // INVARIANT: [PERMITS-2] whoever gave what is left may have woken nobody.
        if mark == SLEEPERS && left > 0 {
            self.word.wake(1);
        }
    }

    /// Takes one if there is one, adds `mark` to the word, and returns how many are left.
    #[inline]
    fn take(&self, mark: u32) -> Option<u32> {
        let word = self.word.word();
        let mut seen = word.load(Ordering::Relaxed);
        while seen >= ONE {
            let next = (seen - ONE) | mark;
            // STEP: take-permit
            // ORDER: Acquire; pairs with the Release in `give`: what was done under the permit
            // before is seen by whoever takes it.
            match word.compare_exchange_weak(seen, next, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Some(next / ONE),
                Err(now) => seen = now,
            }
        }
        None
    }

    /// Gives `more`, and wakes as many sleepers; there must not be more than `most` afterwards.
    pub(super) fn give(&self, more: u32, most: u32) -> Result<(), TooMany> {
        let word = self.word.word();
        let mut seen = word.load(Ordering::Relaxed);
        loop {
            let permits = (seen / ONE).checked_add(more).filter(|permits| *permits <= most);
            let next = permits.ok_or(TooMany)? * ONE;
            // STEP: give-permits
            // ORDER: Release; pairs with the Acquire in `take`.
            match word.compare_exchange_weak(seen, next, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => break,
                Err(now) => seen = now,
            }
        }
        // STEP: wake-sleepers
        if seen & SLEEPERS != 0 {
            self.word.wake(more);
        }
        Ok(())
    }

    /// Ends every timed wait that is under way; time does not pass in a model.
    #[cfg(all(test, loom))]
    pub(super) fn fire_timeouts(&self) {
        self.word.fire_timeouts();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Checks the word as well as the answers: a bit that is left behind is a system call each time.
    #[track_caller]
    fn check_word(permits: &Permits, count: u32, sleepers: u32) {
        let word = permits.word.word().load(Ordering::Relaxed);
        assert_eq!((word / ONE, word & SLEEPERS), (count, sleepers));
    }

    #[test]
    fn permits_are_taken_and_given_without_a_mark_where_nobody_sleeps() {
        let permits = Permits::new(2);
        assert!(permits.try_take() && permits.try_take() && !permits.try_take());
        check_word(&permits, 0, 0);
        assert_eq!(permits.give(3, 3), Ok(()));
        assert_eq!(permits.give(1, 3), Err(TooMany));
        check_word(&permits, 3, 0);
    }

    #[test]
    fn a_thread_that_gives_up_leaves_the_mark_and_the_next_to_give_clears_it() {
        let permits = Permits::new(0);
        let soon = Deadline::after(Duration::from_millis(1));
        assert_eq!(permits.take_until(soon, Why::Semaphore), Waited::TooLate);
        check_word(&permits, 0, SLEEPERS);
        assert_eq!(permits.give(1, PERMITS_MAX), Ok(()));
        check_word(&permits, 1, 0);
    }

    #[test]
    fn a_word_that_is_full_gives_no_more() {
        let permits = Permits::new(PERMITS_MAX);
        assert_eq!(permits.give(1, PERMITS_MAX), Err(TooMany));
        assert_eq!(permits.give(u32::MAX, PERMITS_MAX), Err(TooMany));
        check_word(&permits, PERMITS_MAX, 0);
    }
}
