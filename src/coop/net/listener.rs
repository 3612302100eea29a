//! A TCP port on which peers connect.
//!
//! # When there are no descriptors left
//!
//! `accept` then says `EMFILE`, and the connection stays where it is. The edge-triggered `epoll`
//! will not speak of it again, so a listener that simply waited would be deaf for ever, and one
//! that tried again at once would burn the processor. Ours pauses, then tries again.
#![forbid(unsafe_code)]

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::TcpStream;
use crate::coop::kernel::reactor::Direction;
use crate::coop::kernel::source::Source;
use crate::coop::sleep;
use crate::sys::socket::deepen_backlog;
use crate::sys::{limits, resources_are_exhausted};

/// How long `accept` waits for a descriptor to become free. nginx waits 500 ms; shorter recovers
/// sooner, and ten tries a second cost nothing.
const PAUSE: Duration = Duration::from_millis(100);

/// A port that accepts connections.
#[derive(Debug)]
pub struct TcpListener {
    source: Source<mio::net::TcpListener>,
}

impl TcpListener {
    /// Listens on `address`; port 0 lets the kernel choose a free one.
    ///
    /// As many connections may wait to be accepted as the system allows: tasks of one loop can ask
    /// for hundreds before the accepting one has its turn.
    ///
    /// # Errors
    ///
    /// Fails if the port is taken or not ours to take, if no descriptor is left, and on virtual
    /// time.
    ///
    /// # Panics
    ///
    /// Panics outside of a loop.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address).map_err(limits::of_call("bind"))?;
        deepen_backlog(&listener)?;
        listener.set_nonblocking(true)?;
        Ok(Self { source: Source::new(mio::net::TcpListener::from_std(listener))? })
    }

    /// Waits for the next connection.
    ///
    /// While the process or the machine has no descriptors left, it tries every 100 ms.
    ///
    /// # Errors
    ///
    /// Fails if the listener itself is broken, which a server does not survive.
    ///
    /// # Cancel behaviour
    ///
    /// An accept that is dropped has accepted nothing.
    pub async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        loop {
            let accepted = self.source.ready(Direction::Read, mio::net::TcpListener::accept).await;
            match accepted.and_then(|(socket, peer)| Ok((TcpStream::from_mio(socket)?, peer))) {
                Err(error) if resources_are_exhausted(&error) => sleep(PAUSE).await,
                // The peer has gone before we came.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                outcome => return outcome,
            }
        }
    }

    /// Returns the address that peers connect to.
    ///
    /// # Errors
    ///
    /// Never in practice.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.socket().local_addr()
    }
}
