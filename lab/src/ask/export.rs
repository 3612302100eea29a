//! `trainyard export`: a trace as a document, for Perfetto, a picture, a page, a table.
//!
//! # The life of one export
//!
//! 1. What can be refused is refused before anything is read: a file that cannot be written, a
//!    terminal that would be filled with a document.
//! 2. The trace is read, whole, and cut down to the run that was asked for.
//! 3. The view streams its document to the file. What is missing is said on standard error as well.

use std::fs::{self, File};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::{trace_check, values};
use crate::measure::progress::tell;
use lab_core::look::missing::missing;
use lab_core::look::{To, csv, html, perfetto, pick, svg};
use lab_core::terms::outfile::{Extent, check_writable};
use lab_core::terms::{LabError, Result, outfile};
use lab_core::text::numbers;
use trainyard::sys::signal::Interrupts;
use trainyard::trace::file::Trace;

const EXAMPLES: &str = "\
Examples:
  trainyard compare cpu -o run.trace
  trainyard export run.trace --to svg --output run.svg
  trainyard export run.trace --to html --output run.html
  trainyard export run.trace --to perfetto --output run.json  for Perfetto
  trainyard export run.trace --to csv --events --run 2 | head

Exit status: 0 done, 1 writing failed, 2 bad input.";

/// Turn a trace into a document: for Perfetto, a picture, a page, a table
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Export {
    /// What `-o FILE` has written
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The form: perfetto, svg, html, csv
    #[arg(long, value_name = "FORM", value_parser = values::to)]
    to: To,

    /// Where to; '-' is standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Only this run: its number, or its label
    #[arg(long, value_name = "RUN")]
    run: Option<String>,

    /// A line for each event, instead of each span: with csv
    #[arg(long)]
    events: bool,
}

impl Export {
    /// Fails with one line if options do not go together.
    pub(crate) fn check(&self) -> std::result::Result<(), String> {
        if self.events && self.to != To::Csv {
            return Err("--events is for --to csv: the other forms have no lines".to_owned());
        }
        Ok(())
    }

    /// Writes the document; refuses a trace without such a run, and an output that is no place for it.
    pub(crate) fn run(&self) -> Result<()> {
        let file = self.output.as_deref().filter(|path| *path != Path::new("-"));
        // A document in the place of the trace that it is made from would be all that is left of it.
        if let Some(path) = file.filter(|path| outfile::is_same(&self.file, path)) {
            let line = format!("'{}' is the trace itself: name another file", path.display());
            return Err(LabError::BadInput(line));
        }
        // In the file that standard output goes to, the document is on standard output.
        let file = file.filter(|path| !outfile::is_stdout(path));
        match file {
            Some(path) => check_writable(path)?,
            None if self.output.is_none() && io::stdout().is_terminal() => {
                return Err(LabError::BadInput(
                    "this is a document, not for a terminal: name a file with --output FILE, or \
                     standard output with --output -"
                        .to_owned(),
                ));
            }
            None => {}
        }
        let mut trace = trace_check::read(&self.file)?;
        if let Some(name) = &self.run {
            let picked = pick::pick(&trace, name)?;
            let runs = std::mem::take(&mut trace.runs).into_iter().enumerate();
            trace.runs = runs.filter(|(at, _)| picked.contains(at)).map(|(_, run)| run).collect();
        }
        match file {
            Some(path) => {
                // A pipe may block for ever, so Ctrl-C ends the program there; it has nothing to remove.
                let is_special = fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
                let interrupts = (!is_special).then(Interrupts::listen).transpose();
                let interrupts = interrupts.map_err(|why| LabError::failed("Ctrl-C", why))?;
                let mut was_interrupted = false;
                let written = outfile::write(path, Extent::Whole, |file| {
                    let (interrupts, was_interrupted) = (interrupts.as_ref(), &mut was_interrupted);
                    write(&trace, self, &mut Interruptible { file, interrupts, was_interrupted })
                });
                written.map_err(|why| if was_interrupted { LabError::Interrupted } else { why })?;
            }
            None => match write(&trace, self, &mut io::stdout().lock()) {
                // A reader who has seen enough (`| head`) is no failure.
                Err(why) if why.kind() == ErrorKind::BrokenPipe => return Ok(()),
                Err(why) => return Err(LabError::failed("cannot write to 'standard output'", why)),
                Ok(()) => {}
            },
        }
        say(&trace, self.to, file);
        Ok(())
    }
}

fn write(trace: &Trace, asked: &Export, out: &mut dyn Write) -> io::Result<()> {
    match asked.to {
        To::Perfetto => perfetto::write(trace, out),
        To::Svg => svg::write(trace, out),
        To::Html => html::write(trace, out),
        To::Csv if asked.events => csv::write_events(trace, out),
        To::Csv => csv::write(trace, out),
    }
}

/// A file that is not finished when Ctrl-C comes: [`outfile`] removes what there is of it.
struct Interruptible<'a> {
    file: &'a mut File,
    interrupts: Option<&'a Interrupts>,
    was_interrupted: &'a mut bool,
}

impl Write for Interruptible<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        *self.was_interrupted |= self.interrupts.is_some_and(Interrupts::take);
        if *self.was_interrupted {
            Err(io::Error::other("interrupted"))
        } else {
            self.file.write(bytes)
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// What is missing, and where to look at what is there.
fn say(trace: &Trace, to: To, file: Option<&Path>) {
    let mut lines = missing(trace);
    if let Some(path) = file {
        let bytes = fs::metadata(path).map_or(0, |metadata| metadata.len());
        let size = match bytes {
            0..100_000 => format!("{} kB", bytes.div_ceil(1000)),
            bytes => numbers::megabytes(bytes),
        };
        let next = match to {
            To::Perfetto => ": drop it on https://ui.perfetto.dev",
            To::Svg | To::Html => ": open it in a browser",
            To::Csv => "",
        };
        lines.push(format!("{size} to {}{next}", path.display()));
    }
    lines.iter().for_each(tell);
}
