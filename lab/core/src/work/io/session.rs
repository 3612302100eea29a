//! The blocking client: connections that are kept from one request to the next.
//!
//! The sequential contender has one [`Session`], the threads have one each (the notes' "a session
//! per thread, because it is not thread-safe"), and so has each worker process. A session keeps
//! one connection for each address.
//!
//! # The life of one request
//!
//! 1. The request is written to the connection that is still open, or to a new one.
//! 2. Bytes are read until the page is complete, or a kept connection turns out to be dead: see
//!    `exchange`.
//! 3. The page is checked against the [`Target`].
//! 4. The connection is kept, unless the server said that it will close it.
//!
//! Read after [`super::http`] and [`super::target`].

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::exchange::{Exchange, Failure, Patience, READ_LEN};
use super::http::{Page, RequestId};
use super::target::Target;
use crate::terms::error::Result;
use crate::work::arm::Unit;
use trainyard::sys::{Why, blocking};

/// Connections to every address that was asked so far.
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
/// fn fetch_two([first, second]: &mut [Session; 2], target: &Target) {
///     std::thread::scope(|scope| {
///         scope.spawn(|| first.get(target, RequestId(1)));
///         scope.spawn(|| second.get(target, RequestId(2)));
///     });
/// }
/// ```
#[derive(Debug, Default)]
pub struct Session {
    connections: Vec<Connection>,
    patience: Patience,
}

impl Session {
    /// Connects to the address of every one of `targets`, before anything is timed.
    ///
    /// # Errors
    ///
    /// One line that names the URL and why its server cannot be reached.
    pub fn open(targets: &[Target]) -> Result<Self> {
        Self::open_with(targets, Patience::default())
    }

    /// As [`open`](Self::open), for whoever has less patience.
    pub(super) fn open_with(targets: &[Target], patience: Patience) -> Result<Self> {
        let mut session = Self { connections: Vec::new(), patience };
        for target in targets {
            session.connection(target)?;
        }
        Ok(session)
    }

    /// Fetches `target` and checks the answer.
    ///
    /// # Errors
    ///
    /// One line that names the URL and what went wrong.
    pub fn get(&mut self, target: &Target, id: RequestId) -> Result<Page> {
        let _unit = Unit::begin(id.0);
        self.connection(target)?.get(target, id)
    }

    fn connection(&mut self, target: &Target) -> Result<&mut Connection> {
        let address = target.address();
        let known = self.connections.iter().position(|known| known.address == address);
        let index = known.unwrap_or(self.connections.len());
        if known.is_none() {
            self.connections.push(Connection::open(target, self.patience)?);
        }
        Ok(&mut self.connections[index])
    }
}

/// A connection to one address, made anew when the server has closed it.
#[derive(Debug)]
struct Connection {
    address: SocketAddr,
    /// The open connection, if it may be used again.
    kept: Option<TcpStream>,
    patience: Patience,
    /// Reused for every request.
    output: Vec<u8>,
    /// Reused for every read.
    input: Vec<u8>,
}

impl Connection {
    fn open(target: &Target, patience: Patience) -> Result<Self> {
        let (address, kept) = (target.address(), Some(connect(target, patience)?));
        Ok(Self { address, kept, patience, output: Vec::new(), input: vec![0; READ_LEN] })
    }

    /// Fetches `target`, whose address must be this connection's, and checks the answer. After a
    /// failure the next request makes a new connection.
    fn get(&mut self, target: &Target, id: RequestId) -> Result<Page> {
        debug_assert_eq!(target.address(), self.address, "a request went to a wrong connection");
        self.output.clear();
        target.request(id).encode(&mut self.output);
        let (stream, page) = match self.kept.take() {
            Some(stream) => match self.exchange(stream) {
                Err(failure) if failure.is_of_a_dead_connection() => self.ask_anew(target)?,
                answer => answer.map_err(|failure| target.failed(failure))?,
            },
            None => self.ask_anew(target)?,
        };
        self.kept = Some(stream).filter(|_| page.keep_alive);
        target.check(&page, id)?;
        Ok(page)
    }

    fn ask_anew(&mut self, target: &Target) -> Result<(TcpStream, Page)> {
        let stream = connect(target, self.patience)?;
        self.exchange(stream).map_err(|failure| target.failed(failure))
    }

    /// Sends the request and reads its answer. A stream that fails is dropped.
    fn exchange(
        &mut self,
        mut stream: TcpStream,
    ) -> std::result::Result<(TcpStream, Page), Failure> {
        wait_for_io(|| stream.write_all(&self.output))
            .map_err(|error| Failure::of_write(error, self.patience))?;
        let mut exchange = Exchange::begin(self.patience);
        loop {
            let read = wait_for_io(|| stream.read(&mut self.input));
            if let Some(page) = exchange.take(read, &self.input)? {
                return Ok((stream, page));
            }
        }
    }
}

/// The one place where this client may sleep.
fn wait_for_io<R>(call: impl FnOnce() -> R) -> R {
    blocking(Why::Io, call)
}

fn connect(target: &Target, patience: Patience) -> Result<TcpStream> {
    let connect = || {
        let stream = TcpStream::connect_timeout(&target.address(), patience.connect)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience.silence))?;
        stream.set_write_timeout(Some(patience.silence))?;
        Ok(stream)
    };
    let connected: io::Result<TcpStream> = wait_for_io(connect);
    connected.map_err(|error| target.unreachable(error))
}
