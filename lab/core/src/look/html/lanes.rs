//! What the page draws of a run: its lanes, made of the projections, all of one form.
//!
//! A lock's lane, a thread's and a task's differ in what their states mean, and in nothing else:
//! each is a row of spans without gaps, and a span has a moment, a state, a processor and the
//! event that began it. So the page needs one reader and one way to find what is under a pointer.

use std::collections::{HashMap, HashSet};
use std::io;

use super::columns::Columns;
use crate::look::lanes::flows::{self, Flow};
use crate::look::lanes::lock::{self, Holder, LockLane};
use crate::look::lanes::tasks::{self, TaskLane};
use crate::look::lanes::ticks::{self, Tick};
use crate::look::lanes::{Lane, Lanes, Span};
use trainyard::trace::file::Run;
use trainyard::trace::{Event, Track};

/// A run, ready to be written.
pub(super) struct Scene<'a> {
    pub(super) run: &'a Run,
    pub(super) begin_ns: u64,
    pub(super) end_ns: u64,
    pub(super) tracks: Vec<Track>,
    pub(super) lanes: Vec<Row>,
    pub(super) flows: Vec<Flow>,
    /// Where in `tracks` a track's number stands.
    places: HashMap<u32, u64>,
}

/// A lane of the page.
pub(super) struct Row {
    pub(super) what: What,
    pub(super) name: String,
    pub(super) track: u32,
    /// The number of the task or lock.
    pub(super) id: u64,
    pub(super) end_ns: u64,
    pub(super) cuts: Vec<Cut>,
    pub(super) ticks: Vec<Tick>,
}

/// What a lane is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Lock,
    Train,
    Task,
}

impl What {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            Self::Train => "train",
            Self::Task => "task",
        }
    }
}

/// The begin of a span; it ends where the next one begins.
pub(super) struct Cut {
    from_ns: u64,
    state: u64,
    cpu: u16,
    event: Option<u32>,
}

/// The states of a lock's lane: nobody, switched off, and then the tracks in their order.
const NOBODY: u64 = 0;
const OFF: u64 = 1;
const FIRST_TRACK: u64 = 2;

impl<'a> Scene<'a> {
    pub(super) fn new(run: &'a Run) -> Self {
        let recording = &run.recording;
        let lanes = Lanes::read(recording);
        // Where nobody worked there is still a time to show, and maybe a lock.
        let ends = lanes.as_ref().map(|lanes| (lanes.begin_ns, lanes.end_ns));
        let (begin_ns, end_ns) = ends.unwrap_or((recording.begin_ns, recording.end_ns));
        let tracks = all_tracks(run);
        let places = (0..).zip(&tracks).map(|(place, track)| (track.number, place)).collect();
        let mut scene =
            Self { run, begin_ns, end_ns, tracks, lanes: Vec::new(), flows: Vec::new(), places };
        let locks = lock::read(recording, begin_ns, end_ns);
        let is_only = locks.len() == 1;
        let places = &scene.places;
        scene.lanes.extend(locks.iter().map(|lock| lock_row(lock, is_only, places)));
        let mut ticks = ticks_by_track(run);
        for lane in lanes.into_iter().flat_map(|lanes| lanes.trains) {
            let ticks = ticks.remove(&lane.track).unwrap_or_default();
            scene.lanes.push(train_row(lane, end_ns, ticks));
        }
        scene.lanes.extend(tasks::read(recording, begin_ns, end_ns).iter().map(task_row));
        scene.flows = flows::read(recording);
        scene
    }

    /// Writes everything that is numbers, in the order in which the page reads it.
    pub(super) fn write(&self, columns: &mut Columns<'_>) -> io::Result<()> {
        let mut before_ns = self.begin_ns;
        for event in &self.run.recording.events {
            self.write_event(columns, event, before_ns)?;
            before_ns = event.time_ns;
        }
        self.lanes.iter().try_for_each(|row| row.write(columns, self.begin_ns))?;
        let mut before = 0;
        for &Flow { what, from, to } in &self.flows {
            columns.number(what as u64)?;
            columns.signed(i64::from(from) - before)?;
            columns.signed(i64::from(to) - i64::from(from))?;
            before = i64::from(from);
        }
        Ok(())
    }

    fn write_event(
        &self,
        columns: &mut Columns<'_>,
        event: &Event,
        before_ns: u64,
    ) -> io::Result<()> {
        columns.signed(event.time_ns.wrapping_sub(before_ns).cast_signed())?;
        columns.number(event.kind as u64)?;
        columns.number(self.places[&event.track])?;
        columns.number(u64::from(event.cpu))?;
        columns.number(event.a)?;
        columns.number(event.b)
    }
}

impl Row {
    fn write(&self, columns: &mut Columns<'_>, begin_ns: u64) -> io::Result<()> {
        let (mut before_ns, mut before_event) = (begin_ns, 0);
        for cut in &self.cuts {
            columns.number(cut.from_ns - before_ns)?;
            columns.number(cut.state)?;
            columns.number(u64::from(cut.cpu))?;
            // One more than the index: zero says that there is none.
            let event = cut.event.map_or(0, |event| i64::from(event) + 1);
            columns.signed(event - before_event)?;
            (before_ns, before_event) = (cut.from_ns, event);
        }
        let mut before = 0;
        for tick in &self.ticks {
            columns.number(u64::from(tick.event - before))?;
            before = tick.event;
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

fn ticks_by_track(run: &Run) -> HashMap<u32, Vec<Tick>> {
    let mut found: HashMap<u32, Vec<Tick>> = HashMap::new();
    for tick in ticks::read(&run.recording) {
        found.entry(tick.track).or_default().push(tick);
    }
    found
}

fn lock_row(lane: &LockLane, is_only: bool, places: &HashMap<u32, u64>) -> Row {
    let name = if is_only { "lock".to_owned() } else { format!("lock {}", lane.lock) };
    let state = |holder| match holder {
        Holder::Nobody => NOBODY,
        Holder::Off => OFF,
        Holder::Track(track) => FIRST_TRACK + places[&track],
    };
    let cut = |held: &lock::Held| Cut {
        from_ns: held.from_ns,
        state: state(held.holder),
        cpu: 0,
        event: held.event,
    };
    Row {
        what: What::Lock,
        name,
        track: 0,
        id: lane.lock,
        end_ns: lane.spans.last().map_or(0, |held| held.until_ns),
        cuts: lane.spans.iter().map(cut).collect(),
        ticks: Vec::new(),
    }
}

fn train_row(lane: Lane, end_ns: u64, ticks: Vec<Tick>) -> Row {
    let cuts = lane.spans.iter().map(cut).collect();
    Row { what: What::Train, name: lane.name, track: lane.track, id: 0, end_ns, cuts, ticks }
}

fn task_row(lane: &TaskLane) -> Row {
    Row {
        what: What::Task,
        name: format!("task {}", lane.task),
        track: lane.track,
        id: lane.task,
        end_ns: lane.spans.last().map_or(0, |span| span.until_ns),
        cuts: lane.spans.iter().map(cut).collect(),
        ticks: Vec::new(),
    }
}

fn cut(span: &Span) -> Cut {
    Cut { from_ns: span.from_ns, state: span.state as u64, cpu: span.cpu, event: span.event }
}
