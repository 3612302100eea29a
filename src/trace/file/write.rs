//! From recordings to a file: a block for each run, and one for each of its tracks.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::block::{self, HEADER, HEADER_BYTES, Kind, Moment};
use super::{Run, Trace};
use crate::sys::ticks::Look;
use crate::trace::event::Event;

/// Nobody maps a finished file: blocks follow each other, whole headers apart.
const ALIGNMENT: u64 = HEADER_BYTES as u64;

impl Trace {
    /// Writes the trace to `path`. A file that was there is replaced when the new one is complete;
    /// a pipe or a device is written to as it is.
    ///
    /// A trace that was cut short says so again when it is read.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be written; one that was there before is as it was.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        // A link stays one: what it leads to is replaced.
        let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let is_special = fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
        if is_special {
            let mut file = File::options().write(true).open(path)?;
            return self.write_to(&mut file);
        }
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(format!(".{}.new", std::process::id()));
        let unfinished = Path::new(&unfinished);
        let written = File::create(unfinished)
            .and_then(|mut file| self.write_to(&mut file))
            .and_then(|()| fs::rename(unfinished, path));
        if written.is_err() {
            // What could not be finished is of no use; the first error says why.
            drop(fs::remove_file(unfinished));
        }
        written
    }

    /// Writes the bytes of the file.
    ///
    /// # Errors
    ///
    /// Fails if `out` does.
    pub fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        let tracks: usize = self.runs.iter().map(|run| run.recording.tracks.len()).sum();
        let blocks = 1 + self.runs.len() + tracks;
        let about = self.about.to_text();
        let mut header = block::header(Kind::About, about.len() as u64, 0);
        header[block::VERSION_WORD] = block::VERSION;
        header[block::ALIGNMENT_WORD] = ALIGNMENT;
        header[block::BLOCKS_WORD] = blocks as u64;
        header[block::ENDING_WORD] = self.ending as u64;
        write_block(&mut out, header, about.as_bytes())?;
        for (number, run) in (0..).zip(&self.runs) {
            write_run(&mut out, number, run)?;
        }
        out.flush()
    }
}

fn write_run(out: &mut impl Write, number: u64, run: &Run) -> io::Result<()> {
    let (about, recording) = (run.about.to_text(), &run.recording);
    let mut header = block::header(Kind::Run, about.len() as u64, number);
    for (moment, ns) in [(Moment::Begin, recording.begin_ns), (Moment::End, recording.end_ns)] {
        moment.note(Look { ticks: 0, ns }, &mut header);
    }
    write_block(out, header, about.as_bytes())?;
    let mut events: HashMap<u32, Vec<Event>> = HashMap::new();
    for event in &recording.events {
        events.entry(event.track).or_default().push(*event);
    }
    for track in &recording.tracks {
        let events = events.remove(&track.number).unwrap_or_default();
        let words = events.iter().flat_map(|event| event.to_words());
        let bytes = block::to_bytes(words);
        let mut header = block::ring_header(track.number, track.pid, &track.name, 0);
        header[block::BYTES_WORD] = bytes.len() as u64;
        header[block::RUN_WORD] = number;
        header[block::COUNT_WORD] = events.len() as u64;
        header[block::OVERWRITTEN_WORD] = track.overwritten;
        write_block(out, header, &bytes)?;
    }
    Ok(())
}

/// Writes a header, what follows it, and zeros up to where the next block begins.
fn write_block(out: &mut impl Write, header: [u64; HEADER], body: &[u8]) -> io::Result<()> {
    out.write_all(&block::to_bytes(header))?;
    out.write_all(body)?;
    // INVARIANT: [FILE-1]
    let rest = body.len().next_multiple_of(HEADER_BYTES) - body.len();
    out.write_all(&[0; HEADER_BYTES][..rest])
}
