//! A program of threads: who belongs to it, and what becomes of them when `main` returns.
//!
//! In Rust every thread is a daemon: when `main` returns, the process ends, wherever its threads
//! are. In Python a program ends when its last thread that is *not* a daemon ends; `main` waits.
//! [`run`] is such a main.
//!
//! # The life of one program
//!
//! 1. [`run`] calls its closure. Threads are started with a [`ThreadBuilder`], or with [`spawn`] and
//!    [`spawn_daemon`], by the closure and by the threads so started.
//! 2. A thread ends. It leaves the list of those that are alive, and its handle waits to be joined by
//!    one that ends later: so an ended thread is forgotten, and its stack with it.
//! 3. The closure returns, or panics. [`run`] joins every thread that is no daemon, those that were
//!    started meanwhile included.
//! 4. The program is over. A daemon that computes leaves the lock at its next check point, and one
//!    that waits for it, or comes back from a call, is refused: it sleeps from then on, as in
//!    CPython since 3.14 (gh-87135; up to 3.13 the thread was made to exit, from wherever it was).
//! 5. [`run`] returns, `main` returns, and the process ends with the daemons in it. None of their
//!    destructors runs: a file may be half written. That is why the pools have no daemons.
//!
//! # Invariants
//!
//! - **PROGRAM-1** When `run` returns no thread that is no daemon runs, and no daemon begins to.
//! - **PROGRAM-2** The handle of a thread that is no daemon is with the living, with the ended, or
//!   with whoever joins it, who is `run` itself or has a younger handle: so `run` waits for all.
//!
//! Read next: [`thread`], [`start`], then [`timer`] and [`local`].

pub mod local;
pub mod start;
pub mod thread;
pub mod timer;

use std::any::Any;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle as Handle;

pub use local::Local;
pub use start::{JoinHandle, ThreadBuilder, spawn, spawn_daemon};
pub use thread::{Daemon, Thread, current, enumerate, main_thread};
pub use timer::Timer;

use thread::Me;

use super::kernel::attach::Refusal;
use crate::sys::prim::Mutex;
use crate::sys::{Why, blocking};

/// How many ended threads wait to be joined. Whoever is joined has then been gone for a while, so
/// that joining it is no wait; each keeps its stack until then.
const ENDED_MAX: usize = 16;

/// What the threads of one program share.
struct Program {
    main: Thread,
    state: Mutex<State>,
    /// Set under `state`; daemons look at it without.
    is_over: Arc<AtomicBool>,
}

type PanicHook = Arc<dyn Fn(&Thread, &(dyn Any + Send)) + Send + Sync>;

/// Guarded by `Program::state`.
#[derive(Default)]
struct State {
    /// By their numbers, which is the order in which they were started.
    alive: BTreeMap<u64, Alive>,
    /// Threads that have ended, or are about to, and that nobody has joined.
    ended: VecDeque<Handle<()>>,
    panic_hook: Option<PanicHook>,
}

/// A thread that has not ended.
struct Alive {
    thread: Thread,
    /// `None` for main, for a daemon, and for a thread that somebody joins.
    handle: Option<Handle<()>>,
    /// How a daemon that has attached can be refused.
    refusal: Option<Refusal>,
}

thread_local! {
    /// The program that this thread belongs to.
    static PROGRAM: RefCell<Option<Arc<Program>>> = const { RefCell::new(None) };
}

/// Runs `main`, joins the threads that it leaves behind, and abandons the daemons.
///
/// An abandoned daemon does not run under its lock any more, but it keeps what it has. One that waits
/// in a queue still takes the item that it is called for, one that waits for a [`Lock`](super::Lock) takes it
/// and never releases it, and whoever joins one waits for ever. So what daemons use should end with the
/// program. Under a second lock, which it attached to inside a blocking call, a daemon goes on until it leaves
/// that one.
///
/// # Panics
///
/// Passes on a panic of `main`, after the threads were joined. Panics if it is called inside itself.
///
/// # Example: one thread is waited for
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use std::sync::Arc;
/// use trainyard::threads::{self, Gil, Mode};
///
/// let done = Arc::new(AtomicBool::new(false));
/// let seen = Arc::clone(&done);
/// threads::run(move || {
///     let gil = Gil::new(Mode::default());
///     threads::spawn(&gil, "worker", move |_| seen.store(true, Ordering::Relaxed))?;
///     threads::spawn_daemon(&gil, "daemon", |at| loop { at.checkpoint() })?;
///     Ok::<(), std::io::Error>(())
/// })?;
/// assert!(done.load(Ordering::Relaxed));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn run<R>(main: impl FnOnce() -> R) -> R {
    let is_outermost = PROGRAM.with(|current| current.borrow().is_none());
    assert!(is_outermost, "threads::run was called inside threads::run");
    let program = Arc::new(Program::of_main());
    PROGRAM.with(|current| current.replace(Some(Arc::clone(&program))));
    let outside = thread::be(Some(Me::ours(&program.main)));
    let answer = catch_unwind(AssertUnwindSafe(main));
    program.finish();
    drop(thread::be(outside));
    PROGRAM.with(RefCell::take);
    answer.unwrap_or_else(|panic| resume_unwind(panic))
}

/// Says what happens when a thread of this program panics; `threading.excepthook`.
///
/// `hook` gets the thread and what it panicked with. It is called in that thread, attached, after
/// the panic has unwound the thread's closure; std's own hook has printed its line by then. A
/// panic of `hook` itself is caught. The panic is also the thread's answer
/// ([`JoinHandle::join`]).
///
/// # Panics
///
/// Panics outside [`run`].
///
/// # Example: who has failed
///
/// ```
/// use trainyard::threads::{self, Gil, Mode, SimpleQueue};
/// use std::sync::Arc;
///
/// let failed = Arc::new(SimpleQueue::new());
/// let names = Arc::clone(&failed);
/// threads::run(|| {
///     threads::set_panic_hook(move |thread, _| names.put(thread.name().to_owned()));
///     threads::spawn(&Gil::new(Mode::default()), "worker", |_| panic!("oh"))
/// })?;
/// assert_eq!(failed.get(), "worker");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn set_panic_hook(hook: impl Fn(&Thread, &(dyn Any + Send)) + Send + Sync + 'static) {
    let program = Program::of_this_thread();
    let before = program.state.lock().panic_hook.replace(Arc::new(hook));
    // Not under the lock: its destructor is foreign code.
    drop(before);
}

impl Program {
    fn of_main() -> Self {
        let main = Thread::main();
        let alive = Alive { thread: main.clone(), handle: None, refusal: None };
        let state = State { alive: BTreeMap::from([(main.number(), alive)]), ..State::default() };
        Self { main, state: Mutex::new(state), is_over: Arc::default() }
    }

    /// Returns the program of this thread, if it has one and its locals are not gone.
    fn get() -> Option<Arc<Self>> {
        PROGRAM.try_with(|current| current.borrow().clone()).ok().flatten()
    }

    fn of_this_thread() -> Arc<Self> {
        Self::get().expect("a thread is spawned inside threads::run, which joins it")
    }

    /// Fails once the program is over.
    fn ensure_goes_on(&self) -> io::Result<()> {
        // ORDER: Relaxed; set under `state`, which whoever has to know holds.
        if self.is_over.load(Ordering::Relaxed) {
            return Err(io::Error::other("no thread can be started: the program is over"));
        }
        Ok(())
    }

    /// Joins every thread that is no daemon, then refuses the daemons.
    fn finish(&self) {
        self.forget(&self.main).into_iter().for_each(join);
        self.main.ended();
        loop {
            let mut state = self.state.lock();
            let Some(handle) = state.next_to_join() else {
                // INVARIANT: [PROGRAM-1] under the mutex, so that no thread is started in between.
                // ORDER: Relaxed; nothing is handed over.
                self.is_over.store(true, Ordering::Relaxed);
                state
                    .alive
                    .values()
                    .filter_map(|alive| alive.refusal.as_ref())
                    .for_each(Refusal::refuse);
                return;
            };
            drop(state);
            join(handle);
        }
    }

    /// Makes `thread` known, and starts it; it is unknown again if that fails.
    fn start(
        &self,
        thread: &Thread,
        start: impl FnOnce() -> io::Result<Handle<()>>,
    ) -> io::Result<()> {
        let mut state = self.state.lock();
        // INVARIANT: [PROGRAM-1] from here until the thread is in the list nobody ends the program.
        self.ensure_goes_on()?;
        let handle = start()?;
        // INVARIANT: [PROGRAM-2] before the thread can end: it locks `state` to do so.
        let handle = Some(handle).filter(|_| thread.daemon() == Daemon::No);
        let alive = Alive { thread: thread.clone(), handle, refusal: None };
        state.alive.insert(thread.number(), alive);
        Ok(())
    }

    /// Notes how a daemon can be refused; fails if it has come too late, and must not begin.
    fn let_begin(&self, thread: &Thread, refusal: Refusal) -> io::Result<()> {
        let mut state = self.state.lock();
        // INVARIANT: [PROGRAM-1]
        self.ensure_goes_on()?;
        let alive = state.alive.get_mut(&thread.number());
        alive.expect("a thread is among the living before it runs").refusal = Some(refusal);
        Ok(())
    }

    /// Takes `thread`, which is about to end, from the living, and returns one that has ended and is
    /// to be joined.
    fn forget(&self, thread: &Thread) -> Option<Handle<()>> {
        let mut state = self.state.lock();
        let alive = state.alive.remove(&thread.number())?;
        // INVARIANT: [PROGRAM-2] the caller's own handle is the youngest.
        state.ended.extend(alive.handle);
        if state.ended.len() > ENDED_MAX { state.ended.pop_front() } else { None }
    }

    fn panic_hook(&self) -> Option<PanicHook> {
        self.state.lock().panic_hook.clone()
    }
}

impl State {
    fn next_to_join(&mut self) -> Option<Handle<()>> {
        let living = self.alive.values_mut().find_map(|alive| alive.handle.take());
        living.or_else(|| self.ended.pop_front())
    }
}

fn join(handle: Handle<()>) {
    // Its panic was caught, and given to its handle.
    let _ended = blocking(Why::Thread, || handle.join());
}
