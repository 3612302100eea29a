//! The program: from its arguments to its exit code.
//!
//! # The life of one `trainyard compare`
//!
//! 1. The arguments become a command, or one line that says why not.
//! 2. What can be refused is refused, before anything is measured or started: files that cannot be
//!    written, processors that are not there, URLs that nobody answers.
//! 3. Ctrl-C becomes something to read; from here on it ends the run in good order.
//! 4. Each workload's contenders are measured, interleaved.
//! 5. The report is rendered: to standard output, and into the files. An interrupted or failed run
//!    shows what it has, and says that it is not complete.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use super::{Command, Compare, Stream};
use crate::ask::compare::picture::Style;
use crate::ask::compare::report::Report;
use crate::ask::compare::{forms, table};
use crate::ask::experiment::running::process as process_of_experiment;
use crate::ask::view;
use crate::ask::{doctor, document, experiment, guide, race, sweep, trace_check};
use crate::measure::arm;
use crate::measure::conductor::{Deaths, Measurement, Place, measure};
use crate::measure::prepare::{listen, prepare};
use crate::measure::python::find::find_all;
use crate::measure::python::{self, become_python};
use crate::measure::warnings::{self, Build};
use crate::measure::{progress, record, sources};
use lab_core::terms::error::{LabError, Result};
use lab_core::terms::host::{Conditions, Host};
use lab_core::terms::outfile::Extent;
use lab_core::terms::output::Format;
use lab_core::terms::params::Params;
use lab_core::terms::sample::Measured;
use lab_core::work::server;
use trainyard::sys::{child, process};

/// Runs the program with `args`, its name first, and returns its exit code.
///
/// The caller's `main` must have called [`procs::init`](trainyard::procs::init).
pub fn run(args: impl Iterator<Item = OsString>) -> ExitCode {
    child::take_own_name();
    let ended = match super::parse(args) {
        Ok(Command::Compare(asked)) => compare(&asked),
        Ok(Command::Race(asked)) => race::race(&asked).and_then(|page| print(&page)),
        Ok(Command::Dis(program)) => race::dis::dis(&program).and_then(|page| print(&page)),
        Ok(Command::Guide(asked)) => print(&guide::render(asked)),
        Ok(Command::Timeline(asked)) => view::timeline(&asked).and_then(|page| print(&page)),
        Ok(Command::Export(asked)) => view::export(&asked),
        Ok(Command::Trace(asked)) => show(trace_check::run(&asked)),
        Ok(Command::Doctor(asked)) => show(Ok(doctor::run(asked))),
        Ok(Command::Sweep(asked)) => show(sweep::run(&asked)),
        Ok(Command::Serve(config)) => {
            server::serve(&config).map_err(|why| LabError::failed("the server", why))
        }
        Ok(Command::Arm(args)) => be_an_arm(&args),
        Ok(Command::Experiment(asked)) => show(experiment::running::command::run(&asked)),
        Ok(Command::Cell(args)) => process_of_experiment::be(&args),
        Err(exit) => {
            let ended = match exit.stream {
                Stream::Stdout => print(&exit.message),
                Stream::Stderr => {
                    complain(&exit.message);
                    Ok(())
                }
            };
            return ended.map_or_else(failed, |()| ExitCode::from(exit.code));
        }
    };
    ended.map_or_else(failed, |()| ExitCode::SUCCESS)
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

fn compare(asked: &Compare) -> Result<()> {
    let Compare { params, pythons, output } = asked;
    progress::draw_with(output.glyphs);
    output.check_writable()?;
    let params = &Params { pythons: find_all(pythons)?, ..params.clone() };
    prepare(params)?;
    let interrupts = listen()?;
    // Looked at now: the run itself will keep the machine busy.
    let mut doubts = warnings::before(params, &Conditions::read(), Build::this());
    let (mut measured, mut server, mut failure) = (Vec::new(), None, None);
    let (mut deaths, mut runs) = (Deaths::default(), Vec::new());
    for &workload in &params.workloads {
        let places = Place::all(workload, params);
        let Measurement { measured: more, server: account, runs: recorded, failure: end } =
            measure(places, params, &interrupts, &mut deaths, output.trace.as_deref());
        measured.extend(more.into_iter().flatten());
        runs.extend(recorded);
        server = server.or(account);
        if end.is_some() {
            failure = end;
            break;
        }
    }
    doubts.extend(warnings::after(params, &measured));
    let report = Report::new(params, Host::read(), &measured, sources::lines_changed);
    let report = report.with_server(server).with_warnings(doubts);
    let written = match &failure {
        None => write(asked, &report, &measured),
        // Nothing was started that could have been measured: the line that says so is enough.
        Some(LabError::BadInput(_)) if measured.is_empty() => Ok(()),
        Some(_) => write(asked, &report.interrupted(), &measured),
    };
    let extent = Extent::of(failure.is_none());
    let saved = match &output.trace {
        Some(path) => record::save(record::of_comparison(params, runs), path, extent),
        None => Ok(()),
    };
    failure.map_or(written.and(saved), Err)
}

/// Writes the report wherever it is wanted.
fn write(asked: &Compare, report: &Report, measured: &[Measured]) -> Result<()> {
    let document = |format| match format {
        Format::Table => table::render(report, measured, Style::of_stdout(asked.output.glyphs)),
        Format::Json => document::json(report),
        Format::Csv => forms::csv(report),
        Format::Markdown => forms::markdown(report),
        Format::Svg => unreachable!("a comparison has no option for a chart"),
    };
    anstream::ColorChoice::from(asked.output.color).write_global();
    let printed = print(&document(asked.output.stdout));
    printed.and(asked.output.write(Extent::of(report.complete), document))
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
