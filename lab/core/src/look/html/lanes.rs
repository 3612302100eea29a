//! What the page draws of a run: its lanes, made of the projections, all of one form.
//!
//! A lock's lane, a thread's and a task's differ in what their states mean, and in nothing else:
//! each is a row of spans without gaps, and a span has a moment, a state, a processor and the
//! event that began it. So the page needs one reader and one way to find what is under a pointer.

use std::collections::{HashMap, HashSet};
use std::io;

use super::columns::Columns;
use crate::look::lanes::{Flow, Holder, Lane, Scene, Span, is_tick};
use trainyard::trace::Track;
use trainyard::trace::file::Run;

pub(super) struct Page<'a> {
    pub(super) run: &'a Run,
    pub(super) scene: Scene<'a>,
    pub(super) tracks: Vec<Track>,
    pub(super) rows: Vec<Row>,
    /// Where in `tracks` a track's number stands.
    places: HashMap<u32, u64>,
}

pub(super) struct Row {
    /// `lock`, `train` or `task`.
    pub(super) what: &'static str,
    pub(super) end_ns: u64,
    /// Each span ends where the next one begins.
    pub(super) lane: Lane<u64>,
    /// The events that are ticks, by their indices.
    pub(super) ticks: Vec<u32>,
}

impl<'a> Page<'a> {
    pub(super) fn new(run: &'a Run) -> Self {
        let recording = &run.recording;
        // Where nobody worked there is still a time to show, and maybe a lock.
        let scene = Scene::read(recording, (recording.begin_ns, recording.end_ns));
        let tracks = all_tracks(run);
        let places: HashMap<u32, u64> =
            (0..).zip(&tracks).map(|(place, track)| (track.number, place)).collect();
        // The states of a lock's lane: nobody, switched off, and then the tracks in their order.
        let holder = |holder| match holder {
            Holder::Nobody => 0,
            Holder::Off => 1,
            Holder::Track(track) => 2 + places[&track],
        };
        let mut ticks: HashMap<u32, Vec<u32>> = HashMap::new();
        for (index, event) in (0..).zip(&recording.events) {
            if is_tick(event.kind) {
                ticks.entry(event.track).or_default().push(index);
            }
        }
        let mut rows: Vec<Row> =
            scene.locks.iter().map(|lane| Row::new("lock", lane, holder)).collect();
        if let [only] = &mut rows[..] {
            "lock".clone_into(&mut only.lane.name);
        }
        rows.extend(scene.trains().iter().map(|lane| Row {
            end_ns: scene.end_ns,
            ticks: ticks.remove(&lane.track).unwrap_or_default(),
            ..Row::new("train", lane, |state| state as u64)
        }));
        rows.extend(scene.tasks.iter().map(|lane| Row::new("task", lane, |state| state as u64)));
        Self { run, scene, tracks, rows, places }
    }

    /// Writes everything that is numbers, in the order in which the page reads it.
    pub(super) fn write(&self, columns: &mut Columns<'_>) -> io::Result<()> {
        let mut before_ns = self.scene.begin_ns;
        for event in &self.run.recording.events {
            let after_ns = event.time_ns.wrapping_sub(before_ns).cast_signed();
            let (kind, track) = (event.kind as u16, self.places[&event.track]);
            columns.row(&(after_ns, kind, track, event.cpu, event.a, event.b))?;
            before_ns = event.time_ns;
        }
        self.rows.iter().try_for_each(|row| row.write(columns, self.scene.begin_ns))?;
        let mut before = 0;
        for &Flow { what, from, to } in &self.scene.flows {
            let (leaves, enters) = (i64::from(from), i64::from(to));
            columns.row(&(what as u64, leaves - before, enters - leaves))?;
            before = leaves;
        }
        Ok(())
    }
}

impl Row {
    fn new<S: Copy>(what: &'static str, lane: &Lane<S>, number: impl Fn(S) -> u64) -> Self {
        let span = |&Span { from_ns, until_ns, state, cpu, event }: &Span<S>| Span {
            from_ns,
            until_ns,
            state: number(state),
            cpu,
            event,
        };
        let spans: Vec<Span<u64>> = lane.spans.iter().map(span).collect();
        let end_ns = spans.last().map_or(0, |span| span.until_ns);
        let lane = Lane { id: lane.id, track: lane.track, name: lane.name.clone(), spans };
        Self { what, end_ns, lane, ticks: Vec::new() }
    }

    fn write(&self, columns: &mut Columns<'_>, begin_ns: u64) -> io::Result<()> {
        let (mut before_ns, mut before_event) = (begin_ns, 0);
        for span in &self.lane.spans {
            // One more than the index: zero says that there is none.
            let event = span.event.map_or(0, |event| i64::from(event) + 1);
            columns.row(&(span.from_ns - before_ns, span.state, span.cpu, event - before_event))?;
            (before_ns, before_event) = (span.from_ns, event);
        }
        let mut before = 0;
        for tick in &self.ticks {
            columns.row(&(tick - before))?;
            before = *tick;
        }
        Ok(())
    }
}

/// The tracks of a recording, and those that events name and a damaged file has forgotten.
fn all_tracks(run: &Run) -> Vec<Track> {
    let mut tracks = run.recording.tracks.clone();
    let mut known: HashSet<u32> = tracks.iter().map(|track| track.number).collect();
    for event in &run.recording.events {
        if known.insert(event.track) {
            let (number, name) = (event.track, format!("track {}", event.track));
            tracks.push(Track { number, name, pid: 0, overwritten: 0 });
        }
    }
    tracks
}
