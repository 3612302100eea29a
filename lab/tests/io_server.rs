//! The I/O server in a process of its own: it starts, serves, and is gone in every case.
//!
//! The server is this program run again, so this test has its own `main`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests, as in tests")]

#[path = "../../tests/support/runner.rs"]
mod runner;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use lab_core::work::io::http::RequestId;
use lab_core::work::io::session::Session;
use lab_core::work::io::target::Target;
use lab_core::work::server::{ServerConfig, ServerProcess, serve};

use runner::tests;

tests![
    serves_and_keeps_its_accounts,
    is_in_a_group_of_its_own,
    is_gone_when_dropped,
    leaves_at_the_end_of_its_input,
    is_gone_after_its_parent,
    stays_until_killed,
    survives_a_shortage_of_descriptors,
    says_why_it_cannot_listen,
    is_given_up_when_silent,
];

/// Ten times as long as any step of these tests takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// The latency that makes this program play a server that never listens.
const NEVER: Duration = Duration::from_hours(24);

/// The argument that makes this program start a server and wait to be killed.
const AS_PARENT: &str = "--as-parent";

/// What `trainyard serve` takes.
#[derive(Parser)]
struct Serve {
    #[command(flatten)]
    config: ServerConfig,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        // With options: `serve` alone is somebody who looks for tests of that name.
        ["serve", _, ..] => be_a_server(&Serve::parse_from(&words).config),
        [AS_PARENT] => be_a_parent(),
        _ => return runner::run(&[TESTS], |test| test()),
    }
    ExitCode::SUCCESS
}

fn be_a_server(config: &ServerConfig) {
    if config.latency == NEVER {
        wait_to_be_killed();
    }
    if let Err(error) = serve(config) {
        // As the command line ends: one line, and a status.
        #[expect(clippy::print_stderr, reason = "the last words of a child process")]
        let () = eprintln!("{error}");
        #[expect(clippy::disallowed_methods, reason = "the child has nothing left to flush")]
        std::process::exit(1);
    }
}

fn be_a_parent() {
    let server = ServerProcess::spawn(&quick(), PATIENCE).unwrap();
    println!("listening on http://{}", server.address());
    std::io::stdout().flush().unwrap();
    wait_to_be_killed();
}

fn wait_to_be_killed() -> ! {
    loop {
        std::thread::park();
    }
}

fn quick() -> ServerConfig {
    ServerConfig { latency: Duration::ZERO, ..ServerConfig::default() }
}

fn serves_and_keeps_its_accounts() {
    let server = ServerProcess::spawn(&quick(), PATIENCE).unwrap();
    let targets = Target::all_of(server.address());
    let mut session = Session::open(&targets).unwrap();
    for (id, target) in (0..20).zip(targets.iter().cycle()) {
        session.get(target, RequestId(id)).unwrap();
    }
    let usage = server.cpu().unwrap();
    assert_eq!((usage.requests, usage.connections), (20, 2), "the second is the one that asks");
}

fn is_in_a_group_of_its_own() {
    let server = ServerProcess::spawn(&quick(), PATIENCE).unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.pid())).unwrap();
    let group = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(2).unwrap().to_owned();
    assert_eq!(group, server.pid().to_string());
}

fn is_gone_when_dropped() {
    let server = ServerProcess::spawn(&quick(), PATIENCE).unwrap();
    let (pid, address) = (server.pid(), server.address());
    assert!(process(pid).exists());
    drop(server);
    assert!(!process(pid).exists(), "killed and reaped");
    assert!(TcpStream::connect(address).is_err());
}

fn leaves_at_the_end_of_its_input() {
    let (mut child, address) = start(&ServerConfig { until_eof: true, ..quick() }.to_args());
    assert!(TcpStream::connect(address).is_ok());
    drop(child.stdin.take());
    wait_until("the server has left", || child.try_wait().unwrap().is_some());
    assert!(child.wait().unwrap().success());
}

fn stays_until_killed() {
    let (mut child, address) = start(&quick().to_args());
    drop(child.stdin.take());
    // A server that ended with its input would do so before it answers this.
    let (mut other, _) = start(&ServerConfig { until_eof: true, ..quick() }.to_args());
    drop(other.stdin.take());
    wait_until("the other server has left", || other.try_wait().unwrap().is_some());
    assert!(TcpStream::connect(address).is_ok());
    child.kill().unwrap();
    child.wait().unwrap();
}

fn is_gone_after_its_parent() {
    let (mut parent, address) = start(&[AS_PARENT.to_owned()]);
    assert!(TcpStream::connect(address).is_ok());
    parent.kill().unwrap();
    parent.wait().unwrap();
    wait_until("the server has left", || TcpStream::connect(address).is_err());
}

/// Fails if the server ends at an error of `accept`.
fn survives_a_shortage_of_descriptors() {
    // Three standard ones, two for listening, and so room for eleven clients.
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 16; exec \"$0\" \"$@\""]).arg(program());
    command.args(ServerConfig { until_eof: true, ..quick() }.to_args());
    let (mut child, address) = start_command(&mut command);
    let clients: Vec<_> = (0..30).map(|_| TcpStream::connect(address).unwrap()).collect();
    ask(&clients[0]);
    // The others are in the system's queue, and their turn comes.
    drop(clients);
    ask(&TcpStream::connect(address).unwrap());
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

/// Asks for a page, and waits for the first bytes of the answer.
fn ask(mut stream: &TcpStream) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"GET /dice HTTP/1.0\r\n\r\n").unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 200");
}

fn says_why_it_cannot_listen() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = ServerProcess::spawn(&ServerConfig { port, ..quick() }, PATIENCE).unwrap_err();
    let line = format!("the i/o server did not start: cannot listen on 127.0.0.1:{port}: Address");
    assert!(error.to_string().starts_with(&line), "{error}");
    assert_eq!((error.exit_code(), error.to_string().lines().count()), (1, 1));
}

fn is_given_up_when_silent() {
    let config = ServerConfig { latency: NEVER, ..quick() };
    let error = ServerProcess::spawn(&config, Duration::from_millis(300)).unwrap_err();
    let line = "the i/o server did not start: it did not listen within 300ms";
    assert_eq!(error.to_string(), line);
}

/// Runs this program with `arguments`, and returns when it has said where it listens.
fn start(arguments: &[String]) -> (Child, SocketAddr) {
    start_command(Command::new(program()).args(arguments))
}

fn start_command(command: &mut Command) -> (Child, SocketAddr) {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("listening on http://").unwrap().parse().unwrap();
    (child, address)
}

fn program() -> PathBuf {
    std::env::current_exe().unwrap()
}

fn process(pid: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}"))
}

#[track_caller]
fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::yield_now();
    }
}
