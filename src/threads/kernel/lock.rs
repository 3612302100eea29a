//! The global lock: who may run, and how it changes hands.
//!
//! The algorithm is CPython's since 3.2 (Antoine Pitrou, 2009; `Python/ceval_gil.c`): a flag under
//! a mutex, a condition to wait for it, and a request that a waiter leaves for the holder.
//!
//! # The life of one forced hand-off
//!
//! ```text
//!     A holds the lock                          B wants it
//!     |                                         1. finds it taken, sleeps one interval
//!     | runs                                    2. time is over, and no switch came meanwhile:
//!     |                                            raises A's breaker, sleeps again
//!     3. sees the breaker at a check point
//!     4. marks the lock free, wakes a waiter
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
//! - **GIL-2** A thread that drops the lock on request does not take it again before another has.
//! - **GIL-3** A breaker is raised only for the thread that holds the lock at that moment, and is
//!   lowered when that thread takes the lock or has seen it taken: no stale request survives.
//! - **GIL-4** A thread whose wait is reset by somebody else's switch asks for nothing, and waits
//!   a further full interval. So with many waiters each switch costs everybody one interval.
//!
//! # Not here
//!
//! Order among waiters: the condition wakes one of them, and a thread that comes by may take the
//! lock before it. CPython has two mutexes, one of them for step 5 alone; with a condition of our
//! own one is enough.
//!
//! Read next: [`attach`](super::attach).

use std::sync::Arc;
use std::sync::atomic::AtomicU64 as Counter;
use std::time::Duration;

use crate::sys::clock;
use crate::sys::prim::{AtomicU32, Condvar, Mutex, MutexGuard, Ordering, Wait};
use crate::trace::{self, Kind};

/// CPython's default. Shorter: fairer, and more of every second goes into hand-offs.
const SWITCH_INTERVAL: Duration = Duration::from_millis(5);

/// Whether the lock is on, and by which rules it changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One attached thread runs at a time.
    On(Policy),
    /// Every attached thread runs: what CPython calls free-threaded (PEP 703).
    Off,
}

/// By which rules the lock changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// CPython 3.2 and later: a waiter asks for the lock when it has waited one interval.
    Timed {
        /// How long a waiter waits before it asks; CPython's `sys.setswitchinterval`.
        interval: Duration,
        /// Whether a thread that dropped the lock on request waits until another has taken it.
        forced_switching: ForcedSwitching,
    },
}

/// Whether a thread that dropped the lock on request waits until another has taken it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForcedSwitching {
    /// As CPython does.
    Yes,
    /// The releaser may take the lock back at once, and usually does.
    No,
}

impl Default for Mode {
    /// On, with CPython's rules and its 5 ms.
    fn default() -> Self {
        Self::timed(SWITCH_INTERVAL)
    }
}

impl Mode {
    /// On, with CPython's rules and another switch interval.
    pub const fn timed(interval: Duration) -> Self {
        Self::On(Policy::Timed { interval, forced_switching: ForcedSwitching::Yes })
    }
}

/// What the lock has counted since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// How often the lock was taken.
    pub acquisitions: u64,
    /// How often a thread found it taken and had to wait.
    pub contended: u64,
    /// How often a waiter asked the holder to drop it.
    pub drop_requests: u64,
    /// How often a holder dropped it because it was asked to, at a check point.
    pub forced_switches: u64,
    /// How long threads waited for it, added up, in nanoseconds.
    pub wait_ns: u64,
    /// How long threads held it, added up, in nanoseconds.
    pub hold_ns: u64,
}

/// What the lock knows of one attached thread; CPython's `PyThreadState`.
#[derive(Debug)]
pub(super) struct Thread {
    number: u64,
    /// Not 0: somebody asks this thread to drop the lock at its next check point.
    breaker: AtomicU32,
}

impl Thread {
    pub(super) fn new() -> Arc<Self> {
        static NEXT: Counter = Counter::new(1);
        // ORDER: Relaxed; a plain counter.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self { number, breaker: AtomicU32::new(0) })
    }

    /// The word that `is_asked` looks at.
    pub(super) fn breaker(&self) -> &AtomicU32 {
        &self.breaker
    }

    /// Tells whether somebody wants this thread to drop the lock.
    #[inline]
    pub(super) fn is_asked(&self) -> bool {
        // ORDER: Relaxed. A request seen late is honoured late; everything else is under `state`.
        // STEP: look-at-breaker
        self.breaker.load(Ordering::Relaxed) != 0
    }
}

/// Why a thread drops the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// It is about to sleep, or detaches: nobody asked.
    Own,
    /// It saw its breaker raised at a check point.
    Asked,
}

/// The lock itself. Everything but the breakers is under `state`.
#[derive(Debug)]
pub(super) struct Lock {
    id: u64,
    mode: Mode,
    state: Mutex<State>,
    /// The lock became free. Goes with `state`.
    freed: Condvar,
    /// The lock has another holder than before. Goes with `state`.
    switched: Condvar,
}

/// Guarded by `Lock::state`.
#[derive(Debug, Default)]
struct State {
    locked: bool,
    last_holder: Option<Arc<Thread>>,
    /// How often the holder changed; a waiter sees by it that somebody else was served.
    switch_number: u64,
    /// How many threads wait for `freed`. Nobody to wake: no system call.
    waiting: u32,
    /// How many threads wait for `switched`.
    watching: u32,
    taken_at_ns: u64,
    counters: Counters,
}

impl State {
    fn was_last_held_by(&self, thread: &Arc<Thread>) -> bool {
        self.last_holder.as_ref().is_some_and(|last| Arc::ptr_eq(last, thread))
    }
}

impl Lock {
    pub(super) fn new(mode: Mode) -> Self {
        static NEXT: Counter = Counter::new(1);
        // ORDER: Relaxed; a plain counter.
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let state = Mutex::new(State::default());
        Self { id, mode, state, freed: Condvar::new(), switched: Condvar::new() }
    }

    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    pub(super) fn counters(&self) -> Counters {
        self.state.lock().counters
    }

    /// Waits until the lock is free and takes it for `me`.
    pub(super) fn take(&self, me: &Arc<Thread>) {
        let Mode::On(Policy::Timed { interval, .. }) = self.mode else {
            trace::emit(Kind::GilFree, self.id, 0);
            return;
        };
        let mut state = self.state.lock();
        if state.locked {
            state = self.wait_until_free(state, interval);
        }
        // STEP: take
        // INVARIANT: [GIL-1] it was free, and we hold `state`.
        state.locked = true;
        let switched = !state.was_last_held_by(me);
        let before = state.last_holder.as_ref().map_or(0, |last| last.number);
        if switched {
            state.last_holder = Some(Arc::clone(me));
            state.switch_number += 1;
        }
        state.counters.acquisitions += 1;
        // INVARIANT: [GIL-3] whatever was asked of us, we have given the lock up since.
        // ORDER: Relaxed; raised and lowered under `state`.
        me.breaker.store(0, Ordering::Relaxed);
        state.taken_at_ns = clock::now_ns();
        trace::emit(Kind::GilTake, self.id, before);
        let watched = switched && state.watching > 0;
        drop(state);
        if watched {
            self.switched.notify_all();
        }
    }

    /// Sleeps until nobody holds the lock, and asks for it after each interval without a switch.
    fn wait_until_free<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        interval: Duration,
    ) -> MutexGuard<'a, State> {
        trace::emit(Kind::GilWait, self.id, 0);
        state.counters.contended += 1;
        state.waiting += 1;
        let began_ns = clock::now_ns();
        while state.locked {
            // INVARIANT: [GIL-4] a switch that comes while we sleep begins our interval anew.
            let seen = state.switch_number;
            let ended;
            // STEP: wait-one-interval
            (state, ended) = self.freed.wait_timeout(state, interval);
            if ended == Wait::TimedOut && state.locked && state.switch_number == seen {
                self.ask_the_holder(&mut state);
            }
        }
        state.waiting -= 1;
        state.counters.wait_ns += clock::now_ns() - began_ns;
        state
    }

    fn ask_the_holder(&self, state: &mut State) {
        let Some(holder) = &state.last_holder else { return };
        trace::emit(Kind::GilDropRequest, self.id, holder.number);
        // STEP: ask
        // INVARIANT: [GIL-3] the lock is taken, so its last holder holds it.
        // ORDER: Relaxed; see `Thread::is_asked`.
        holder.breaker.store(1, Ordering::Relaxed);
        state.counters.drop_requests += 1;
    }

    /// Marks the lock free, wakes a waiter, and honours a request by letting another go first.
    pub(super) fn leave(&self, me: &Arc<Thread>, cause: Cause) {
        let Mode::On(Policy::Timed { forced_switching, .. }) = self.mode else {
            trace::emit(Kind::GilLeave, self.id, 0);
            return;
        };
        let mut state = self.state.lock();
        assert!(state.locked && state.was_last_held_by(me), "GIL-1: dropped by a non-holder");
        trace::emit(Kind::GilDrop, self.id, u64::from(cause == Cause::Asked));
        // STEP: mark-free
        state.locked = false;
        state.counters.hold_ns += clock::now_ns() - state.taken_at_ns;
        state.counters.forced_switches += u64::from(cause == Cause::Asked);
        if forced_switching == ForcedSwitching::Yes && me.is_asked() {
            self.freed.notify_one();
            self.wait_until_switched(state, me);
        } else {
            let wanted = state.waiting > 0;
            drop(state);
            if wanted {
                self.freed.notify_one();
            }
        }
    }

    /// Sleeps until another thread has held the lock.
    ///
    /// Somebody will: the breaker was raised by a waiter, and a waiter leaves only with the lock.
    /// As in CPython this also runs when a thread drops the lock of its own accord to sleep, so a
    /// system call may begin one hand-off late.
    fn wait_until_switched(&self, mut state: MutexGuard<'_, State>, me: &Arc<Thread>) {
        // INVARIANT: [GIL-3] we are about to see the lock taken.
        // ORDER: Relaxed; under `state`.
        me.breaker.store(0, Ordering::Relaxed);
        // INVARIANT: [GIL-2] this loop ends only when another has taken the lock.
        // STEP: wait-until-switched
        state.watching += 1;
        while state.was_last_held_by(me) {
            state = self.switched.wait(state);
        }
        state.watching -= 1;
        trace::emit(Kind::GilSwitched, self.id, 0);
    }

    /// Ends every timed wait that is under way; time does not pass in a model.
    #[cfg(all(test, loom))]
    fn fire_timeouts(&self) {
        self.freed.fire_timeouts();
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use loom::cell::UnsafeCell as Watched;

    use super::*;

    fn hold(lock: &Lock, me: &Arc<Thread>, value: &Watched<u32>) {
        lock.take(me);
        value.with_mut(|_| ());
        if me.is_asked() {
            lock.leave(me, Cause::Asked);
            lock.take(me);
        }
        value.with_mut(|_| ());
        lock.leave(me, Cause::Own);
    }

    /// Fails ("causality violation") if `take` does not wait while the lock is taken, and
    /// ("deadlock") if `leave` notifies nobody or `take` does not notify `switched`.
    #[test]
    fn loom_the_lock_has_one_holder_and_every_request_is_answered() {
        let mut model = loom::model::Builder::new();
        // Two is what tokio's continuous integration uses; three threads unbounded take minutes.
        model.preemption_bound = Some(2);
        model.check(|| {
            let shared = loom::sync::Arc::new((Lock::new(Mode::default()), Watched::new(0)));
            let other = loom::sync::Arc::clone(&shared);
            let timer = loom::sync::Arc::clone(&shared);
            let thread = loom::thread::spawn(move || hold(&other.0, &Thread::new(), &other.1));
            let timer = loom::thread::spawn(move || timer.0.fire_timeouts());
            hold(&shared.0, &Thread::new(), &shared.1);
            thread.join().unwrap();
            timer.join().unwrap();
            assert!(!shared.0.state.lock().locked);
        });
    }
}
