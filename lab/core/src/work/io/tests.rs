//! Both clients against a server that knows its answers before it is asked.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::connection::{self, Connection, Patience};
use super::http::{Page, RequestId};
use super::target::Target;
use super::{coop_session, session};
use crate::terms::error::Result;
use trainyard::coop::Runtime;

const KEPT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
const CLOSED: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";

/// What a server answers to the requests of each connection.
type Script = &'static [&'static [&'static str]];

/// Accepts as many connections as the script has, and refuses whoever comes later. With `again` it
/// sends this every few milliseconds after its last answer, until the client closes.
fn serve(script: Script, again: Option<&'static str>) -> (Target, JoinHandle<()>) {
    let mut listener = Some(TcpListener::bind("127.0.0.1:0").unwrap());
    let address = listener.as_ref().unwrap().local_addr().unwrap();
    let serve = move || {
        for (number, answers) in script.iter().enumerate() {
            let (mut stream, _) = listener.as_ref().unwrap().accept().unwrap();
            listener = listener.take().filter(|_| number + 1 < script.len());
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            for answer in *answers {
                let mut request = lines.by_ref().map_while(io::Result::ok);
                assert_eq!(request.next().as_deref(), Some("GET / HTTP/1.1"));
                assert!(request.any(|line| line.is_empty()), "a request that breaks off");
                stream.write_all(answer.as_bytes()).unwrap();
            }
            again.filter(|_| listener.is_none()).into_iter().for_each(|it| repeat(&stream, it));
        }
    };
    (Target::parse(&format!("http://{address}/")).unwrap(), thread::spawn(serve))
}

fn repeat(mut stream: &TcpStream, answer: &str) {
    stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
    while stream.write_all(answer.as_bytes()).is_ok() {
        match stream.read(&mut [0]) {
            Ok(1) => panic!("it is asked again"),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            _ => break,
        }
    }
}

/// Sends as many requests as there are `expected` outcomes, with either client.
#[track_caller]
fn check(what: &str, script: Script, expected: &[std::result::Result<u64, &str>]) {
    check_server(what, &|| serve(script, None), Patience::default(), expected);
}

/// The same, for any server and with so much patience.
#[track_caller]
fn check_server(
    what: &str,
    serve: &dyn Fn() -> (Target, JoinHandle<()>),
    patience: Patience,
    expected: &[std::result::Result<u64, &str>],
) {
    let ids = (0..expected.len() as u64).map(RequestId);
    let blocking = |target: &Target| -> Vec<Result<Page>> {
        match session::Session::open_with(std::slice::from_ref(target), patience) {
            Ok(mut session) => ids.clone().map(|id| session.get(target, id)).collect(),
            Err(error) => vec![Err(error)],
        }
    };
    let awaiting = |target: &Target| -> Vec<Result<Page>> {
        Runtime::new().unwrap().block_on(async {
            let targets = std::slice::from_ref(target);
            let session = match coop_session::Session::open_with(targets, 1, patience).await {
                Ok(session) => session,
                Err(error) => return vec![Err(error)],
            };
            let mut pages = Vec::new();
            for id in ids.clone() {
                pages.push(session.get(target, id).await);
            }
            pages
        })
    };
    for client in ["blocking", "cooperative"] {
        let (target, server) = serve();
        let pages = if client == "blocking" { blocking(&target) } else { awaiting(&target) };
        let outcomes = pages.into_iter().map(|page| match page {
            Ok(page) => Ok(page.body_len),
            Err(error) => Err(error.to_string()),
        });
        let why = |why: &str| format!("{}: {why}", target.url());
        let expected: Vec<_> = expected.iter().map(|outcome| outcome.map_err(why)).collect();
        assert_eq!(outcomes.collect::<Vec<_>>(), expected, "{what}, {client}");
        server.join().unwrap();
    }
}

#[test]
fn each_answer_has_its_outcome_and_takes_as_many_connections_as_it_must() {
    check("a connection carries one request after another", &[&[EMPTY, KEPT]], &[Ok(0), Ok(2)]);
    check("made anew if announced", &[&[CLOSED], &[CLOSED], &[KEPT]], &[Ok(2), Ok(2), Ok(2)]);
    check("a body may end with the connection", &[&[OLD], &[KEPT]], &[Ok(5), Ok(2)]);
    check("a dead connection is made anew once", &[&[KEPT], &[KEPT]], &[Ok(2), Ok(2)]);
    let silent = "the server closed without an answer";
    check("and only once", &[&[""], &[""]], &[Err(silent)]);
    check("an interim answer is a beginning", &[&[KEPT, CONTINUE]], &[Ok(2), Err(silent)]);
    let broken = "the server closed in the middle of a body";
    check("what breaks off is not asked again", &[&[BROKEN], &[KEPT]], &[Err(broken), Ok(2)]);
    let gone = "cannot connect: Connection refused (os error 111)";
    check("a server that is gone is named", &[&[CLOSED]], &[Ok(2), Err(gone)]);
    check("as is a status", &[&[MISSING]], &[Err("the server answered with status 404")]);
}

/// Fails if a read of either client has no limit, or a server that is slow is asked again.
#[test]
fn a_server_that_never_ends_its_answer_is_given_up_and_not_asked_again() {
    let short = Duration::from_millis(150);
    let slow = Patience::default();
    let silence = Patience { silence: short, ..slow };
    let late = Patience { answer: short, ..slow };
    let repeats = "the server sent more than 10 interim answers";
    let cases: [(&str, Script, &str, Patience, &str); 4] = [
        ("a silent one", &[&[KEPT, ""]], "", silence, "the server was silent for 0 s"),
        ("one that falls silent", &[&[KEPT, OPEN]], "", silence, "the server was silent for 0 s"),
        ("a drip", &[&[KEPT, OPEN]], "x", late, "the server did not end its answer within 0 s"),
        ("one that repeats", &[&[KEPT, ""]], CONTINUE, slow, repeats),
    ];
    for (what, script, again, patience, why) in cases {
        check_server(what, &|| serve(script, Some(again)), patience, &[Ok(2), Err(why)]);
    }
}

/// Fails if connecting has no limit, or another name in one of the clients.
#[test]
fn a_server_that_does_not_accept_is_given_up() {
    // What is never accepted fills the listener's queue; beyond it no connection is made.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(100)).ok();
    let waiting: Vec<TcpStream> = std::iter::from_fn(connect).take(10_000).collect();
    let full = || (Target::parse(&format!("http://{address}/")).unwrap(), thread::spawn(|| ()));
    let hasty = Patience { connect: Duration::from_millis(100), ..Patience::default() };
    check_server("full", &full, hasty, &[Err("cannot connect: connection timed out")]);
    drop(waiting);
}

/// A connection whose reads end with these errors.
struct Failing([ErrorKind; 2]);

impl connection::Stream for Failing {
    async fn connect(_: SocketAddr, _: Patience) -> io::Result<Self> {
        Ok(Self([ErrorKind::WouldBlock, ErrorKind::Interrupted]))
    }

    async fn write_all(&mut self, _: &[u8], _: Patience) -> io::Result<()> {
        Ok(())
    }

    async fn read(&mut self, _: &mut [u8], _: Patience) -> io::Result<usize> {
        self.0.reverse();
        Err(self.0[0].into())
    }
}

#[test]
fn an_interrupted_read_is_done_again_and_a_silent_server_is_given_half_a_minute() {
    let target = Target::parse("http://127.0.0.1/").unwrap();
    let mut connection = Connection::<Failing>::new(Patience::default());
    let page = Runtime::new().unwrap().block_on(connection.get(&target, RequestId(0)));
    let silent = "http://127.0.0.1/: the server was silent for 30 s";
    assert_eq!(page.unwrap_err().to_string(), silent);
}

const OPEN: &str = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";
const EMPTY: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const OLD: &str = "HTTP/1.0 200 OK\r\n\r\nhello";
const BROKEN: &str = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi";
const MISSING: &str = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
