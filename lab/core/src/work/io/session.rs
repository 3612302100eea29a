//! The blocking client: connections that are kept from one request to the next.
//!
//! The sequential contender has one [`Session`], the threads have one each (the notes' "a session
//! per thread, because it is not thread-safe"), and so has each worker process. A session keeps
//! one [`Connection`] for each address.
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
use std::time::Duration;

use super::exchange::{ANSWER_MAX, Exchange, Failure, READ_LEN};
use super::http::{Page, RequestId};
use super::target::{CONNECT_TIMEOUT, Target};
use crate::terms::error::Result;
use crate::terms::params::SILENCE_MAX;
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
}

impl Session {
    /// Connects to the address of every one of `targets`, before anything is timed.
    ///
    /// # Errors
    ///
    /// One line that names the URL and why its server cannot be reached.
    pub fn open(targets: &[Target]) -> Result<Self> {
        let mut session = Self::default();
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
            self.connections.push(Connection::open(target)?);
        }
        Ok(&mut self.connections[index])
    }
}

/// Connects to an address. A function, so that tests can connect to memory.
pub type Dial<S> = fn(SocketAddr) -> io::Result<S>;

/// A connection to one address, made anew when the server has closed it.
#[derive(Debug)]
pub struct Connection<S = TcpStream> {
    address: SocketAddr,
    dial: Dial<S>,
    /// The open connection, if it may be used again.
    kept: Option<S>,
    answer_max: Duration,
    /// Reused for every request.
    output: Vec<u8>,
    /// Reused for every read.
    input: Vec<u8>,
}

impl Connection {
    /// Connects to `target`'s address.
    ///
    /// # Errors
    ///
    /// One line that names the URL and the reason.
    pub fn open(target: &Target) -> Result<Self> {
        Self::with_dial(target, dial_tcp)
    }
}

impl<S: Read + Write> Connection<S> {
    /// As [`open`](Connection::open), by way of `dial`.
    ///
    /// # Errors
    ///
    /// One line that names the URL and the reason.
    pub fn with_dial(target: &Target, dial: Dial<S>) -> Result<Self> {
        let mut connection = Self {
            address: target.address(),
            dial,
            kept: None,
            answer_max: ANSWER_MAX,
            output: Vec::new(),
            input: vec![0; READ_LEN],
        };
        connection.kept = Some(connection.connect(target)?);
        Ok(connection)
    }

    /// Fetches `target`, whose address must be this connection's, and checks the answer.
    ///
    /// # Errors
    ///
    /// One line that names the URL and what went wrong. The next request makes a new connection.
    pub fn get(&mut self, target: &Target, id: RequestId) -> Result<Page> {
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

    fn ask_anew(&mut self, target: &Target) -> Result<(S, Page)> {
        let stream = self.connect(target)?;
        self.exchange(stream).map_err(|failure| target.failed(failure))
    }

    fn connect(&self, target: &Target) -> Result<S> {
        wait_for_io(|| (self.dial)(self.address))
            .map_err(|error| target.failed(format_args!("cannot connect: {error}")))
    }

    /// Sends the request and reads its answer. A stream that fails is dropped.
    fn exchange(&mut self, mut stream: S) -> std::result::Result<(S, Page), Failure> {
        wait_for_io(|| stream.write_all(&self.output)).map_err(Failure::Write)?;
        let mut exchange = Exchange::begin(self.answer_max);
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

fn dial_tcp(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SILENCE_MAX))?;
    stream.set_write_timeout(Some(SILENCE_MAX))?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::VecDeque;
    use std::io::{Cursor, ErrorKind};

    use super::*;

    const KEPT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    const CLOSED: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";

    thread_local! {
        /// What the next connections will answer, one text for each connection.
        static ANSWERS: RefCell<VecDeque<&'static str>> = const { RefCell::new(VecDeque::new()) };
    }

    /// A connection whose answers are known before its requests are.
    struct Script {
        answers: Cursor<&'static [u8]>,
    }

    impl Read for Script {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            // Three bytes at a time, and never of two answers at once.
            if self.answers.get_ref() == b"(silence)" {
                return Err(ErrorKind::WouldBlock.into());
            }
            let at = usize::try_from(self.answers.position()).unwrap();
            let rest = &self.answers.get_ref()[at..];
            let next = rest.windows(4).skip(1).position(|window| window == b"HTTP");
            let len = into.len().min(3).min(next.map_or(usize::MAX, |next| next + 1));
            self.answers.read(&mut into[..len])
        }
    }

    impl Write for Script {
        fn write(&mut self, request: &[u8]) -> io::Result<usize> {
            assert!(request.starts_with(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"));
            Ok(request.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn dial(_: SocketAddr) -> io::Result<Script> {
        let answers = ANSWERS.with_borrow_mut(VecDeque::pop_front);
        let answers = answers.ok_or_else(|| io::Error::other("no more connections"))?;
        Ok(Script { answers: Cursor::new(answers.as_bytes()) })
    }

    /// Sends as many requests as there are `expected` outcomes over connections that answer
    /// `answers`; checks the outcomes, and that all connections were needed.
    #[track_caller]
    fn check(what: &str, answers: &[&'static str], expected: &[std::result::Result<u64, &str>]) {
        ANSWERS.set(answers.iter().copied().collect());
        let target = Target::parse("http://127.0.0.1/").unwrap();
        let mut connection = Connection::with_dial(&target, dial).unwrap();
        for (id, expected) in (0..).zip(expected) {
            let outcome = connection.get(&target, RequestId(id)).map(|page| page.body_len);
            let outcome = outcome.map_err(|error| error.to_string());
            let expected = expected.map_err(|why| format!("http://127.0.0.1/: {why}"));
            assert_eq!(outcome, expected, "{what}: request {id}");
        }
        assert_eq!(ANSWERS.with_borrow(VecDeque::len), 0, "{what}: connections not made");
    }

    /// Which answers make which outcomes: each answer is a connection's, each outcome a request's.
    #[test]
    fn each_answer_has_its_outcome_and_takes_as_many_connections_as_it_must() {
        let twice = concat!(
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!"
        );
        let (silence, lost) = ("the server was silent for 30 s", "no more connections");
        let broken = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi";
        let missing = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        check("one request after another", &[twice], &[Ok(0), Ok(1)]);
        check("the server said it will close", &[CLOSED, CLOSED, KEPT], &[Ok(2), Ok(2), Ok(2)]);
        let old = "HTTP/1.0 200 OK\r\n\r\nhello";
        check("the body ends with the connection", &[old, KEPT], &[Ok(5), Ok(2)]);
        check("a dead connection is made anew once", &[KEPT, KEPT], &[Ok(2), Ok(2)]);
        check("and only once", &["", ""], &[Err("the server closed without an answer")]);
        let closed = "the server closed in the middle of a body";
        check("what breaks off is not asked again", &[broken, KEPT], &[Err(closed), Ok(2)]);
        check("nor is a silent server", &["(silence)", KEPT], &[Err(silence), Ok(2)]);
        let lost = format!("cannot connect: {lost}");
        check("a server that is gone", &[CLOSED], &[Ok(2), Err(&lost)]);
        let status = "the server answered with status 404";
        check("a status that is no success", &[missing], &[Err(status)]);
    }

    /// Fails if only silence is limited: this server never stays silent for long.
    #[test]
    fn an_answer_that_drips_has_a_limit_in_all() {
        ANSWERS.set([KEPT].into());
        let target = Target::parse("http://127.0.0.1/").unwrap();
        let mut connection = Connection::with_dial(&target, dial).unwrap();
        connection.answer_max = Duration::ZERO;
        let error = connection.get(&target, RequestId(0)).unwrap_err().to_string();
        let line = "http://127.0.0.1/: the server did not end its answer within 0 s";
        assert_eq!(error, line);
    }
}
