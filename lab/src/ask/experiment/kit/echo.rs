//! A server that answers under the lock, and the process that asks it.
//!
//! The server is the cell under test, ours or a Python script: its main thread waits for a
//! datagram, which gives the lock up, needs the lock to go on, and sends the datagram back. Who
//! asks is always the same process of ours, without any lock, so that one instrument measures all
//! contenders, with one clock.
//!
//! The asker thinks before each question, for more than two switch intervals. Without that pause the
//! next question would already be there when the server comes to wait for it, or the server would
//! still wait for the lock after the answer before: one would measure a race between two wake-ups
//! instead of the lock.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, UdpSocket};

use super::heard::say;
use super::hogs::{self, Beside};
use super::prelude::*;

/// Ends the server. A question is longer.
const END: &[u8] = b"E";
/// ccbench's size of a packet.
const PACKET_LEN: usize = 1_024;
/// Threads start, caches fill.
const WARM_UP: usize = 2;
/// The server may starve. Then this stands for the time of its answer, which is longer.
const SILENCE_MAX: Duration = Duration::from_secs(5);
/// However long the answers take: one at the longest interval, 50 ms, takes 150 ms with its pause.
const ASKING_MAX: Duration = Duration::from_secs(6);

/// Answers until it is told to end, while the cell's `hogs` threads do its `task`.
pub(crate) fn serve(cell: &Cell) -> Result<Figures> {
    let failed = |why: io::Error| LabError::failed("the server of a cell", why);
    let gil = hogs::gil(cell);
    let (hogs, task) = (cell.count("hogs"), Task::named(cell.word("task")));
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
    let port = socket.local_addr().map_err(failed)?.port();
    let figures = hogs::measured(|| {
        let answered = hogs::beside(&gil, hogs, task, |beside| {
            say(&Figures::default().with("port", f64::from(port)));
            gil.attach(|at| answer(&socket, at, beside))
        })?;
        answered.map(|()| Vec::new()).map_err(failed)
    })?;
    Ok(figures.and(hogs::counted(&[gil])))
}

fn answer(socket: &UdpSocket, at: &mut Attached<'_>, beside: &Beside) -> io::Result<()> {
    let mut packet = [0; PACKET_LEN];
    loop {
        beside.turn();
        let (len, asker) = at.detach(Why::Io, || socket.recv_from(&mut packet))?;
        if &packet[..len] == END {
            return Ok(());
        }
        at.detach(Why::Io, || socket.send_to(&packet[..len], asker))?;
    }
}

/// The same where somebody asks, and [`hogs::throughput`] where nobody does.
pub(crate) fn serve_or_compute(cell: &Cell) -> Result<Figures> {
    if cell.probe.is_some() { serve(cell) } else { hogs::throughput(cell) }
}

/// Asks the server at `port`, as `cell` says, and ends it.
pub(crate) fn ask(cell: &Cell, port: u16) -> Result<Figures> {
    let failed = |why: io::Error| LabError::failed("the asker", why);
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
    socket.connect((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
    socket.set_read_timeout(Some(SILENCE_MAX)).map_err(failed)?;
    let figures = match cell.probe {
        Some(Probe::Bandwidth) => bandwidth(&socket, cell.time("duration_s")),
        _ => latency(&socket, cell),
    };
    let figures = figures.map_err(failed)?;
    socket.send(END).map_err(failed)?;
    Ok(figures)
}

/// The cell's `questions`, with `think_s` before each; at least one is measured.
fn latency(socket: &UdpSocket, cell: &Cell) -> io::Result<Figures> {
    let think = cell.time("think_s");
    let begun = Stopwatch::start();
    let is_over = || begun.elapsed() > ASKING_MAX;
    let mut latencies_s = Vec::new();
    let mut warm_up = WARM_UP;
    while latencies_s.len() < cell.count("questions") && (latencies_s.is_empty() || !is_over()) {
        #[expect(clippy::disallowed_methods, reason = "the asker has no lock to give up")]
        thread::sleep(think);
        let asked = Stopwatch::start();
        let is_answered = exchange(socket, &[1; 2])?;
        if warm_up > 0 && is_answered {
            warm_up -= 1;
            continue;
        }
        latencies_s.push(asked.seconds());
        if !is_answered {
            break;
        }
    }
    let at = |share| percentile(&latencies_s, share).expect("at least one was measured");
    Ok(Figures::default()
        .with("p50_s", at(0.5))
        .with("p95_s", at(0.95))
        .with("max_s", at(1.0))
        .with_count("answers", latencies_s.len()))
}

/// Questions without a pause for a time; ccbench's figure.
fn bandwidth(socket: &UdpSocket, duration: Duration) -> io::Result<Figures> {
    let packet = [1; PACKET_LEN];
    exchange(socket, &packet)?;
    let begun = Stopwatch::start();
    let mut answers = 0_u32;
    loop {
        answers += u32::from(exchange(socket, &packet)?);
        let elapsed = begun.elapsed();
        if elapsed >= duration {
            let rate = f64::from(answers) / elapsed.as_secs_f64();
            return Ok(Figures::default().with("answers_per_s", rate));
        }
    }
}

/// Asks, and waits; whether the answer came in time.
fn exchange(socket: &UdpSocket, question: &[u8]) -> io::Result<bool> {
    let mut answer = [0; PACKET_LEN];
    socket.send(question)?;
    match socket.recv(&mut answer) {
        Ok(len) if &answer[..len] == question => Ok(true),
        Ok(_) => Err(io::Error::other("the answer is not the question")),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}
