//! What the lock knows of one attached thread; CPython's `PyThreadState`.
//!
//! Two words, and each has one purpose. The *breaker* is what the thread itself looks at, at each
//! of its check points: not 0, and it has something to do. The *status* says whether it runs
//! attached to a lock that is off, and whether it may. While the lock is on, its turn says who runs.
//!
//! # The breaker
//!
//! | bit | raised by | asks the thread to |
//! | --- | --- | --- |
//! | `DROP` | a waiter whose interval is over | drop the lock at its next check point |
//! | `STOP` | whoever stops the world | leave at its next check point |
//! | `COUNT` | the thread itself, under a policy with ticks | count its check points |
//!
//! # The status
//!
//! ```text
//!   bit 0: ATTACHED   bit 1: STOP   bit 2: REFUSED
//! ```
//!
//! | from | event | to | the caller must now |
//! | --- | --- | --- | --- |
//! | detached, 0 | `enter` | attached | run |
//! | attached | `exit` | detached | – |
//! | detached | `stop` | suspended, `STOP` | – |
//! | attached | `stop` | stopping, `ATTACHED + STOP` | wait for it |
//! | stopping | `exit` | suspended | tell whoever stops the world |
//! | suspended | `resume` | detached | wake it |
//! | stopping | `resume` | attached | –: it came to no check point in time |
//! | any | `refuse` | the same, `REFUSED` | wake it: it never runs again |
//!
//! These are the states of CPython's `_PyThreadState_Attach` (3.13): detached, attached, suspended.
//! The fourth, stopping, is there so that a thread that leaves knows in the same step whether
//! somebody waits for that: no look can come too early, and nobody has to poll.
//!
//! # Invariants
//!
//! - **THREAD-1** Only the thread itself sets or clears `ATTACHED`; only whoever stops the world
//!   sets or clears `STOP`, and under the lock's mutex.
//!
//! Read next: [`lock`](super::lock).

use std::sync::Arc;
use std::sync::atomic::AtomicU64 as Counter;

use super::policy::Cause;
use crate::sys::prim::{AtomicU32, Condvar, Ordering};
use crate::threads::counters::Tally;

/// The breaker's bits.
const DROP: u32 = 1;
const STOP_AT_CHECKPOINT: u32 = 2;
const COUNT: u32 = 4;

/// The status's bits.
const DETACHED: u32 = 0;
const ATTACHED: u32 = 1;
const STOP: u32 = 2;
const REFUSED: u32 = 4;
const _: () = assert!(ATTACHED | STOP | REFUSED == 7, "three bits of one word");

/// One thread, as the lock sees it.
#[derive(Debug)]
pub(super) struct Thread {
    pub(super) number: u64,
    pub(super) name: String,
    breaker: AtomicU32,
    status: AtomicU32,
    /// How many check points are left until the thread drops the lock; under `COUNT` alone.
    ticks_left: AtomicU32,
    /// Why it dropped the lock the last time.
    last_drop: AtomicU32,
    pub(super) tally: Tally,
    /// Where the thread sleeps when it waits for the lock, or for the world to go on. Goes with the
    /// lock's mutex.
    pub(super) turn: Condvar,
}

/// Whether a thread may run attached.
#[must_use = "a thread that was not admitted must not run"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Admitted,
    /// The world stands still: sleep until it goes on.
    Suspended,
    /// The program is over, and the thread was a daemon: sleep for ever.
    Refused,
}

/// Whether somebody waits for a thread to leave.
#[must_use = "whoever stops the world sleeps until it is told"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Unnoticed,
    TellTheStopper,
}

/// What a thread does when the world is stopped.
#[must_use = "a thread that still runs has to be waited for"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    Already,
    StillRuns,
}

/// What a thread does after one more check point under ticks.
#[must_use = "a tick that is due makes the thread drop the lock"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tick {
    GoesOn,
    Due,
}

impl Thread {
    pub(super) fn new() -> Arc<Self> {
        static NEXT: Counter = Counter::new(1);
        // ORDER: Relaxed; a plain counter.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = std::thread::current().name().map_or_else(|| number.to_string(), str::to_owned);
        Arc::new(Self {
            number,
            name,
            breaker: AtomicU32::new(0),
            status: AtomicU32::new(DETACHED),
            ticks_left: AtomicU32::new(0),
            last_drop: AtomicU32::new(Cause::Own as u32),
            tally: Tally::default(),
            turn: Condvar::new(),
        })
    }

    /// The word that a check point looks at.
    #[inline]
    pub(super) fn breaker(&self) -> &AtomicU32 {
        &self.breaker
    }

    /// Returns what is asked of this thread, if anything.
    #[inline]
    pub(super) fn asked(&self) -> u32 {
        // ORDER: Relaxed. A request seen late is honoured late; everything else is under the mutex.
        // STEP: look-at-breaker, look-for-a-stop
        self.breaker.load(Ordering::Relaxed)
    }

    /// Tells whether the answer of [`asked`](Self::asked) was to count, and nothing else.
    pub(super) fn only_counts(asked: u32) -> bool {
        asked == COUNT
    }

    /// Returns why a thread that was `asked` something drops the lock, the most urgent cause first.
    pub(super) fn cause(asked: u32) -> Cause {
        match asked {
            asked if asked & STOP_AT_CHECKPOINT != 0 => Cause::Stop,
            asked if asked & DROP != 0 => Cause::Asked,
            _ => Cause::Ticks,
        }
    }

    /// Tells whether a waiter asks for the lock. Under the mutex.
    pub(super) fn is_asked_to_drop(&self) -> bool {
        self.asked() & DROP != 0
    }

    /// Asks the thread to drop the lock. Under the mutex.
    pub(super) fn ask_to_drop(&self) {
        // ORDER: Relaxed; see `asked`.
        self.breaker.fetch_or(DROP, Ordering::Relaxed);
    }

    /// Takes the request back, or notes that it was honoured. Under the mutex.
    pub(super) fn forget_request(&self) {
        // A look is cheaper than a change, and this runs each time that the lock is taken.
        if self.is_asked_to_drop() {
            // ORDER: Relaxed; raised and lowered under the mutex.
            self.breaker.fetch_and(!DROP, Ordering::Relaxed);
        }
    }

    /// Begins to count `every` check points, or none. The thread itself, under the mutex.
    pub(super) fn count_ticks(&self, every: Option<u32>) {
        // ORDER: Relaxed; the thread itself looks at both words.
        match every {
            Some(every) if self.asked() & COUNT == 0 => {
                self.ticks_left.store(every, Ordering::Relaxed);
                self.breaker.fetch_or(COUNT, Ordering::Relaxed);
            }
            // None are left; or too many, because the policy has changed.
            Some(every) if !(1..=every).contains(&self.ticks_left.load(Ordering::Relaxed)) => {
                self.ticks_left.store(every, Ordering::Relaxed);
            }
            None if self.asked() & COUNT != 0 => {
                self.breaker.fetch_and(!COUNT, Ordering::Relaxed);
            }
            _ => {}
        }
    }

    /// Ceases to count, if an earlier policy left it at that. The thread itself.
    #[inline]
    pub(super) fn forget_ticks(&self) {
        if self.asked() != 0 {
            self.count_ticks(None);
        }
    }

    /// Counts one check point. The thread itself.
    #[inline]
    pub(super) fn tick(&self) -> Tick {
        // ORDER: Relaxed; nobody else writes this word.
        let left = self.ticks_left.load(Ordering::Relaxed).saturating_sub(1);
        self.ticks_left.store(left, Ordering::Relaxed);
        if left == 0 { Tick::Due } else { Tick::GoesOn }
    }

    /// Returns why the thread dropped the lock the last time. Under the mutex.
    pub(super) fn last_drop(&self) -> Cause {
        // ORDER: Relaxed; under the mutex.
        Cause::from_word(self.last_drop.load(Ordering::Relaxed))
    }

    /// Notes that the thread has dropped the lock. The thread itself.
    pub(super) fn dropped(&self, cause: Cause, hold_ns: u64) {
        // ORDER: Relaxed; nobody else writes it, and a policy that reads it late asks for little.
        self.last_drop.store(cause as u32, Ordering::Relaxed);
        self.tally.dropped(cause, hold_ns);
    }

    /// Tells whether the thread runs attached at this moment.
    pub(super) fn is_attached(&self) -> bool {
        // ORDER: Acquire; pairs with the Release in `exit`, for whoever stops the world.
        self.status.load(Ordering::Acquire) & ATTACHED != 0
    }

    /// Tells whether the thread must never run attached again.
    pub(super) fn is_refused(&self) -> bool {
        // ORDER: Relaxed; set under the mutex, and looked at under it where it matters.
        self.status.load(Ordering::Relaxed) & REFUSED != 0
    }

    /// Begins to run attached, if it may. The thread itself.
    pub(super) fn enter(&self) -> Entry {
        // ORDER: Acquire; pairs with the Release in `resume`: what was changed while the world
        // stood still is seen by whoever runs afterwards.
        // STEP: enter-free
        let entered =
            self.status.compare_exchange(DETACHED, ATTACHED, Ordering::Acquire, Ordering::Relaxed);
        match entered {
            Ok(_) => Entry::Admitted,
            Err(status) if status & REFUSED != 0 => Entry::Refused,
            Err(_) => Entry::Suspended,
        }
    }

    /// Ceases to run attached. The thread itself.
    pub(super) fn exit(&self) -> Exit {
        // ORDER: Release; pairs with the Acquire in `is_attached`: what the thread did under the
        // lock is seen by whoever stopped it.
        // INVARIANT: [THREAD-1] the bit is ours to clear, so it is set.
        // STEP: exit
        let before = self.status.fetch_and(!ATTACHED, Ordering::Release);
        assert!(before & ATTACHED != 0, "THREAD-1: thread {} leaves twice", self.name);
        if before & STOP != 0 { Exit::TellTheStopper } else { Exit::Unnoticed }
    }

    /// Forbids the thread to begin to run, and asks it to leave if it runs. Under the mutex.
    pub(super) fn stop(&self) -> Stopped {
        // ORDER: Relaxed. Whoever stops the world looks again with `is_attached`, which acquires.
        // STEP: raise-stop, raise-next-stop
        let before = self.status.fetch_or(STOP, Ordering::Relaxed);
        if before & ATTACHED == 0 {
            return Stopped::Already;
        }
        // ORDER: Relaxed; see `asked`.
        self.breaker.fetch_or(STOP_AT_CHECKPOINT, Ordering::Relaxed);
        Stopped::StillRuns
    }

    /// Asks the thread, which holds the lock, to leave. Under the mutex.
    pub(super) fn ask_to_stop(&self) {
        // ORDER: Relaxed; see `asked`.
        self.breaker.fetch_or(STOP_AT_CHECKPOINT, Ordering::Relaxed);
    }

    /// Lets the thread run again. Under the mutex.
    pub(super) fn resume(&self) {
        if !self.is_refused() {
            // ORDER: Relaxed; see `asked`.
            self.breaker.fetch_and(!STOP_AT_CHECKPOINT, Ordering::Relaxed);
        }
        // ORDER: Release; pairs with the Acquire in `enter`.
        // STEP: lower-stop, lower-next-stop
        self.status.fetch_and(!STOP, Ordering::Release);
    }

    /// Forbids the thread to run ever again, and asks it to leave if it runs. Under the mutex.
    pub(super) fn refuse(&self) {
        // ORDER: Relaxed. Nothing is handed over: the thread does nothing any more.
        self.status.fetch_or(REFUSED, Ordering::Relaxed);
        self.breaker.fetch_or(STOP_AT_CHECKPOINT, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Checks the word as well as the answers: a wrong bit left behind shows only later.
    #[track_caller]
    fn check_status(thread: &Thread, status: u32, breaker: u32) {
        assert_eq!(thread.status.load(Ordering::Relaxed), status, "status");
        assert_eq!(thread.asked(), breaker, "breaker");
    }

    #[test]
    fn a_thread_that_is_stopped_outside_may_enter_when_the_world_goes_on() {
        let thread = Thread::new();
        assert_eq!(thread.stop(), Stopped::Already);
        assert_eq!(thread.enter(), Entry::Suspended);
        check_status(&thread, STOP, 0);
        thread.resume();
        assert_eq!(thread.enter(), Entry::Admitted);
        check_status(&thread, ATTACHED, 0);
    }

    #[test]
    fn a_thread_that_is_stopped_while_it_runs_tells_so_when_it_leaves() {
        let thread = Thread::new();
        assert_eq!(thread.enter(), Entry::Admitted);
        assert_eq!(thread.stop(), Stopped::StillRuns);
        check_status(&thread, ATTACHED | STOP, STOP_AT_CHECKPOINT);
        assert_eq!(thread.exit(), Exit::TellTheStopper);
        thread.resume();
        check_status(&thread, DETACHED, 0);
    }

    #[test]
    fn a_thread_that_reached_no_check_point_runs_on_as_before() {
        let thread = Thread::new();
        assert_eq!(thread.enter(), Entry::Admitted);
        assert_eq!(thread.stop(), Stopped::StillRuns);
        thread.resume();
        check_status(&thread, ATTACHED, 0);
        assert_eq!(thread.exit(), Exit::Unnoticed);
    }

    #[test]
    fn a_refused_thread_never_enters_again() {
        let thread = Thread::new();
        thread.refuse();
        assert_eq!(thread.enter(), Entry::Refused);
        let _ = thread.stop();
        thread.resume();
        assert_eq!(thread.enter(), Entry::Refused);
    }

    #[test]
    fn ticks_are_due_after_as_many_check_points_and_then_again() {
        let thread = Thread::new();
        for _ in 0..2 {
            thread.count_ticks(Some(3));
            assert!(Thread::only_counts(thread.asked()));
            let ticks = [(); 3].map(|()| thread.tick());
            assert_eq!(ticks, [Tick::GoesOn, Tick::GoesOn, Tick::Due]);
        }
        thread.count_ticks(None);
        assert_eq!(thread.asked(), 0);
    }

    #[test]
    fn fewer_ticks_count_from_the_next_time_that_the_lock_is_taken() {
        let thread = Thread::new();
        thread.count_ticks(Some(1000));
        thread.count_ticks(Some(2));
        assert_eq!([(); 2].map(|()| thread.tick()), [Tick::GoesOn, Tick::Due]);
    }

    #[test]
    fn the_most_urgent_cause_comes_first() {
        let causes = [COUNT, DROP | COUNT, STOP_AT_CHECKPOINT | DROP].map(Thread::cause);
        assert_eq!(causes, [Cause::Ticks, Cause::Asked, Cause::Stop]);
    }
}
