//! The program: from its arguments to its exit code.
//!
//! # The life of one `trainyard compare`
//!
//! 1. The arguments become a command, or one line that says why not.
//! 2. The files to write are tried, before anything is measured.
//! 3. Ctrl-C becomes something to read; from here on it ends the run in good order.
//! 4. Each workload's contenders are measured, interleaved.
//! 5. The report is rendered: to standard output, and into the files. An interrupted or failed run
//!    shows what it has, and says that it is not complete.

use std::ffi::OsString;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use super::cli::{self, Command, Compare, Format, Stream};
use super::conductor::{Measurement, measure};
use super::host::{Conditions, Host};
use super::picture::Style;
use super::report::Report;
use super::sample::Measured;
use super::warnings::{self, Build};
use super::{LabError, Result, arm, render, server, sources};
use crate::sys::affinity;
use crate::sys::signal::Interrupts;

/// Runs the program with `args`, its name first, and returns its exit code.
///
/// The caller's `main` must have called [`procs::init`](crate::procs::init).
pub fn run(args: impl Iterator<Item = OsString>) -> ExitCode {
    let ended = match cli::parse(args) {
        Ok(Command::Compare(asked)) => compare(&asked),
        Ok(Command::Serve(config)) => {
            server::serve(&config).map_err(|why| LabError::failed("the server", why))
        }
        Ok(Command::Arm(_)) => be_an_arm(),
        Err(exit) => {
            match exit.stream {
                Stream::Stdout => print(&exit.message),
                Stream::Stderr => anstream::eprint!("{}", exit.message),
            }
            return ExitCode::from(exit.code);
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("trainyard: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

/// The conductor gave us one end of a socket as standard input.
fn be_an_arm() -> Result<()> {
    let stdin = std::io::stdin();
    let socket = stdin.as_fd().try_clone_to_owned();
    arm::serve(UnixStream::from(socket.map_err(|why| LabError::failed("an arm", why))?))
}

fn compare(asked: &Compare) -> Result<()> {
    let Compare { params, output } = asked;
    output.check_writable()?;
    if !params.affinity.is_empty() {
        affinity::restrict_to(&params.affinity)
            .map_err(|why| LabError::BadInput(format!("--affinity: {why}")))?;
    }
    let interrupts = Interrupts::listen().map_err(|why| LabError::failed("Ctrl-C", why))?;
    // Looked at now: the run itself will keep the machine busy.
    let mut doubts = warnings::before(params, &Conditions::read(), Build::this());
    let (mut measured, mut failure) = (Vec::new(), None);
    for &workload in &params.workloads {
        let Measurement { measured: more, failure: end } = measure(workload, params, &interrupts);
        measured.extend(more);
        if end.is_some() {
            failure = end;
            break;
        }
    }
    doubts.extend(warnings::after(params, &measured));
    let report = Report::new(params, Host::read(), &measured, sources::lines_changed);
    let report = report.with_warnings(doubts);
    let written = match &failure {
        None => write(asked, &report, &measured),
        // Nothing was started that could have been measured: the line that says so is enough.
        Some(LabError::BadInput(_)) => Ok(()),
        Some(_) => write(asked, &report.interrupted(), &measured),
    };
    failure.map_or(written, Err)
}

fn write(asked: &Compare, report: &Report, measured: &[Measured]) -> Result<()> {
    let document = |format| match format {
        Format::Table => {
            render::table::render(report, measured, Style::of_stdout(asked.output.glyphs))
        }
        Format::Json => render::json::render(report),
        Format::Csv => render::csv::render(report),
        Format::Markdown => render::markdown::render(report),
    };
    anstream::ColorChoice::from(asked.output.color).write_global();
    print(&document(asked.output.stdout));
    for file in &asked.output.files {
        file.write(&document(file.format))?;
    }
    Ok(())
}

/// Prints to standard output. A reader who has seen enough (`| head`) is no failure.
fn print(text: &str) {
    let mut stdout = anstream::stdout().lock();
    let printed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    printed.unwrap_or_default();
}
