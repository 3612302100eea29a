//! How a thread is started, and what it does from its first step to its last.
//!
//! # The life of one thread
//!
//! 1. A [`ThreadBuilder`] starts it, under the program's lock: it is among the living before it runs.
//! 2. It attaches to its lock, and runs its closure. A daemon that has come too late does not.
//! 3. The closure returns, or panics: then the program's hook is told, in this thread.
//! 4. Its [locals](super::local) are dropped, still attached, as CPython's are.
//! 5. It leaves the living. Its answer is given, and whoever waits for its end wakes up.
//! 6. It joins a thread that has ended long before, and is gone.
//!
//! A thread's own panic is its answer, and ends nobody else.
//!
//! Read next: [`timer`](super::timer).

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::thread::Me;
use super::{Daemon, PROGRAM, Program, Thread, current, join, local, thread};
use crate::handle::contained::contained;
use crate::handle::{JobError, JobHandle, JobResult, Promise, job};
use crate::sys::limits;
use crate::sys::prim::Mutex;
use crate::threads::kernel::attach::{Attached, abandon_when};
use crate::threads::kernel::gil::Gil;
use crate::threads::sync::deadline::{Deadline, Waited};

/// Describes a thread before it is started; the arguments of `threading.Thread`.
///
/// # Example: a thread with a small stack
///
/// ```
/// use trainyard::threads::{self, Gil, Mode, Thread};
///
/// threads::run(|| {
///     let gil = Gil::new(Mode::default());
///     let worker = Thread::builder().name("worker").stack_size(64 * 1024).spawn(&gil, |_| 6 * 7)?;
///     assert_eq!(worker.join().expect("it does not panic"), 42);
///     Ok::<(), std::io::Error>(())
/// })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "a builder starts nothing until `spawn`"]
#[derive(Clone, Debug, Default)]
pub struct ThreadBuilder {
    name: Option<String>,
    daemon: Option<Daemon>,
    stack_size: Option<usize>,
}

impl ThreadBuilder {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Names the thread; defaults to `Thread-` and a number. Linux shows the first 15 bytes.
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Says whether the program ends without waiting for the thread; defaults to what the thread is that
    /// starts it.
    pub fn daemon(mut self, daemon: Daemon) -> Self {
        self.daemon = Some(daemon);
        self
    }

    /// Says how many bytes the thread's stack has; defaults to 2 MiB. `threading.stack_size`.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
        self
    }

    /// Starts the thread, which runs `program` attached to `gil`.
    ///
    /// # Errors
    ///
    /// Fails if the system has no thread to give, the program is over, or there is a zero byte in
    /// the name.
    ///
    /// # Panics
    ///
    /// Panics outside [`run`](super::run).
    pub fn spawn<T, F>(self, gil: &Gil, program: F) -> io::Result<JoinHandle<T>>
    where
        T: Send + 'static,
        F: FnOnce(&mut Attached<'_>) -> T + Send + 'static,
    {
        let shared = Program::of_this_thread();
        let daemon = self.daemon.unwrap_or_else(|| current().daemon());
        let (thread, (promise, handle)) = (Thread::new(self.name, daemon), job());
        let mut builder = named(thread.name())?;
        if let Some(bytes) = self.stack_size {
            builder = builder.stack_size(bytes);
        }
        let (gil, me, inherited) = (gil.clone(), thread.clone(), Arc::clone(&shared));
        let live = move || live(&inherited, &me, &gil, program, promise);
        // std drops what it cannot start, and that is foreign code: so it is kept here until the
        // program's lock is released.
        let ours = Arc::new(Mutex::new(Some(live)));
        let theirs = Arc::clone(&ours);
        let begin = move || {
            let live = theirs.lock().take().expect("a thread begins once");
            drop(theirs);
            live();
        };
        shared.start(&thread, || builder.spawn(begin).map_err(limits::of_a_thread))?;
        Ok(JoinHandle { thread, handle })
    }
}

/// What a thread does all its life. A panic of foreign code is contained: the thread has to come to its
/// end.
fn live<T, F>(program: &Arc<Program>, me: &Thread, gil: &Gil, closure: F, promise: Promise<T>)
where
    F: FnOnce(&mut Attached<'_>) -> T,
{
    PROGRAM.with(|current| current.replace(Some(Arc::clone(program))));
    drop(thread::be(Some(Me::ours(me))));
    me.begins();
    if me.daemon() == Daemon::Yes {
        abandon_when(Arc::clone(&program.is_over));
    }
    let answer = gil.attach(|at| {
        if me.daemon() == Daemon::Yes && program.let_begin(me, at.refusal()).is_err() {
            contained(|| drop(closure));
            return None;
        }
        let answer = catch_unwind(AssertUnwindSafe(|| closure(at)));
        if let Err(panic) = &answer {
            tell(program, me, &**panic);
        }
        local::drop_all();
        Some(answer)
    });
    me.is_gone();
    let gone = program.forget(me);
    // A promise that is dropped answers that nothing has run.
    contained(|| match answer {
        Some(answer) => promise.fulfil(answer.map_err(JobError::panicked)),
        None => drop(promise),
    });
    me.ended();
    gone.into_iter().for_each(join);
}

/// Tells the program's hook of a panic.
fn tell(program: &Program, me: &Thread, panic: &(dyn Any + Send)) {
    if let Some(hook) = program.panic_hook() {
        // Moved, as it may have been replaced meanwhile, and is dropped then.
        contained(move || hook(me, panic));
    }
}

/// A thread about to be started. The kernel's names end at a zero byte, so none may hold one; std
/// panics at it.
pub(in crate::threads) fn named(name: &str) -> io::Result<std::thread::Builder> {
    if name.contains('\0') {
        let why = format!("a thread cannot be started: there is a zero byte in its name, {name:?}");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    Ok(std::thread::Builder::new().name(name.to_owned()))
}

/// Starts a thread that [`run`](super::run) waits for, and that runs `program` attached to `gil`.
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
/// Panics outside [`run`](super::run).
pub fn spawn<T, F>(gil: &Gil, name: &str, program: F) -> io::Result<JoinHandle<T>>
where
    T: Send + 'static,
    F: FnOnce(&mut Attached<'_>) -> T + Send + 'static,
{
    Thread::builder().name(name).daemon(Daemon::No).spawn(gil, program)
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
/// Panics outside [`run`](super::run).
pub fn spawn_daemon<F>(gil: &Gil, name: &str, program: F) -> io::Result<()>
where
    F: FnOnce(&mut Attached<'_>) + Send + 'static,
{
    Thread::builder().name(name).daemon(Daemon::Yes).spawn(gil, program).map(drop)
}

/// A thread that was started, and its answer. Dropping it lets the thread run on.
#[must_use = "a handle that is dropped detaches its thread, and the answer is lost"]
pub struct JoinHandle<T> {
    thread: Thread,
    handle: JobHandle<T>,
}

impl<T> JoinHandle<T> {
    /// Returns the thread.
    pub fn thread(&self) -> &Thread {
        &self.thread
    }

    /// Sleeps until the thread has ended, with the global lock given up, and returns its answer.
    ///
    /// # Errors
    ///
    /// Fails with [`JobError::Panicked`] if the thread panicked, and with [`JobError::Shutdown`] if
    /// it is a daemon that came too late to begin.
    ///
    /// # Panics
    ///
    /// Panics if the thread is the one that calls, or the answer was taken before.
    pub fn join(self) -> JobResult<T> {
        self.thread.join();
        self.handle.join()
    }

    /// As [`join`](Self::join), but gives up after `timeout` and returns `None`.
    ///
    /// # Panics
    ///
    /// As [`join`](Self::join).
    pub fn join_timeout(&mut self, timeout: Duration) -> Option<JobResult<T>> {
        match self.thread.join_until(Deadline::after(timeout)) {
            Waited::InTime => self.handle.join_timeout(Duration::ZERO),
            Waited::TooLate => None,
        }
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = JobResult<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.handle).poll(context)
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("JoinHandle").field(&self.thread).finish()
    }
}
