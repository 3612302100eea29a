//! The echo: what does a thread that does I/O wait for, beside one that computes?
//!
//! A server with one thread that echoes bytes and some that compute, under a lock; ours, and
//! `CPython`'s with the same threads (`echo.py`). A client without a lock sends one byte, waits
//! for it, and thinks for half a millisecond, so that the server's `recv` really sleeps. The client
//! is the same for all, and so is the machine: a round starts each server in turn, in a process of
//! its own.
//!
//! Under the lock an echo takes one switch interval and a little: the thread that computes gives
//! the lock up when it has been asked. Beside two that compute it takes more: each time they change
//! places, the interval begins anew. `priority` is a policy that cures this: a thread that slept
//! asks one that computes at once. With the lock off nobody has to ask.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use trainyard::sys::Why;
use trainyard::threads::{Attached, Cause, Gil, Mode, Party, Policy};

use crate::gil::compute;
use crate::runner::{Contender, Goal, Must, Scenario};

const THINK: Duration = Duration::from_micros(500);
/// `CPython`'s default interval, and a fifth of it.
const INTERVALS: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(1)];
const ECHOES: usize = 60;
/// The shortest sleep that is one.
const AT_ONCE: Duration = Duration::from_micros(1);
/// What an echo may take beside the interval: two hand-offs to a sleeping thread.
const HANDOFFS: Duration = Duration::from_micros(100);

/// How the server's lock is set, and who else is there.
#[derive(Args, Clone, Copy)]
pub(crate) struct Setting {
    /// Switch interval in microseconds; 0: the lock is off
    interval_us: u64,
    /// How many threads compute
    cpu_threads: usize,
    rules: Rules,
}

/// By which rules the lock changes hands.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Rules {
    /// `CPython`'s
    Timed,
    /// A thread that slept goes before one that computes
    Priority,
}

/// David Beazley's proposal (bpo-7946): who gave the lock up by itself asks a holder who last lost
/// it on request at once; between equals an interval passes.
#[derive(Debug)]
struct Priority {
    interval: Duration,
}

impl Policy for Priority {
    fn patience(&self, waiter: Party, holder: Party) -> Option<Duration> {
        let overtakes = waiter.last_drop == Cause::Own && holder.last_drop != Cause::Own;
        Some(if overtakes { AT_ONCE } else { self.interval })
    }

    fn choose(&self, waiting: &mut dyn ExactSizeIterator<Item = Party>) -> usize {
        let mut slept = waiting.enumerate().filter(|(_, waiter)| waiter.last_drop == Cause::Own);
        slept.next().map_or(0, |(place, _)| place)
    }
}

pub(crate) fn lock_on(pythons: &[PathBuf]) -> Vec<Scenario> {
    INTERVALS.map(|interval| beside_cpython(interval, pythons)).into()
}

fn beside_cpython(interval: Duration, pythons: &[PathBuf]) -> Scenario {
    let interval_us = u64::try_from(interval.as_micros()).expect("milliseconds");
    let trainyard = |name: &str, rules, cpu_threads| {
        let setting = Setting { interval_us, cpu_threads, rules };
        let name = format!("{name}, {cpu_threads} cpu");
        Contender::new(name, move || echoes(serve_echo(setting)))
    };
    let mut contenders: Vec<_> = (0..=2)
        .map(|cpu_threads| trainyard("trainyard", Rules::Timed, cpu_threads))
        .chain([trainyard("trainyard priority", Rules::Priority, 2)])
        .collect();
    let interval_and_a_bit = Must::NoMoreThan((interval + HANDOFFS).as_secs_f64() * 1e3);
    let mut goals =
        vec![Goal { who: "trainyard priority, 2 cpu".into(), column: 0, must: interval_and_a_bit }];
    for python in pythons {
        let name = version(python);
        for cpu_threads in 0..=2 {
            let python = python.clone();
            let round = move || echoes(twin(&python, interval, cpu_threads));
            contenders.push(Contender::new(format!("{name}, {cpu_threads} cpu"), round));
        }
        let must = Must::Within { part: 0.15, of: format!("{name}, 1 cpu") };
        goals.push(Goal { who: "trainyard, 1 cpu".into(), column: 0, must });
    }
    Scenario {
        name: format!("echo/lock on/{} ms", interval.as_secs_f64() * 1e3),
        question: "an echo beside threads that compute",
        columns: &["p50 ms", "p90 ms"],
        contenders,
        goals,
    }
}

pub(crate) fn lock_off() -> Scenario {
    let contender = |name: &str, cpu_threads| {
        let setting = Setting { interval_us: 0, cpu_threads, rules: Rules::Timed };
        Contender::new(name, move || echoes(serve_echo(setting)))
    };
    Scenario {
        name: "echo/lock off".into(),
        question: "an echo beside a thread that computes, the lock off",
        columns: &["p50 ms", "p90 ms"],
        contenders: vec![contender("idle", 0), contender("1 cpu", 1)],
        goals: vec![Goal::at_most("1 cpu", 1.2, "idle")],
    }
}

/// This program again, as a server.
fn serve_echo(setting: Setting) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg("serve-echo");
    command.args([setting.interval_us.to_string(), setting.cpu_threads.to_string()]);
    command.arg(setting.rules.to_possible_value().expect("none is hidden").get_name());
    command
}

fn twin(python: &Path, interval: Duration, cpu_threads: usize) -> Command {
    let mut command = Command::new(python);
    command.args(["-c", include_str!("echo.py")]);
    command.args([interval.as_secs_f64().to_string(), cpu_threads.to_string()]);
    command
}

/// What the interpreter calls itself.
fn version(python: &Path) -> String {
    let code = "import platform; print('CPython', platform.python_version())";
    let output = Command::new(python).args(["-c", code]).output();
    let output = output.unwrap_or_else(|error| panic!("cannot run {}: {error}", python.display()));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Starts the server, asks for echoes, ends it; returns the median and the 90th percentile.
fn echoes(server: Command) -> Vec<f64> {
    let mut server = Server::start(server);
    let mut times: Vec<f64> = (0..ECHOES).map(|_| server.echo().as_secs_f64() * 1e3).collect();
    times.sort_by(f64::total_cmp);
    vec![times[ECHOES / 2], times[ECHOES * 9 / 10]]
}

/// A server in a process of its own, and the connection to it.
struct Server {
    process: Child,
    connection: TcpStream,
}

impl Server {
    fn start(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("it is piped");
        BufReader::new(output).read_line(&mut line).expect("the server prints its port");
        let port: u16 = line.trim().parse().expect("the server prints its port");
        let connection = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
        connection.set_nodelay(true).expect("it is TCP");
        Self { process, connection }
    }

    fn echo(&mut self) -> Duration {
        thread::sleep(THINK);
        let (began, mut byte) = (Instant::now(), [7]);
        self.connection.write_all(&byte).expect("the server reads");
        self.connection.read_exact(&mut byte).expect("the server answers");
        began.elapsed()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves one connection and returns at its end.
pub(crate) fn serve(setting: Setting) {
    let interval = Duration::from_micros(setting.interval_us);
    let mode = match setting.rules {
        _ if interval.is_zero() => Mode::Off,
        Rules::Timed => Mode::timed(interval),
        Rules::Priority => Mode::on(Priority { interval }),
    };
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    println!("{}", listener.local_addr().expect("it is bound").port());
    let (connection, _) = listener.accept().expect("the client comes");
    connection.set_nodelay(true).expect("it is TCP");
    let (gil, is_over) = (Gil::new(mode), AtomicBool::new(false));
    let compute_until_over = |at: &mut Attached<'_>| {
        while !is_over.load(Ordering::Relaxed) {
            compute(at, 1000);
        }
    };
    thread::scope(|scope| {
        for _ in 0..setting.cpu_threads {
            scope.spawn(|| gil.attach(compute_until_over));
        }
        let ended = gil.attach(|at| answer(at, &connection));
        is_over.store(true, Ordering::Relaxed);
        ended.expect("the client reads");
    });
}

/// Echoes bytes; each call to the kernel gives the lock up.
fn answer(at: &mut Attached<'_>, mut connection: &TcpStream) -> io::Result<()> {
    let mut byte = [0];
    while at.detach(Why::Io, || connection.read(&mut byte))? == 1 {
        at.detach(Why::Io, || connection.write_all(&byte))?;
    }
    Ok(())
}
