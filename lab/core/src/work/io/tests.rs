//! Both clients against a server that knows its answers before it is asked.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use super::http::{Page, RequestId};
use super::target::Target;
use super::{coop_session, session};
use crate::terms::error::Result;
use trainyard::coop::Runtime;

const KEPT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
const CLOSED: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";

/// Accepts as many connections as there are `connections`, and answers the requests of each with
/// its answers. Whoever comes later is refused.
fn serve(connections: &'static [&'static [&'static str]]) -> (Target, JoinHandle<()>) {
    let mut listener = Some(TcpListener::bind("127.0.0.1:0").unwrap());
    let address = listener.as_ref().unwrap().local_addr().unwrap();
    let serve = move || {
        for (number, answers) in connections.iter().enumerate() {
            let (mut stream, _) = listener.as_ref().unwrap().accept().unwrap();
            listener = listener.take().filter(|_| number + 1 < connections.len());
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            for answer in *answers {
                let mut request = lines.by_ref().map_while(std::io::Result::ok);
                assert_eq!(request.next().as_deref(), Some("GET / HTTP/1.1"));
                assert!(request.any(|line| line.is_empty()), "a request that breaks off");
                stream.write_all(answer.as_bytes()).unwrap();
            }
        }
    };
    (Target::parse(&format!("http://{address}/")).unwrap(), thread::spawn(serve))
}

/// What a client makes of a server: one outcome for each request.
type Get<'a> = &'a dyn Fn(&Target) -> Vec<Result<Page>>;

/// Sends as many requests as there are `expected` outcomes, with either client.
#[track_caller]
fn check(
    what: &str,
    connections: &'static [&'static [&'static str]],
    expected: &[std::result::Result<u64, &str>],
) {
    let ids = (0..expected.len() as u64).map(RequestId);
    let blocking = |target: &Target| -> Vec<Result<Page>> {
        let mut session = session::Session::open(std::slice::from_ref(target)).unwrap();
        ids.clone().map(|id| session.get(target, id)).collect()
    };
    let awaiting = |target: &Target| -> Vec<Result<Page>> {
        Runtime::new().unwrap().block_on(async {
            let session = coop_session::Session::open(std::slice::from_ref(target), 1).await;
            let (session, mut pages) = (session.unwrap(), Vec::new());
            for id in ids.clone() {
                pages.push(session.get(target, id).await);
            }
            pages
        })
    };
    let clients: [(&str, Get<'_>); 2] = [("blocking", &blocking), ("cooperative", &awaiting)];
    for (client, get) in clients {
        let (target, server) = serve(connections);
        let outcomes = get(&target).into_iter().map(|page| match page {
            Ok(page) => Ok(page.body_len),
            Err(error) => Err(error.to_string()),
        });
        let why = |why: &str| format!("{}: {why}", target.url());
        let expected = expected.iter().map(|outcome| outcome.map_err(why));
        assert!(
            outcomes.clone().eq(expected),
            "{what}, {client}: {:?}",
            outcomes.collect::<Vec<_>>()
        );
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
    let broken = "the server closed in the middle of a body";
    check("what breaks off is not asked again", &[&[BROKEN], &[KEPT]], &[Err(broken), Ok(2)]);
    let gone = "cannot connect: Connection refused (os error 111)";
    check("a server that is gone is named", &[&[CLOSED]], &[Ok(2), Err(gone)]);
    check("as is a status", &[&[MISSING]], &[Err("the server answered with status 404")]);
}

const EMPTY: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const OLD: &str = "HTTP/1.0 200 OK\r\n\r\nhello";
const BROKEN: &str = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi";
const MISSING: &str = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
