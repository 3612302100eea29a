//! The one door for every call that may sleep.
//!
//! A call that may sleep, on whichever floor it is made, goes through [`blocking`]. Two things
//! happen at the door: the recorder is told why the thread stops running, and the thread's
//! [`Hook`] is called. The `threads` runtime installs a hook while a thread is attached to a
//! global lock, so that a thread that waits never keeps the lock; this is what CPython writes as
//! `Py_BEGIN_ALLOW_THREADS` around each of its blocking calls. A thread without a hook just runs
//! the call, so the same library code serves programs with a lock and without one.
//!
//! # The life of one blocking call
//!
//! 1. The recorder notes the reason.
//! 2. The hook gives up what others need.
//! 3. The call runs. The hook is not installed meanwhile, so that doors may nest.
//! 4. The hook takes back what it gave up, also when the call panicked.
//! 5. The recorder notes the end.
//!
//! # Invariants
//!
//! - **BLOCKING-1** While the call runs, the hook's lock is not held by this thread, unless the
//!   hook chose to keep it, as inside a guarded section of `threads`.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::rc::Rc;

use crate::trace::{self, Kind};

/// Why a thread stops running its program.
///
/// The words stand in recordings: one that is used is never given another meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Why {
    /// It waits for a descriptor: a socket, a pipe, a file.
    Io = 0,
    /// It waits for time to pass.
    Sleep = 1,
    /// It waits for a lock; or for something of the program's that has no reason of its own here.
    Lock = 2,
    /// It waits for the answer of a job.
    Job = 3,
    /// It does not wait at all: it runs code that does not need the global lock.
    Native = 4,
    /// It waits until another thread notifies a condition.
    Condition = 5,
    /// It waits for a semaphore's permit.
    Semaphore = 6,
    /// It waits until an event is set.
    Event = 7,
    /// It waits for the others at a barrier.
    Barrier = 8,
    /// It waits for an item of a queue, for room in one, or for the end of its tasks.
    Queue = 9,
    /// It waits for a thread to end.
    Thread = 10,
}

impl Why {
    /// Every reason, in the order of their words.
    pub const ALL: [Self; 11] = [
        Self::Io,
        Self::Sleep,
        Self::Lock,
        Self::Job,
        Self::Native,
        Self::Condition,
        Self::Semaphore,
        Self::Event,
        Self::Barrier,
        Self::Queue,
        Self::Thread,
    ];

    /// Reads the reason back from an event's word.
    pub fn from_word(word: u64) -> Option<Self> {
        Self::ALL.into_iter().nth(usize::try_from(word).ok()?)
    }
}

/// What a thread does around each of its blocking calls.
pub trait Hook {
    /// Gives up what other threads may need during the call.
    fn release(&self);
    /// Takes it back; may itself sleep.
    fn acquire(&self);
}

/// The door of one thread.
struct Door {
    hook: Option<Rc<dyn Hook>>,
    /// How many calls are under way, one inside the other.
    depth: u64,
}

thread_local! {
    static DOOR: RefCell<Door> = const { RefCell::new(Door { hook: None, depth: 0 }) };
}

/// Looks at the thread's door; at none once the thread ends and its locals are gone: a destructor
/// of another local may still make blocking calls.
fn door<R>(look: impl FnOnce(&mut Door) -> R) -> Option<R> {
    DOOR.try_with(|door| look(&mut door.borrow_mut())).ok()
}

/// Runs `call`, which may sleep, with the thread's hook around it.
///
/// # Panics
///
/// Passes on a panic of `call`, after the hook has taken back what it gave up.
///
/// # Example: a sleep that others can use
///
/// ```
/// use trainyard::sys::{Why, blocking};
///
/// let answer = blocking(Why::Sleep, || {
///     std::thread::sleep(std::time::Duration::from_millis(1));
///     42
/// });
/// assert_eq!(answer, 42);
/// ```
pub fn blocking<R>(why: Why, call: impl FnOnce() -> R) -> R {
    let opened = door(|door| {
        door.depth += 1;
        (door.hook.take(), door.depth)
    });
    // A thread that ends has lost count, and says 0.
    let (hook, depth) = opened.unwrap_or((None, 0));
    trace::emit(Kind::BlockBegin, why as u64, depth);
    if let Some(hook) = &hook {
        // INVARIANT: [BLOCKING-1] released here, taken back when `restored` is dropped.
        hook.release();
    }
    let restored = Restore { hook, why, depth };
    let answer = call();
    drop(restored);
    answer
}

/// Takes the lock back and installs the hook again, also when the call panicked.
struct Restore {
    hook: Option<Rc<dyn Hook>>,
    why: Why,
    depth: u64,
}

impl Drop for Restore {
    fn drop(&mut self) {
        if let Some(hook) = self.hook.take() {
            hook.acquire();
            door(|door| door.hook = Some(hook));
        }
        door(|door| door.depth = self.depth.saturating_sub(1));
        trace::emit(Kind::BlockEnd, self.why as u64, self.depth);
    }
}

/// Installs `hook` for this thread until the answer is dropped.
///
/// # Panics
///
/// Panics if the thread has a hook already: two global locks at once would each be released by
/// the other's door.
pub fn install(hook: Rc<dyn Hook>) -> Installed {
    let is_free = door(|door| door.hook.is_none()).unwrap_or(true);
    assert!(is_free, "this thread already has a hook around its blocking calls");
    door(|door| door.hook = Some(hook));
    Installed { not_send: PhantomData }
}

/// The hook is installed for as long as this lives.
#[must_use = "dropped at once, the hook is removed at once"]
#[derive(Debug)]
pub struct Installed {
    not_send: PhantomData<*const ()>,
}

impl Drop for Installed {
    fn drop(&mut self) {
        door(|door| door.hook.take());
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[derive(Default)]
    struct Counting {
        held: Cell<bool>,
        releases: Cell<u32>,
    }

    impl Hook for Counting {
        fn release(&self) {
            assert!(self.held.replace(false), "released what was not held");
            self.releases.set(self.releases.get() + 1);
        }

        fn acquire(&self) {
            assert!(!self.held.replace(true), "took what was held");
        }
    }

    /// Returns a hook that counts, and the same one to be installed.
    fn held() -> (Rc<Counting>, Rc<dyn Hook>) {
        let hook = Rc::new(Counting::default());
        hook.acquire();
        (Rc::clone(&hook), hook)
    }

    #[test]
    fn the_hook_is_open_during_the_call_and_closed_after() {
        let (hook, door) = held();
        let installed = install(door);
        blocking(Why::Io, || assert!(!hook.held.get()));
        assert!(hook.held.get());
        drop(installed);
        blocking(Why::Io, || assert!(hook.held.get(), "no hook, so nothing was released"));
    }

    #[test]
    fn a_door_inside_a_door_releases_once() {
        let (hook, door) = held();
        let _installed = install(door);
        blocking(Why::Lock, || blocking(Why::Sleep, || ()));
        assert_eq!((hook.releases.get(), hook.held.get()), (1, true));
    }

    /// Fails if `Restore` is replaced by plain code after the call.
    #[test]
    fn a_call_that_panics_leaves_the_hook_as_it_was() {
        let (hook, door) = held();
        let _installed = install(door);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            blocking(Why::Job, || panic!("the call"));
        }));
        assert!(outcome.is_err() && hook.held.get());
        blocking(Why::Io, || assert!(!hook.held.get()));
    }

    #[test]
    fn every_reason_survives_the_way_through_an_event() {
        for why in Why::ALL {
            assert_eq!(Why::from_word(why as u64), Some(why));
        }
        let words = [Why::Io, Why::Sleep, Why::Lock, Why::Job, Why::Native].map(|why| why as u64);
        assert_eq!(words, [0, 1, 2, 3, 4], "old recordings read as they did");
        assert_eq!(Why::from_word(Why::ALL.len() as u64), None);
    }
}
