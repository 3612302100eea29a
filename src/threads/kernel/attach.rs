//! The token: how a thread gets the lock and gives it back.
//!
//! A thread that wants to run under the lock *attaches*. The closure that it gives to
//! [`Gil::attach`] gets the token, [`Attached`], which cannot leave the thread nor outlive the
//! closure. Two things give the lock up in between: a [check point](Attached::checkpoint) at which
//! somebody has asked for it, and every blocking call, through the door of
//! [`sys::blocking`](mod@crate::sys::blocking). Both take the token by `&mut`, so that nothing
//! borrowed under the lock can live across them.
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
//! # Invariants
//!
//! - **ATTACH-1** A thread is attached to at most one lock; attaching again to the same one reuses
//!   the attachment.
//! - **ATTACH-2** The lock is given up on every way out of the closure, a panic included.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use super::lock::{Cause, Counters, Lock, Mode, Thread};
use crate::sys::blocking::{Hook, Installed, install};
use crate::sys::prim::AtomicU32;
use crate::sys::{Why, blocking};

/// A global lock. Clones are the same lock.
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
    lock: Arc<Lock>,
}

impl Gil {
    /// Creates a lock that is on, or off, from the start.
    pub fn new(mode: Mode) -> Self {
        Self { lock: Arc::new(Lock::new(mode)) }
    }

    /// Returns whether the lock is on, and by which rules.
    pub fn mode(&self) -> Mode {
        self.lock.mode()
    }

    /// Returns what the lock has counted so far; all zero while it is off.
    pub fn counters(&self) -> Counters {
        self.lock.counters()
    }

    /// Takes the lock, runs `program` with the token, and gives the lock up.
    ///
    /// # Panics
    ///
    /// Passes on a panic of `program`, after it gave the lock up. Panics if the thread is attached
    /// to another lock.
    pub fn attach<R>(&self, program: impl FnOnce(&mut Attached<'_>) -> R) -> R {
        let attachment = self.attachment();
        // INVARIANT: [ATTACH-2] dropped on every way out.
        let _held = Held::take(&attachment);
        let thread = &*attachment.thread;
        program(&mut Attached { attachment: &attachment, thread, not_send: PhantomData })
    }

    /// Finds the thread's attachment to this lock, or makes one.
    fn attachment(&self) -> Rc<Attachment> {
        let current = CURRENT.with(|current| current.borrow().clone());
        match current {
            // INVARIANT: [ATTACH-1]
            Some(current) if Arc::ptr_eq(&current.lock, &self.lock) => current,
            Some(_) => {
                let name = std::thread::current().name().unwrap_or("without a name").to_owned();
                panic!("thread {name} is attached to another lock: leave that one first")
            }
            None => {
                let lock = Arc::clone(&self.lock);
                Rc::new(Attachment { lock, thread: Thread::new(), is_held: Cell::new(false) })
            }
        }
    }
}

impl fmt::Debug for Gil {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock.fmt(formatter)
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Attachment>>> = const { RefCell::new(None) };
}

/// One thread's relation to one lock.
struct Attachment {
    lock: Arc<Lock>,
    thread: Arc<Thread>,
    is_held: Cell<bool>,
}

impl Attachment {
    fn take(&self) {
        self.lock.take(&self.thread);
        self.is_held.set(true);
    }

    fn leave(&self, cause: Cause) {
        self.is_held.set(false);
        self.lock.leave(&self.thread, cause);
    }
}

/// What happens at the door of every blocking call.
impl Hook for Attachment {
    fn release(&self) {
        self.leave(Cause::Own);
    }

    fn acquire(&self) {
        self.take();
    }
}

/// Holds the lock, unless an outer attachment holds it already.
struct Held {
    /// `None` if an outer attachment holds the lock.
    taken: Option<(Rc<Attachment>, Installed)>,
    /// What was current before: an outer attachment that is inside a blocking call, or nothing.
    outer: Option<Rc<Attachment>>,
}

impl Held {
    fn take(attachment: &Rc<Attachment>) -> Self {
        if attachment.is_held.get() {
            return Self { taken: None, outer: None };
        }
        attachment.take();
        let hook = Rc::clone(attachment);
        let outer = CURRENT.with(|current| current.replace(Some(Rc::clone(attachment))));
        Self { taken: Some((Rc::clone(attachment), install(hook))), outer }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some((attachment, installed)) = self.taken.take() {
            drop(installed);
            CURRENT.with(|current| current.replace(self.outer.take()));
            attachment.leave(Cause::Own);
        }
    }
}

/// The token: whoever has it holds the lock, if the lock is on.
pub struct Attached<'a> {
    attachment: &'a Attachment,
    /// The attachment's; kept here so that a check point finds the breaker in one step.
    thread: &'a Thread,
    not_send: PhantomData<*mut ()>,
}

impl<'a> Attached<'a> {
    /// Returns the word that is not 0 while somebody asks for the lock; CPython's eval breaker.
    ///
    /// For a loop that is compiled once and runs under a lock and without one: it looks at the
    /// word itself, and calls [`checkpoint`](Self::checkpoint) when the word is not 0.
    pub fn asked(&self) -> &'a AtomicU32 {
        self.thread.breaker()
    }

    /// Gives the lock to another thread if one has asked for it.
    ///
    /// While nobody asks this is one relaxed load and a branch.
    #[inline]
    pub fn checkpoint(&mut self) {
        if self.thread.is_asked() {
            self.give_way();
        }
    }

    #[cold]
    fn give_way(&mut self) {
        // Inside a blocking call that was given the token there is nothing to give.
        if self.attachment.is_held.get() {
            self.attachment.leave(Cause::Asked);
            self.attachment.take();
        }
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

impl fmt::Debug for Attached<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Attached").field(self.thread).finish()
    }
}
