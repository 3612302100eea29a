//! One connection of either client: a request goes out, the page comes in, the socket is kept.
//!
//! Both clients run this code. It awaits where a socket makes it wait: a task then gives way to
//! others; a thread has slept inside the call, so that its await never waits.
//!
//! # The life of one request
//!
//! 1. The request is written to the socket that is still open, or to a new one.
//! 2. Bytes are read until the page is complete, and the page is checked against the [`Target`].
//! 3. The socket is kept, unless the server said that it will close it.
//!
//! # A kept connection may be dead
//!
//! A server may close an idle connection at any time, also while a request is on its way. So a
//! request that fails on a *kept* connection before a byte of the answer came is sent once more,
//! on a new one. GET changes nothing, so twice is as good as once (RFC 9110, 9.2.2).
//!
//! Read next: [`super::session`].

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use super::http::{HttpError, Page, RequestId, ResponseDecoder};
use super::target::{CONNECT_TIMEOUT, Target};
use crate::terms::error::Result;
use crate::terms::params::SILENCE_MAX;
use trainyard::sys::clock;

/// One read takes a whole page of the notes (10 966 bytes and a head).
const READ_LEN: usize = 16 * 1024;

/// How long a client waits for a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// For the connection.
    pub(super) connect: Duration,
    /// For the next byte.
    pub(super) silence: Duration,
    /// For an answer in all, however many bytes keep coming.
    pub(super) answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        // A few silences.
        let answer = 2 * SILENCE_MAX;
        Self { connect: CONNECT_TIMEOUT, silence: SILENCE_MAX, answer }
    }
}

/// A socket with its limits of time, which it reports as [`is_timeout`] knows them.
pub(super) trait Stream: Sized {
    async fn connect(address: SocketAddr, patience: Patience) -> io::Result<Self>;
    async fn write_all(&mut self, bytes: &[u8], patience: Patience) -> io::Result<()>;
    async fn read(&mut self, input: &mut [u8], patience: Patience) -> io::Result<usize>;
}

/// A connection to one address at a time, made anew when the server has closed it.
#[derive(Debug)]
pub(super) struct Connection<S> {
    /// The open socket, if it may be used again.
    kept: Option<(SocketAddr, S)>,
    patience: Patience,
    /// Reused for every request.
    output: Vec<u8>,
    /// Reused for every read.
    input: Vec<u8>,
}

impl<S: Stream> Connection<S> {
    pub(super) fn new(patience: Patience) -> Self {
        Self { kept: None, patience, output: Vec::new(), input: vec![0; READ_LEN] }
    }

    /// Connects to the address of `target`, unless it is already.
    pub(super) async fn open(&mut self, target: &Target) -> Result<()> {
        if !self.leads_to(target) {
            self.kept = Some((target.address(), self.connect(target).await?));
        }
        Ok(())
    }

    pub(super) fn leads_to(&self, target: &Target) -> bool {
        self.kept.as_ref().is_some_and(|(address, _)| *address == target.address())
    }

    /// Fetches `target` and checks the answer.
    pub(super) async fn get(&mut self, target: &Target, id: RequestId) -> Result<Page> {
        self.output.clear();
        target.encode_request(id, &mut self.output);
        let answer = match self.kept.take().filter(|(address, _)| *address == target.address()) {
            Some((_, stream)) => self.exchange(stream).await,
            None => Err(Failure { why: String::new(), is_dead: true }),
        };
        let answer = match answer {
            Err(Failure { is_dead: true, .. }) => {
                let stream = self.connect(target).await?;
                self.exchange(stream).await
            }
            answer => answer,
        };
        let (stream, page) = answer.map_err(|failure| target.failed(failure.why))?;
        self.kept = page.keep_alive.then_some((target.address(), stream));
        target.check(&page, id)?;
        Ok(page)
    }

    async fn connect(&self, target: &Target) -> Result<S> {
        let connected = S::connect(target.address(), self.patience).await;
        connected.map_err(|error| target.unreachable(error))
    }

    /// Sends the request and reads its answer. A socket that fails is dropped.
    async fn exchange(&mut self, mut stream: S) -> std::result::Result<(S, Page), Failure> {
        let patience = self.patience;
        let written = stream.write_all(&self.output, patience).await;
        written.map_err(|error| {
            Failure::of_io("the request could not be sent", &error, patience, Answer::HasNotBegun)
        })?;
        let deadline_ns = clock::deadline_ns(patience.answer);
        let (mut decoder, mut answer) = (ResponseDecoder::default(), Answer::HasNotBegun);
        loop {
            let read = match stream.read(&mut self.input, patience).await {
                Ok(0) => decoder.finish().map(Some),
                Ok(len) => {
                    answer = Answer::HasBegun;
                    decoder.feed(&self.input[..len])
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    let what = "the answer could not be read";
                    return Err(Failure::of_io(what, &error, patience, answer));
                }
            };
            match read.map_err(|why| Failure::of_http(why, answer))? {
                Some(page) => return Ok((stream, page)),
                None if clock::now_ns() > deadline_ns => {
                    let limit = patience.answer.as_secs();
                    let why = format!("the server did not end its answer within {limit} s");
                    return Err(Failure { why, is_dead: false });
                }
                None => {}
            }
        }
    }
}

/// Whether a byte of the answer has come; an interim answer is a beginning too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    HasNotBegun,
    HasBegun,
}

struct Failure {
    why: String,
    /// Whether the server may have closed the connection before it saw the request.
    is_dead: bool,
}

impl Failure {
    fn of_io(what: &str, error: &io::Error, patience: Patience, answer: Answer) -> Self {
        if is_timeout(error) {
            let why = format!("the server was silent for {} s", patience.silence.as_secs());
            return Self { why, is_dead: false };
        }
        Self { why: format!("{what}: {error}"), is_dead: answer == Answer::HasNotBegun }
    }

    fn of_http(why: HttpError, answer: Answer) -> Self {
        let is_dead = answer == Answer::HasNotBegun && why == HttpError::ClosedWithoutAnswer;
        Self { why: why.to_string(), is_dead }
    }
}

/// A socket reports an elapsed time limit as `WouldBlock`.
pub(crate) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
