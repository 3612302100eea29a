//! A TCP connection.
//!
//! Reading and writing borrow the stream mutably, so that each direction has one waiter, as the
//! reactor asks; who wants to do both at once takes the stream [apart](TcpStream::into_split).
#![forbid(unsafe_code)]

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::rc::Rc;

use crate::coop::kernel::reactor::Direction;
use crate::coop::kernel::source::Source;

/// A connection to a peer.
#[derive(Debug)]
pub struct TcpStream {
    source: Source<mio::net::TcpStream>,
}

impl TcpStream {
    /// Connects to `address`.
    ///
    /// # Errors
    ///
    /// Fails if the peer refuses or cannot be reached, with the kernel's reason; if no descriptor
    /// is left; and on virtual time.
    ///
    /// # Panics
    ///
    /// Panics outside of a loop.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let source = Source::new(mio::net::TcpStream::connect(address)?)?;
        source.ready(Direction::Write, is_connected).await?;
        Ok(Self { source })
    }

    pub(super) fn from_mio(socket: mio::net::TcpStream) -> io::Result<Self> {
        Ok(Self { source: Source::new(socket)? })
    }

    /// Reads what is there, waiting for the first byte; 0 says that the peer will send no more.
    ///
    /// # Errors
    ///
    /// Fails if the connection is broken.
    ///
    /// # Cancel behaviour
    ///
    /// A read that is dropped has read nothing.
    pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        read(&self.source, buffer).await
    }

    /// Writes as much as fits into the kernel's buffer, waiting for room for the first byte.
    ///
    /// # Errors
    ///
    /// Fails if the connection is broken.
    ///
    /// # Cancel behaviour
    ///
    /// A write that is dropped has written nothing.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write(&self.source, bytes).await
    }

    /// Writes all of `bytes`.
    ///
    /// # Errors
    ///
    /// Fails if the connection breaks; how much was written before is unknown then.
    ///
    /// # Cancel behaviour
    ///
    /// Dropped, it has written some part.
    pub async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        write_all(&self.source, bytes).await
    }

    /// Closes one direction or both; the peer reads the end of the stream.
    ///
    /// # Errors
    ///
    /// Fails if the peer has broken the connection.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.source.socket().shutdown(how)
    }

    /// Sends small writes at once (`true`), or lets the kernel gather them.
    ///
    /// # Errors
    ///
    /// Fails if the connection is broken.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.source.socket().set_nodelay(nodelay)
    }

    /// Returns the peer's address.
    ///
    /// # Errors
    ///
    /// Fails if the connection is broken.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.socket().peer_addr()
    }

    /// Returns this end's address.
    ///
    /// # Errors
    ///
    /// Never in practice.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.socket().local_addr()
    }

    /// Takes the stream apart, so that one task can read while another writes.
    pub fn into_split(self) -> (ReadHalf, WriteHalf) {
        let stream = Rc::new(self);
        (ReadHalf { stream: Rc::clone(&stream) }, WriteHalf { stream })
    }
}

/// The reading direction of a [`TcpStream`].
#[derive(Debug)]
pub struct ReadHalf {
    stream: Rc<TcpStream>,
}

impl ReadHalf {
    /// As [`TcpStream::read`].
    ///
    /// # Errors
    ///
    /// Fails if the connection is broken.
    pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        read(&self.stream.source, buffer).await
    }
}

/// The writing direction of a [`TcpStream`]; dropped, it tells the peer that no more will come.
#[derive(Debug)]
pub struct WriteHalf {
    stream: Rc<TcpStream>,
}

impl WriteHalf {
    /// As [`TcpStream::write`].
    ///
    /// # Errors
    ///
    /// Fails if the connection is broken.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write(&self.stream.source, bytes).await
    }

    /// As [`TcpStream::write_all`].
    ///
    /// # Errors
    ///
    /// Fails if the connection breaks.
    pub async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        write_all(&self.stream.source, bytes).await
    }
}

impl Drop for WriteHalf {
    fn drop(&mut self) {
        // A connection that is broken already has told the peer.
        drop(self.stream.shutdown(Shutdown::Write));
    }
}

/// Tells whether the connection is made: `WouldBlock` while it is on its way.
fn is_connected(socket: &mio::net::TcpStream) -> io::Result<()> {
    // The order is mio's advice: first why it failed, then whether there is a peer.
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    match socket.peer_addr() {
        Err(error) if error.kind() == io::ErrorKind::NotConnected => {
            Err(io::ErrorKind::WouldBlock.into())
        }
        outcome => outcome.map(drop),
    }
}

async fn read(source: &Source<mio::net::TcpStream>, buffer: &mut [u8]) -> io::Result<usize> {
    source.ready(Direction::Read, |mut socket| socket.read(buffer)).await
}

async fn write(source: &Source<mio::net::TcpStream>, bytes: &[u8]) -> io::Result<usize> {
    source.ready(Direction::Write, |mut socket| socket.write(bytes)).await
}

async fn write_all(source: &Source<mio::net::TcpStream>, bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match write(source, rest).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => rest = &rest[written..],
        }
    }
    Ok(())
}
