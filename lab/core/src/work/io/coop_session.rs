//! The cooperative client: keep-alive connections that all tasks of a loop share.
//!
//! It is to [`session`](super::session) what aiohttp is to requests: the same `connection`, but
//! wherever that one sleeps this one awaits. And where a thread needs a session of its own, all
//! tasks share this one: none of them can be switched out in the middle of taking a connection.
//!
//! A task takes an idle connection, or leaves its waker in the queue; when it has its answer it puts
//! the connection back and wakes the first in the queue.
//!
//! Not here: cancelling. A task that is dropped while it waits in the queue takes its wake-up along,
//! and one dropped during a request takes its connection. No contender drops a task.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use super::connection::{Connection, Patience, Stream};
use super::http::{Page, RequestId};
use super::target::Target;
use crate::terms::error::Result;
use crate::work::arm::Unit;
use trainyard::coop::net::TcpStream;
use trainyard::coop::{join_all, timeout};

/// Connections that tasks share; clones are the same session.
#[derive(Clone, Debug, Default)]
pub struct Session {
    shared: Rc<RefCell<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    idle: Vec<Connection<TcpStream>>,
    waiting: VecDeque<Waker>,
}

impl Session {
    /// Opens `limit` connections, to the addresses of `targets` in turn. No more than these will
    /// ever be open at once.
    pub async fn open(targets: &[Target], limit: usize) -> Result<Self> {
        Self::open_with(targets, limit, Patience::default()).await
    }

    /// As [`open`](Self::open), for whoever has less patience.
    pub(super) async fn open_with(
        targets: &[Target],
        limit: usize,
        patience: Patience,
    ) -> Result<Self> {
        let open = async |target| {
            let mut connection = Connection::new(patience);
            connection.open(target).await?;
            Ok(connection)
        };
        let connections = join_all(targets.iter().cycle().take(limit).map(open)).await;
        let session = Self::default();
        session.shared.borrow_mut().idle = connections.into_iter().collect::<Result<_>>()?;
        Ok(session)
    }

    /// Fetches `target` and checks the answer.
    pub async fn get(&self, target: &Target, id: RequestId) -> Result<Page> {
        let mut connection = self.take(target).await;
        let unit = Unit::begin(id.0);
        let page = connection.get(target, id).await;
        drop(unit);
        self.put_back(connection);
        page
    }

    /// Takes an idle connection, if possible one to the right address.
    async fn take(&self, target: &Target) -> Connection<TcpStream> {
        poll_fn(|context| {
            let mut shared = self.shared.borrow_mut();
            let right = |idle: &Connection<TcpStream>| idle.leads_to(target);
            let position = shared.idle.iter().rposition(right);
            let position = position.or_else(|| shared.idle.len().checked_sub(1));
            if let Some(position) = position {
                return Poll::Ready(shared.idle.swap_remove(position));
            }
            shared.waiting.push_back(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    fn put_back(&self, connection: Connection<TcpStream>) {
        let mut shared = self.shared.borrow_mut();
        shared.idle.push(connection);
        let next = shared.waiting.pop_front();
        drop(shared);
        if let Some(waker) = next {
            waker.wake();
        }
    }
}

impl Stream for TcpStream {
    async fn connect(address: SocketAddr, patience: Patience) -> io::Result<Self> {
        let stream = within(patience.connect, Self::connect(address)).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn write_all(&mut self, bytes: &[u8], patience: Patience) -> io::Result<()> {
        within(patience.silence, Self::write_all(self, bytes)).await
    }

    async fn read(&mut self, input: &mut [u8], patience: Patience) -> io::Result<usize> {
        within(patience.silence, Self::read(self, input)).await
    }
}

/// Gives `call` up after `time`, with the error that a blocking one has then.
async fn within<T>(time: Duration, call: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let timed_out = |_| Err(io::Error::new(ErrorKind::TimedOut, "connection timed out"));
    timeout(time, call).await.unwrap_or_else(timed_out)
}
