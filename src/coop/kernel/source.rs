//! A task's side of the reactor: a socket that is watched, and the attempt at an operation.
//!
//! # The life of one operation
//!
//! 1. The task's budget is asked: a socket that is always ready must not keep the loop.
//! 2. The operation is tried as long as the direction may be ready.
//! 3. `EWOULDBLOCK`: the flag is lowered, the waker left, and the task waits.
//!
//! Read after [`reactor`](super::reactor).
#![forbid(unsafe_code)]

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

use mio::event::Source as Watchable;

use super::current::{current, is_current};
use super::reactor::{Direction, SourceId};
use super::scheduler::{Budget, Scheduler};
use super::task::WaitsOn;

/// A socket that its loop watches until it is dropped.
pub(in crate::coop) struct Source<S: Watchable> {
    socket: S,
    id: SourceId,
    scheduler: Rc<Scheduler>,
}

impl<S: Watchable> Source<S> {
    /// Registers `socket` with the current loop.
    pub(in crate::coop) fn new(mut socket: S) -> io::Result<Self> {
        let scheduler = current();
        let id = scheduler.world.reactor()?.borrow_mut().add(&mut socket)?;
        Ok(Self { socket, id, scheduler })
    }

    pub(in crate::coop) fn socket(&self) -> &S {
        &self.socket
    }

    /// Waits until `operation` says something else than `EWOULDBLOCK`.
    ///
    /// Who calls this has the only right to wait in this direction (REACTOR-4).
    pub(in crate::coop) async fn ready<R>(
        &self,
        direction: Direction,
        mut operation: impl FnMut(&S) -> io::Result<R>,
    ) -> io::Result<R> {
        poll_fn(|context| self.poll_ready(direction, context, &mut operation)).await
    }

    fn poll_ready<R>(
        &self,
        direction: Direction,
        context: &mut Context<'_>,
        operation: &mut impl FnMut(&S) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        if !is_current(&self.scheduler) {
            let text = "the socket belongs to another event loop";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidInput, text)));
        }
        if self.scheduler.budget(context.waker()) == Budget::Spent {
            return Poll::Pending;
        }
        let reactor = self.scheduler.world.reactor()?;
        while reactor.borrow_mut().is_ready(self.id, direction) {
            match operation(&self.socket) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    reactor.borrow_mut().clear(self.id, direction);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => {
                    self.scheduler.spend();
                    return Poll::Ready(outcome);
                }
            }
        }
        self.scheduler.note_wait(WaitsOn::Io);
        let (waker, task) = (context.waker().clone(), self.scheduler.current_task());
        let replaced = reactor.borrow_mut().wait(self.id, direction, waker, task);
        // A waker's destructor is foreign code: the reactor is free by now.
        drop(replaced);
        Poll::Pending
    }
}

impl<S: Watchable> Drop for Source<S> {
    fn drop(&mut self) {
        if let Ok(reactor) = self.scheduler.world.reactor() {
            let wakers = reactor.borrow_mut().remove(self.id, &mut self.socket);
            drop(wakers);
        }
    }
}

impl<S: Watchable + fmt::Debug> fmt::Debug for Source<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.socket.fmt(formatter)
    }
}
