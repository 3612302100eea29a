//! `--url`: any HTTP server instead of our own; its pages are counted, and their status compared.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::program::{Ended, rows, trainyard};
use crate::web::Web;

const SMALL: &str = "compare io --requests 10 --workers 3 --runs 1 --warmup 0 --format json --url";

/// Every contender got as many pages, and they were as good.
#[track_caller]
fn check_fetched(ended: &Ended) {
    let document = ended.json();
    let rows = rows(&document);
    let models: Vec<&str> = rows.iter().map(|row| row["model"].as_str().unwrap()).collect();
    assert_eq!(models, ["sync", "threads", "threads", "coop", "procs"]);
    let same = |key: &str| rows.iter().all(|row: &Value| row[key] == rows[0][key]);
    assert!(same("units") && same("checksum"), "{document}");
    assert_eq!(rows[0]["units"], 10);
}

#[test]
fn every_contender_fetches_from_a_server_that_closes_each_connection() {
    let web = Web::answering(usize::MAX);
    let ended = trainyard(&format!("{SMALL} {}", web.url())).with_code(0);
    check_fetched(&ended);
    // No two of its pages are the same. A measured round and a recorded one for each of five.
    assert_eq!(web.asked(), 10 * 2 * 5);
}

#[test]
fn several_urls_are_fetched_in_turn() {
    let (one, other) = (Web::answering(usize::MAX), Web::answering(usize::MAX));
    let line = format!("{SMALL} {} --url {}", one.url(), other.url());
    check_fetched(&trainyard(&line).with_code(0));
    assert_eq!((one.asked(), other.asked()), (50, 50));
}

/// Counts a request, and answers it with interim answers until the client closes.
fn repeat(mut stream: TcpStream, asked: &AtomicUsize) {
    // The first connection only looks whether somebody is there.
    if matches!(stream.read(&mut [0; 4096]), Ok(1..)) {
        asked.fetch_add(1, Ordering::Relaxed); // ORDER: a plain counter.
        while stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_ok() {}
    }
}

/// Fails if each interim answer is a reason to wait for another. How both clients give up a server
/// that drips or is silent is tested beside them, with less patience than a program has.
#[test]
fn a_server_that_repeats_its_interim_answer_is_given_up_and_asked_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    // Ends with the test's process.
    std::thread::spawn(move || listener.incoming().flatten().for_each(|it| repeat(it, &counter)));
    let said = trainyard(&format!("{SMALL} {url}")).with_code(1).stderr;
    let line = format!("{url}: the server sent more than 10 interim answers\n");
    assert!(said.ends_with(&line), "{said}");
    assert_eq!(asked.load(Ordering::Relaxed), 1); // ORDER: a plain counter.
}

/// Python's own server, unless there is no Python here.
#[test]
fn every_contender_fetches_from_the_server_of_python() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page.txt"), "a page").unwrap();
    let server = Command::new("python3")
        .args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut server) = server else { return };
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    // Serving HTTP on 127.0.0.1 port 40673 (http://127.0.0.1:40673/) ...
    let port = line.split("port ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    let page = trainyard(&format!("{SMALL} http://127.0.0.1:{port}/page.txt"));
    let missing = trainyard(&format!("{SMALL} http://127.0.0.1:{port}/none.txt"));
    server.kill().unwrap();
    server.wait().unwrap();
    check_fetched(&page.with_code(0));
    let said = missing.with_code(1).stderr;
    assert!(said.contains("/none.txt") && said.contains("status 404"), "{said}");
}
