//! Chrome's trace events, which <https://ui.perfetto.dev> reads: for depth.
//!
//! A run becomes a process, or several; a lane becomes a thread whose slices never overlap; a task
//! becomes a track of its own; a lock becomes one too. Arrows lead from who woke to who was woken.
//! Perfetto chooses colours by names, so a state has one name everywhere, and ours cannot be told.
//!
//! # The life of one document
//!
//! 1. The head: what the trace says about itself, and what is missing.
//! 2. For each run: names and the order of its processes and threads; the marks that arrows leave;
//!    the lanes; locks; counters; moments; tasks; the marks that arrows enter.
//!
//! # The rules
//!
//! The format is Google's "Trace Event Format"; what Perfetto makes of it stands in its
//! `src/trace_processor/importers/json`. These are held by a validator in the tests:
//!
//! - **PERFETTO-1** Every record has a pid and a tid that fit 32 bits, and each of them a name.
//! - **PERFETTO-2** Times are microseconds from the begin of the run, with three decimals.
//! - **PERFETTO-3** Slices of a thread nest strictly; those of a task's track begin and end in
//!   pairs, inside one outer slice that names the track.
//! - **PERFETTO-4** The number of an arrow is a JSON number, leaves once before it enters, and at
//!   one moment the end that it leaves stands first in the document.
//!
//! # Not here
//!
//! Colours of our own: Perfetto ignores them in this format. Real scheduler data: a thread is
//! `Running` while it works and `S` while it waits, as its own events say; whether the system gave
//! it a processor all that time they do not know.
//!
//! Read next: `arrows`, `places`, `json`.

mod arrows;
mod json;
mod places;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod validator;

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use super::missing::missing;
use super::palette::look;
use crate::look::lanes::counters::{self, What as Counted};
use crate::look::lanes::lock::{self, Holder, LockLane};
use crate::look::lanes::tasks::{self, TaskLane};
use crate::look::lanes::train::State;
use crate::look::lanes::{Lanes, Span};
use crate::look::perfetto::arrows::{Arrow, Arrows, Mark, Slice, Strip, bind};
use crate::look::perfetto::json::{Record, Records, escape};
use crate::look::perfetto::places::{Numbers, Place, Places};
use trainyard::trace::file::{Run, Trace};
use trainyard::trace::{Event, Kind, Recording};

/// Writes `trace` to `out`.
///
/// # Errors
///
/// Fails if `out` does.
pub fn write(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let mut records = Records::new(out, &head(trace));
    let (mut numbers, mut next_id) = (Numbers::default(), 0);
    for (index, run) in (0..).zip(&trace.runs) {
        let places = Places::new(&run.recording, &mut numbers);
        let tracks = run.recording.tracks.iter();
        let names = tracks.map(|track| (track.number, track.name.as_str())).collect();
        let recording = &run.recording;
        let mut writer = Writer { run, recording, places, names, records: &mut records };
        writer.write(index, &mut next_id)?;
    }
    records.finish()
}

/// What stands before the records.
fn head(trace: &Trace) -> String {
    let mut head = b"{\"displayTimeUnit\":\"ns\",\"metadata\":{".to_vec();
    let missing = missing(trace).join("; ");
    let missing = Some(("missing", missing.as_str())).filter(|(_, text)| !text.is_empty());
    for (index, (key, text)) in missing.into_iter().chain(trace.about.iter()).enumerate() {
        head.extend_from_slice(if index == 0 { b"\"" } else { b",\"" });
        escape(key, &mut head);
        head.extend_from_slice(b"\":\"");
        escape(text, &mut head);
        head.push(b'"');
    }
    head.extend_from_slice(b"},\"traceEvents\":[");
    String::from_utf8(head).expect("texts with some characters escaped are texts")
}

/// One run, while it is written.
struct Writer<'a, 'b> {
    run: &'a Run,
    recording: &'a Recording,
    places: Places,
    /// The names of the tracks, by their numbers.
    names: HashMap<u32, &'a str>,
    records: &'a mut Records<'b>,
}

impl Writer<'_, '_> {
    fn write(&mut self, index: u64, next_id: &mut u64) -> io::Result<()> {
        let first_ns = self.recording.events.first().map(|event| event.time_ns);
        let begin_ns = self.recording.begin_ns.min(first_ns.unwrap_or(u64::MAX));
        // INVARIANT: [PERFETTO-2] one origin for all records of a run.
        self.records.origin_ns = begin_ns;
        self.names(index);
        let lanes = Lanes::read(self.recording);
        let (from_ns, until_ns) =
            lanes.as_ref().map_or((begin_ns, begin_ns), |lanes| (lanes.begin_ns, lanes.end_ns));
        let mut strips: Vec<Strip> =
            lanes.iter().flat_map(|lanes| &lanes.trains).map(Strip::new).collect();
        let locks = lock::read(self.recording, from_ns, until_ns);
        let tasks = tasks::read(self.recording, from_ns, until_ns);
        let arrows = bind(self.recording, &mut strips, &tasks, next_id);
        // INVARIANT: [PERFETTO-4] what arrows leave stands before what they enter.
        self.marks(&arrows.marks, |arrow| arrow.leaves)?;
        for strip in &strips {
            self.lane(strip, &locks)?;
        }
        for lane in &locks {
            self.lock(lane)?;
        }
        self.counters()?;
        self.moments()?;
        let mut known = HashSet::new();
        for task in &tasks {
            // Two loops of one process may have tasks of the same number.
            let mut id = task.task;
            while !known.insert((self.places.of(task.track).pid, id)) {
                id = id.wrapping_add(1 << 40);
            }
            self.task(task, id, &arrows)?;
        }
        self.marks(&arrows.marks, |arrow| arrow.enters)
    }

    /// Names and the order of processes and threads.
    // INVARIANT: [PERFETTO-1] every process and every thread that a record can name.
    fn names(&mut self, index: u64) {
        let lost = self.recording.overwritten();
        let lost = if lost > 0 { format!(" ({lost} events were lost)") } else { String::new() };
        let label = Some(self.run.label()).filter(|label| !label.is_empty()).unwrap_or("a run");
        for (order, &(place, track)) in (0..).zip(&self.places.processes) {
            let name = if order == 0 {
                format!("{label}{lost}")
            } else {
                format!("{}, {label}", track_name(&self.names, track))
            };
            let record = self.records.begin('M', "process_name", place);
            record.arguments(|record| record.text("name", &name)).end();
            let order = index * PROCESSES_MAX + order;
            let record = self.records.begin('M', "process_sort_index", place);
            record.arguments(|record| record.number("sort_index", order)).end();
        }
        for (order, &(track, place)) in (0..).zip(&self.places.tracks) {
            let record = self.records.begin('M', "thread_name", place);
            let name = track_name(&self.names, track);
            record.arguments(|record| record.text("name", &name)).end();
            let record = self.records.begin('M', "thread_sort_index", place);
            record.arguments(|record| record.number("sort_index", order)).end();
        }
    }

    fn lane(&mut self, strip: &Strip, locks: &[LockLane]) -> io::Result<()> {
        let place = self.places.of(strip.track);
        for slice in &strip.slices {
            self.slice(slice, place, locks);
            self.records.flush_some()?;
        }
        let on_processor = |span: &Span| if span.state.is_running() { "Running" } else { "S" };
        for run in strip.slices.chunk_by(|a, b| on_processor(&a.span) == on_processor(&b.span)) {
            let (first, last) = (&run[0].span, &run[run.len() - 1].span);
            let record = self.records.begin('T', on_processor(first), place);
            record.at(first.from_ns).lasts(last.until_ns - first.from_ns).end();
            self.records.flush_some()?;
        }
        Ok(())
    }

    fn slice(&mut self, slice: &Slice, place: Place, locks: &[LockLane]) {
        let Slice { span, arrow } = slice;
        let event = span.event.map(|event| self.recording.events[event as usize]);
        let waits = event.filter(|_| span.state == State::WaitGil);
        let holder = waits.and_then(|event| holder(locks, &event, span));
        let holder = holder.map(|track| track_name(&self.names, track));
        let record = self.records.begin('X', look(span.state).label, place);
        let record = record.text("cat", "lane").at(span.from_ns).lasts(span.length_ns());
        let record = with_arrow(record, *arrow);
        let record = record.arguments(|mut record| {
            record = record.number("cpu", u64::from(span.cpu));
            if let Some(event) = event {
                record = record.text("event", event.kind.name());
            }
            if let Some(holder) = &holder {
                record = record.text("holder", holder);
            }
            record
        });
        record.end();
    }

    fn marks(&mut self, marks: &[Mark], end: fn(&Arrow) -> bool) -> io::Result<()> {
        for mark in marks.iter().filter(|mark| end(&mark.arrow)) {
            let event = self.recording.events[mark.event as usize];
            let place = self.places.of(event.track);
            let record = self.records.begin('X', mark.name(), place);
            let record = record.text("cat", "wake").at(event.time_ns).lasts(0);
            let record = with_arrow(record, Some(mark.arrow));
            with_words(record, &event).end();
            self.records.flush_some()?;
        }
        Ok(())
    }

    /// A lock's track: an outer slice that names it, and in it whoever holds the lock.
    fn lock(&mut self, lane: &LockLane) -> io::Result<()> {
        let main = self.places.main();
        let name = format!("lock {}", lane.lock);
        let Some((first, last)) = lane.spans.first().zip(lane.spans.last()) else {
            return Ok(());
        };
        let names = |holder| match holder {
            Holder::Nobody => None,
            Holder::Off => Some("off".to_owned()),
            Holder::Track(track) => Some(track_name(&self.names, track)),
        };
        let mut pair = |phase, name: &str, at_ns| {
            let record = self.records.begin(phase, name, main);
            record.text("cat", "lock").local_id(lane.lock).at(at_ns).end();
        };
        // INVARIANT: [PERFETTO-3] the outer slice is begun first and ended last.
        pair('b', &name, first.from_ns);
        for span in &lane.spans {
            if let Some(holder) = names(span.holder) {
                pair('b', &holder, span.from_ns);
                pair('e', &holder, span.until_ns);
            }
        }
        pair('e', &name, last.until_ns);
        self.records.flush_some()
    }

    fn counters(&mut self) -> io::Result<()> {
        let counters = counters::read(self.recording);
        let loops = counters.iter().filter_map(|counter| match counter.what {
            Counted::ReadyTasks(track) => Some((track, self.places.of(track).pid)),
            _ => None,
        });
        let loops: Vec<(u32, u32)> = loops.collect();
        for counter in &counters {
            let (name, series, place) = match counter.what {
                Counted::WaitingForLock(lock) => {
                    (format!("lock {lock}"), "waiting", self.places.main())
                }
                Counted::ReadyTasks(track) => {
                    let place = self.places.of(track);
                    // A counter is its process's, and has the number of its main thread. So it
                    // has its loop's name, where a process has several.
                    let name = counter_of_loop(track, place.pid, &loops, &self.names);
                    (name, "ready", Place { tid: place.pid, ..place })
                }
                Counted::InFlight => ("units".to_owned(), "in flight", self.places.main()),
            };
            for point in &counter.points {
                let record = self.records.begin('C', &name, place).at(point.at_ns);
                record.arguments(|record| record.number(series, point.value)).end();
                self.records.flush_some()?;
            }
        }
        Ok(())
    }

    /// What has no length, and is worth a mark.
    fn moments(&mut self) -> io::Result<()> {
        for event in &self.recording.events {
            let Some(name) = moment(event.kind) else { continue };
            let record = self.records.begin('i', name, self.places.of(event.track));
            let record = record.text("cat", "moment").text("s", "t").at(event.time_ns);
            with_words(record, event).end();
            self.records.flush_some()?;
        }
        Ok(())
    }

    /// A task's track: an outer slice that names it, and in it what the task does.
    fn task(&mut self, lane: &TaskLane, id: u64, arrows: &Arrows) -> io::Result<()> {
        let Some((first, last)) = lane.spans.first().zip(lane.spans.last()) else {
            return Ok(());
        };
        let place = self.places.of(lane.track);
        let name = format!("task {}", lane.task);
        let begin = |records: &mut Records<'_>, name: &str, at_ns, arrow| {
            let record = records.begin('b', name, place).text("cat", "task");
            with_arrow(record.local_id(id).at(at_ns), arrow).end();
        };
        let end = |records: &mut Records<'_>, name: &str, at_ns| {
            let record = records.begin('e', name, place).text("cat", "task");
            record.local_id(id).at(at_ns).end();
        };
        // INVARIANT: [PERFETTO-3] the outer slice is begun first and ended last.
        begin(self.records, &name, first.from_ns, None);
        for span in &lane.spans {
            let arrow = span.event.and_then(|event| arrows.polls.get(&event));
            let arrow = arrow.map(|&id| Arrow { id, enters: true, leaves: false });
            begin(self.records, task_state(span.state), span.from_ns, arrow);
            end(self.records, task_state(span.state), span.until_ns);
            self.records.flush_some()?;
        }
        end(self.records, &name, last.until_ns);
        Ok(())
    }
}

/// More processes than a run can have; between the places of two runs in the order.
const PROCESSES_MAX: u64 = 10_000;

fn with_arrow(record: Record<'_>, arrow: Option<Arrow>) -> Record<'_> {
    let Some(Arrow { id, enters, leaves }) = arrow else { return record };
    let record = record.number("bind_id", id);
    let record = if enters { record.flag("flow_in") } else { record };
    if leaves { record.flag("flow_out") } else { record }
}

/// The event's words, by their names.
fn with_words<'a>(record: Record<'a>, event: &Event) -> Record<'a> {
    let (a, b) = event.kind.words();
    record.arguments(|mut record| {
        for (name, word) in [(a, event.a), (b, event.b)] {
            if !name.is_empty() {
                record = record.number(name, word);
            }
        }
        record
    })
}

/// The name of a track, also of one that the recording has no name for.
fn track_name(names: &HashMap<u32, &str>, track: u32) -> String {
    match names.get(&track) {
        None | Some(&"") => format!("track {track}"),
        Some(&name) => name.to_owned(),
    }
}

/// What the counter of a loop's ready tasks is called, beside those of `loops`: tracks with their
/// processes.
fn counter_of_loop(
    track: u32,
    pid: u32,
    loops: &[(u32, u32)],
    names: &HashMap<u32, &str>,
) -> String {
    let mut others = loops.iter().filter(|(other, at)| *at == pid && *other != track).peekable();
    let name = track_name(names, track);
    if others.peek().is_none() {
        "tasks".to_owned()
    } else if others.any(|(other, _)| track_name(names, *other) == name) {
        format!("tasks of {name} (track {track})")
    } else {
        format!("tasks of {name}")
    }
}

/// Who had the lock when a thread began to wait for it: whoever takes it next, if it was free.
fn holder(locks: &[LockLane], event: &Event, wait: &Span) -> Option<u32> {
    let lane = &locks[locks.binary_search_by_key(&event.a, |lane| lane.lock).ok()?];
    let first = lane.spans.partition_point(|span| span.until_ns <= wait.from_ns);
    let mut spans = lane.spans[first..].iter().take_while(|span| span.from_ns < wait.until_ns);
    spans.find_map(|span| match span.holder {
        Holder::Track(track) if track != event.track => Some(track),
        _ => None,
    })
}

/// What a task does, in the words of those who debug tasks.
fn task_state(state: State) -> &'static str {
    match state {
        State::Ready => "scheduled",
        State::Run => "poll",
        other => look(other).label,
    }
}

/// The name of an event that is shown as a moment.
fn moment(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::GilWakeFailed => Some("woken in vain"),
        Kind::GilDropRequest => Some("drop request"),
        Kind::GilStop => Some("stop the world"),
        Kind::GilMode => Some("change the mode"),
        Kind::GilResume => Some("resume the world"),
        Kind::TaskCancel => Some("cancel task"),
        Kind::WorkerSpawn => Some("start worker"),
        Kind::WorkerReady => Some("worker is ready"),
        Kind::WorkerExit => Some("worker has ended"),
        _ => None,
    }
}
