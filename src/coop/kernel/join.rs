//! The two ends of a task's answer: the job that gives it, and the handle that takes it.
//!
//! # Invariants
//!
//! - **JOIN-1** A task answers exactly once: its output, its panic, or that it was cancelled.
//! - **JOIN-2** The future is dropped before the joiner is told: who has joined a task may rely on
//!   everything that it held being released.
//! - **JOIN-3** Foreign code (wakers, destructors of outputs) runs while the cell is free.
//!
//! Read after [`scheduler`](super::scheduler).
#![forbid(unsafe_code)]

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use super::scheduler::Scheduler;
use super::task::{Job, Key, TaskId, WaitsOn};

/// Why a task has no output.
#[non_exhaustive]
pub enum JoinError {
    /// The task was aborted, or its runtime was dropped.
    Cancelled {
        /// The task.
        task: TaskId,
    },
    /// The task panicked, in a poll or while its future was dropped.
    Panicked {
        /// The task.
        task: TaskId,
        /// The panic's text, if it had one.
        message: String,
        /// What it panicked with.
        payload: Mutex<Box<dyn Any + Send>>,
    },
}

impl JoinError {
    /// Makes the error of a task that panicked with `payload`.
    pub(in crate::coop) fn panicked(task: TaskId, payload: Box<dyn Any + Send>) -> Self {
        let message = payload
            .downcast_ref::<&'static str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a value that is no text".to_owned());
        Self::Panicked { task, message, payload: Mutex::new(payload) }
    }

    /// Tells whether the task was cancelled, as opposed to having panicked.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled { .. })
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled { task } => write!(formatter, "task {task} was cancelled"),
            Self::Panicked { task, message, .. } => {
                write!(formatter, "task {task} panicked: {message}")
            }
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "JoinError({self})")
    }
}

impl std::error::Error for JoinError {}

type JoinResult<T> = Result<T, JoinError>;

/// Where the answer waits for its taker.
pub(super) struct JoinCell<T> {
    state: RefCell<State<T>>,
}

enum State<T> {
    Running(Option<Waker>),
    Done(JoinResult<T>),
    Taken,
}

impl<T> JoinCell<T> {
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Self { state: RefCell::new(State::Running(None)) })
    }

    fn finish(&self, result: JoinResult<T>) {
        let mut state = self.state.borrow_mut();
        // INVARIANT: [JOIN-1] a second answer, of a panic after the first, is dropped.
        let State::Running(waker) = &mut *state else { return };
        let waker = waker.take();
        *state = State::Done(result);
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Takes the answer of `task` if it is there.
    fn take(&self, task: TaskId) -> Option<JoinResult<T>> {
        let mut state = self.state.borrow_mut();
        if let State::Running(_) = *state {
            return None;
        }
        let State::Done(result) = std::mem::replace(&mut *state, State::Taken) else {
            panic!("the answer of task {task} was taken already")
        };
        Some(result)
    }

    /// Leaves a waker for the answer.
    fn wait(&self, waker: Waker) {
        let mut state = self.state.borrow_mut();
        if let State::Running(waiter) = &mut *state {
            let replaced = waiter.replace(waker);
            drop(state);
            // INVARIANT: [JOIN-3]
            drop(replaced);
        }
    }
}

/// The task's end: a future, and where its output goes.
pub(super) struct Spawned<F: Future> {
    id: TaskId,
    /// `None` once it is done or dropped.
    future: Option<Pin<Box<F>>>,
    cell: Rc<JoinCell<F::Output>>,
}

impl<F: Future> Spawned<F> {
    pub(super) fn new(id: TaskId, future: F, cell: Rc<JoinCell<F::Output>>) -> Self {
        Self { id, future: Some(Box::pin(future)), cell }
    }
}

impl<F: Future> Job for Spawned<F> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(future) = &mut self.future else { return Poll::Ready(()) };
        let Poll::Ready(output) = future.as_mut().poll(context) else { return Poll::Pending };
        // INVARIANT: [JOIN-2]
        drop(self.future.take());
        self.cell.finish(Ok(output));
        Poll::Ready(())
    }

    fn fail(&mut self, error: JoinError) {
        let future = self.future.take();
        // INVARIANT: [JOIN-2] and a destructor that panics is the task's panic.
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(future)));
        let error =
            dropped.map_or_else(|payload| JoinError::panicked(self.id, payload), |()| error);
        self.cell.finish(Err(error));
    }
}

/// The taker's end of a task: await its output, abort it, or drop it and let it run.
///
/// # Cancel behaviour
///
/// Dropping the handle detaches the task. A pending `.await` may be dropped and begun again. The
/// answer can be taken once.
pub struct JoinHandle<T> {
    key: Key,
    cell: Rc<JoinCell<T>>,
    scheduler: Rc<Scheduler>,
}

impl<T> JoinHandle<T> {
    pub(super) fn new(key: Key, cell: Rc<JoinCell<T>>, scheduler: Rc<Scheduler>) -> Self {
        Self { key, cell, scheduler }
    }

    /// Returns the task's number.
    pub fn id(&self) -> TaskId {
        self.key.id
    }

    /// Drops the task's future at its current await point, here and now.
    ///
    /// The answer is then [`JoinError::Cancelled`]. A task that aborts itself goes on until its
    /// next await; one that has ended keeps its answer.
    pub fn abort(&self) {
        self.scheduler.abort(self.key);
    }

    /// Tells whether the task has ended, however it did.
    pub fn is_finished(&self) -> bool {
        !matches!(*self.cell.state.borrow(), State::Running(_))
    }

    /// Returns a handle that can only abort.
    pub(in crate::coop) fn abort_handle(&self) -> AbortHandle {
        AbortHandle { key: self.key, scheduler: Rc::clone(&self.scheduler) }
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = JoinResult<T>;

    /// # Panics
    ///
    /// Panics if the answer was taken before, or if a task waits for itself.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let task = self.key.id;
        if let Some(result) = self.cell.take(task) {
            return Poll::Ready(result);
        }
        assert!(!self.scheduler.is_running(self.key), "task {task} waits for itself");
        self.scheduler.note_wait(WaitsOn::Task(task));
        self.cell.wait(context.waker().clone());
        Poll::Pending
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("JoinHandle").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// Aborts a task whose output somebody else takes.
pub(in crate::coop) struct AbortHandle {
    key: Key,
    scheduler: Rc<Scheduler>,
}

impl AbortHandle {
    pub(in crate::coop) fn abort(&self) {
        self.scheduler.abort(self.key);
    }
}
