//! One connection, from its first byte to its last, on a thread of its own.
//!
//! Read after [`super::wire`].

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::Shared;
use super::wire::{Refusal, Request, parse};
use crate::work::io::connection::is_timeout;
use crate::work::io::http::Fnv1a;
use crate::work::pages;
use trainyard::sys::{Why, blocking, clock};

/// How long a request may take to arrive, from its first byte on: nginx's hardening guides ask for
/// 10 s, and whoever asks here is on the same machine. Between requests a client may take its time.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a client may leave an answer unread. Then its thread is wanted back.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// How much is read, and for how long, after a refusal, so that the client gets to see it: a
/// socket that is closed with unread input resets the connection (RFC 9112, 9.6).
const LINGER_LEN: usize = 64 * 1024;
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);

/// Most requests are far shorter, and come in one piece.
const READ_LEN: usize = 2 * 1024;

pub(super) fn converse(shared: &Shared, stream: &TcpStream) {
    let (input, output) = (Vec::new(), Vec::new());
    let (deadline_ns, patience) = (None, None);
    let mut conversation = Conversation { shared, stream, input, output, deadline_ns, patience };
    // An error means that the client is gone. There is nobody to tell.
    drop(conversation.run());
}

struct Conversation<'a> {
    shared: &'a Shared,
    stream: &'a TcpStream,
    /// What has come and is not answered.
    input: Vec<u8>,
    output: Vec<u8>,
    /// When a request that has begun must be here.
    deadline_ns: Option<u64>,
    /// How long the socket lets a read wait; for ever if `None`.
    patience: Option<Duration>,
}

impl Conversation<'_> {
    fn run(&mut self) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        self.stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
        while !self.shared.is_stopping() && self.go_on()?.is_continue() {}
        Ok(())
    }

    /// Answers the next request, or reads more of it.
    fn go_on(&mut self) -> io::Result<ControlFlow<()>> {
        match parse(&self.input) {
            Ok(Some((request, len))) => {
                self.input.drain(..len);
                self.deadline_ns = None;
                self.answer(&request)?;
                return Ok(if request.keep_alive { Continue(()) } else { Break(()) });
            }
            Ok(None) => {}
            Err(refusal) => return self.refuse(refusal),
        }
        if !self.input.is_empty() && self.deadline_ns.is_none() {
            self.deadline_ns = Some(clock::deadline_ns(self.shared.request_timeout));
        }
        match self.read() {
            Ok(0) => Ok(Break(())),
            Ok(_) => Ok(Continue(())),
            Err(error) if is_timeout(&error) => self.refuse(Refusal::REQUEST_TIMEOUT),
            Err(error) => Err(error),
        }
    }

    fn answer(&mut self, request: &Request) -> io::Result<()> {
        let output = &mut self.output;
        output.clear();
        if let Some(content) = pages::find(&request.path) {
            self.shared.requests.fetch_add(1, Ordering::Relaxed);
            self.shared.wait_latency(request);
            request.answer("200 OK", "text/html", &content.body, output);
        } else if request.path == "/cpu" {
            let usage = serde_json::to_vec(&self.shared.usage()?)?;
            request.answer("200 OK", "application/json", &usage, output);
        } else {
            request.answer("404 Not Found", "text/plain", b"not found\n", output);
        }
        // Head and body in one write, so that no answer waits for the acknowledgement of its head.
        blocking(Why::Io, || (&mut &*self.stream).write_all(&self.output))
    }

    /// Says why, and stays until the client has heard it.
    fn refuse(&mut self, refusal: Refusal) -> io::Result<ControlFlow<()>> {
        let mut stream = self.stream;
        blocking(Why::Io, || stream.write_all(&refusal.encode()))?;
        stream.shutdown(Shutdown::Write)?;
        self.deadline_ns = Some(clock::deadline_ns(LINGER_TIMEOUT));
        let mut len = 0;
        while len < LINGER_LEN {
            self.input.clear();
            match self.read()? {
                0 => break,
                more => len += more,
            }
        }
        Ok(Break(()))
    }

    /// Appends what one read returns to the input, and says how much it was.
    fn read(&mut self) -> io::Result<usize> {
        let patience = self.deadline_ns.map(left);
        if patience == Some(Duration::ZERO) {
            return Err(ErrorKind::TimedOut.into());
        }
        if self.patience != patience {
            self.stream.set_read_timeout(patience)?;
            self.patience = patience;
        }
        let before = self.input.len();
        self.input.resize(before + READ_LEN, 0);
        let read = loop {
            let input = &mut self.input[before..];
            match blocking(Why::Io, || (&mut &*self.stream).read(input)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.input.truncate(before + read.as_ref().unwrap_or(&0));
        read
    }
}

impl Shared {
    /// Sleeps until `request` has been here as long as its latency, or the server stops.
    fn wait_latency(&self, request: &Request) {
        let deadline_ns = clock::deadline_ns(self.latency_of(request));
        while !self.is_stopping() && !left(deadline_ns).is_zero() {
            blocking(Why::Sleep, || thread::park_timeout(left(deadline_ns)));
        }
    }

    /// The latency, with a jitter that is drawn from the request's number: chance that is the same
    /// in every round and for every contender.
    pub(super) fn latency_of(&self, request: &Request) -> Duration {
        let Some(id) = &request.id else { return self.config.latency };
        let jitter_ns = u64::try_from(self.config.jitter.as_nanos()).unwrap_or(u64::MAX);
        let drawn_ns = Fnv1a::of(id).checked_rem(jitter_ns).unwrap_or(0);
        self.config.latency + Duration::from_nanos(drawn_ns)
    }
}

fn left(deadline_ns: u64) -> Duration {
    Duration::from_nanos(deadline_ns.saturating_sub(clock::now_ns()))
}
