//! What must hold of every file that is read as a trace, as a function for fuzzers.

use std::io::{self, Write};

use super::timeline::{Asked, Page, Whose, document, draw, plan};
use super::{csv, html, perfetto, svg};
use crate::terms::output::Glyphs;
use trainyard::trace::check::check_recording;
use trainyard::trace::file::{Trace, fuzz_file};

/// What writes a document of a trace.
type View = fn(&Trace, &mut dyn Write) -> io::Result<()>;

/// The documents that a trace can be exported as.
pub(super) const FORMS: [(&str, View); 5] = [
    ("perfetto", perfetto::write),
    ("svg", svg::write),
    ("html", html::write),
    ("csv", csv::write),
    ("events", csv::write_events),
];

/// How much longer than its file a document may be. An event of 32 bytes becomes a few hundred in
/// the longest form, and the emptiest page has its viewer, 100 kB.
const GROWTH_MAX: usize = 256;
const PAGE_BYTES_MAX: usize = 1 << 20;

/// Reads `data` as a trace; replays it, and looks at it in every way. Says whether it was read.
/// Panics if an invariant of the file is broken, if a view panics, or if a document is longer than
/// anything that `data` can explain.
#[doc(hidden)]
pub fn fuzz_trace(data: &[u8]) -> bool {
    let Some(trace) = fuzz_file(data) else { return false };
    for run in &trace.runs {
        // That a recording is illegal is the answer, and no fault.
        drop(check_recording(&run.recording));
    }
    let mut room = vec![0; PAGE_BYTES_MAX + GROWTH_MAX * data.len()];
    let timelines: [(&str, View); 2] = [
        ("timeline", |trace, out| out.write_all(timeline(trace, Whose::Trains).as_bytes())),
        ("timeline of tasks", |trace, out| out.write_all(timeline(trace, Whose::Tasks).as_bytes())),
    ];
    for (form, write) in FORMS.into_iter().chain(timelines) {
        // A slice takes what fits into it, and fails when it is too much.
        let written = write(&trace, &mut &mut room[..]);
        assert!(written.is_ok(), "{form}: {:?}; {} bytes at most", written.err(), room.len());
    }
    true
}

/// The page and the document, of the whole and of the strangest parts of it.
pub(super) fn timeline(trace: &Trace, whose: Whose) -> String {
    let pages = [
        (0, None, Glyphs::Ascii, 16),
        // Almost the whole once more, with room for lanes whose keys are letters.
        (1, Some(u64::MAX), Glyphs::Unicode, 64),
        (u64::MAX / 2, None, Glyphs::Ascii, 16),
    ];
    let text = pages.map(|(from_ns, until_ns, glyphs, lanes_max)| {
        let page = Page { width: 80, glyphs, lanes_max };
        match plan(trace, &Asked { from_ns, until_ns, whose, ..Asked::default() }) {
            Ok(timeline) => draw(&timeline, page) + &document(&timeline),
            Err(refused) => refused.to_string(),
        }
    });
    text.concat()
}
