//! The program: from its arguments to its exit code.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use super::{Command, Exit};
use crate::ask::experiment::running::process as process_of_experiment;
use crate::ask::{guide, race, sweep, trace_check};
use crate::measure::arm;
use crate::measure::python::{self, become_python};
use lab_core::terms::{LabError, Result};
use lab_core::work::server;
use trainyard::sys::{child, process};

/// Runs the program with `args`, its name first, and returns its exit code.
///
/// The caller's `main` must have called [`procs::init`](trainyard::procs::init).
pub fn run(args: impl Iterator<Item = OsString>) -> ExitCode {
    child::take_own_name();
    let ended = match super::parse(args) {
        Ok(command) => obey(command),
        Err(Exit { message, code: 0 }) => print(&message),
        Err(Exit { message, code }) => {
            complain(&message);
            return ExitCode::from(code);
        }
    };
    ended.map_or_else(failed, |()| ExitCode::SUCCESS)
}

/// Does what was asked for. That the options go together was checked.
fn obey(command: Command) -> Result<()> {
    match command {
        Command::Compare(asked) => asked.run(print),
        Command::Experiment(asked) => show(asked.run()),
        Command::Cell { args } => process_of_experiment::be(&args),
        Command::Race(asked) => print(&race::race(&asked)?),
        Command::Dis(asked) => print(&asked.page()?),
        Command::Sweep(asked) => show(sweep::run(&asked)),
        Command::Guide(asked) => print(&guide::render(asked)),
        Command::Timeline(asked) => print(&asked.page()?),
        Command::Export(asked) => asked.run(),
        Command::Trace(asked) => show(trace_check::run(&asked)),
        Command::Doctor(asked) => show(Ok(asked.run())),
        Command::Serve(config) => {
            server::serve(&config).map_err(|why| LabError::failed("the server", why))
        }
        Command::Arm { args } => be_an_arm(&args),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what ends the program is used up")]
fn failed(error: LabError) -> ExitCode {
    complain(format_args!("trainyard: {error}\n"));
    ExitCode::from(error.exit_code())
}

/// The conductor, whose number is the argument, gave us one end of a socket as standard input.
fn be_an_arm(args: &[OsString]) -> Result<()> {
    let failed = |why| LabError::failed("an arm", why);
    // At the end of the socket an arm leaves, but in the middle of a round it does not look. The
    // conductor's main thread, which the kernel watches here, lives as long as the conductor.
    process::die_with_parent().map_err(failed)?;
    let conductor: Option<u32> = args.first().and_then(|pid| pid.to_str()?.parse().ok());
    let Some(conductor) = conductor else {
        return Err(LabError::BadInput("`__arm` is what `compare` starts, not a user".to_owned()));
    };
    if conductor != process::parent_pid() {
        // It had ended before the kernel was asked.
        return Ok(());
    }
    let socket = io::stdin().as_fd().try_clone_to_owned().map_err(failed)?;
    match &args[1..] {
        [word, path, script] if word == python::ARM_WORD => Err(become_python(path, script, &[])),
        _ => arm::serve(UnixStream::from(socket)),
    }
}

/// Prints a page, whatever its end was.
fn show(ran: Result<(String, Result<()>)>) -> Result<()> {
    let (text, ended) = ran?;
    // A page that could not be printed is the graver failure only if nothing else failed.
    let printed = print(&text);
    ended.and(printed)
}

/// Prints to standard output. A reader who has seen enough (`| head`) is no failure.
fn print(text: &str) -> Result<()> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(LabError::failed("cannot write to standard output", error))
        }
        _ => Ok(()),
    }
}

/// Prints to standard error. If that cannot be written either, the exit code has to do.
fn complain(text: impl Display) {
    drop(write!(anstream::stderr(), "{text}"));
}
