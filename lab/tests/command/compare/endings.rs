//! How a comparison ends before its end: Ctrl-C, a reader who has seen enough, and `kill -9`.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::program::{Ended, Process, Program, eventually};
use crate::web::Web;

/// Ctrl-C ends everything within a second; ten times that is for a busy machine.
const END_MAX: Duration = Duration::from_secs(10);

/// Sends the signal, and checks the end: soon, with this code, and nobody is left, no zombie either.
/// Fails if the orphans of a killed arm are not adopted: whoever gets them reaps them when it likes.
#[track_caller]
fn interrupt(mut program: Program, signal: Signal) -> Ended {
    let family = program.family();
    assert!(!family.is_empty());
    let begun = Instant::now();
    program.signal(signal);
    let ended = program.end().with_code(130);
    assert!(begun.elapsed() < END_MAX);
    let left: Vec<&Process> = family.iter().filter(|process| process.is_known()).collect();
    assert!(left.is_empty(), "left over: {left:?}");
    let late = program.family();
    assert!(late.is_empty(), "started after the signal, and left over: {late:?}");
    assert_eq!(ended.stderr, "trainyard: interrupted\n");
    ended
}

/// Waits until an arm of `program` has computed for a while: it is in the middle of a round.
#[track_caller]
fn wait_until_computing(program: &Program) {
    program.family_when("an arm computes", |family| {
        family.iter().any(|process| process.is_arm() && process.ticks() >= 3)
    });
}

/// The first round of `sync` takes a minute or more in any build, so a signal surely falls into it.
const COMPUTING: &str = "compare cpu --inputs 10000 --runs 1 --warmup 0 --workers 2 --format json";

#[test]
fn after_ctrl_c_the_rounds_that_were_measured_are_in_one_document() {
    // A round of sync, one of the threads, one of the threads, and half a round of sync.
    let web = Web::answering(14);
    let program = Program::start(&format!(
        "compare io --models threads --gil on --workers 2 --requests 4 --runs 3 --warmup 0 \
         --format json --url {}",
        web.url()
    ));
    web.wait_for(15);
    let document = interrupt(program, Signal::SIGINT).json();
    assert_eq!(document["complete"], false);
    let rows = document["results"].as_array().unwrap().iter();
    let rounds = |row: &Value| row["wall_s"]["samples"].as_array().unwrap().len();
    assert_eq!(rows.map(rounds).collect::<Vec<_>>(), [1, 2]);
    assert!(document["results"][1]["in_flight_max"].is_null(), "it was never recorded");
}

#[test]
fn a_signal_in_the_middle_of_computing_ends_every_process() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let program = Program::start(COMPUTING);
        wait_until_computing(&program);
        assert!(program.family().iter().any(Process::is_worker));
        assert_eq!(interrupt(program, signal).json()["complete"], false);
    }
}

#[test]
fn a_signal_while_the_contenders_start_ends_every_process() {
    let program = Program::start(COMPUTING);
    program.family_when("the first arm is there", |family| family.iter().any(Process::is_arm));
    let document = interrupt(program, Signal::SIGINT).json();
    assert_eq!(document["complete"], false);
}

/// Where the process listens, as the kernel tells it.
fn listens_at(process: &Process) -> Option<SocketAddr> {
    let links = fs::read_dir(format!("/proc/{}/fd", process.pid)).ok()?.flatten();
    let links = links.filter_map(|link| fs::read_link(link.path()).ok());
    let sockets: Vec<String> = links
        .filter_map(|link| {
            Some(link.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_owned())
        })
        .collect();
    let table = fs::read_to_string(format!("/proc/{}/net/tcp", process.pid)).ok()?;
    table.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (fields.get(1)?, fields.get(3)?, *fields.get(9)?);
        let listens = *state == "0A" && sockets.iter().any(|socket| socket == inode);
        let port = u16::from_str_radix(local.split_once(':')?.1, 16).ok()?;
        listens.then(|| SocketAddr::from(([127, 0, 0, 1], port)))
    })
}

#[test]
fn after_ctrl_c_nobody_listens_any_more() {
    let program =
        Program::start("compare io --models sync --requests 100 --latency 100ms --format csv");
    let mut address = None;
    eventually("the server listens", || {
        address =
            program.family().iter().filter(|process| process.is_server()).find_map(listens_at);
        address.is_some()
    });
    let address = address.unwrap();
    assert!(TcpStream::connect(address).is_ok());
    program.family_when("the arm is there", |family| family.iter().any(Process::is_arm));
    interrupt(program, Signal::SIGINT);
    assert!(TcpStream::connect(address).is_err());
}

/// Fails if an arm does not ask the kernel to end with its parent: in the middle of a round it does
/// not look at its socket.
#[test]
fn a_program_that_is_killed_leaves_no_process() {
    let waiting = "compare io --requests 100 --latency 100ms --workers 2";
    for line in [COMPUTING, waiting] {
        let program = Program::start(line);
        let family = program.family_when("everybody is there", |family| {
            let arms = family.iter().filter(|process| process.is_arm()).count();
            let workers = family.iter().filter(|process| process.is_worker()).count();
            arms >= 5 && workers == 2
        });
        if line == COMPUTING {
            wait_until_computing(&program);
        }
        let begun = Instant::now();
        program.signal(Signal::SIGKILL);
        eventually("nobody is left", || !family.iter().any(Process::is_running));
        assert!(begun.elapsed() < END_MAX);
    }
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    let small = "compare io --models coop --requests 2 --latency 1ms --runs 1 --warmup 0";
    for format in ["table", "json", "csv", "markdown"] {
        let (reader, writer) = std::io::pipe().unwrap();
        let mut program = Program::start_into(
            &format!("{small} --format {format}"),
            writer.into(),
            Stdio::null(),
        );
        let mut line = String::new();
        BufReader::new(reader).read_line(&mut line).unwrap();
        assert!(!line.is_empty());
        program.end().with_code(0);
    }
    // The reader was gone before the first byte, and standard error with it.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let both = writer.try_clone().unwrap();
    Program::start_into(small, writer.into(), both.into()).end().with_code(0);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let both = writer.try_clone().unwrap();
    Program::start_into("compare disk", writer.into(), both.into()).end().with_code(2);
}

#[test]
fn an_output_that_is_full_is_a_failure_and_the_files_are_written_all_the_same() {
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.csv");
    let mut stderr = tempfile::tempfile().unwrap();
    let line = format!(
        "compare io --models coop --requests 2 --latency 1ms --runs 1 --warmup 0 --export-csv {}",
        file.display()
    );
    let copy = stderr.try_clone().unwrap();
    Program::start_into(&line, full().into(), copy.into()).end().with_code(1);
    let said = crate::program::content(&mut stderr);
    assert!(said.starts_with("trainyard: cannot write to standard output: No space"), "{said}");
    assert_eq!(fs::read_to_string(file).unwrap().lines().count(), 3);
    Program::start_into("compare disk", Stdio::null(), full().into()).end().with_code(2);
}
