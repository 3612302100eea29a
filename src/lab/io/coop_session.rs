//! The cooperative client: keep-alive connections, one for each address.
//!
//! It is to [`session`](super::session) what aiohttp is to requests: the same protocol, decoded by
//! the same code, but wherever that one sleeps this one awaits. A connection that the server
//! closed is made anew, and the request sent once more.

use std::net::SocketAddr;

use super::http::{Page, Progress, RequestId, ResponseDecoder};
use super::target::Target;
use crate::coop::net::TcpStream;
use crate::lab::Result;
use crate::lab::arm::Unit;

/// One read takes a whole page of the notes (10 966 bytes and a head).
const READ_LEN: usize = 16 * 1024;

/// Connections to every address that was asked so far.
#[derive(Debug, Default)]
pub struct Session {
    connections: Vec<Connection>,
}

/// A connection to one address.
#[derive(Debug)]
struct Connection {
    address: SocketAddr,
    /// The open connection, if it may be used again.
    kept: Option<TcpStream>,
    /// Reused for every request.
    output: Vec<u8>,
    /// Reused for every read.
    input: Vec<u8>,
}

impl Session {
    /// Connects to the address of every one of `targets`.
    ///
    /// # Errors
    ///
    /// One line that names the URL and why its server cannot be reached.
    pub async fn open(targets: &[Target]) -> Result<Self> {
        let mut session = Self::default();
        for target in targets {
            if session.position(target).is_none() {
                let kept = Some(connect(target).await?);
                let (output, input) = (Vec::new(), vec![0; READ_LEN]);
                let address = target.address();
                session.connections.push(Connection { address, kept, output, input });
            }
        }
        Ok(session)
    }

    fn position(&self, target: &Target) -> Option<usize> {
        self.connections.iter().position(|known| known.address == target.address())
    }

    /// Fetches `target`, one of those that the session was opened for, and checks the answer.
    ///
    /// # Errors
    ///
    /// One line that names the URL and what went wrong.
    ///
    /// # Panics
    ///
    /// Panics if the session was not opened for the target's address.
    pub async fn get(&mut self, target: &Target, id: RequestId) -> Result<Page> {
        let _unit = Unit::begin(id.0);
        let position = self.position(target).expect("the session was opened for this target");
        self.connections[position].get(target, id).await
    }
}

impl Connection {
    async fn get(&mut self, target: &Target, id: RequestId) -> Result<Page> {
        self.output.clear();
        target.request(id).encode(&mut self.output);
        let kept = self.kept.take();
        let was_kept = kept.is_some();
        let stream = match kept {
            Some(stream) => stream,
            None => connect(target).await?,
        };
        let (stream, page) = match self.exchange(stream).await {
            Ok(answer) => answer,
            // The server may have closed a connection that it had kept; ask once more on a new one.
            Err(_) if was_kept => {
                let stream = connect(target).await?;
                self.exchange(stream).await.map_err(|why| target.failed(why))?
            }
            Err(why) => return Err(target.failed(why)),
        };
        self.kept = Some(stream).filter(|_| page.keep_alive);
        target.check(&page, id)?;
        Ok(page)
    }

    /// Sends the request and reads its answer. A stream that fails is dropped.
    async fn exchange(&mut self, mut stream: TcpStream) -> std::io::Result<(TcpStream, Page)> {
        stream.write_all(&self.output).await?;
        let mut decoder = ResponseDecoder::new();
        loop {
            let len = stream.read(&mut self.input).await?;
            if len == 0 {
                return decoder.finish().map(|page| (stream, page)).map_err(std::io::Error::other);
            }
            let progress = decoder.feed(&self.input[..len]).map_err(std::io::Error::other)?;
            if let Progress::Done(page) = progress {
                return Ok((stream, page));
            }
        }
    }
}

async fn connect(target: &Target) -> Result<TcpStream> {
    let connected = async {
        let stream = TcpStream::connect(target.address()).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    };
    let connected: std::io::Result<TcpStream> = connected.await;
    connected.map_err(|why| target.failed(format_args!("cannot connect: {why}")))
}
