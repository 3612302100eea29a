//! The server that the workload `io` fetches its pages from: plain threads, none of our runtimes.
//!
//! It is the same for every contender, so it must not be what is measured: nothing is shared on the
//! way but two counters, and it says how much processor time it used itself.
//!
//! # The life of a connection
//!
//! 1. The accepting thread takes it and starts a thread for it, or refuses it when full.
//! 2. That thread reads a request, waits until the latency is over, and writes the page; so on,
//!    until the client closes, asks to close, or sends what is not served.
//! 3. The thread ends, and the accepting thread forgets it the next time it comes by.
//!
//! # How a server ends
//!
//! Dropping [`Server`] raises `stopping` and shuts the listening socket down, which makes the
//! blocked `accept` return. The accepting thread, which alone knows all connections, shuts each
//! of them down, wakes those that wait out a latency, and joins them: no client waits any more.
//!
//! # Invariants
//!
//! - **SERVER-1** No error of `accept` ends the server; only `stopping` does.
//! - **SERVER-2** `stopping` is raised before any thread is woken to see it.
//!
//! Read next: `connection`, which talks with a client, `wire`, which turns bytes into requests,
//! and [`child`].

use std::io::{self, ErrorKind, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle, Scope, ScopedJoinHandle};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use connection::{REQUEST_TIMEOUT, converse};
use trainyard::sys::rusage::{self, Whose};
use trainyard::sys::{Why, blocking, limits, socket};
use wire::Refusal;

pub mod child;
pub mod config;
mod connection;
#[cfg(test)]
mod tests;
mod wire;

pub use child::{START_TIMEOUT, ServerProcess};
pub use config::ServerConfig;
#[doc(hidden)]
pub use wire::fuzz_request;

/// What stands before the address in the one line that [`serve`] prints.
const LISTENING: &str = "listening on http://";

/// How long the accepting thread rests after an error such as EMFILE, which lasts until some
/// connection ends. Without a rest it would spin.
const ACCEPT_REST: Duration = Duration::from_millis(10);

/// A sixteenth of the usual 2 MiB, so that a thousand connections stay modest: the stack holds the
/// parser's fields (64 of 32 bytes) and little else.
const STACK_LEN: usize = 128 * 1024;

/// Serves until its time is over: until standard input ends with
/// [`until_eof`](ServerConfig::until_eof), else until the process is killed.
///
/// Prints one line when clients may come: `listening on http://127.0.0.1:PORT`.
pub fn serve(config: &ServerConfig) -> io::Result<()> {
    let mut server = Server::start(config)?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{LISTENING}{}", server.address)?;
    stdout.flush()?;
    drop(stdout);
    if config.until_eof {
        // `copy` retries after a signal. An error is as much an end as the end itself.
        drop(io::copy(&mut io::stdin().lock(), &mut io::sink()));
    } else if let Some(acceptor) = server.acceptor.take() {
        // An end that does not come; an error would be that thread's panic, which was printed.
        drop(acceptor.join());
    }
    Ok(())
}

/// What a server says of itself under `/cpu`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerUsage {
    /// Processor time of the server's process in its own code, in seconds.
    pub user_s: f64,
    /// Processor time that the kernel spent for it, in seconds.
    pub system_s: f64,
    /// How many pages were asked for; `/cpu` itself and what was not found are not counted.
    pub requests: u64,
    /// How many connections were accepted, the one that asks included.
    pub connections: u64,
}

/// A running server; dropping it ends it, with all its connections and threads.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// The socket that is listened on, only to shut it down.
    listener: TcpStream,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    config: ServerConfig,
    /// How long a request may take to arrive, from its first byte on.
    request_timeout: Duration,
    stopping: AtomicBool,
    requests: AtomicU64,
    connections: AtomicU64,
}

impl Shared {
    fn is_stopping(&self) -> bool {
        // ORDER: Acquire; pairs with the Release in `Server::drop`. No data rides on the flag: that
        // a woken thread finds it raised is already promised by SERVER-2 and the wake itself.
        self.stopping.load(Ordering::Acquire)
    }

    fn usage(&self) -> io::Result<ServerUsage> {
        let used = rusage::usage(Whose::Process)?;
        Ok(ServerUsage {
            user_s: used.user.as_secs_f64(),
            system_s: used.system.as_secs_f64(),
            requests: self.requests.load(Ordering::Relaxed),
            connections: self.connections.load(Ordering::Relaxed),
        })
    }
}

impl Server {
    /// Listens and starts to accept.
    pub fn start(config: &ServerConfig) -> io::Result<Self> {
        Self::start_with(config, REQUEST_TIMEOUT)
    }

    fn start_with(config: &ServerConfig, request_timeout: Duration) -> io::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, config.port));
        let listen = || {
            let listener = TcpListener::bind(address).map_err(limits::named)?;
            socket::deepen_backlog(&listener)?;
            let to_shut_down =
                listener.try_clone().map_err(limits::of_call("fcntl(F_DUPFD_CLOEXEC)"))?;
            let shared = Arc::new(Shared {
                config: config.clone(),
                request_timeout,
                stopping: AtomicBool::new(false),
                requests: AtomicU64::new(0),
                connections: AtomicU64::new(0),
            });
            let address = listener.local_addr()?;
            let accept = {
                let shared = Arc::clone(&shared);
                move || shared.accept_all(&listener)
            };
            let acceptor = thread::Builder::new().name("accept".to_owned()).spawn(accept);
            let acceptor = Some(acceptor.map_err(limits::of_a_thread)?);
            let listener = TcpStream::from(OwnedFd::from(to_shut_down));
            Ok(Self { address, shared, listener, acceptor })
        };
        let because = |error: io::Error| {
            io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
        };
        listen().map_err(because)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // ORDER: Release; pairs with the Acquire in `is_stopping`.
        // INVARIANT: [SERVER-2] the flag stands before the accepting thread is woken below.
        self.shared.stopping.store(true, Ordering::Release);
        // On Linux this makes a blocked accept(2) return EINVAL, as well as every later one. An
        // error would mean that the socket is no longer connected to anything, which is the goal.
        drop(self.listener.shutdown(Shutdown::Both));
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.thread().unpark(); // from its rest after an error
            drop(acceptor.join());
        }
    }
}

/// A connection's thread. Its stream is the thread's own, and closed when the thread ends.
struct Connection<'scope> {
    thread: ScopedJoinHandle<'scope, ()>,
    stream: Weak<TcpStream>,
}

impl Shared {
    /// The life of the accepting thread. It alone knows the connections, so they need no lock, and
    /// it ends when all of them have.
    fn accept_all(&self, listener: &TcpListener) {
        thread::scope(|scope| {
            let mut connections: Vec<Connection<'_>> = Vec::new();
            while let Some(stream) = self.accept(listener) {
                self.admit(scope, stream, &mut connections);
            }
            for Connection { thread, stream } in connections {
                // An error means that the client was faster.
                drop(stream.upgrade().map(|stream| stream.shutdown(Shutdown::Both)));
                thread.thread().unpark(); // from the latency that it waits out
            }
        });
    }

    /// The next client; none once the server ends.
    fn accept(&self, listener: &TcpListener) -> Option<TcpStream> {
        loop {
            let accepted = blocking(Why::Io, || listener.accept());
            if self.is_stopping() {
                return None;
            }
            match accepted {
                Ok((stream, _)) => return Some(stream),
                // INVARIANT: [SERVER-1] the client is gone, or descriptors are short, or whatever
                // it is: the next one may do better.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(_) => blocking(Why::Sleep, || thread::park_timeout(ACCEPT_REST)),
            }
        }
    }

    /// Starts a thread for `stream`, unless there are too many.
    fn admit<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        stream: TcpStream,
        connections: &mut Vec<Connection<'scope>>,
    ) {
        connections.retain(|connection| !connection.thread.is_finished());
        if connections.len() >= self.config.connections as usize {
            return refuse(&stream);
        }
        self.connections.fetch_add(1, Ordering::Relaxed);
        let stream = Arc::new(stream);
        let own = Arc::clone(&stream);
        let builder = thread::Builder::new().name("connection".to_owned()).stack_size(STACK_LEN);
        // A panic has been printed, and concerns one client alone.
        let one = move || drop(catch_unwind(AssertUnwindSafe(|| converse(self, &own))));
        match builder.spawn_scoped(scope, one) {
            Ok(thread) => connections.push(Connection { thread, stream: Arc::downgrade(&stream) }),
            // No thread to be had. The client may try again.
            Err(_) => refuse(&stream),
        }
    }
}

/// Says that the server is full. The buffer of a new socket takes these bytes without a wait.
fn refuse(mut stream: &TcpStream) {
    // An error means that the client has left already.
    drop(stream.write_all(&Refusal::FULL.encode()));
    drop(stream.shutdown(Shutdown::Write));
}
