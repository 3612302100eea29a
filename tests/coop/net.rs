//! Sockets on the event loop: what a server and its clients may rely on.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::time::Duration;

use trainyard::coop::net::{TcpListener, TcpStream};
use trainyard::coop::{self, JoinHandle};

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Sends back what comes, in pieces of at most `chunk` bytes, until the peer has no more.
async fn echo(mut stream: TcpStream, chunk: usize) -> io::Result<usize> {
    let (mut buffer, mut total) = (vec![0; chunk], 0);
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Ok(total);
        }
        stream.write_all(&buffer[..length]).await?;
        total += length;
    }
}

/// Serves every connection in a task of its own.
fn echo_server(chunk: usize) -> (SocketAddr, JoinHandle<io::Result<()>>) {
    let mut listener = TcpListener::bind(ANY).unwrap();
    let address = listener.local_addr().unwrap();
    let server = coop::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await?;
            coop::spawn(echo(stream, chunk));
        }
    });
    (address, server)
}

async fn read_exactly(stream: &mut TcpStream, length: usize) -> io::Result<Vec<u8>> {
    let (mut bytes, mut filled) = (vec![0; length], 0);
    while filled < length {
        match stream.read(&mut bytes[filled..]).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => filled += read,
        }
    }
    Ok(bytes)
}

#[test]
fn one_thread_serves_160_connections_that_are_open_together() {
    coop::run(async {
        let (address, _server) = echo_server(4096);
        let mut streams = Vec::new();
        for _ in 0..160 {
            streams.push(TcpStream::connect(address).await.unwrap());
        }
        let clients = (0_u64..).zip(streams).map(|(number, mut stream)| async move {
            stream.write_all(&number.to_le_bytes()).await.unwrap();
            read_exactly(&mut stream, 8).await.unwrap() == number.to_le_bytes()
        });
        assert_eq!(coop::join_all(clients).await, [true; 160]);
    });
}

/// Fails if `ready` is lowered after a short read: the rest then never arrives.
#[test]
fn what_is_read_in_pieces_of_any_size_is_what_was_written() {
    coop::run(async {
        let sent: Vec<u8> = (0_u32..200_000).map(|index| (index % 251) as u8).collect();
        for chunk in [1_000, 1, 7, 1_024, 65_536, 300_000] {
            let (address, server) = echo_server(chunk);
            let length = if chunk == 1 { 5_000 } else { sent.len() };
            let stream = TcpStream::connect(address).await.unwrap();
            let (mut reader, mut writer) = stream.into_split();
            let part = sent[..length].to_vec();
            let write = coop::spawn(async move { writer.write_all(&part).await });
            let mut received = Vec::new();
            let mut buffer = vec![0; chunk];
            loop {
                match reader.read(&mut buffer).await.unwrap() {
                    0 => break,
                    read => received.extend_from_slice(&buffer[..read]),
                }
            }
            write.await.unwrap().unwrap();
            assert!(received == sent[..length], "pieces of {chunk} bytes");
            server.abort();
        }
    });
}

/// Fails (hangs) if the end of the stream does not count as readable.
#[test]
fn the_end_of_a_stream_reads_as_zero_for_ever_and_the_reply_still_goes_out() {
    let listener = std::net::TcpListener::bind(ANY).unwrap();
    let address = listener.local_addr().unwrap();
    let peer = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"question").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    });
    coop::run(async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        assert_eq!(read_exactly(&mut stream, 8).await.unwrap(), b"question");
        for _ in 0..3 {
            assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
        }
        stream.write_all(b"reply").await.unwrap();
    });
    assert_eq!(peer.join().unwrap(), "reply");
}

#[test]
fn a_connection_that_is_refused_is_an_error_with_the_kernels_reason() {
    // A client's own port: nobody listens there, and while it is connected no other test can.
    let listener = std::net::TcpListener::bind(ANY).unwrap();
    let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let address = client.local_addr().unwrap();
    let error = coop::run(TcpStream::connect(address)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn a_peer_that_resets_the_connection_is_an_error_and_no_more() {
    coop::run(async {
        let mut listener = TcpListener::bind(ANY).unwrap();
        let address = listener.local_addr().unwrap();
        let peer = std::net::TcpStream::connect(address).unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"unread by the peer").await.unwrap();
        drop(peer);
        // The peer closed with unread bytes, which the kernel answers with a reset.
        let error = stream.read(&mut [0; 8]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    });
}

#[test]
fn a_slot_that_is_used_again_does_not_hear_its_last_owners_news() {
    coop::run(async {
        let (address, _server) = echo_server(64);
        for _ in 0..1_000 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"x").await.unwrap();
            // Dropped with its answer on the way; the next stream gets the same slot.
        }
        let mut stream = TcpStream::connect(address).await.unwrap();
        let early = coop::timeout(Duration::from_millis(1), stream.read(&mut [0; 8])).await;
        assert!(early.is_err(), "nobody has sent anything on this connection");
        stream.write_all(b"y").await.unwrap();
        assert_eq!(read_exactly(&mut stream, 1).await.unwrap(), b"y");
    });
}

/// Sends without end, until the reader is gone.
fn start_flood() -> (SocketAddr, std::thread::JoinHandle<()>) {
    let listener = std::net::TcpListener::bind(ANY).unwrap();
    let address = listener.local_addr().unwrap();
    let flood = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        while stream.write_all(&[0; 1 << 14]).is_ok() {}
    });
    (address, flood)
}

/// Reads byte by byte, so that the next is always there.
async fn read_without_end(mut stream: TcpStream) {
    while stream.read(&mut [0]).await.unwrap() > 0 {}
}

/// Fails (never ends) if the budget is not asked for: the flood's task keeps the loop.
#[test]
fn a_task_whose_socket_is_always_ready_lets_a_timer_fire() {
    let (address, flood) = start_flood();
    coop::run(async {
        let reader = coop::spawn(read_without_end(TcpStream::connect(address).await.unwrap()));
        coop::sleep(Duration::from_millis(5)).await;
        reader.abort();
    });
    flood.join().unwrap();
}

/// Fails (never ends) if a sleep asks for the budget, which the reads before it have spent.
#[test]
fn a_timeout_round_a_socket_that_is_always_ready_sees_its_end() {
    let (address, flood) = start_flood();
    coop::run(async {
        let stream = TcpStream::connect(address).await.unwrap();
        let reads = coop::timeout(Duration::from_millis(5), read_without_end(stream));
        assert!(reads.await.is_err());
    });
    flood.join().unwrap();
}

#[test]
fn a_socket_refuses_to_be_used_on_another_loop() {
    let mut home = coop::Runtime::new().unwrap();
    let mut listener = home.block_on(async { TcpListener::bind(ANY) }).unwrap();
    let error = coop::run(listener.accept()).unwrap_err();
    assert_eq!(error.to_string(), "the socket belongs to another event loop");
}

#[test]
fn a_loop_on_virtual_time_has_no_sockets() {
    let mut runtime = coop::Builder::new().virtual_time(1).build().unwrap();
    let error = runtime.block_on(async { TcpListener::bind(ANY) }).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Unsupported);
}
