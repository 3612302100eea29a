//! The global lock: who may run, and how it changes hands.
//!
//! The algorithm is CPython's since 3.2 (Antoine Pitrou, 2009; `Python/ceval_gil.c`): a flag under
//! a mutex, a condition to wait for it, and a request that a waiter leaves for the holder. Where
//! CPython has one rule, a [`Policy`] answers.
//!
//! # The life of one forced hand-off
//!
//! ```text
//!     A holds the lock                          B wants it
//!     |                                         1. finds it taken, sleeps one interval
//!     | runs                                    2. time is over, and no switch came meanwhile:
//!     |                                            raises A's breaker, sleeps again
//!     3. sees the breaker at a check point
//!     4. marks the lock free, calls a waiter
//!     5. sleeps until another has held it       6. takes it, wakes A
//!     7. A is a waiter now: step 1                 runs
//! ```
//!
//! Without step 5 the operating system usually lets A go on, A takes the lock back before B has
//! woken up, and B starves. That step is what 3.2 calls forced switching.
//!
//! # Invariants
//!
//! - **GIL-1** `locked` and `last_holder` change only under `state`; at most one thread holds.
//! - **GIL-2** A thread that drops the lock on request does not take it again before another has,
//!   unless nobody waits any more.
//! - **GIL-3** A breaker is raised only for the thread that holds the lock at that moment, and is
//!   lowered when that thread takes the lock or has seen it taken, and when the last waiter gives
//!   up: no stale request survives (gh-96387).
//! - **GIL-4** A thread whose wait is reset by somebody else's switch asks for nothing, and waits
//!   a further full interval. So with many waiters each switch costs everybody one interval.
//! - **GIL-5** Whoever leaves the queue without the lock passes the call on: a free lock that
//!   somebody waits for has a waiter on its way to it, or the world stands still.
//!
//! # Not here
//!
//! Two mutexes: CPython has a second one for step 5 alone; with a condition of our own one is
//! enough. One condition for all waiters: each sleeps on its own, so that a policy can choose.
//!
//! Read next: [`queue`](super::queue).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64 as Counter;

use super::policy::{Cause, ForcedSwitching, Mode, Placement, Policy};
use super::queue::{Left, Ticket, Waiter, wake};
use super::thread::{Entry, Exit, Thread};
use crate::sys::prim::{AtomicBool, AtomicU32, Condvar, Mutex, MutexGuard, Ordering};
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
    /// What `State::locked` says, for a thread that spins.
    looks_free: AtomicBool,
    /// How often a thread that finds the lock taken looks again before it sleeps.
    spins: AtomicU32,
    placement: AtomicU32,
    pub(super) state: Mutex<State>,
    /// The lock has another holder than before. Goes with `state`.
    pub(super) switched: Condvar,
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
    pub(super) locked: bool,
    pub(super) last_holder: Option<Arc<Thread>>,
    /// How often the holder changed; a waiter sees by it that somebody else was served.
    pub(super) switch_number: u64,
    pub(super) taken_at_ns: u64,
    /// In the order in which they came.
    pub(super) waiting: BTreeMap<Ticket, Waiter>,
    /// Who alone may take the free lock, where barging is forbidden.
    pub(super) next: Option<Arc<Thread>>,
    /// How many threads wait for `switched`. Nobody to wake: no system call.
    watching: u32,
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
    pub(super) fn was_last_held_by(&self, thread: &Arc<Thread>) -> bool {
        self.last_holder.as_ref().is_some_and(|last| Arc::ptr_eq(last, thread))
    }

    /// Returns who holds the lock now.
    pub(super) fn holder(&self) -> Option<&Arc<Thread>> {
        self.last_holder.as_ref().filter(|_| self.locked)
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
}

impl Lock {
    pub(super) fn new(mode: Mode) -> Self {
        static NEXT: Counter = Counter::new(1);
        let is_on = mode.is_on();
        let state = State {
            policy: mode.into_policy(),
            locked: false,
            last_holder: None,
            switch_number: 0,
            taken_at_ns: 0,
            waiting: BTreeMap::new(),
            next: None,
            watching: 0,
            threads: Vec::new(),
            retired: Counters::default(),
            retired_waits: Histogram::default(),
            is_stopped: false,
        };
        Self {
            // ORDER: Relaxed; a plain counter.
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            is_on: AtomicBool::new(is_on),
            looks_free: AtomicBool::new(true),
            spins: AtomicU32::new(0),
            placement: AtomicU32::new(Placement::default() as u32),
            state: Mutex::new(state),
            switched: Condvar::new(),
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

    pub(super) fn set_spins(&self, spins: u32) {
        // ORDER: Relaxed; it orders nothing.
        self.spins.store(spins, Ordering::Relaxed);
    }

    /// Waits until `me` may run attached: with the lock, or beside others while it is off.
    ///
    /// A wait for the lock, but not for a world that stands still, ends at `deadline_ns`.
    pub(super) fn take(&self, me: &Arc<Thread>, deadline_ns: Option<u64>) -> Taken {
        let _errno = errno::keep();
        loop {
            // STEP: look-at-mode
            let taken =
                if self.is_on() { self.take_turn(me, deadline_ns) } else { self.enter_free(me) };
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
    fn take_turn(&self, me: &Arc<Thread>, deadline_ns: Option<u64>) -> Option<Taken> {
        let mut state = self.state.lock();
        if state.locked {
            state = self.spin(state);
        }
        if !state.admits(me) {
            let left;
            (state, left) = self.wait_until_admitted(state, me, deadline_ns);
            match left {
                Left::WithTheLock => {}
                Left::TooLate => return Some(Taken::TooLate),
                Left::SwitchedOff => return None,
                Left::Refused => {
                    drop(state);
                    sleep_for_ever()
                }
            }
        }
        match me.enter() {
            Entry::Admitted => {}
            Entry::Suspended => unreachable!("WORLD-1: the world stands still, and `admits` let"),
            Entry::Refused => {
                let called = state.call_next();
                drop(state);
                wake(called);
                sleep_for_ever()
            }
        }
        self.become_holder(state, me);
        Some(Taken::Yes)
    }

    fn become_holder(&self, mut state: MutexGuard<'_, State>, me: &Arc<Thread>) {
        // STEP: take, take-turn
        // INVARIANT: [GIL-1] it was free, and we hold `state`.
        state.locked = true;
        // ORDER: Relaxed; a hint.
        self.looks_free.store(false, Ordering::Relaxed);
        state.next = None;
        let switched = !state.was_last_held_by(me);
        let before = state.last_holder.as_ref().map_or(0, |last| last.number);
        if switched {
            state.last_holder = Some(Arc::clone(me));
            state.switch_number += 1;
        }
        me.tally.acquisitions.add(1);
        // INVARIANT: [GIL-3] whatever was asked of us, we have given the lock up since.
        me.forget_request();
        let every = state.policy.as_ref().and_then(|policy| policy.ticks());
        me.count_ticks(every.map(std::num::NonZeroU32::get));
        state.taken_at_ns = clock::now_ns();
        trace::emit(Kind::GilTake, self.id, before);
        let watched = switched && state.watching > 0;
        drop(state);
        if watched {
            self.switched.notify_all();
        }
    }

    /// Marks the lock free, calls a waiter, and honours a request by letting another go first.
    pub(super) fn leave(&self, me: &Arc<Thread>, cause: Cause) {
        // At a check point nobody expects it to change.
        let _errno = errno::keep();
        if !self.is_on() {
            trace::emit(Kind::GilLeave, self.id, 0);
            self.exit(me);
            return;
        }
        let mut state = self.state.lock();
        assert!(
            state.holder().is_some_and(|holder| Arc::ptr_eq(holder, me)),
            "GIL-1: thread {} drops a lock that {} holds",
            me.name,
            state.holder().map_or("nobody", |holder| &holder.name)
        );
        trace::emit(Kind::GilDrop, self.id, cause as u64);
        // STEP: mark-free, leave-turn
        state.locked = false;
        // ORDER: Relaxed; a hint.
        self.looks_free.store(true, Ordering::Relaxed);
        me.dropped(cause, clock::now_ns() - state.taken_at_ns);
        if me.exit() == Exit::TellTheStopper {
            self.halted.notify_all();
        }
        let called = state.call_next();
        let forced = state.policy.as_ref().map(|policy| policy.forced_switching());
        let must_switch = forced == Some(ForcedSwitching::Yes) && me.is_asked_to_drop();
        // INVARIANT: [GIL-3] it was asked for, and here it is.
        me.forget_request();
        drop(state);
        // Not under the mutex: on one processor the waiter runs at once, and needs it.
        wake(called);
        if must_switch {
            self.wait_until_switched(me);
        }
    }

    /// Sleeps until another thread has held the lock, or nobody waits for it any more.
    ///
    /// As in CPython this also runs when a thread drops the lock of its own accord to sleep, so a
    /// system call may begin one hand-off late. CPython leaves it out when a thread drops the lock
    /// for the last time; here the lock cannot know, since a closure that ends may be followed by
    /// another.
    fn wait_until_switched(&self, me: &Arc<Thread>) {
        let mut state = self.state.lock();
        // INVARIANT: [GIL-2] this loop ends when another has taken the lock, or nobody wants to.
        // STEP: wait-until-switched
        state.watching += 1;
        while state.was_last_held_by(me) && !state.waiting.is_empty() {
            state = self.switched.wait(state);
        }
        state.watching -= 1;
        if !state.was_last_held_by(me) {
            trace::emit(Kind::GilSwitched, self.id, 0);
        }
    }

    /// Looks at a lock that is taken, for a while, before it is worth a sleep.
    fn spin<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        // ORDER: Relaxed; see `set_spins`.
        let spins = self.spins.load(Ordering::Relaxed);
        if spins == 0 {
            return state;
        }
        drop(state);
        for _ in 0..spins {
            // ORDER: Relaxed; a hint, looked at again under the mutex.
            if self.looks_free.load(Ordering::Relaxed) {
                break;
            }
            std::hint::spin_loop();
        }
        self.state.lock()
    }

    /// Ceases to run attached while the lock is off.
    fn exit(&self, me: &Thread) {
        if me.exit() == Exit::TellTheStopper {
            // STEP: tell-the-stopper
            // Under the mutex, so that whoever stops the world is asleep, or has yet to look.
            let state = self.state.lock();
            self.halted.notify_all();
            drop(state);
        }
    }
}

/// What becomes of a daemon when the program is over: it ends with the process, wherever it is.
/// CPython has done the same since 3.14 (gh-87135).
pub(super) fn sleep_for_ever() -> ! {
    loop {
        std::thread::park();
    }
}
