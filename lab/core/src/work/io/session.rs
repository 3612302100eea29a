//! The blocking client: connections that are kept from one request to the next.
//!
//! The sequential contender has one [`Session`], the threads have one each (the notes' "a session
//! per thread, because it is not thread-safe"), and so has each worker process.
//!
//! Read after [`super::target`] and `connection`.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::connection::{Connection, Patience, Stream};
use super::http::{Page, RequestId};
use super::target::Target;
use crate::terms::error::Result;
use crate::work::arm::Unit;
use trainyard::sys::{Why, blocking};

/// One connection to every address that was asked so far.
///
/// # Not for two threads at once
///
/// Asking changes a session, so it takes one that nobody else has at that moment. Whoever shares
/// one by mistake hears it from the compiler, and not from an answer that belongs to somebody else
/// (which the experiment `session-per-thread` shows):
///
/// ```compile_fail,E0499
/// use lab_core::work::io::{http::RequestId, session::Session, target::Target};
///
/// fn fetch_two(session: &mut Session, target: &Target) {
///     std::thread::scope(|scope| {
///         scope.spawn(|| session.get(target, RequestId(1)));
///         scope.spawn(|| session.get(target, RequestId(2)));
///     });
/// }
/// ```
///
/// With a session for each of them it compiles:
///
/// ```
/// use lab_core::work::io::{http::RequestId, session::Session, target::Target};
///
/// fn fetch_two([one, other]: &mut [Session; 2], target: &Target) {
///     std::thread::scope(|scope| {
///         scope.spawn(|| one.get(target, RequestId(1)));
///         scope.spawn(|| other.get(target, RequestId(2)));
///     });
/// }
/// ```
#[derive(Debug, Default)]
pub struct Session {
    connections: Vec<(SocketAddr, Connection<TcpStream>)>,
    patience: Patience,
}

impl Session {
    /// Connects to the address of every one of `targets`, before anything is timed.
    pub fn open(targets: &[Target]) -> Result<Self> {
        Self::open_with(targets, Patience::default())
    }

    /// As [`open`](Self::open), for whoever has less patience.
    pub(super) fn open_with(targets: &[Target], patience: Patience) -> Result<Self> {
        let mut session = Self { connections: Vec::new(), patience };
        for target in targets {
            at_once(session.connection(target).open(target))?;
        }
        Ok(session)
    }

    /// Fetches `target` and checks the answer.
    pub fn get(&mut self, target: &Target, id: RequestId) -> Result<Page> {
        let _unit = Unit::begin(id.0);
        at_once(self.connection(target).get(target, id))
    }

    fn connection(&mut self, target: &Target) -> &mut Connection<TcpStream> {
        let address = target.address();
        let known = self.connections.iter().position(|(known, _)| *known == address);
        let index = known.unwrap_or_else(|| {
            self.connections.push((address, Connection::new(self.patience)));
            self.connections.len() - 1
        });
        &mut self.connections[index].1
    }
}

/// What a future comes to whose calls all block: it is complete when it is first polled.
fn at_once<T>(call: impl Future<Output = T>) -> T {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("a blocking call returns when it is done"),
    }
}

/// The one place where this client may sleep.
impl Stream for TcpStream {
    async fn connect(address: SocketAddr, patience: Patience) -> io::Result<Self> {
        blocking(Why::Io, || {
            let stream = Self::connect_timeout(&address, patience.connect)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(patience.silence))?;
            stream.set_write_timeout(Some(patience.silence))?;
            Ok(stream)
        })
    }

    async fn write_all(&mut self, bytes: &[u8], _: Patience) -> io::Result<()> {
        blocking(Why::Io, || Write::write_all(self, bytes))
    }

    async fn read(&mut self, input: &mut [u8], _: Patience) -> io::Result<usize> {
        blocking(Why::Io, || Read::read(self, input))
    }
}
