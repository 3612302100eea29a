//! The global lock: who may run, and how it changes hands.
//!
//! The algorithm is CPython's since 3.2 (Antoine Pitrou, 2009; `Python/ceval_gil.c`): a flag under
//! a mutex, a condition to wait for it, and a request that a waiter leaves for the holder. Where
//! CPython has one rule, a [`Policy`] answers. While nobody waits none of it is needed: the lock is
//! taken and left in one word, see [`turn`](super::turn).
//!
//! # The life of one forced hand-off
//!
//! ```text
//!     A holds the lock                          B wants it
//!     |                                         1. finds it taken, sleeps one interval
//!     | runs                                    2. time is over, and no switch came meanwhile:
//!     |                                            raises A's breaker, waits on
//!     3. sees the breaker at a check point
//!     4. marks the lock free, and queues
//!     5. calls B, and waits                     6. takes it
//!                                                  runs
//! ```
//!
//! In step 4 A could take the lock back before B has woken up; the operating system usually lets A go
//! on, and B would starve. So A is not admitted until another has held the lock. That rule is what 3.2
//! calls forced switching.
//!
//! # Invariants
//!
//! - **GIL-1** At most one thread holds. `State::turn` says which, as long as the turn is closed; see
//!   TURN-1.
//! - **GIL-2** A thread that drops the lock on request does not take it again before another has,
//!   unless nobody else waits any more.
//! - **GIL-3** A breaker is raised only for the thread that holds the lock at that moment, and is
//!   lowered when that thread drops the lock, and when the last waiter gives up: no stale request
//!   survives (gh-96387).
//! - **GIL-4** A thread whose wait is reset by somebody else's switch asks for nothing, and waits
//!   a further full interval; from that switch on, if the thread owed it. So with many waiters each switch costs everybody one interval.
//! - **GIL-5** Whoever leaves the queue without the lock passes the call on: a free lock that
//!   somebody waits for has a waiter on its way to it, or the world stands still.
//! - **GIL-6** The turn is closed while somebody waits, while the world stands still, and while the mode
//!   is off, counts ticks, or keeps time.
//!
//! # Not here
//!
//! A second mutex and condition, on which CPython's releaser waits for the switch: here it waits in the
//! queue. One condition for all waiters: here each sleeps on its own, so that a policy can choose.
//!
//! Read next: `leave`.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicU64 as Counter;

use super::policy::{Cause, Mode, Placement, Policy};
use super::queue::{Left, Ticket, Waiter, Wish, wake};
use super::thread::{Entry, Thread};
use super::turn::{Holder, Turn, Was};
use crate::sys::prim::{AtomicBool, AtomicU32, Condvar, Mutex, MutexGuard, Ordering, Spin};
use crate::sys::{clock, errno};
use crate::threads::counters::{Counters, Histogram};
use crate::trace::{self, Kind};

/// The lock itself. All but the hints and the threads' own words is under `state`.
#[derive(Debug)]
pub(super) struct Lock {
    pub(super) id: u64,
    /// Whether `State::policy` is there. Changes only while no thread runs attached, so a thread
    /// that does may look at it without the mutex.
    pub(super) is_on: AtomicBool,
    pub(super) turn: Turn,
    pub(super) before_sleeping: Spin,
    pub(super) after_asking: Spin,
    placement: AtomicU32,
    state: Mutex<State>,
    /// A thread that was asked to stop has left. Goes with `state`.
    pub(super) halted: Condvar,
    /// One change of the mode at a time. Lock order: this, then `state`.
    pub(super) changing: Mutex<()>,
}

/// Guarded by `Lock::state`.
#[derive(Debug)]
pub(super) struct State {
    /// `None` while the lock is off.
    pub(super) policy: Option<Arc<dyn Policy>>,
    /// What the lock's turn says, as long as it is closed.
    pub(super) turn: Holder,
    /// Whose number that is, unless it has ended.
    pub(super) last_holder: Option<Arc<Thread>>,
    /// The last holder dropped the lock on request: it lets another go first. See GIL-2.
    pub(super) owes_switch: bool,
    /// How often the holder changed; a waiter sees by it that somebody else was served.
    pub(super) switch_number: u64,
    /// When the lock was taken; or, if nobody waited then, when somebody first did.
    pub(super) taken_at_ns: u64,
    /// Each hold is timed, and the turn always closed.
    pub(super) keeps_time: bool,
    /// In the order in which they came.
    pub(super) waiting: BTreeMap<Ticket, Waiter>,
    /// Who alone may take the free lock, where barging is forbidden.
    pub(super) next: Option<Arc<Thread>>,
    /// Every thread that has attached and has not ended.
    pub(super) threads: Vec<Arc<Thread>>,
    /// The counts of threads that have ended.
    retired: Counters,
    retired_waits: Histogram,
    /// The world stands still: nobody may begin to run attached.
    pub(super) is_stopped: bool,
}

/// How an attempt to take the lock ended.
#[must_use = "a thread that did not get the lock must not run"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Yes,
    /// The time that it was given is over.
    TooLate,
}

impl State {
    pub(super) fn was_last_held_by(&self, thread: &Thread) -> bool {
        self.turn.number == thread.number
    }

    /// Returns who holds the lock now.
    pub(super) fn holder(&self) -> Option<&Arc<Thread>> {
        self.last_holder.as_ref().filter(|_| self.turn.holds)
    }

    pub(super) fn mode(&self) -> Mode {
        self.policy.clone().map_or(Mode::Off, Mode::On)
    }

    /// Forgets `thread`, but not what it has counted.
    pub(super) fn retire(&mut self, thread: &Arc<Thread>) {
        self.threads.retain(|known| !Arc::ptr_eq(known, thread));
        self.retired.add(thread.tally.counters());
        self.retired_waits.add(&thread.tally.histogram());
    }

    pub(super) fn waits(&self) -> Histogram {
        let mut sum = self.retired_waits;
        self.threads.iter().for_each(|thread| sum.add(&thread.tally.histogram()));
        sum
    }

    pub(super) fn counters(&self) -> Counters {
        let mut sum = self.retired;
        self.threads.iter().for_each(|thread| sum.add(thread.tally.counters()));
        sum
    }

    /// Takes in what was done while the turn was open.
    fn learn(&mut self, holder: Holder) {
        if self.turn.number != holder.number {
            let number = holder.number;
            self.last_holder = self.threads.iter().find(|known| known.number == number).cloned();
        }
        self.note_holder(holder);
        self.taken_at_ns = clock::now_ns();
    }

    fn note_holder(&mut self, holder: Holder) {
        if self.turn.number != holder.number {
            self.switch_number += 1;
        }
        self.owes_switch = false;
        self.turn = holder;
    }

    /// Tells whether the lock can be taken and left without the mutex.
    // INVARIANT: [GIL-6]
    fn may_open(&self) -> bool {
        let counts = self.policy.is_none() || self.ticks().is_some();
        !counts && !self.keeps_time && !self.is_stopped && self.waiting.is_empty()
    }
}

impl Lock {
    pub(super) fn new(mode: Mode) -> Self {
        static NEXT: Counter = Counter::new(1);
        let is_on = mode.is_on();
        let state = State {
            policy: mode.into_policy(),
            turn: Holder::default(),
            last_holder: None,
            owes_switch: false,
            switch_number: 0,
            taken_at_ns: 0,
            keeps_time: false,
            waiting: BTreeMap::new(),
            next: None,
            threads: Vec::new(),
            retired: Counters::default(),
            retired_waits: Histogram::default(),
            is_stopped: false,
        };
        Self {
            // ORDER: Relaxed; a plain counter.
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            is_on: AtomicBool::new(is_on),
            turn: Turn::new(),
            before_sleeping: Spin::none(),
            after_asking: Spin::new(),
            placement: AtomicU32::new(Placement::default() as u32),
            state: Mutex::new(state),
            halted: Condvar::new(),
            changing: Mutex::new(()),
        }
    }

    #[inline]
    pub(super) fn is_on(&self) -> bool {
        // ORDER: Relaxed. A thread that runs attached has entered since the last change, and its
        // `enter` acquired what the change released; for any other this is a hint.
        self.is_on.load(Ordering::Relaxed)
    }

    pub(super) fn placement(&self) -> Placement {
        // ORDER: Relaxed; it orders nothing, and a change is honoured soon.
        Placement::from_word(self.placement.load(Ordering::Relaxed))
    }

    pub(super) fn set_placement(&self, placement: Placement) {
        // ORDER: Relaxed; see `placement`.
        self.placement.store(placement as u32, Ordering::Relaxed);
    }

    /// Locks the mutex, and closes the turn.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock();
        // STEP: close-the-turn
        if let Was::Open(holder) = self.turn.close() {
            state.learn(holder);
        }
        state
    }

    /// Locks the mutex alone, for who needs nothing of the turn, or waits: then it is closed.
    pub(super) fn again(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Reads what the mutex protects.
    pub(super) fn read<R>(&self, read: impl FnOnce(&State) -> R) -> R {
        let state = self.state();
        let answer = read(&state);
        self.release(state);
        answer
    }

    /// Unlocks the mutex, and opens the turn if nobody needs it closed.
    pub(super) fn release(&self, state: MutexGuard<'_, State>) {
        if state.may_open() {
            // INVARIANT: [GIL-3] nobody waits, so nobody asks.
            state.last_holder.iter().for_each(|holder| holder.forget_request());
            self.turn.open();
        }
        drop(state);
    }

    pub(super) fn keep_time(&self, keeps_time: bool) {
        let mut state = self.state();
        state.keeps_time = keeps_time;
        self.release(state);
    }

    /// Waits until `me` may run attached: with the lock, or beside others while it is off.
    ///
    /// A wait for the lock, but not for a world that stands still, ends at `deadline_ns`.
    #[inline]
    pub(super) fn take(&self, me: &Arc<Thread>, deadline_ns: Option<u64>) -> Taken {
        // STEP: take-the-turn
        match self.turn.take(me.number) {
            Some(before) => {
                me.tally.acquisitions.add(1);
                self.note_take(before);
                me.forget_ticks();
                if me.is_refused() {
                    self.leave(me, Cause::Own);
                    sleep_for_ever();
                }
                Taken::Yes
            }
            None => self.take_closed(me, deadline_ns),
        }
    }

    #[cold]
    fn take_closed(&self, me: &Arc<Thread>, deadline_ns: Option<u64>) -> Taken {
        let _errno = errno::keep();
        self.before_sleeping.until(|| self.turn.looks_free());
        loop {
            // STEP: look-at-mode
            let taken = if self.is_on() {
                self.take_turn(self.state(), me, Wish { deadline_ns, ..Wish::default() })
            } else {
                self.enter_free(me)
            };
            // `None`: the mode has changed meanwhile.
            if let Some(taken) = taken {
                return taken;
            }
        }
    }

    /// Begins to run beside others, unless the lock is on after all.
    fn enter_free(&self, me: &Arc<Thread>) -> Option<Taken> {
        match me.enter() {
            // STEP: look-at-mode-again
            Entry::Admitted if self.is_on() => {
                self.exit(me);
                return None;
            }
            Entry::Admitted => {}
            Entry::Suspended => {
                self.wait_until_resumed(me);
                return None;
            }
            Entry::Refused => sleep_for_ever(),
        }
        // What an earlier mode left behind asks for nothing now.
        me.count_ticks(None);
        me.forget_request();
        trace::emit(Kind::GilFree, self.id, 0);
        Some(Taken::Yes)
    }

    /// Waits for the lock and takes it, unless it is off after all.
    pub(super) fn take_turn<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        me: &Arc<Thread>,
        wish: Wish,
    ) -> Option<Taken> {
        let mut left = Left::WithTheLock;
        if state.admits(me) {
            // A policy that has changed its mind since.
            wake(wish.called);
        } else {
            (state, left) = self.wait_until_admitted(state, me, wish);
        }
        let called = match left {
            Left::WithTheLock if me.is_refused() => state.call_next(),
            Left::WithTheLock => {
                self.become_holder(state, me);
                return Some(Taken::Yes);
            }
            Left::TooLate | Left::SwitchedOff | Left::Refused => None,
        };
        self.release(state);
        wake(called);
        match left {
            Left::TooLate => Some(Taken::TooLate),
            Left::SwitchedOff => None,
            Left::WithTheLock | Left::Refused => sleep_for_ever(),
        }
    }

    #[inline]
    fn note_take(&self, before: u64) {
        trace::emit(Kind::GilTake, self.id, before);
    }

    fn become_holder(&self, mut state: MutexGuard<'_, State>, me: &Arc<Thread>) {
        // STEP: take, take-turn
        // INVARIANT: [GIL-1] it was free, and we hold `state`.
        let before = state.turn.number;
        if !state.was_last_held_by(me) {
            state.last_holder = Some(Arc::clone(me));
        }
        state.note_holder(Holder { number: me.number, holds: true });
        self.turn.set(state.turn);
        state.next = None;
        me.tally.acquisitions.add(1);
        me.count_ticks(state.ticks().map(NonZeroU32::get));
        state.taken_at_ns = clock::now_ns();
        self.note_take(before);
        self.release(state);
    }
}

/// What becomes of a daemon when the program is over: it ends with the process, wherever it is.
/// CPython has done the same since 3.14 (gh-87135).
pub(super) fn sleep_for_ever() -> ! {
    loop {
        std::thread::park();
    }
}
