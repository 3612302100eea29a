//! Chrome's trace events, which <https://ui.perfetto.dev> reads: for depth.
//!
//! A run becomes a process, or several; a lane becomes a thread whose slices never overlap; a task
//! becomes a track of its own; a lock becomes one too. Arrows lead from who woke to who was woken.
//! Perfetto chooses colours by names, so a state has one name everywhere, and ours cannot be told.
//!
//! # The rules
//!
//! The format is Google's "Trace Event Format"; what Perfetto makes of it stands in its
//! `src/trace_processor/importers/json`. A validator in the tests holds:
//!
//! - **PERFETTO-1** Every record has a pid and a tid that fit 32 bits, and each of them a name.
//! - **PERFETTO-2** Times are microseconds from the begin of the run, with three decimals.
//! - **PERFETTO-3** Slices of a thread nest strictly; those of a task's track begin and end in
//!   pairs, inside one outer slice that names the track.
//! - **PERFETTO-4** The number of an arrow is a JSON number, leaves once before it enters, and at
//!   one moment the end that it leaves stands first in the document.
//!
//! Not here: real scheduler data. A thread is `Running` while it works and `S` while it waits, as
//! its own events say; whether it had a processor all that time they do not know.
//!
//! Read next: `arrows`, `places`, `json`.

mod arrows;
mod json;
mod places;
#[cfg(test)]
pub(super) mod tests;
#[cfg(test)]
mod validator;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::io::{self, Write};

use self::arrows::{Arrow, Arrows, Bound, Slice};
use self::json::{Arg, Args, Micros, Records, Text};
use self::places::{Numbers, Place, Places};
use super::missing::missing;
use super::palette::{State, look};
use crate::look::lanes::counters::{self, What as Counted};
use crate::look::lanes::{Holder, Lane, Scene, Span, names};
use trainyard::trace::file::{Run, Trace};
use trainyard::trace::{Event, Kind};

/// Writes `trace` to `out`.
pub fn write(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let metadata = metadata(trace);
    let head =
        format!("{{\"displayTimeUnit\":\"ns\",\"metadata\":{{{metadata}}},\"traceEvents\":[");
    let mut records = Records::new(out, head);
    let (mut numbers, mut last_id) = (Numbers::default(), 0);
    for (index, run) in (0..).zip(&trace.runs) {
        let recording = &run.recording;
        let places = Places::new(recording, &mut numbers);
        let first_ns = recording.events.first().map(|event| event.time_ns);
        // INVARIANT: [PERFETTO-2] one origin for all records of a run.
        let origin_ns = recording.begin_ns.min(first_ns.unwrap_or(u64::MAX));
        let scene = Scene::read(recording, (origin_ns, origin_ns));
        let (arrows, names) = (Arrows::new(&scene, last_id), names(recording));
        last_id = arrows.last_id;
        let records = &mut records;
        Writer { run, scene, origin_ns, places, names, arrows, records }.write(index)?;
    }
    records.finish()
}

/// What the trace says about itself, and what is missing, as fields.
fn metadata(trace: &Trace) -> String {
    let missing = missing(trace).join("; ");
    let missing = Some(("missing", missing.as_str())).filter(|(_, text)| !text.is_empty());
    let facts = missing.into_iter().chain(trace.about.iter());
    let facts = facts.map(|(key, text)| format!("{}:{}", Text(key), Text(text)));
    facts.collect::<Vec<_>>().join(",")
}

struct Writer<'a, 'b> {
    run: &'a Run,
    scene: Scene<'a>,
    origin_ns: u64,
    places: Places,
    names: HashMap<u32, &'a str>,
    arrows: Arrows,
    records: &'a mut Records<'b>,
}

impl<'a> Writer<'a, '_> {
    fn write(mut self, index: u64) -> io::Result<()> {
        self.names(index)?;
        // INVARIANT: [PERFETTO-4] what arrows leave stands before what they enter.
        self.marks(|arrow| arrow.leaves)?;
        let slices = std::mem::take(&mut self.arrows.slices);
        slices.chunk_by(|a, b| a.track == b.track).try_for_each(|lane| self.lane(lane))?;
        for lane in std::mem::take(&mut self.scene.locks) {
            self.lock(&lane)?;
        }
        self.counters()?;
        self.moments()?;
        self.tasks()?;
        self.marks(|arrow| arrow.enters)
    }

    fn at(&self, at_ns: u64) -> Micros {
        Micros(at_ns.saturating_sub(self.origin_ns))
    }

    /// The name of a track, also of one that the recording has no name for.
    fn name(&self, track: u32) -> Cow<'a, str> {
        match self.names.get(&track) {
            None | Some(&"") => format!("track {track}").into(),
            Some(&name) => name.into(),
        }
    }

    /// Names and the order of processes and threads.
    // INVARIANT: [PERFETTO-1] every process and every thread that a record can name.
    fn names(&mut self, index: u64) -> io::Result<()> {
        let lost = self.scene.recording.overwritten();
        let lost = if lost > 0 { format!(" ({lost} events were lost)") } else { String::new() };
        let label = Some(self.run.label()).filter(|label| !label.is_empty()).unwrap_or("a run");
        for (order, (place, track)) in (0..).zip(self.places.processes.clone()) {
            let name = match order {
                0 => format!("{label}{lost}"),
                _ => format!("{}, {label}", self.name(track)),
            };
            self.metadata("process", place, &name, index * PROCESSES_MAX + order)?;
        }
        for (order, (track, place)) in (0..).zip(self.places.tracks.clone()) {
            self.metadata("thread", place, &self.name(track), order)?;
        }
        Ok(())
    }

    fn metadata(&mut self, what: &str, place: Place, name: &str, order: u64) -> io::Result<()> {
        let args: [(&str, &dyn Display); 2] = [("name", &Text(name)), ("sort_index", &order)];
        args.into_iter().try_for_each(|(key, value)| {
            let what = format!("{what}_{key}");
            let args = [Some((key, value))];
            self.records.record(('M', &what), place, format_args!("{}", Args(&args)))
        })
    }

    fn lane(&mut self, slices: &[Slice]) -> io::Result<()> {
        let place = self.places.of(slices[0].track);
        slices.iter().try_for_each(|slice| self.slice(slice, place))?;
        let on_processor = |span: &Span| if span.state.is_running() { "Running" } else { "S" };
        for run in slices.chunk_by(|a, b| on_processor(&a.span) == on_processor(&b.span)) {
            let (first, last) = (&run[0].span, &run[run.len() - 1].span);
            let (at, lasts) = (self.at(first.from_ns), Micros(last.until_ns - first.from_ns));
            let fields = format_args!(",\"ts\":{at},\"dur\":{lasts}");
            self.records.record(('T', on_processor(first)), place, fields)?;
        }
        Ok(())
    }

    fn slice(&mut self, Slice { span, arrow, .. }: &Slice, place: Place) -> io::Result<()> {
        let event = span.event.map(|event| self.scene.recording.events[event as usize]);
        let waits = event.filter(|_| span.state == State::WaitGil);
        let holder = waits.and_then(|event| holder(&self.scene.locks, &event, span));
        let holder = holder.map(|track| self.name(track));
        let (event, holder) =
            (event.map(|event| Text(event.kind.name())), holder.as_deref().map(Text));
        let args: [Arg<'_>; 3] = [
            Some(("cpu", &span.cpu)),
            event.as_ref().map(|event| -> (_, &dyn Display) { ("event", event) }),
            holder.as_ref().map(|holder| -> (_, &dyn Display) { ("holder", holder) }),
        ];
        let (at, lasts, args) = (self.at(span.from_ns), Micros(span.length_ns()), Args(&args));
        let fields =
            format_args!(",\"cat\":\"lane\",\"ts\":{at},\"dur\":{lasts}{}{args}", Bound(*arrow));
        self.records.record(('X', look(span.state).label), place, fields)
    }

    fn marks(&mut self, end: fn(&Arrow) -> bool) -> io::Result<()> {
        for mark in self.arrows.marks.iter().filter(|mark| end(&mark.arrow)) {
            let event = &self.scene.recording.events[mark.event as usize];
            let (place, words) = (self.places.of(event.track), words(event));
            let (at, arrow, args) = (self.at(event.time_ns), Bound(Some(mark.arrow)), Args(&words));
            let fields = format_args!(",\"cat\":\"wake\",\"ts\":{at},\"dur\":0.000{arrow}{args}");
            self.records.record(('X', mark.name()), place, fields)?;
        }
        Ok(())
    }

    /// A track of its own inside the process: an outer slice that names it, and parts in it.
    // INVARIANT: [PERFETTO-3] the outer slice is begun first and ended last.
    fn track<S: Copy>(
        &mut self,
        (category, id, place): (&str, u64, Place),
        lane: &Lane<S>,
        part: impl Fn(&Self, &Span<S>) -> Option<(Cow<'a, str>, Option<Arrow>)>,
    ) -> io::Result<()> {
        let Some((first, last)) = lane.spans.first().zip(lane.spans.last()) else {
            return Ok(());
        };
        // With a plain `id` the track would be everybody's.
        let own = format!(",\"cat\":\"{category}\",\"id2\":{{\"local\":\"{id:#x}\"}}");
        let pair = |this: &mut Self, phase, name: &str, at_ns, arrow| {
            let fields = format_args!("{own},\"ts\":{}{}", this.at(at_ns), Bound(arrow));
            this.records.record((phase, name), place, fields)
        };
        pair(self, 'b', &lane.name, first.from_ns, None)?;
        for span in &lane.spans {
            if let Some((name, arrow)) = part(self, span) {
                pair(self, 'b', &name, span.from_ns, arrow)?;
                pair(self, 'e', &name, span.until_ns, None)?;
            }
        }
        pair(self, 'e', &lane.name, last.until_ns, None)
    }

    /// A lock's track: whoever holds the lock.
    fn lock(&mut self, lane: &Lane<Holder>) -> io::Result<()> {
        self.track(("lock", lane.id, self.places.main()), lane, |this, span| match span.state {
            Holder::Nobody => None,
            Holder::Off => Some(("off".into(), None)),
            Holder::Track(track) => Some((this.name(track), None)),
        })
    }

    /// A task's track: what the task does.
    fn tasks(&mut self) -> io::Result<()> {
        let (mut known, mut again) = (HashSet::new(), HashMap::new());
        for lane in std::mem::take(&mut self.scene.tasks) {
            let place = self.places.of(lane.track);
            // Two loops of one process may have tasks of the same number.
            let again: &mut u64 = again.entry((place.pid, lane.id)).or_default();
            let mut id = lane.id.wrapping_add(*again << 40);
            while !known.insert((place.pid, id)) {
                *again += 1;
                id = lane.id.wrapping_add(*again << 40);
            }
            self.track(("task", id, place), &lane, |this, span| {
                let arrow = span.event.and_then(|event| this.arrows.polls.get(&event));
                let arrow = arrow.map(|&id| Arrow { id, enters: true, leaves: false });
                Some((task_state(span.state).into(), arrow))
            })?;
        }
        Ok(())
    }

    fn counters(&mut self) -> io::Result<()> {
        let counters = counters::read(self.scene.recording);
        let (mut loops, mut namesakes) = (HashMap::new(), HashMap::new());
        for (what, _) in &counters {
            if let Counted::ReadyTasks(track) = *what {
                let pid = self.places.of(track).pid;
                *loops.entry(pid).or_insert(0) += 1;
                *namesakes.entry((pid, self.name(track))).or_insert(0) += 1;
            }
        }
        for (what, points) in counters {
            let main = self.places.main();
            let (name, series, place) = match what {
                Counted::WaitingForLock(lock) => (format!("lock {lock}"), "waiting", main),
                Counted::InFlight => ("units".to_owned(), "in flight", main),
                Counted::ReadyTasks(track) => {
                    // A counter is its process's, and has the number of its main thread. So it
                    // has its loop's name, where a process has several.
                    let Place { pid, .. } = self.places.of(track);
                    let name = self.name(track);
                    let name = match (loops[&pid], namesakes[&(pid, name.clone())]) {
                        (1, _) => "tasks".to_owned(),
                        (_, 1) => format!("tasks of {name}"),
                        _ => format!("tasks of {name} (track {track})"),
                    };
                    (name, "ready", Place { pid, tid: pid })
                }
            };
            for (at_ns, value) in points {
                let (at, args): (_, [Arg<'_>; 1]) = (self.at(at_ns), [Some((series, &value))]);
                let fields = format_args!(",\"ts\":{at}{}", Args(&args));
                self.records.record(('C', &name), place, fields)?;
            }
        }
        Ok(())
    }

    /// What has no length, and is worth a mark.
    fn moments(&mut self) -> io::Result<()> {
        for event in &self.scene.recording.events {
            let Some(name) = moment(event.kind) else { continue };
            let (at, args) = (self.at(event.time_ns), words(event));
            let fields = format_args!(",\"cat\":\"moment\",\"s\":\"t\",\"ts\":{at}{}", Args(&args));
            self.records.record(('i', name), self.places.of(event.track), fields)?;
        }
        Ok(())
    }
}

/// More processes than a run can have; between the places of two runs in the order.
const PROCESSES_MAX: u64 = 10_000;

fn words(event: &Event) -> [Arg<'_>; 2] {
    let (a, b) = event.kind.words();
    let words: [(_, &dyn Display); 2] = [(a, &event.a), (b, &event.b)];
    words.map(|word| Some(word).filter(|(name, _)| !name.is_empty()))
}

/// Who had the lock when a thread began to wait for it: whoever takes it next, if it was free.
fn holder(locks: &[Lane<Holder>], event: &Event, wait: &Span) -> Option<u32> {
    let lane = &locks[locks.binary_search_by_key(&event.a, |lane| lane.id).ok()?];
    let first = lane.spans.partition_point(|span| span.until_ns <= wait.from_ns);
    let mut spans = lane.spans[first..].iter().take_while(|span| span.from_ns < wait.until_ns);
    spans.find_map(|span| match span.state {
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

fn moment(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::GilWakeFailed => "woken in vain",
        Kind::GilDropRequest => "drop request",
        Kind::GilStop => "stop the world",
        Kind::GilMode => "change the mode",
        Kind::GilResume => "resume the world",
        Kind::TaskCancel => "cancel task",
        Kind::WorkerSpawn => "start worker",
        Kind::WorkerReady => "worker is ready",
        Kind::WorkerExit => "worker has ended",
        _ => return None,
    })
}
