//! The server over real sockets, in this process.

use std::io::{Read, Write};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::*;
use crate::work::io::http::RequestId;
use crate::work::io::session::Session;
use crate::work::io::target::Target;
use crate::work::pages;

/// Ten times as long as any step of these tests takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn start(latency: Duration) -> Server {
    Server::start(&ServerConfig { latency, ..ServerConfig::default() }).unwrap()
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// What the server sends until it closes.
fn read_all(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// Sends `request` as it is, and checks the first line of the answer and that the server closes.
#[track_caller]
fn check_answer(server: &Server, request: &str, status: &str) -> String {
    let mut stream = connect(server);
    stream.write_all(request.as_bytes()).unwrap();
    let answer = read_all(stream);
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
    assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
    answer
}

#[track_caller]
fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        thread::yield_now();
    }
}

#[test]
fn the_jitter_of_a_request_is_its_number_s_and_within_bounds() {
    let config = ServerConfig {
        latency: Duration::from_millis(5),
        jitter: Duration::from_millis(3),
        ..ServerConfig::default()
    };
    let server = Server::start(&config).unwrap();
    let latency = |id: &str| {
        let text = format!("GET / HTTP/1.0\r\nX-Request-Id: {id}\r\n\r\n");
        let Ok(Some((request, _))) = wire::parse(text.as_bytes()) else { panic!() };
        server.shared.latency_of(&request)
    };
    let latencies: Vec<_> = (0..100).map(|id| latency(&id.to_string())).collect();
    let bounds = config.latency..config.latency + config.jitter;
    assert!(latencies.iter().all(|latency| bounds.contains(latency)), "{latencies:?}");
    assert!(latencies.iter().any(|latency| *latency != latencies[0]));
    assert_eq!(latency("7"), latencies[7]);
}

#[test]
fn each_request_has_its_status_and_its_answer() {
    let server = start(Duration::ZERO);
    let large = format!("GET /dice HTTP/1.0\r\nA: {}\r\n\r\n", "a".repeat(20_000));
    let id = "GET /dice HTTP/1.0\r\nx-request-id: a b/7\r\n\r\n";
    let post = "POST /dice HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi";
    for (request, status, part) in [
        (id, "200 OK", "\r\nX-Request-Id: a b/7\r\n"),
        ("HEAD /jython HTTP/1.0\r\n\r\n", "200 OK", "\r\nContent-Length: 10966\r\n"),
        ("GET /none HTTP/1.0\r\n\r\n", "404 Not Found", "not found\n"),
        (post, "405 Method Not Allowed", "\r\nAllow: GET, HEAD\r\n"),
        (&large, "431 Request Header Fields Too Large", ""),
    ] {
        let answer = check_answer(&server, request, status);
        assert!(answer.contains(part), "{answer}");
        assert!(!request.starts_with("HEAD") || answer.ends_with("\r\n\r\n"), "{answer}");
    }
    // A page that is not there leaves the connection open.
    let two = "GET /none HTTP/1.1\r\nHost: a\r\n\r\nGET /dice HTTP/1.0\r\n\r\n";
    let answers = check_answer(&server, two, "404 Not Found");
    assert_eq!(answers.matches("HTTP/1.1 200 OK\r\n").count(), 1, "{answers}");
}

#[test]
fn a_client_that_only_listens_still_gets_its_answer() {
    let server = start(Duration::from_millis(1));
    let mut stream = connect(&server);
    stream.write_all(b"GET /dice HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let answer = read_all(stream);
    let body = &pages::find("/dice").unwrap().body;
    assert!(answer.as_bytes().ends_with(body), "{answer}");
}

#[test]
fn a_client_that_sends_half_a_request_stops_nobody() {
    let server = start(Duration::ZERO);
    let mut slow = connect(&server);
    slow.write_all(b"GET /dice HTTP/1.1\r\nHost:").unwrap();
    let mut gone = connect(&server);
    gone.write_all(b"GET /dice HTT").unwrap();
    drop(gone);
    let mut session = Session::default();
    session.get(&Target::all_of(server.address())[1], RequestId(1)).unwrap();
    slow.write_all(b" a\r\nConnection: close\r\n\r\n").unwrap();
    assert!(read_all(slow).starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn one_client_too_many_is_told_so_and_a_place_that_is_left_is_given_again() {
    let config =
        ServerConfig { latency: Duration::ZERO, connections: 2, ..ServerConfig::default() };
    let server = Server::start(&config).unwrap();
    let target = &Target::all_of(server.address())[1];
    // An answer shows that the connection was admitted.
    let mut sessions = [Session::default(), Session::default()];
    for session in &mut sessions {
        session.get(target, RequestId(1)).unwrap();
    }
    let refused = read_all(connect(&server));
    assert!(refused.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{refused}");
    drop(sessions);
    // The server learns of the places that were left a moment after they were.
    wait_until("a place that was left is given again", || {
        Session::default().get(target, RequestId(2)).is_ok()
    });
}

#[test]
fn a_request_that_does_not_end_in_time_is_refused_but_a_client_may_be_idle() {
    let config = ServerConfig { latency: Duration::ZERO, ..ServerConfig::default() };
    let server = Server::start_with(&config, Duration::from_millis(50)).unwrap();
    let mut idle = connect(&server);
    let mut slow = connect(&server);
    slow.write_all(b"GET /dice HTTP/1.1\r\nHost:").unwrap();
    let answer = read_all(slow);
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    idle.write_all(b"GET /dice HTTP/1.0\r\n\r\n").unwrap();
    assert!(read_all(idle).starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn the_accounts_are_a_page_of_their_own() {
    let server = start(Duration::from_hours(1));
    let answer = check_answer(&server, "GET /cpu HTTP/1.0\r\n\r\n", "200 OK");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let usage: ServerUsage = serde_json::from_str(body).unwrap();
    assert_eq!((usage.requests, usage.connections), (0, 1));
    assert!(usage.user_s >= 0.0 && usage.system_s >= 0.0, "{usage:?}");
}

/// Fails if any of these is removed: the flag raised, the listener shut down, the streams shut
/// down, the threads unparked.
#[test]
fn a_server_that_is_dropped_leaves_no_client_waiting() {
    let server = start(Duration::from_hours(1));
    let idle = connect(&server);
    let mut waiting = connect(&server);
    waiting.write_all(b"GET /dice HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    wait_until("the request has been read", || server.shared.usage().unwrap().requests == 1);
    let address = server.address();
    let (sender, dropped) = mpsc::channel();
    thread::spawn(move || {
        drop(server);
        sender.send(()).unwrap();
    });
    assert_eq!(dropped.recv_timeout(PATIENCE), Ok(()), "the server does not end");
    assert_eq!(read_all(idle), "");
    assert_eq!(read_all(waiting), "");
    assert!(TcpStream::connect(address).is_err());
}
