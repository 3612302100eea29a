//! The lock as its users see it: one handle, with every knob on it.
//!
//! The knobs, and CPython's for the same: the [`Mode`] (`-X gil=0`, and by which rules the lock
//! changes hands; `sys.setswitchinterval`, `sys.setcheckinterval`), the [`Placement`] (which CPython
//! chooses by its version), the spins before a sleep (none in CPython). All can be turned while
//! threads run.
//!
//! Read next: [`attach`](super::attach).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::attach::{Attached, Attachment, Held};
use super::lock::{Lock, State};
use super::policy::{Mode, Placement};
use super::world::Stalled;
use crate::sys::{Why, blocking, clock};
use crate::threads::counters::{Counters, Histogram, ThreadReport};

/// How long [`Gil::set_mode`] waits for the slowest thread. 200 switch intervals; a check point
/// that is further away than that is missing.
const STALLED_AFTER: Duration = Duration::from_secs(1);

/// A global lock. Clones are the same lock.
///
/// # After a fork
///
/// The child of a `fork(2)` has one thread, and a copy of the lock as it was. If another thread held it,
/// nobody in the child will ever drop it. CPython makes its lock anew there; here a process with
/// threads that forks must go on to an `exec`, as our own process pool does.
///
/// # Example: a counter that needs no lock of its own
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use trainyard::threads::{Gil, Mode};
///
/// let (gil, count) = (Gil::new(Mode::default()), AtomicU32::new(0));
/// std::thread::scope(|scope| {
///     for _ in 0..2 {
///         scope.spawn(|| {
///             for _ in 0..1000 {
///                 // A load and a store: without the lock, updates would be lost.
///                 gil.attach(|_| count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed));
///             }
///         });
///     }
/// });
/// assert_eq!(count.into_inner(), 2000);
/// ```
#[derive(Clone)]
pub struct Gil {
    pub(super) lock: Arc<Lock>,
}

impl Gil {
    /// Creates a lock that is on, or off, from the start.
    pub fn new(mode: Mode) -> Self {
        Self { lock: Arc::new(Lock::new(mode)) }
    }

    /// Returns whether the lock is on, and by which rules.
    pub fn mode(&self) -> Mode {
        self.lock.read(State::mode)
    }

    /// Tells whether the lock is on; for a thread that is attached, until its next check point.
    pub fn is_on(&self) -> bool {
        self.lock.is_on()
    }

    /// Gives the lock another mode, while threads run.
    ///
    /// Every thread that runs attached is brought to a stop at its next check point; then the mode
    /// changes, and they go on. A thread that is attached itself gives the lock up meanwhile, as
    /// for any blocking call. While the lock is being switched on or off nobody is ever attached
    /// beside a holder.
    ///
    /// # Errors
    ///
    /// Fails, and leaves everything as it was, if a thread comes to no check point within a second:
    /// it is named.
    ///
    /// # Example: off and on again
    ///
    /// ```
    /// use trainyard::threads::{Gil, Mode};
    ///
    /// let gil = Gil::new(Mode::default());
    /// gil.set_mode(Mode::Off)?;
    /// gil.attach(|_| assert!(!gil.mode().is_on()));
    /// gil.set_mode(Mode::default())?;
    /// # Ok::<(), trainyard::threads::Stalled>(())
    /// ```
    pub fn set_mode(&self, mode: Mode) -> Result<(), Stalled> {
        self.set_mode_within(mode, STALLED_AFTER)
    }

    /// As [`set_mode`](Self::set_mode), but waits for the slowest thread no longer than `patience`.
    ///
    /// # Errors
    ///
    /// As [`set_mode`](Self::set_mode).
    pub fn set_mode_within(&self, mode: Mode, patience: Duration) -> Result<(), Stalled> {
        blocking(Why::Lock, || self.lock.set_mode(mode, patience))
    }

    /// Returns at which places of a program a request is honoured.
    pub fn placement(&self) -> Placement {
        self.lock.placement()
    }

    /// Says at which places of a program a request is honoured, from each thread's next one on.
    pub fn set_placement(&self, placement: Placement) {
        self.lock.set_placement(placement);
    }

    /// Says how often a thread that finds the lock taken looks again before it sleeps, and how often one
    /// that has asked for it.
    ///
    /// If not said, a thread does not look before it sleeps, and looks after it has asked: up to 512
    /// times, less where that did not pay off. A look takes some 10 to 40 ns. Worth it where the lock is
    /// held for less time than it takes to wake a thread up, and there is a processor to spare.
    pub fn set_spins(&self, spins: u32) {
        self.lock.before_sleeping.fix(spins);
        self.lock.after_asking.fix(spins);
    }

    /// Times each hold, and counts it in the same moment in which the lock changes hands; or ceases to.
    ///
    /// A lock that does not keep time counts a hold that nobody waits for a moment after it has begun
    /// or ended, and [`Counters::hold_ns`] stands still: to look at a clock takes several times as long
    /// as to take the lock.
    pub fn keep_time(&self, keeps_time: bool) {
        self.lock.keep_time(keeps_time);
    }

    /// Returns what the lock has counted so far; it counts nothing while it is off. Exact while the lock
    /// [keeps time](Self::keep_time), and when no thread runs attached.
    pub fn counters(&self) -> Counters {
        self.lock.read(State::counters)
    }

    /// Returns how long threads waited for the lock, each time, those that have ended included.
    pub fn waits(&self) -> Histogram {
        self.lock.read(State::waits)
    }

    /// Returns who holds the lock, who waits, and what each thread has counted: every thread that
    /// has attached and has not ended, in the order in which they came.
    pub fn threads(&self) -> Vec<ThreadReport> {
        self.lock.reports()
    }

    /// Takes the lock, runs `program` with the token, and gives the lock up.
    ///
    /// # Panics
    ///
    /// Passes on a panic of `program`, after it gave the lock up. Panics if the thread is attached
    /// to another lock, or is inside a section of a [`Guarded`](crate::threads::Guarded).
    pub fn attach<R>(&self, program: impl FnOnce(&mut Attached<'_>) -> R) -> R {
        let attached = self.attach_until(None, program);
        attached.expect("without a deadline nobody comes too late")
    }

    /// As [`attach`](Self::attach), but gives up when it has waited for `timeout`: `None`.
    ///
    /// A world that stands still ([`set_mode`](Self::set_mode)) is waited for beyond that.
    ///
    /// A request that it left for the holder goes with it (CPython's gh-96387: there the holder
    /// waits for ever for the one who asked).
    ///
    /// # Panics
    ///
    /// As [`attach`](Self::attach).
    pub fn attach_timeout<R>(
        &self,
        timeout: Duration,
        program: impl FnOnce(&mut Attached<'_>) -> R,
    ) -> Option<R> {
        self.attach_until(Some(clock::deadline_ns(timeout)), program)
    }

    fn attach_until<R>(
        &self,
        deadline_ns: Option<u64>,
        program: impl FnOnce(&mut Attached<'_>) -> R,
    ) -> Option<R> {
        let attachment = Attachment::of_this_thread(&self.lock);
        // INVARIANT: [ATTACH-2] dropped on every way out.
        let _held = Held::take(&attachment, deadline_ns)?;
        Some(program(&mut Attached::new(&attachment)))
    }
}

impl fmt::Debug for Gil {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Gil");
        debug.field("mode", &self.mode()).field("placement", &self.placement());
        debug.finish_non_exhaustive()
    }
}
