//! From recordings to a file: a block for each run, and one for each of its tracks.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};

use super::block::{self, HEADER, HEADER_BYTES, Kind, Moment};
use super::{Run, Trace};
use crate::sys::ticks::Look;
use crate::trace::event::Event;

/// Nobody maps a finished file: blocks follow each other, whole headers apart.
const ALIGNMENT: u64 = HEADER_BYTES as u64;

impl Trace {
    /// Writes the bytes of the file. A trace that was cut short says so again when it is read.
    ///
    /// Where they go is for the caller to say: this crate replaces no file.
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
