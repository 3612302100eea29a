//! What `trainyard timeline` and `trainyard export` do.
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

use crate::ask::compare::picture::Style;
use crate::ask::trace_check;
use crate::measure::conductor;
use crate::measure::prepare::{listen, prepare};
use crate::measure::{progress, record};
use lab_core::look::missing::missing;
use lab_core::look::timeline::{Asked, Page, document, draw, plan};
use lab_core::look::{To, csv, html, perfetto, pick, svg};
use lab_core::terms::contender::Model;
use lab_core::terms::error::{LabError, Result};
use lab_core::terms::outfile::{self, Extent, check_writable};
use lab_core::terms::output::{Color, Format, Glyphs};
use lab_core::terms::params::Params;
use lab_core::text::numbers;
use trainyard::sys::signal::Interrupts;
use trainyard::trace::file::Trace;

/// What `timeline` is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// Where the runs come from.
    pub source: Source,
    /// What of them is drawn.
    pub asked: Asked,
    /// On how many columns; `None` means the terminal's.
    pub width: Option<usize>,
    /// The alphabet.
    pub glyphs: Glyphs,
    /// How many lanes of a run are drawn at most.
    pub lanes_max: usize,
    /// Whether escape sequences are kept.
    pub color: Color,
    /// A page or a document.
    pub format: Format,
}

/// Where runs come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// They were recorded before.
    File(PathBuf),
    /// They are recorded now.
    Record {
        /// What is done, and by whom; who does it in sequence is recorded too, as in every
        /// comparison.
        params: Box<Params>,
        /// Whose recordings are drawn.
        models: Vec<Model>,
        /// Where they are kept.
        keep: Option<PathBuf>,
    },
}

/// What `export` is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The trace.
    pub file: PathBuf,
    /// The form.
    pub to: To,
    /// Which run; `None` means all of them.
    pub run: Option<String>,
    /// What the lines of a table are.
    pub lines: Lines,
    /// Where to; `None` and `-` mean standard output.
    pub output: Option<PathBuf>,
}

/// What the lines of a table are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lines {
    /// The spans of the lanes.
    #[default]
    Spans,
    /// The events as they were recorded.
    Events,
}

/// Returns the page, or the document.
///
/// # Errors
///
/// [`LabError::BadInput`] if the trace cannot be read or has nothing to draw; whatever recording
/// can fail with.
pub fn timeline(asked: &Timeline) -> Result<String> {
    let trace = match &asked.source {
        Source::File(path) => read(path)?,
        Source::Record { params, models, keep } => {
            keep.as_deref().map_or(Ok(()), check_writable)?;
            progress::draw_with(asked.glyphs);
            prepare(params)?;
            let mut trace = conductor::record(params, &listen()?)?;
            let is_asked_for = |model: &str| models.iter().any(|asked| asked.name() == model);
            trace.runs.retain(|run| run.about.get("model").is_none_or(is_asked_for));
            if let Some(path) = keep {
                record::save(trace.clone(), path, Extent::Whole)?;
            }
            trace
        }
    };
    let timeline = plan(&trace, &asked.asked)?;
    anstream::ColorChoice::from(asked.color).write_global();
    if asked.format == Format::Json {
        return Ok(document(&timeline));
    }
    let width = asked.width.unwrap_or_else(|| Style::of_stdout(asked.glyphs).width);
    Ok(draw(&timeline, Page { width, glyphs: asked.glyphs, lanes_max: asked.lanes_max }))
}

/// Reads the recording. Who named no file may have meant a workload.
fn read(path: &Path) -> Result<Trace> {
    trace_check::read(path).map_err(|why| match why {
        LabError::BadInput(line) if fs::exists(path).is_ok_and(|is_there| !is_there) => {
            LabError::BadInput(format!("{line}; the workloads are io and cpu"))
        }
        other => other,
    })
}

/// Writes the document.
///
/// # Errors
///
/// [`LabError::BadInput`] if the trace cannot be read, has no such run, or the output is no place
/// for a document; [`LabError::Failed`] if writing fails.
pub fn export(asked: &Export) -> Result<()> {
    let file = asked.output.as_deref().filter(|path| *path != Path::new("-"));
    file.map_or(Ok(()), |path| refuse_to_replace(&asked.file, path))?;
    // In the file that standard output goes to, the document is on standard output.
    let file = file.filter(|path| !outfile::is_stdout(path));
    match file {
        Some(path) => check_writable(path)?,
        None if asked.output.is_none() && io::stdout().is_terminal() => {
            return Err(LabError::BadInput(
                "this is a document, not for a terminal: name a file with --output FILE, or \
                 standard output with --output -"
                    .to_owned(),
            ));
        }
        None => {}
    }
    let mut trace = trace_check::read(&asked.file)?;
    if let Some(name) = &asked.run {
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
                write(&trace, asked, &mut Interruptible { file, interrupts, was_interrupted })
            });
            written.map_err(|why| if was_interrupted { LabError::Interrupted } else { why })?;
        }
        None => match write(&trace, asked, &mut io::stdout().lock()) {
            // A reader who has seen enough (`| head`) is no failure.
            Err(why) if why.kind() == ErrorKind::BrokenPipe => return Ok(()),
            Err(why) => return Err(LabError::failed("cannot write to 'standard output'", why)),
            Ok(()) => {}
        },
    }
    say(&trace, asked.to, file);
    Ok(())
}

fn write(trace: &Trace, asked: &Export, out: &mut dyn Write) -> io::Result<()> {
    match asked.to {
        To::Perfetto => perfetto::write(trace, out),
        To::Svg => svg::write(trace, out),
        To::Html => html::write(trace, out),
        To::Csv if asked.lines == Lines::Events => csv::write_events(trace, out),
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

/// A document in the place of the trace that it was made from would be all that is left of it.
fn refuse_to_replace(trace: &Path, output: &Path) -> Result<()> {
    if outfile::is_same(trace, output) {
        let line = format!("'{}' is the trace itself: name another file", output.display());
        return Err(LabError::BadInput(line));
    }
    Ok(())
}

/// What is missing, and where to look at what is there.
fn say(trace: &Trace, to: To, file: Option<&Path>) {
    let mut lines = missing(trace);
    if let Some(path) = file {
        let shown = path.display();
        let bytes = fs::metadata(path).map_or(0, |metadata| metadata.len());
        let size = match bytes {
            0..100_000 => format!("{} kB", bytes.div_ceil(1000)),
            bytes => numbers::megabytes(bytes),
        };
        lines.push(match to {
            To::Perfetto => format!("{size} to {shown}: drop it on https://ui.perfetto.dev"),
            To::Svg | To::Html => format!("{size} to {shown}: open it in a browser"),
            To::Csv => format!("{size} to {shown}"),
        });
    }
    for line in lines {
        // If standard error is gone nobody reads it.
        drop(writeln!(anstream::stderr(), "{line}"));
    }
}
