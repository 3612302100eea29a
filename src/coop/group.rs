//! Tasks that live and die together.
//!
//! # The life of a group
//!
//! 1. [`TaskGroup::run`] calls its body, which spawns children.
//! 2. All goes well: the body returns, the group waits for every child, then answers with the
//!    body's value.
//! 3. A child fails: it answers `Err`, or panics. Its siblings and the body are dropped at their
//!    await points, at once, and the group answers with the failure.
//! 4. The group itself is dropped, by a timeout or an abort: so are the body and all children.
//!
//! # Invariants
//!
//! - **GROUP-1** When `run` has answered or was dropped, no child is alive. The one exception is a
//!   child that drops its own group: it goes on until its next await.
//! - **GROUP-2** The first failure is the group's; the children that it ends answer nobody.
#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::fmt;
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use slab::Slab;

use super::kernel::current::current;
use super::kernel::join::{AbortHandle, JoinError, JoinHandle};
use super::spawn;

/// Why a group has failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum GroupError<E> {
    /// The body or a child answered with this error.
    Failed(E),
    /// A child panicked.
    Panicked(JoinError),
}

impl<E: fmt::Display> fmt::Display for GroupError<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(formatter),
            Self::Panicked(error) => error.fmt(formatter),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for GroupError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Failed(error) => error.source(),
            Self::Panicked(_) => None,
        }
    }
}

/// Children that end no later than their group, and fail together; see the module's source.
///
/// # Example: the first failure ends the others
///
/// ```
/// use std::time::Duration;
/// use trainyard::coop::{self, TaskGroup};
///
/// let outcome = coop::run(TaskGroup::run(async |group| {
///     group.spawn(async {
///         coop::sleep(Duration::from_hours(1)).await;
///         Ok(())
///     });
///     group.spawn(async { Err::<(), _>("no such host") });
///     Ok(())
/// }));
/// assert_eq!(outcome.unwrap_err().to_string(), "no such host");
/// ```
pub struct TaskGroup<E> {
    shared: Rc<RefCell<Shared<E>>>,
}

struct Shared<E> {
    /// `None` for a child that is being spawned.
    children: Slab<Option<AbortHandle>>,
    failure: Option<GroupError<E>>,
    waiter: Option<Waker>,
}

impl<E: 'static> TaskGroup<E> {
    /// Runs `body` with a new group, waits for it and every child, and returns its value.
    ///
    /// # Errors
    ///
    /// Fails with the first failure of the body or a child, when all others are dropped.
    ///
    /// # Cancel behaviour
    ///
    /// Dropping it drops the body and all children, before the drop returns.
    ///
    /// # Panics
    ///
    /// Passes on a panic of the body; the children are dropped first.
    pub async fn run<T>(body: impl AsyncFnOnce(&Self) -> Result<T, E>) -> Result<T, GroupError<E>> {
        let shared = Shared { children: Slab::new(), failure: None, waiter: None };
        // INVARIANT: [GROUP-1] its destructor ends the children, however this future ends.
        let group = Self { shared: Rc::new(RefCell::new(shared)) };
        let value = group.run_body(body(&group)).await?;
        poll_fn(|context| match group.poll_failure(context) {
            Poll::Ready(failure) => Poll::Ready(Err(failure)),
            Poll::Pending if group.shared.borrow().children.is_empty() => Poll::Ready(Ok(())),
            Poll::Pending => Poll::Pending,
        })
        .await?;
        Ok(value)
    }

    /// Creates a child. Its handle may be dropped: the group waits for it all the same.
    ///
    /// The handle of a child that fails answers [`JoinError::Cancelled`]; why it failed is the
    /// group's answer.
    #[track_caller]
    pub fn spawn<T, F>(&self, child: F) -> JoinHandle<T>
    where
        T: 'static,
        F: Future<Output = Result<T, E>> + 'static,
    {
        let slot = self.shared.borrow_mut().children.insert(None);
        let member = Member { slot, shared: Rc::clone(&self.shared) };
        let handle = spawn(member.run(child));
        // The child is gone already if its loop is being dropped.
        if let Some(place) = self.shared.borrow_mut().children.get_mut(slot) {
            *place = Some(handle.abort_handle());
        }
        handle
    }

    /// Waits for the body or for a failure; the body is dropped when this answers.
    async fn run_body<T>(
        &self,
        body: impl Future<Output = Result<T, E>>,
    ) -> Result<T, GroupError<E>> {
        let mut body = pin!(body);
        poll_fn(|context| {
            if let Poll::Ready(failure) = self.poll_failure(context) {
                return Poll::Ready(Err(failure));
            }
            body.as_mut().poll(context).map(|outcome| outcome.map_err(GroupError::Failed))
        })
        .await
    }

    fn poll_failure(&self, context: &mut Context<'_>) -> Poll<GroupError<E>> {
        let waker = context.waker().clone();
        let mut shared = self.shared.borrow_mut();
        if let Some(failure) = shared.failure.take() {
            return Poll::Ready(failure);
        }
        let replaced = shared.waiter.replace(waker);
        drop(shared);
        drop(replaced);
        Poll::Pending
    }
}

impl<E> Drop for TaskGroup<E> {
    fn drop(&mut self) {
        end_children(&self.shared);
    }
}

impl<E> fmt::Debug for TaskGroup<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let children = self.shared.borrow().children.len();
        formatter.debug_struct("TaskGroup").field("children", &children).finish_non_exhaustive()
    }
}

/// A child's place in its group, left when the child's future is dropped.
struct Member<E> {
    slot: usize,
    shared: Rc<RefCell<Shared<E>>>,
}

impl<E> Member<E> {
    /// Runs the child, and never returns if it fails.
    async fn run<T>(self, child: impl Future<Output = Result<T, E>>) -> T {
        let mut child = pin!(child);
        let outcome = poll_fn(|context| {
            // Caught here and not by the loop, because the panic is the group's to tell.
            match catch_unwind(AssertUnwindSafe(|| child.as_mut().poll(context))) {
                Ok(poll) => poll.map(|outcome| outcome.map_err(GroupError::Failed)),
                Err(payload) => {
                    let task = current().current_task();
                    Poll::Ready(Err(GroupError::Panicked(JoinError::panicked(task, payload))))
                }
            }
        });
        match outcome.await {
            Ok(value) => value,
            Err(failure) => {
                self.fail(failure);
                // `fail` has aborted this task too, so this is its last await.
                pending().await
            }
        }
    }

    fn fail(&self, failure: GroupError<E>) {
        let mut shared = self.shared.borrow_mut();
        // INVARIANT: [GROUP-2]
        if shared.failure.is_none() {
            shared.failure = Some(failure);
        }
        drop(shared);
        end_children(&self.shared);
    }
}

impl<E> Drop for Member<E> {
    fn drop(&mut self) {
        let mut shared = self.shared.borrow_mut();
        let place = shared.children.try_remove(self.slot);
        let waiter = if shared.children.is_empty() { shared.waiter.take() } else { None };
        drop(shared);
        drop(place);
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }
}

/// Drops every child at its await point; the running one at its next.
fn end_children<E>(shared: &RefCell<Shared<E>>) {
    let children: Vec<AbortHandle> = shared.borrow_mut().children.drain().flatten().collect();
    for child in &children {
        child.abort();
    }
    let waiter = shared.borrow_mut().waiter.take();
    if let Some(waiter) = waiter {
        waiter.wake();
    }
}
