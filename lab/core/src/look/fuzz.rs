//! What must hold of every file that is read as a trace, as a function for fuzzers.

use std::io::{self, Write};

use super::timeline::{Asked, Page, Whose, document, draw, plan};
use super::{csv, html, perfetto, svg};
use crate::terms::output::Glyphs;
use trainyard::trace::check::check_recording;
use trainyard::trace::file::{Trace, fuzz_file};

/// How much longer than its file a document may be. An event of 32 bytes becomes a few hundred in
/// the longest form, and the emptiest page has its viewer, 100 kB.
const GROWTH_MAX: usize = 256;
const PAGE_BYTES_MAX: usize = 1 << 20;

type View = fn(&Trace, &mut dyn Write) -> io::Result<()>;

/// Reads `data` as a trace; replays it, and looks at it in every way. Says whether it was read.
///
/// # Panics
///
/// Panics if an invariant of the file is broken, if a view panics, or if a document is longer than
/// anything that `data` can explain.
#[doc(hidden)]
pub fn fuzz_trace(data: &[u8]) -> bool {
    let Some(trace) = fuzz_file(data) else { return false };
    for run in &trace.runs {
        // That a recording is illegal is the answer, and no fault.
        drop(check_recording(&run.recording));
    }
    let bytes_max = PAGE_BYTES_MAX + GROWTH_MAX * data.len();
    let forms: [(&str, View); 6] = [
        ("perfetto", perfetto::write),
        ("svg", svg::write),
        ("html", html::write),
        ("csv", csv::write),
        ("csv --events", csv::write_events),
        ("timeline", write_timeline),
    ];
    for (form, write) in forms {
        let mut sink = Sink { bytes_left: bytes_max };
        let written = write(&trace, &mut sink);
        assert!(written.is_ok(), "{form}: {:?}; {bytes_max} bytes at most", written.err());
    }
    true
}

/// Draws the timeline of the trains and that of the tasks, if there is one to draw.
fn write_timeline(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    for whose in [Whose::Trains, Whose::Tasks] {
        let asked = Asked { run: None, from_ns: 0, until_ns: None, whose };
        let Ok(timeline) = plan(trace, &asked) else { continue };
        let page = Page { width: 80, glyphs: Glyphs::Unicode, lanes_max: 64 };
        out.write_all(draw(&timeline, page).as_bytes())?;
        out.write_all(document(&timeline).as_bytes())?;
    }
    Ok(())
}

/// Counts what is written, and fails when it is too much.
struct Sink {
    bytes_left: usize,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.bytes_left.checked_sub(bytes.len());
        self.bytes_left = left.ok_or_else(|| io::Error::other("the document is too long"))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
