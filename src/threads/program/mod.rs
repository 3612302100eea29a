//! A program with daemon threads: what becomes of threads when `main` returns.
//!
//! In Rust every thread is a daemon: when `main` returns, the process ends, wherever its threads
//! are. In Python a program ends when its last thread that is *not* a daemon ends; `main` waits.
//! [`run`] is such a main.
//!
//! # The life of one program
//!
//! 1. [`run`] calls its closure. Threads are started with [`spawn`] and [`spawn_daemon`], by the closure and
//!    by the threads so started.
//! 2. The closure returns, or panics. [`run`] joins every thread that is no daemon, those that were
//!    started meanwhile included.
//! 3. The program is over. A daemon that computes leaves the lock at its next check point, and one
//!    that waits for it, or comes back from a call, is refused: it sleeps from then on, as in
//!    CPython since 3.14 (gh-87135; up to 3.13 the thread was made to exit, from wherever it was).
//! 4. [`run`] returns, `main` returns, and the process ends with the daemons in it. None of their
//!    destructors runs: a file may be half written. That is why the pools have no daemons.
//!
//! # Invariants
//!
//! - **PROGRAM-1** When `run` returns no thread that is no daemon runs, and no daemon begins to.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::kernel::attach::{Attached, Refusal, abandon_when};
use super::kernel::gil::Gil;
use super::kernel::pool::named;
use crate::handle::{JobError, JobHandle, Start, job};
use crate::sys::prim::Mutex;
use crate::sys::{Why, blocking, limits};

/// What the threads of one program share.
#[derive(Default)]
struct Program {
    state: Mutex<State>,
    /// Set under `state`; daemons look at it without.
    is_over: Arc<AtomicBool>,
}

/// Guarded by `Program::state`.
#[derive(Default)]
struct State {
    /// Threads to be joined.
    threads: Vec<thread::JoinHandle<()>>,
    /// How each daemon that has attached can be refused.
    daemons: Vec<Refusal>,
}

thread_local! {
    /// The program that this thread belongs to.
    static PROGRAM: RefCell<Option<Arc<Program>>> = const { RefCell::new(None) };
}

/// Runs `main`, joins the threads that it leaves behind, and abandons the daemons.
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
    let program = Arc::new(Program::default());
    PROGRAM.with(|current| current.replace(Some(Arc::clone(&program))));
    let answer = catch_unwind(AssertUnwindSafe(main));
    program.finish();
    PROGRAM.with(RefCell::take);
    answer.unwrap_or_else(|panic| resume_unwind(panic))
}

impl Program {
    fn of_this_thread() -> Arc<Self> {
        let program = PROGRAM.with(|current| current.borrow().clone());
        program.expect("a thread is spawned inside threads::run, which joins it")
    }

    /// Fails once the program is over.
    fn ensure_goes_on(&self) -> std::io::Result<()> {
        // ORDER: Relaxed; set under `state`, which whoever has to know holds.
        if self.is_over.load(Ordering::Relaxed) {
            return Err(std::io::Error::other("no thread can be started: the program is over"));
        }
        Ok(())
    }

    /// Joins every thread that is no daemon, then refuses the daemons.
    fn finish(&self) {
        loop {
            let mut state = self.state.lock();
            let Some(thread) = state.threads.pop() else {
                // INVARIANT: [PROGRAM-1] under the mutex, so that no thread is started in between.
                // ORDER: Relaxed; nothing is handed over.
                self.is_over.store(true, Ordering::Relaxed);
                state.daemons.iter().for_each(Refusal::refuse);
                return;
            };
            drop(state);
            // Its panic was caught in `spawn`, and given to its handle.
            let _ended = blocking(Why::Job, || thread.join());
        }
    }
}

/// Starts a thread that [`run`] waits for, and that runs `program` attached to `gil`.
///
/// Its answer, or its panic, is in the handle; dropping the handle detaches it from the thread.
///
/// # Errors
///
/// Fails if the system has no thread to give, the program is over, or there is a zero byte in
/// `name`.
///
/// # Panics
///
/// Panics outside [`run`].
pub fn spawn<T, F>(gil: &Gil, name: &str, program: F) -> std::io::Result<JobHandle<T>>
where
    T: Send + 'static,
    F: FnOnce(&mut Attached<'_>) -> T + Send + 'static,
{
    let shared = Program::of_this_thread();
    let (gil, builder, (promise, handle)) = (gil.clone(), named(name)?, job());
    let inherited = Arc::clone(&shared);
    let mut state = shared.state.lock();
    // INVARIANT: [PROGRAM-1] from here until the thread is in the list nobody ends the program.
    shared.ensure_goes_on()?;
    let thread = builder.spawn(move || {
        PROGRAM.with(|current| current.replace(Some(inherited)));
        if promise.start() == Start::Cancelled {
            return;
        }
        let answer = catch_unwind(AssertUnwindSafe(|| gil.attach(program)));
        promise.fulfil(answer.map_err(JobError::panicked));
    });
    state.threads.push(thread.map_err(limits::of_a_thread)?);
    drop(state);
    Ok(handle)
}

/// Starts a thread that nobody waits for, and that runs `program` attached to `gil` until the program
/// is over.
///
/// There is no handle, as there may be no answer.
///
/// # Errors
///
/// Fails if the system has no thread to give, the program is over, or there is a zero byte in
/// `name`.
///
/// # Panics
///
/// Panics outside [`run`].
pub fn spawn_daemon<F>(gil: &Gil, name: &str, program: F) -> std::io::Result<()>
where
    F: FnOnce(&mut Attached<'_>) + Send + 'static,
{
    let (shared, gil) = (Program::of_this_thread(), gil.clone());
    shared.ensure_goes_on()?;
    let thread = named(name)?.spawn(move || {
        PROGRAM.with(|current| current.replace(Some(Arc::clone(&shared))));
        abandon_when(Arc::clone(&shared.is_over));
        gil.attach(|at| {
            let mut state = shared.state.lock();
            if shared.ensure_goes_on().is_err() {
                // INVARIANT: [PROGRAM-1] it came too late, and does not begin.
                return;
            }
            state.daemons.push(at.refusal());
            drop(state);
            program(at);
        });
    });
    thread.map(drop).map_err(limits::of_a_thread)
}
