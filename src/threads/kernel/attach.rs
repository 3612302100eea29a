//! The token: how a thread gets the lock and gives it back.
//!
//! A thread that wants to run under the lock *attaches*. The closure that it gives to
//! [`Gil::attach`](super::gil::Gil::attach) gets the token, [`Attached`], which cannot leave the thread nor outlive the
//! closure. Two things give the lock up in between: a [check point](Attached::checkpoint) at which
//! somebody has asked for it, and every blocking call, through the door of
//! [`sys::blocking`](mod@crate::sys::blocking). Check points and [`Attached::detach`] take the token
//! by `&mut`, so that nothing borrowed from it lives across them. The door itself knows no token: what
//! must not be interrupted even there is [`Guarded`](crate::threads::Guarded).
//!
//! # The life of one attachment
//!
//! ```text
//!   detached --(1) attach--> attached --(2) checkpoint, asked--> detached --> attached
//!                               |  ^
//!            (3) blocking call  v  |  (4) the call is over
//!                            released            --(5) closure ends or panics--> detached
//! ```
//!
//! The thread stays known to the lock until it ends or attaches to another one, so that its counters say what it did in all.
//!
//! # Invariants
//!
//! - **ATTACH-1** A thread is attached to at most one lock; attaching again to the same one reuses
//!   the attachment.
//! - **ATTACH-2** The lock is given up on every way out of the closure, a panic included.
//! - **ATTACH-3** Inside a section, see [`Guarded`](crate::threads::Guarded), nothing gives the lock
//!   up and nobody attaches.
//!
//! Read next: the pool that runs jobs under the lock, [`pool`](crate::threads::pool).

use std::cell::{Cell, RefCell};
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::gil::Gil;
use super::lock::{Lock, Taken, sleep_for_ever};
use super::policy::{Cause, Place};
use super::thread::{Thread, Tick};
use crate::sys::blocking::{Hook, Installed, install};
use crate::sys::prim::AtomicU32;
use crate::sys::{Why, blocking};

type Slot = RefCell<Option<Rc<Attachment>>>;

thread_local! {
    /// The innermost attachment whose closure runs.
    static CURRENT: Slot = const { RefCell::new(None) };
    /// The last attachment, kept so that the lock knows the thread until it ends.
    static KNOWN: Slot = const { RefCell::new(None) };
    /// For a daemon: whether its program is over, and it must never run attached again.
    static ABANDONED: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// Looks into a slot; into none once the thread ends and its slots are gone.
fn slot<T, R>(
    slot: &'static std::thread::LocalKey<RefCell<Option<T>>>,
    look: impl FnOnce(&mut Option<T>) -> Option<R>,
) -> Option<R> {
    slot.try_with(|slot| look(&mut slot.borrow_mut())).ok().flatten()
}

/// Tells whether this thread is a daemon whose program is over.
fn is_abandoned() -> bool {
    // ORDER: Relaxed; the thread does nothing any more.
    slot(&ABANDONED, |flag| flag.clone()).is_some_and(|flag| flag.load(Ordering::Relaxed))
}

/// One thread's relation to one lock.
pub(super) struct Attachment {
    lock: Arc<Lock>,
    thread: Arc<Thread>,
    is_held: Cell<bool>,
    /// A guarded section runs; see ATTACH-3.
    in_section: Cell<bool>,
}

impl Attachment {
    /// Finds this thread's attachment to `lock`, or makes one.
    ///
    /// # Panics
    ///
    /// Panics if the thread is attached to another lock, or inside a guarded section.
    pub(super) fn of_this_thread(lock: &Arc<Lock>) -> Rc<Self> {
        if let Some(current) = slot(&CURRENT, |current| current.clone()) {
            // INVARIANT: [ATTACH-3]
            assert!(
                !current.in_section.get(),
                "thread {} is inside a guarded section: attach before it, or after",
                current.thread.name
            );
            // INVARIANT: [ATTACH-1]
            assert!(
                !current.is_held.get() || Arc::ptr_eq(&current.lock, lock),
                "thread {} is attached to another lock: leave that one first",
                current.thread.name
            );
        }
        let known = slot(&KNOWN, |known| known.clone());
        known.filter(|known| Arc::ptr_eq(&known.lock, lock)).unwrap_or_else(|| {
            let attachment = Rc::new(Self::new(Arc::clone(lock)));
            let before = slot(&KNOWN, |known| known.replace(Rc::clone(&attachment)));
            // Not inside `slot`: an attachment that is dropped takes its lock's mutex.
            drop(before);
            attachment
        })
    }

    fn new(lock: Arc<Lock>) -> Self {
        let thread = Thread::new();
        lock.register(&thread);
        Self { lock, thread, is_held: Cell::new(false), in_section: Cell::new(false) }
    }

    fn take(&self, deadline_ns: Option<u64>) -> Taken {
        if is_abandoned() {
            sleep_for_ever();
        }
        let taken = self.lock.take(&self.thread, deadline_ns);
        self.is_held.set(taken == Taken::Yes);
        taken
    }

    fn leave(&self, cause: Cause) {
        self.is_held.set(false);
        self.lock.leave(&self.thread, cause);
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        self.lock.retire(&self.thread);
    }
}

/// What happens at the door of every blocking call.
impl Hook for Attachment {
    fn release(&self) {
        // INVARIANT: [ATTACH-3] a call that sleeps inside a section keeps the lock.
        if !self.in_section.get() {
            self.leave(Cause::Own);
        }
    }

    fn acquire(&self) {
        if !self.is_held.get() {
            let taken = self.take(None);
            assert_eq!(taken, Taken::Yes, "without a deadline nobody comes too late");
        }
    }
}

/// Tells whether this thread is attached to no other lock than `gil`, so that it can attach to that.
///
/// # Panics
///
/// Panics inside a guarded section.
pub(in crate::threads) fn may_attach_to(gil: &Gil) -> bool {
    let Some(current) = slot(&CURRENT, |current| current.clone()) else { return true };
    // INVARIANT: [ATTACH-3]
    assert!(
        !current.in_section.get(),
        "thread {} is inside a guarded section: run jobs before it, or after",
        current.thread.name
    );
    !current.is_held.get() || Arc::ptr_eq(&gil.lock, &current.lock)
}

/// Holds the lock, unless an outer attachment holds it already.
pub(super) struct Held {
    /// `None` if an outer attachment holds the lock.
    taken: Option<(Rc<Attachment>, Installed)>,
    /// What was current before: an outer attachment that is inside a blocking call, or nothing.
    outer: Option<Rc<Attachment>>,
}

impl Held {
    /// Returns `None` if the deadline came first.
    pub(super) fn take(attachment: &Rc<Attachment>, deadline_ns: Option<u64>) -> Option<Self> {
        if attachment.is_held.get() {
            return Some(Self { taken: None, outer: None });
        }
        let hook = Rc::clone(attachment);
        // Before the lock is taken: a thread that has another hook panics here.
        let installed = install(hook);
        if attachment.take(deadline_ns) == Taken::TooLate {
            return None;
        }
        let outer = slot(&CURRENT, |current| current.replace(Rc::clone(attachment)));
        Some(Self { taken: Some((Rc::clone(attachment), installed)), outer })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some((attachment, installed)) = self.taken.take() {
            drop(installed);
            let outer = self.outer.take();
            slot(&CURRENT, |current| std::mem::replace(current, outer));
            attachment.leave(Cause::Own);
        }
    }
}

/// The token: whoever has it holds the lock, if the lock is on.
///
/// It cannot be sent to another thread, so no thread releases what another has taken:
///
/// ```compile_fail
/// use trainyard::threads::{Gil, Mode};
///
/// Gil::new(Mode::default()).attach(|at| {
///     std::thread::scope(|scope| {
///         scope.spawn(|| at.checkpoint());
///     });
/// });
/// ```
pub struct Attached<'a> {
    attachment: &'a Attachment,
    /// The attachment's; kept here so that a check point finds the breaker in one step.
    thread: &'a Thread,
    not_send: PhantomData<*mut ()>,
}

/// A word that can be looked at: raised while it is not 0. CPython's eval breaker.
///
/// # Example: one that nobody raises
///
/// ```
/// use std::sync::atomic::AtomicU32;
/// use trainyard::threads::Breaker;
///
/// static UNASKED: AtomicU32 = AtomicU32::new(0);
/// assert!(!Breaker::watching(&UNASKED).is_raised());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Breaker<'a>(&'a AtomicU32);

impl<'a> Breaker<'a> {
    /// Watches a word of the caller's own.
    pub fn watching(word: &'a AtomicU32) -> Self {
        Self(word)
    }

    /// Tells whether there is something to do.
    #[inline]
    pub fn is_raised(self) -> bool {
        // ORDER: Relaxed; see `Thread::asked`.
        self.0.load(Ordering::Relaxed) != 0
    }
}

impl<'a> Attached<'a> {
    pub(super) fn new(attachment: &'a Attachment) -> Self {
        Self { attachment, thread: &attachment.thread, not_send: PhantomData }
    }

    /// Returns what tells whether this thread has something to do at its next check point.
    ///
    /// For a loop that is compiled once and runs under a lock and without one: it looks at the breaker
    /// itself, and calls [`checkpoint`](Self::checkpoint) when it is raised.
    pub fn asked(&self) -> Breaker<'a> {
        Breaker(self.thread.breaker())
    }

    /// Gives the lock to another thread if one has asked for it; for the end of each turn of a loop.
    ///
    /// While nobody asks this is one relaxed load and a branch; with [`Ticks`](super::policy::Ticks)
    /// a decrement more.
    #[inline]
    pub fn checkpoint(&mut self) {
        self.checkpoint_at(Place::BackEdge);
    }

    /// As [`checkpoint`](Self::checkpoint), at a place that the lock's [`Placement`](super::policy::Placement) may leave out.
    #[inline]
    pub fn checkpoint_at(&mut self, place: Place) {
        let asked = self.thread.asked();
        if asked != 0 {
            self.answer(asked, place);
        }
    }

    #[inline]
    fn answer(&mut self, asked: u32, place: Place) {
        let goes_on = Thread::only_counts(asked) && self.thread.tick() == Tick::GoesOn;
        if !goes_on {
            self.give_way(asked, place);
        }
    }

    #[cold]
    fn give_way(&mut self, asked: u32, place: Place) {
        let attachment = self.attachment;
        // Inside a blocking call that was given the token there is nothing to give.
        let may_give = attachment.is_held.get() && !attachment.in_section.get();
        if may_give && attachment.lock.placement().honours(place) {
            if is_abandoned() {
                attachment.leave(Cause::Own);
                sleep_for_ever();
            }
            attachment.lock.give_way(&attachment.thread, Thread::cause(asked));
        }
    }

    /// Begins a section, inside which nothing gives the lock up; it ends when the answer is dropped.
    ///
    /// # Panics
    ///
    /// Panics if the thread does not run attached to `gil`.
    pub(in crate::threads) fn enter_section(&mut self, gil: &Gil) -> Section<'a> {
        self.assert_attached_to(gil);
        // INVARIANT: [ATTACH-3]
        let outer = self.attachment.in_section.replace(true);
        assert!(
            !outer,
            "thread {} is inside a guarded section: ask for both values at once, with_both",
            self.thread.name
        );
        Section { attachment: self.attachment }
    }

    pub(in crate::threads) fn assert_attached_to(&self, gil: &Gil) {
        let Attachment { lock, thread, is_held, .. } = self.attachment;
        assert!(
            is_held.get() && Arc::ptr_eq(lock, &gil.lock),
            "thread {} is not attached to the lock that protects this value",
            thread.name
        );
    }

    /// Returns what it takes to refuse this thread when its program is over.
    pub(in crate::threads) fn refusal(&self) -> Refusal {
        let Attachment { lock, thread, .. } = self.attachment;
        Refusal { lock: Arc::clone(lock), thread: Arc::clone(thread) }
    }

    /// Gives the lock up while `call` runs; CPython's `Py_BEGIN_ALLOW_THREADS`.
    ///
    /// With [`Why::Native`] this is "writing some of your code in a different language": `call`
    /// computes beside the threads that hold the lock.
    ///
    /// # Panics
    ///
    /// Passes on a panic of `call`, after the lock was taken back.
    #[expect(clippy::unused_self, reason = "borrowed, so that `call` cannot use the token")]
    pub fn detach<R>(&mut self, why: Why, call: impl FnOnce() -> R) -> R {
        blocking(why, call)
    }
}

/// A guarded section that runs.
#[must_use = "dropped at once, the section ends at once"]
pub(in crate::threads) struct Section<'a> {
    attachment: &'a Attachment,
}

impl Drop for Section<'_> {
    fn drop(&mut self) {
        self.attachment.in_section.set(false);
    }
}

/// Makes this thread sleep for ever when it attaches, to whichever lock, and `is_over` is true.
pub(in crate::threads) fn abandon_when(is_over: Arc<AtomicBool>) {
    slot(&ABANDONED, |flag| flag.replace(is_over));
}

/// The way to forbid one thread to run attached ever again.
pub(in crate::threads) struct Refusal {
    lock: Arc<Lock>,
    thread: Arc<Thread>,
}

impl Refusal {
    pub(in crate::threads) fn refuse(&self) {
        self.lock.refuse(&self.thread);
    }
}

impl fmt::Debug for Attached<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Attached").field(&self.thread.name).finish()
    }
}
