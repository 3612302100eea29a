//! The processes of an experiment: a cell, and who asks it.
//!
//! Each cell is measured in a process of its own, which says its figures as one line of JSON: our
//! program with the hidden verb `__experiment`, or a Python with a script. A server says its port
//! first. Whatever happens, no process is left ([`heard`](crate::ask::experiment::kit::heard)); a
//! Python is killed with the lab because our program asks for that and then becomes the Python.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::others::{OTHERS_SHARE, Reading};
use crate::ask::experiment::catalogue::find;
use crate::ask::experiment::kit::echo;
use crate::ask::experiment::kit::heard::{ELSEWHERE, Heard, Running, own, say};
use crate::ask::experiment::kit::prelude::*;
use crate::measure::python::{NO_CURRENT_FOLDER, become_python};
use crate::measure::record::{about, land};
use lab_core::terms::outfile::{self, Extent};
use trainyard::sys::signal::Interrupts;
use trainyard::sys::{clock, process};
use trainyard::trace;
use trainyard::trace::file::{Facts, Run, Trace, flight};

/// What every script begins with.
const PRELUDE: &str = include_str!("twin.py");
/// No cell takes a tenth of it.
const SILENCE_MAX: Duration = Duration::from_mins(2);

/// Measures `cell` of `experiment` once; with the figures comes what others took of the machine
/// meanwhile.
/// Fails with [`LabError::Interrupted`] after Ctrl-C; [`LabError::NoRoom`] if the contender's
/// process says that this machine has none; [`LabError::Failed`] if it ends without figures, with
/// the last line of what it complained about.
pub(crate) fn measure(
    experiment: &Experiment,
    cell: &Cell,
    contender: &Contender,
    interrupts: &Interrupts,
) -> Result<Figures> {
    let command = match contender {
        Contender::Ours => own(&["ours", experiment.name, &cell.json()]),
        Contender::Python(python) => script(python, experiment.design.twin, &cell.json()),
    };
    let before = Reading::take();
    let figures = ask(command, experiment, cell, contender, interrupts)?;
    // Now its processes are reaped, and what they used is known.
    Ok(match before.zip(Reading::take()) {
        Some((before, after)) => figures.with(OTHERS_SHARE, after.others_since(before)),
        None => figures,
    })
}

/// Runs our `cell` of `experiment` once more, on the record, which is kept at `flight` meanwhile.
/// Of a cell that dies there is the recording up to its death, and why it died: an error as of
/// [`measure`].
pub(crate) fn record(
    experiment: &Experiment,
    cell: &Cell,
    flight: &Path,
    interrupts: &Interrupts,
) -> (Option<Run>, Result<()>) {
    let mut command = own(&["ours", experiment.name, &cell.json()]);
    command.arg(flight);
    let asked = ask(command, experiment, cell, &Contender::Ours, interrupts);
    // Of a cell that failed there may be rings in which nothing was kept: they explain nothing.
    let run = land(flight).filter(|run| asked.is_ok() || !run.recording.events.is_empty());
    (run, asked.map(drop))
}

fn ask(
    command: Command,
    experiment: &Experiment,
    cell: &Cell,
    contender: &Contender,
    interrupts: &Interrupts,
) -> Result<Figures> {
    let answered = || {
        let mut running = Running::start(command)?;
        let mut answered = Figures::default();
        if cell.probe.is_some() {
            let port =
                figures(&mut running, interrupts)?.0.get("port").copied().unwrap_or(f64::NAN);
            let mut asker = Running::start(own(&["ask", &port.to_string(), &cell.json()]))?;
            answered = figures(&mut asker, interrupts)?;
        }
        Ok(figures(&mut running, interrupts)?.and(answered))
    };
    answered().map_err(|why| match why {
        LabError::Failed(why) => {
            LabError::failed(format!("{}, {contender}, {}", experiment.name, cell.label), why)
        }
        other => other,
    })
}

/// What a cell says instead of figures, ours or a script.
#[derive(Serialize, Deserialize)]
struct NoRoom {
    no_room: String,
}

/// Is one of the processes: `PARENT ours NAME CELL [FLIGHT]`, `PARENT ask PORT CELL`, or
/// `PARENT python PATH SCRIPT CELL`.
pub(crate) fn be(args: &[OsString]) -> Result<()> {
    let failed = |why: io::Error| LabError::failed("a cell", why);
    process::die_with_parent().map_err(failed)?;
    let words: Vec<&str> = args.iter().filter_map(|word| word.to_str()).collect();
    let not_ours = || {
        let line = "`__experiment` is what `experiment run` starts, not a user";
        LabError::BadInput(line.to_owned())
    };
    let parent = words.first().and_then(|pid| pid.parse::<u32>().ok()).ok_or_else(not_ours)?;
    if parent != process::parent_pid() {
        // It had ended before the kernel was asked.
        return Ok(());
    }
    let read = |document: &str| serde_json::from_str::<Cell>(document).map_err(|_| not_ours());
    match (&words[1..], args) {
        (["ours", name, document, ..], [_, _, _, _, flight @ ..]) => {
            // What they used counts as ours only if they are reaped by us and not by the machine.
            process::adopt_orphans().map_err(failed)?;
            let experiment = find(name).map_err(LabError::BadInput)?;
            be_a_cell(experiment, &read(document)?, flight.first().map(Path::new))
        }
        (["ask", port, document], _) => {
            say(&echo::ask(&read(document)?, port.parse().map_err(|_| not_ours())?)?);
            Ok(())
        }
        // The path of a Python need not be text.
        (["python", ..], [_, _, path, script, document]) => {
            Err(become_python(path, script, std::slice::from_ref(document)))
        }
        _ => Err(not_ours()),
    }
}

/// Measures the cell; with a `flight` on the record.
fn be_a_cell(experiment: &Experiment, cell: &Cell, flight: Option<&Path>) -> Result<()> {
    let figures = match flight {
        Some(path) => recorded(experiment, cell, path)?,
        None => (experiment.design.ours)(cell),
    };
    match figures {
        Ok(figures) => say(&figures),
        Err(LabError::NoRoom(no_room)) => say(&NoRoom { no_room }),
        Err(why) => return Err(why),
    }
    Ok(())
}

fn script(python: &Python, twin: Option<&str>, document: &str) -> Command {
    let script = format!("{NO_CURRENT_FOLDER}{PRELUDE}\n{}", twin.unwrap_or_default());
    let mut command = own(&["python"]);
    command.args([Path::new(&python.path).as_os_str(), OsStr::new(&script)]).arg(document);
    command
}

/// Measures the cell on the record, which is written to `path`.
fn recorded(experiment: &Experiment, cell: &Cell, path: &Path) -> Result<Result<Figures>> {
    let facts = Facts::default()
        .with("label", format!("{}: {}", experiment.name, cell.label))
        .with("experiment", experiment.name)
        .with("cell", cell.label.as_str());
    flight::keep_in(path, &about(None, None), &facts)
        .map_err(|why| LabError::failed(format!("cannot write to '{}'", path.display()), why))?;
    let recorder = trace::arm();
    let figures = (experiment.design.ours)(cell);
    let own = recorder.finish();
    let recording = ELSEWHERE.get().cloned().unwrap_or(own);
    // In the place of the file that rings were kept in: all of them are in it, those too that found
    // no room there.
    let trace = Trace::of(about(None, None), vec![Run { about: facts, recording }]);
    outfile::write(path, Extent::Whole, |file| trace.write_to(file))?;
    Ok(figures)
}

/// Waits for the next line of a process that will say figures.
fn figures(running: &mut Running, interrupts: &Interrupts) -> Result<Figures> {
    match running.hear(clock::deadline_ns(SILENCE_MAX), Some(interrupts))? {
        Heard::Line(line) => match serde_json::from_slice(&line) {
            Ok(NoRoom { no_room }) => Err(LabError::NoRoom(no_room)),
            Err(_) => serde_json::from_slice(&line).map_err(|_| {
                let line = String::from_utf8_lossy(&line);
                LabError::Failed(format!("it said '{line}' instead of figures"))
            }),
        },
        Heard::Closed => Err(running.last_words()),
        Heard::Silence => {
            let seconds = SILENCE_MAX.as_secs();
            Err(LabError::Failed(format!("it was silent for {seconds} s")))
        }
    }
}
