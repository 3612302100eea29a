//! The processes of an experiment: a cell, and who asks it.
//!
//! Each cell is measured in a process of its own, which says its figures as one line of JSON: our
//! program with the hidden verb `__experiment`, or a Python with a script. A server says its port
//! first. Whatever happens, no process is left: dropping a `Running` kills it, and if the lab
//! itself is killed the kernel does; a Python learns that from our program, which asks for it and
//! then becomes the Python.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ask::experiment::catalogue::find;
use crate::ask::experiment::kit::cell::Cell;
use crate::ask::experiment::kit::contender::{Contender, Python};
use crate::ask::experiment::kit::echo;
use crate::ask::experiment::kit::experiment::Experiment;
use crate::ask::experiment::kit::figures::Figures;
use crate::ask::experiment::kit::voice::{elsewhere, own, say, say_line};
use crate::measure::python::{NO_CURRENT_FOLDER, become_python};
use crate::measure::record::{about, land};
use lab_core::terms::error::{LabError, Result};
use lab_core::terms::outfile::{self, Extent};
use trainyard::sys::poll::{self, Interest};
use trainyard::sys::signal::Interrupts;
use trainyard::sys::{child, clock, process};
use trainyard::trace::file::{Facts, Run, Trace, flight};
use trainyard::trace::{self, Recorder};

/// What every script begins with.
const PRELUDE: &str = include_str!("twin.py");
/// No cell takes a tenth of it.
const SILENCE_MAX: Duration = Duration::from_mins(2);

/// Measures `cell` of `experiment` once.
///
/// # Errors
///
/// [`LabError::Interrupted`] after Ctrl-C; [`LabError::NoRoom`] if the contender's process says that
/// this machine has none; [`LabError::Failed`] if it ends without figures, with the last line of
/// what it complained about.
///
/// # Panics
///
/// Does not: a cell is plain data.
pub fn measure(
    experiment: &Experiment,
    cell: &Cell,
    contender: &Contender,
    interrupts: &Interrupts,
) -> Result<Figures> {
    let document = serde_json::to_string(cell).expect("a cell is plain data");
    let command = match contender {
        Contender::Ours => own(&["ours", experiment.name, &document]),
        Contender::Python(python) => script(python, experiment.twin, &document),
    };
    ask(command, experiment, cell, contender, interrupts)
}

/// Runs our `cell` of `experiment` once more, on the record, which is kept at `flight` meanwhile.
/// Of a cell that dies there is the recording up to its death, and why it died: an error as of
/// [`measure`].
///
/// # Panics
///
/// As [`measure`].
pub fn record(
    experiment: &Experiment,
    cell: &Cell,
    flight: &Path,
    interrupts: &Interrupts,
) -> (Option<Run>, Result<()>) {
    let document = serde_json::to_string(cell).expect("a cell is plain data");
    let mut command = own(&["ours", experiment.name, &document]);
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
    let named = |why: LabError| match why {
        LabError::Failed(why) => {
            LabError::failed(format!("{}, {contender}, {}", experiment.name, cell.label), why)
        }
        other => other,
    };
    let mut running = Running::start(command).map_err(named)?;
    let mut answered = Figures::default();
    if cell.probe.is_some() {
        let first = running.figures(interrupts).map_err(named)?;
        let port = first.0.get("port").copied().unwrap_or(f64::NAN);
        let document = serde_json::to_string(cell).expect("a cell is plain data");
        let mut asker = Running::start(own(&["ask", &port.to_string(), &document]))?;
        answered = asker.figures(interrupts).map_err(named)?;
    }
    Ok(running.figures(interrupts).map_err(named)?.and(answered))
}

/// What a cell says instead of figures, ours or a script.
#[derive(Serialize, Deserialize)]
struct NoRoom {
    no_room: String,
}

/// Is one of the processes: `PARENT ours NAME CELL [FLIGHT]`, `PARENT ask PORT CELL`, or
/// `PARENT python PATH SCRIPT CELL`.
///
/// # Errors
///
/// Fails if the cell does, or if the arguments are not the lab's.
pub fn be(args: &[OsString]) -> Result<()> {
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
            let experiment = find(name).map_err(LabError::BadInput)?;
            be_a_cell(experiment, &read(document)?, flight.first().map(Path::new))
        }
        (["ask", port, document], _) => {
            let port = port.parse().map_err(|_| not_ours())?;
            say(&echo::ask(&read(document)?, port)?);
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
    let recorder = flight.map(|path| start_recording(experiment, cell, path)).transpose()?;
    let figures = (experiment.ours)(cell);
    if let (Some(path), Some(recorder)) = (flight, recorder) {
        let own = recorder.finish();
        let recording = elsewhere().take().unwrap_or(own);
        let run = Run { about: facts(experiment, cell), recording };
        // In the place of the file that rings were kept in: all of them are in it, those too that
        // found no room there.
        let trace = Trace::of(about(None, None), vec![run]);
        outfile::write(path, Extent::Whole, |file| trace.write_to(file))?;
    }
    match figures {
        Ok(figures) => say(&figures),
        Err(LabError::NoRoom(no_room)) => say_line(&NoRoom { no_room }),
        Err(why) => return Err(why),
    }
    Ok(())
}

fn start_recording(experiment: &Experiment, cell: &Cell, path: &Path) -> Result<Recorder> {
    flight::keep_in(path, &about(None, None), &facts(experiment, cell))
        .map_err(|why| unwritable(path, why))?;
    Ok(trace::arm())
}

fn unwritable(path: &Path, why: io::Error) -> LabError {
    LabError::failed(format!("cannot write to '{}'", path.display()), why)
}

fn facts(experiment: &Experiment, cell: &Cell) -> Facts {
    Facts::default()
        .with("label", format!("{}: {}", experiment.name, cell.label))
        .with("experiment", experiment.name)
        .with("cell", cell.label.as_str())
}

fn script(python: &Python, twin: Option<&str>, document: &str) -> Command {
    let script = format!("{NO_CURRENT_FOLDER}{PRELUDE}\n{}", twin.unwrap_or_default());
    let mut command = own(&["python"]);
    command.args([Path::new(&python.path).as_os_str(), OsStr::new(&script)]).arg(document);
    command
}

/// A process that will say figures.
struct Running {
    child: Child,
    said: Vec<u8>,
    complained: Vec<u8>,
}

impl Running {
    fn start(mut command: Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = child::start(command.process_group(0))
            .map_err(|why| LabError::failed("the lab", why))?;
        Ok(Self { child, said: Vec::new(), complained: Vec::new() })
    }

    /// Waits for the next line.
    fn figures(&mut self, interrupts: &Interrupts) -> Result<Figures> {
        let begun_ns = clock::now_ns();
        loop {
            if let Some(end) = self.said.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.said.drain(..=end).collect();
                return read_figures(&line);
            }
            let waited = Duration::from_nanos(clock::now_ns() - begun_ns);
            let left = SILENCE_MAX.saturating_sub(waited);
            if left.is_zero() {
                let seconds = SILENCE_MAX.as_secs();
                return Err(LabError::Failed(format!("it was silent for {seconds} s")));
            }
            self.listen(interrupts, left)?;
        }
    }

    /// Reads what there is, or waits for it.
    fn listen(&mut self, interrupts: &Interrupts, timeout: Duration) -> Result<()> {
        let failed = |why: io::Error| LabError::failed("the lab", why);
        let stdout = self.child.stdout.as_mut().expect("it was piped");
        let mut sources =
            vec![(stdout.as_fd(), Interest::Read), (interrupts.as_fd(), Interest::Read)];
        sources.extend(self.child.stderr.as_ref().map(|stderr| (stderr.as_fd(), Interest::Read)));
        let ready = poll::wait(&sources, Some(timeout)).map_err(failed)?;
        // What is not read would stop, in the end, whoever writes it.
        if ready.get(2) == Some(&true) {
            self.hear_complaints();
        }
        if ready[1] && interrupts.take() {
            return Err(LabError::Interrupted);
        }
        if !ready[0] {
            return Ok(());
        }
        let mut bytes = [0; 4096];
        let stdout = self.child.stdout.as_mut().expect("it was piped");
        match stdout.read(&mut bytes).map_err(failed)? {
            0 => Err(self.last_words()),
            len => {
                self.said.extend(&bytes[..len]);
                Ok(())
            }
        }
    }

    /// Reads what there is on its standard error.
    fn hear_complaints(&mut self) {
        let Some(stderr) = self.child.stderr.as_mut() else { return };
        let mut bytes = [0; 4096];
        match stderr.read(&mut bytes) {
            Ok(0) | Err(_) => self.child.stderr = None,
            Ok(len) => self.complained.extend(&bytes[..len]),
        }
    }

    /// Why it ended without figures: the last line on its standard error, or its status.
    fn last_words(&mut self) -> LabError {
        if let Some(mut stderr) = self.child.stderr.take() {
            // What cannot be read is not the reason.
            drop(stderr.read_to_end(&mut self.complained));
        }
        let complaint = String::from_utf8_lossy(&self.complained);
        let line = complaint.lines().rfind(|line| !line.trim().is_empty());
        let line = line.map(|line| line.strip_prefix("trainyard: ").unwrap_or(line).to_owned());
        LabError::Failed(line.unwrap_or_else(|| match self.child.wait() {
            Ok(status) => format!("it ended without figures ({status})"),
            Err(why) => why.to_string(),
        }))
    }
}

fn read_figures(line: &[u8]) -> Result<Figures> {
    if let Ok(NoRoom { no_room }) = serde_json::from_slice(line) {
        return Err(LabError::NoRoom(no_room));
    }
    serde_json::from_slice(line).map_err(|_| {
        let line = String::from_utf8_lossy(line);
        LabError::Failed(format!("it said '{}' instead of figures", line.trim_end()))
    })
}

impl Drop for Running {
    fn drop(&mut self) {
        // Errors mean that it has ended and was reaped.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
