//! One line for each span, or for each event: for a spreadsheet, or a script.
//!
//! The form is RFC 4180, but for line ends of one character, as all tools on Linux write and read
//! them. A field that holds a comma, a quotation mark or a line end stands between quotation
//! marks. What is missing stands in the last column of each line of its run, because a line of
//! another form would be one that no reader expects.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, BufWriter, Write};

use super::palette::look;
use crate::look::lanes::Lanes;
use trainyard::trace::Event;
use trainyard::trace::file::{Ending, Run, Trace};

/// Writes a line for each span of each lane. Times are nanoseconds from the begin of the run.
pub fn write(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    writeln!(out, "run,lane,from_ns,until_ns,state,cpu,event,missing")?;
    for run in &trace.runs {
        let Some(lanes) = Lanes::read(&run.recording) else { continue };
        let (label, missing) = (field(run.label()), missing(trace, run));
        for lane in &lanes.trains {
            let name = field(&lane.name);
            for span in &lane.spans {
                let (from_ns, until_ns) =
                    (span.from_ns - lanes.begin_ns, span.until_ns - lanes.begin_ns);
                let state = look(span.state).name;
                let event = span.event.map(|event| run.recording.events[event as usize].kind);
                let event = event.map_or("", |kind| kind.name());
                let cpu = span.cpu;
                writeln!(
                    out,
                    "{label},{name},{from_ns},{until_ns},{state},{cpu},{event},{missing}"
                )?;
            }
        }
    }
    out.flush()
}

/// Writes a line for each event, as it was recorded. Times are nanoseconds from the begin of the
/// run's recording.
pub fn write_events(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    writeln!(out, "run,track,name,time_ns,kind,cpu,a,b,missing")?;
    for run in &trace.runs {
        let (label, missing) = (field(run.label()), missing(trace, run));
        let first_ns = run.recording.events.first().map(|event| event.time_ns);
        let begin_ns = run.recording.begin_ns.min(first_ns.unwrap_or(u64::MAX));
        let names: HashMap<u32, Cow<'_, str>> =
            run.recording.tracks.iter().map(|track| (track.number, field(&track.name))).collect();
        for event in &run.recording.events {
            let &Event { time_ns, track: number, kind, cpu, a, b } = event;
            let name = names.get(&number).map_or("", AsRef::as_ref);
            let (time_ns, kind) = (time_ns.saturating_sub(begin_ns), kind.name());
            writeln!(out, "{label},{number},{name},{time_ns},{kind},{cpu},{a},{b},{missing}")?;
        }
    }
    out.flush()
}

/// How many events of the run were lost, or `cut short`; nothing if it is whole.
fn missing(trace: &Trace, run: &Run) -> String {
    let lost = run.recording.overwritten();
    let cut = trace.ending == Ending::CutShort;
    match (cut, lost) {
        (false, 0) => String::new(),
        (true, 0) => "cut short".to_owned(),
        (false, lost) => format!("{lost} events lost"),
        (true, lost) => format!("cut short; {lost} events lost"),
    }
}

/// A field as it stands in a line.
fn field(text: &str) -> Cow<'_, str> {
    if text.contains([',', '"', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(text)
    }
}
