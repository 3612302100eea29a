//! 160 requests on one thread: first one after another, then together.
//!
//! Server and clients are tasks of one event loop. The server answers each request 5 ms after it
//! came, so a client mostly waits; the question is who may run meanwhile.
//!
//! Run it with `cargo run --release --example coop_echo`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use trainyard::coop::net::{TcpListener, TcpStream};
use trainyard::coop::{self, JoinHandle};

const REQUESTS: usize = 160;
const LATENCY: Duration = Duration::from_millis(5);

#[expect(clippy::print_stdout, reason = "an example that reports")]
fn main() -> io::Result<()> {
    coop::run(async {
        let (address, server) = start_server()?;

        let begin = coop::now();
        for number in 0..REQUESTS {
            request(address, number).await?;
        }
        let apart = coop::now() - begin;
        println!("one after another: {REQUESTS} requests in {apart:>10.2?}");

        let begin = coop::now();
        let answers = coop::join_all((0..REQUESTS).map(|number| request(address, number))).await;
        answers.into_iter().collect::<io::Result<()>>()?;
        let together = coop::now() - begin;
        println!("together:          {REQUESTS} requests in {together:>10.2?}");

        let ratio = apart.as_secs_f64() / together.as_secs_f64();
        println!("{ratio:.0} times as fast, on one thread: it waits for all answers at once");
        server.abort();
        Ok(())
    })
}

/// Starts to serve on a free port, each connection in a task of its own.
fn start_server() -> io::Result<(SocketAddr, JoinHandle<io::Result<()>>)> {
    let mut listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let address = listener.local_addr()?;
    let server = coop::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await?;
            coop::spawn(answer(stream));
        }
    });
    Ok((address, server))
}

async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut bytes = [0; 8];
    let length = stream.read(&mut bytes).await?;
    coop::sleep(LATENCY).await;
    stream.write_all(&bytes[..length]).await
}

/// Sends a number and checks that it comes back.
async fn request(address: SocketAddr, number: usize) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(&number.to_le_bytes()).await?;
    let mut bytes = [0; 8];
    let length = stream.read(&mut bytes).await?;
    if bytes[..length] == number.to_le_bytes() {
        Ok(())
    } else {
        Err(io::Error::other(format!("the server answered {length} other bytes to {number}")))
    }
}
