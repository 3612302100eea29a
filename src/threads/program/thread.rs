//! A thread as others know it: its name, its number, and whether it is alive.
//!
//! The counterpart of a `threading.Thread` that has been started. Clones are the same thread. A
//! thread that something else has started, a pool or std, is known too once it asks for itself, as
//! CPython's dummy threads are: it counts as ended when its locals are dropped.
//!
//! Read next: [`start`](super::start).

use std::cell::RefCell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use super::Program;
use super::start::ThreadBuilder;
use crate::sys::{Why, affinity};
use crate::threads::sync::deadline::{Deadline, Waited};
use crate::threads::sync::event::Event;

/// Whether a program ends without waiting for a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Daemon {
    /// It does: the thread stays where it is.
    Yes,
    /// The program waits until the thread has ended.
    No,
}

/// A thread that was started; two are equal if they are the same.
///
/// # Example: every thread of a program but this one
///
/// ```
/// use trainyard::threads::{self, Event, Gil, Mode, Thread};
/// use std::sync::Arc;
///
/// threads::run(|| {
///     let (gil, stop) = (Gil::new(Mode::default()), Arc::new(Event::new()));
///     for name in ["a", "b"] {
///         let stop = Arc::clone(&stop);
///         drop(threads::spawn(&gil, name, move |_| stop.wait())?);
///     }
///     let others = threads::enumerate().into_iter().filter(|thread| *thread != threads::current());
///     let others: Vec<Thread> = others.collect();
///     assert_eq!(others.iter().map(Thread::name).collect::<Vec<_>>(), ["a", "b"]);
///     stop.set();
///     others.iter().for_each(Thread::join);
///     assert!(others.iter().all(|thread| !thread.is_alive()));
///     Ok::<(), std::io::Error>(())
/// })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Thread {
    about: Arc<About>,
}

struct About {
    number: u64,
    name: String,
    daemon: Daemon,
    /// 0 until the thread runs.
    native_id: AtomicU32,
    is_alive: AtomicBool,
    ended: Event,
}

/// The kernel gives no thread this number.
const NO_ID: u32 = 0;

impl Thread {
    /// Begins to describe a thread that is to be started.
    pub fn builder() -> ThreadBuilder {
        ThreadBuilder::new()
    }

    /// A thread that is to be started; without a name it gets a number, as in Python.
    pub(super) fn new(name: Option<String>, daemon: Daemon) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // ORDER: Relaxed; a plain counter.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = name.unwrap_or_else(|| format!("Thread-{number}"));
        let (native_id, is_alive) = (AtomicU32::new(NO_ID), AtomicBool::new(true));
        Self {
            about: Arc::new(About {
                number,
                name,
                daemon,
                native_id,
                is_alive,
                ended: Event::new(),
            }),
        }
    }

    /// The thread that calls this, which begins to be a program's main.
    pub(super) fn main() -> Self {
        let main = Self::new(Some("MainThread".to_owned()), Daemon::No);
        main.begins();
        main
    }

    /// Returns the thread's name.
    pub fn name(&self) -> &str {
        &self.about.name
    }

    /// Tells whether a program ends without waiting for the thread.
    pub fn daemon(&self) -> Daemon {
        self.about.daemon
    }

    /// Returns the number by which the kernel knows the thread; `None` until it first runs.
    pub fn native_id(&self) -> Option<u32> {
        // ORDER: Relaxed; a number, and nothing else.
        Some(self.about.native_id.load(Ordering::Relaxed)).filter(|id| *id != NO_ID)
    }

    /// Returns a number that no other thread of this process has or will have; `ident`.
    pub fn number(&self) -> u64 {
        self.about.number
    }

    /// Tells whether the thread has not ended; it may be about to.
    pub fn is_alive(&self) -> bool {
        // ORDER: Acquire; pairs with the Release in `ended`: what the thread did is seen.
        self.about.is_alive.load(Ordering::Acquire)
    }

    /// Sleeps until the thread has ended, with the global lock given up. Any number of threads may.
    ///
    /// Its answer is its [`JoinHandle`](super::JoinHandle)'s to give. A daemon that its program has abandoned
    /// never ends.
    ///
    /// # Panics
    ///
    /// Panics if the thread is the one that calls.
    pub fn join(&self) {
        let _in_time = self.join_until(Deadline::NEVER);
    }

    /// As [`join`](Self::join), but gives up after `timeout`.
    ///
    /// # Panics
    ///
    /// As [`join`](Self::join).
    pub fn join_timeout(&self, timeout: Duration) -> Waited {
        self.join_until(Deadline::after(timeout))
    }

    pub(super) fn join_until(&self, deadline: Deadline) -> Waited {
        assert!(*self != current(), "thread {} waits for its own end", self.name());
        self.about.ended.wait_until(deadline, Why::Thread)
    }

    /// Notes that the thread, which calls this, runs.
    pub(super) fn begins(&self) {
        // ORDER: Relaxed; a number, and nothing else.
        self.about.native_id.store(affinity::thread_id(), Ordering::Relaxed);
    }

    /// Says that the thread has ended: from here on nobody finds it alive.
    pub(super) fn is_gone(&self) {
        // ORDER: Release; pairs with the Acquire in `is_alive`.
        self.about.is_alive.store(false, Ordering::Release);
    }

    /// The same, and wakes whoever waits for that.
    pub(super) fn ended(&self) {
        self.is_gone();
        self.about.ended.set();
    }
}

/// Who the running thread is. A thread that something else has started ends when this is dropped.
pub(super) struct Me {
    thread: Thread,
    is_ours: bool,
}

impl Me {
    pub(super) fn ours(thread: &Thread) -> Self {
        Self { thread: thread.clone(), is_ours: true }
    }
}

impl Drop for Me {
    fn drop(&mut self) {
        if !self.is_ours {
            self.thread.ended();
        }
    }
}

thread_local! {
    static ME: RefCell<Option<Me>> = const { RefCell::new(None) };
}

/// Says who the running thread is from now on, and returns who it was.
#[must_use = "a thread that something else has started is over when it is dropped"]
pub(super) fn be(me: Option<Me>) -> Option<Me> {
    ME.with(|current| current.replace(me))
}

/// Returns the thread that calls this.
///
/// # Example: a thread's own name
///
/// ```
/// use trainyard::threads::{self, Gil, Mode};
///
/// threads::run(|| {
///     let worker = threads::spawn(&Gil::new(Mode::default()), "worker", |_| threads::current())?;
///     assert_eq!(threads::current(), threads::main_thread());
///     assert_eq!(worker.join().expect("it does not panic").name(), "worker");
///     Ok::<(), std::io::Error>(())
/// })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn current() -> Thread {
    let known = ME.try_with(|current| {
        let mut me = current.borrow_mut();
        me.get_or_insert_with(|| Me { thread: foreign(), is_ours: false }).thread.clone()
    });
    // Its locals are gone: it is about to end, and nobody can find it again.
    known.unwrap_or_else(|_| foreign())
}

/// A thread that something else has started, and that calls this.
fn foreign() -> Thread {
    let thread = Thread::new(std::thread::current().name().map(str::to_owned), Daemon::Yes);
    thread.begins();
    thread
}

/// Returns the threads of this program that have not ended, in the order in which they were started;
/// outside a program, the thread that calls.
pub fn enumerate() -> Vec<Thread> {
    let Some(program) = Program::get() else { return vec![current()] };
    let state = program.state.lock();
    state.alive.values().map(|alive| alive.thread.clone()).collect()
}

/// Returns the thread that called [`run`](super::run), which is the main of this program.
///
/// # Panics
///
/// Panics outside a program.
pub fn main_thread() -> Thread {
    Program::of_this_thread().main.clone()
}

impl PartialEq for Thread {
    fn eq(&self, other: &Self) -> bool {
        self.number() == other.number()
    }
}

impl Eq for Thread {}

impl Hash for Thread {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number().hash(state);
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Thread");
        debug.field("name", &self.name()).field("number", &self.number());
        debug.field("daemon", &self.daemon()).field("is_alive", &self.is_alive());
        debug.finish_non_exhaustive()
    }
}
