//! A meeting point for so many threads: the counterpart of `threading.Barrier`.
//!
//! # The life of one round
//!
//! 1. Threads come, get their numbers, 0 for the first, and sleep on the round's word.
//! 2. The last to come opens the next round, so that who comes from now on waits for that one.
//! 3. It runs the action, if there is one, and marks the round as passed.
//! 4. All of them go on.
//!
//! Or the round breaks before: somebody's time is over, the action panics, or a thread calls
//! [`Barrier::abort`]. Then all who wait get [`BrokenBarrier`], and so does whoever comes, until
//! [`Barrier::reset`].
//!
//! # Invariants
//!
//! - **BARRIER-1** A round is passed or broken once; its word does not change after that.
//! - **BARRIER-2** The round that fills is replaced before the mutex is released: by its last thread,
//!   and by whoever breaks it.
//!
//! # Not here
//!
//! A default timeout for all waits. And what Python calls draining: there a thread that comes while a
//! round is on its way out waits for that; here each round has a word of its own.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::deadline::{Deadline, Waited};
use crate::sys::prim::{Futex, Mutex, Ordering, Wait};
use crate::sys::{Why, blocking};

type Action = Box<dyn Fn() + Send + Sync>;

/// A meeting point for so many threads, again and again.
///
/// # Example: three threads, and the action of each round
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use trainyard::threads::{Barrier, Gil, Mode};
///
/// let (gil, rounds) = (Gil::new(Mode::default()), Arc::new(AtomicU32::new(0)));
/// let count = Arc::clone(&rounds);
/// let barrier = Barrier::with_action(3, move || {
///     count.fetch_add(1, Ordering::Relaxed);
/// });
/// std::thread::scope(|scope| {
///     for _ in 0..3 {
///         scope.spawn(|| gil.attach(|_| (0..10).try_for_each(|_| barrier.wait().map(drop))));
///     }
/// });
/// assert_eq!(rounds.load(Ordering::Relaxed), 10);
/// ```
pub struct Barrier {
    parties: usize,
    action: Option<Action>,
    state: Mutex<State>,
}

/// Guarded by `Barrier::state`.
struct State {
    /// The one that fills.
    round: Arc<Round>,
    arrived: usize,
    is_broken: bool,
}

/// What one round has come to, in a word that its threads sleep on.
struct Round {
    outcome: Futex,
}

const PENDING: u32 = 0;
const PASSED: u32 = 1;
const BROKEN: u32 = 2;

/// The barrier is broken: a thread came too late, an action panicked, or somebody has aborted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenBarrier;

impl fmt::Display for BrokenBarrier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the barrier is broken")
    }
}

impl std::error::Error for BrokenBarrier {}

impl Barrier {
    /// Creates a barrier for so many threads.
    ///
    /// # Panics
    ///
    /// Panics if `parties` is 0: nobody would ever pass.
    pub fn new(parties: usize) -> Self {
        assert!(parties > 0, "a barrier is for one thread or more");
        let state = State { round: Round::new(), arrived: 0, is_broken: false };
        Self { parties, action: None, state: Mutex::new(state) }
    }

    /// As [`new`](Self::new); the last thread of each round runs `action` before any goes on.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    pub fn with_action(parties: usize, action: impl Fn() + Send + Sync + 'static) -> Self {
        Self { action: Some(Box::new(action)), ..Self::new(parties) }
    }

    /// Waits for the others, with the global lock given up, and returns this thread's number in the
    /// round: 0 for the first to come.
    ///
    /// # Errors
    ///
    /// Fails if the barrier is broken, or breaks meanwhile.
    ///
    /// # Panics
    ///
    /// Passes on a panic of the action, after it has broken the barrier.
    pub fn wait(&self) -> Result<usize, BrokenBarrier> {
        self.wait_until(Deadline::NEVER)
    }

    /// As [`wait`](Self::wait), but breaks the barrier for all after `timeout`.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait), and if the time is over.
    ///
    /// # Panics
    ///
    /// As [`wait`](Self::wait).
    pub fn wait_timeout(&self, timeout: Duration) -> Result<usize, BrokenBarrier> {
        self.wait_until(Deadline::after(timeout))
    }

    /// Breaks the barrier: all who wait, and all who come, get [`BrokenBarrier`].
    pub fn abort(&self) {
        self.break_round(true);
    }

    /// Makes the barrier as new. Whoever waits gets [`BrokenBarrier`].
    pub fn reset(&self) {
        self.break_round(false);
    }

    /// Tells whether the barrier is broken.
    pub fn is_broken(&self) -> bool {
        self.state.lock().is_broken
    }

    /// Returns for how many threads the barrier is.
    pub fn parties(&self) -> usize {
        self.parties
    }

    /// Returns how many threads wait at this moment; `n_waiting`.
    pub fn waiting(&self) -> usize {
        self.state.lock().arrived
    }

    /// Ends every timed wait that is under way; time does not pass in a model.
    #[cfg(all(test, loom))]
    pub(super) fn fire_timeouts(&self) {
        let round = Arc::clone(&self.state.lock().round);
        round.outcome.fire_timeouts();
    }

    fn wait_until(&self, deadline: Deadline) -> Result<usize, BrokenBarrier> {
        let mut state = self.state.lock();
        if state.is_broken {
            return Err(BrokenBarrier);
        }
        let (number, round) = (state.arrived, Arc::clone(&state.round));
        state.arrived += 1;
        if state.arrived < self.parties {
            drop(state);
            blocking(Why::Barrier, || self.sleep(&round, deadline))?;
        } else {
            // INVARIANT: [BARRIER-2]
            state.open_a_round();
            drop(state);
            self.act(&round);
        }
        Ok(number)
    }

    /// Sleeps until the round has come to something; breaks it if the time is over first.
    fn sleep(&self, round: &Arc<Round>, deadline: Deadline) -> Result<(), BrokenBarrier> {
        if round.sleep(deadline) == Waited::TooLate {
            let mut state = self.state.lock();
            // Otherwise it is full, and its last thread is about to say so.
            if Arc::ptr_eq(&state.round, round) {
                state.is_broken = true;
                // INVARIANT: [BARRIER-2]
                let broken = state.open_a_round();
                drop(state);
                broken.end(BROKEN);
            } else {
                drop(state);
                let _ended = round.sleep(Deadline::NEVER);
            }
        }
        // ORDER: Acquire; pairs with the Release in `end`.
        let outcome = round.outcome.word().load(Ordering::Acquire);
        if outcome == PASSED { Ok(()) } else { Err(BrokenBarrier) }
    }

    /// Runs the action of a round that is full, and lets its threads go on.
    fn act(&self, round: &Round) {
        let acted = self.action.as_ref().map(|action| catch_unwind(AssertUnwindSafe(action)));
        match acted {
            None | Some(Ok(())) => round.end(PASSED),
            Some(Err(panic)) => {
                self.break_round(true);
                round.end(BROKEN);
                resume_unwind(panic);
            }
        }
    }

    /// Breaks the round that fills; afterwards the barrier is broken, or as new.
    fn break_round(&self, is_broken: bool) {
        let mut state = self.state.lock();
        state.is_broken = is_broken;
        // INVARIANT: [BARRIER-2]
        let broken = state.open_a_round();
        drop(state);
        broken.end(BROKEN);
    }
}

impl State {
    /// Puts a new round in place of the one that fills, and returns that one.
    fn open_a_round(&mut self) -> Arc<Round> {
        self.arrived = 0;
        std::mem::replace(&mut self.round, Round::new())
    }
}

impl Round {
    fn new() -> Arc<Self> {
        Arc::new(Self { outcome: Futex::new(PENDING) })
    }

    fn sleep(&self, deadline: Deadline) -> Waited {
        // ORDER: Acquire; pairs with the Release in `end`.
        while self.outcome.word().load(Ordering::Acquire) == PENDING {
            if self.outcome.wait(PENDING, deadline.left()) == Wait::TimedOut {
                return Waited::TooLate;
            }
        }
        Waited::InTime
    }

    fn end(&self, outcome: u32) {
        // INVARIANT: [BARRIER-1] [BARRIER-2] whoever took the round out of its place ends it.
        // ORDER: Release; pairs with the Acquires in `sleep`: what each thread did before it came
        // went to the last one through the mutex, and from there to all.
        self.outcome.word().store(outcome, Ordering::Release);
        self.outcome.wake(u32::MAX);
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let State { arrived, is_broken, .. } = *self.state.lock();
        let mut debug = formatter.debug_struct("Barrier");
        debug.field("parties", &self.parties).field("waiting", &arrived);
        debug.field("is_broken", &is_broken).finish_non_exhaustive()
    }
}
