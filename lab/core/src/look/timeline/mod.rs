//! The timeline: a lane for each train, in the terminal.
//!
//! ```text
//! 1. 3 threads, lock on: 30 ms, 8 hand-offs
//!     lock      |000001111122222000001111122222| free 0 %
//!   0 worker-0  |█████▒▒▒▒▒▒▒▒▒▒█████▒▒▒▒▒▒▒▒▒▒| run 33 %  wait GIL 67 %
//!   1 worker-1  |▒▒▒▒▒█████▒▒▒▒▒▒▒▒▒▒█████▒▒▒▒▒| run 33 %  wait GIL 67 %
//!   2 worker-2  |▒▒▒▒▒▒▒▒▒▒█████▒▒▒▒▒▒▒▒▒▒█████| run 33 %  wait GIL 67 %
//!                0         10        20     ms
//! ```
//!
//! # The life of one timeline
//!
//! 1. [`plan`] picks the runs that are asked for, reads their lanes, and puts those of one
//!    workload on one scale: then a run that is twice as fast is half as long.
//! 2. `draw` makes a page of it, `document` makes JSON of it. Both print the same shares, because
//!    both read them from the plan.
//!
//! # Invariants
//!
//! - **TIMELINE-1** A share on the page and the same share in the JSON are one number.
//! - **TIMELINE-2** No line is wider than the page, if that has at least `WIDTH_MIN` columns.
//!
//! Read next: `draw`.

mod draw;
#[cfg(test)]
mod tests;

pub(super) use self::draw::shares;
pub use self::draw::{Page, draw};

use std::collections::{BTreeMap, HashMap};

use serde::{Serialize, Serializer};

use super::missing::missing;
use super::palette::{State, look};
use super::pick::pick;
use crate::look::lanes::flows::What;
use crate::look::lanes::{Figures, Holder, Lane, Scene, Span, Spent, lock, spent};
use crate::terms::error::{LabError, Result};
use crate::text::numbers;
use trainyard::trace::Kind;
use trainyard::trace::file::{Run, Trace};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Which run: its number, from 1, or its label; `None` means all of them.
    pub run: Option<String>,
    /// From which moment on, counted from the begin of each run.
    pub from_ns: u64,
    /// To which moment; `None` means the end.
    pub until_ns: Option<u64>,
    pub whose: Whose,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Whose {
    /// Threads, worker processes and loops.
    #[default]
    Trains,
    /// The tasks of loops.
    Tasks,
}

/// Runs that are ready to be drawn.
#[derive(Clone, Debug)]
pub struct Timeline {
    about: BTreeMap<String, String>,
    missing: Vec<String>,
    /// Runs that are to be compared, each group on a scale of its own.
    pub(super) scales: Vec<Scale>,
    /// Runs in which nobody worked: their numbers and labels.
    empty: Vec<(usize, String)>,
}

#[derive(Clone, Debug)]
pub(super) struct Scale {
    /// The first moment drawn, counted from the begin of each run.
    pub(super) from_ns: u64,
    /// The last; later than the first.
    pub(super) until_ns: u64,
    pub(super) runs: Vec<Shown>,
}

impl Scale {
    /// The part of a run that is drawn.
    pub(super) fn window(&self, run: &Shown) -> (u64, u64) {
        let at = |ns| run.begin_ns.saturating_add(ns);
        (at(self.from_ns), at(self.until_ns))
    }
}

/// One run, as it is drawn and as it stands in the document.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Shown {
    /// Its place in the trace, from 1.
    pub(super) number: usize,
    pub(super) label: String,
    workload: Option<String>,
    pub(super) length_ns: u64,
    /// What the shares are shares of, counted from its begin.
    from_ns: u64,
    until_ns: u64,
    #[serde(flatten)]
    figures: Figures,
    /// How often a lock went from one thread to another that waited.
    hand_offs: usize,
    /// Empty for tasks, which share the track of their loop.
    pub(super) locks: Vec<Lock>,
    #[serde(rename = "lanes")]
    pub(super) rows: Vec<Row>,
    /// The moment that its lanes count from.
    #[serde(skip)]
    pub(super) begin_ns: u64,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Lock {
    #[serde(rename = "lock")]
    id: u64,
    held_by: Vec<HeldBy>,
    /// Locks have numbers where there are several.
    #[serde(skip)]
    pub(super) name: String,
    #[serde(skip)]
    pub(super) spans: Vec<Span<Holder>>,
}

/// How long a lane held a lock in the whole run.
#[derive(Clone, Debug, Serialize)]
struct HeldBy {
    lane: Option<String>,
    track: u32,
    held_ns: u64,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    pub(super) name: String,
    track: u32,
    /// How often it was woken in vain; not said of tasks, which share the track of their loop.
    #[serde(skip_serializing_if = "Option::is_none")]
    woken_in_vain: Option<usize>,
    /// How long it was in each state, in the part of the run that is drawn.
    #[serde(rename = "share", serialize_with = "as_shares")]
    pub(super) spent: Spent,
    #[serde(skip)]
    pub(super) in_vain_ns: Vec<u64>,
    #[serde(skip)]
    pub(super) spans: Vec<Span>,
}

// INVARIANT: [TIMELINE-1] the page prints `Spent::share` of the same `Spent`.
fn as_shares<S: Serializer>(spent: &Spent, out: S) -> std::result::Result<S::Ok, S::Error> {
    let share = |state: State| (look(state).name, spent.share(state));
    out.collect_map(spent.states().map(share).collect::<BTreeMap<_, _>>())
}

/// Which lane is whose: places in `rows`, by track. Tasks share one, so they are not asked for.
pub(super) fn places(rows: &[Row]) -> HashMap<u32, usize> {
    rows.iter().enumerate().map(|(index, row)| (row.track, index)).collect()
}

/// The timeline for programs: `trainyard.timeline/1`, the shares of every lane.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    missing: &'a [String],
    about: &'a BTreeMap<String, String>,
    runs: Vec<&'a Shown>,
}

/// Writes the timeline as one JSON document, with all its lanes.
pub fn document(timeline: &Timeline) -> String {
    let Timeline { about, missing, scales, .. } = timeline;
    let mut runs: Vec<&Shown> = scales.iter().flat_map(|scale| &scale.runs).collect();
    runs.sort_by_key(|run| run.number);
    let document = Document { schema: "trainyard.timeline/1", missing, about, runs };
    serde_json::to_string_pretty(&document).expect("it holds texts and numbers") + "\n"
}

/// Prepares what is asked for.
/// Fails if there is no such run, if nobody worked in those that there are, or if nothing of them
/// lies between the two moments.
pub fn plan(trace: &Trace, asked: &Asked) -> Result<Timeline> {
    let picked = match &asked.run {
        Some(name) => pick(trace, name)?,
        None => (0..trace.runs.len()).collect(),
    };
    let (mut shown, mut empty) = (Vec::new(), Vec::new());
    for at in picked {
        let (number, run) = (at + 1, &trace.runs[at]);
        match show(number, run, asked) {
            Some(run) => shown.push(run),
            None => empty.push((number, run.label().to_owned())),
        }
    }
    let Some(longest_ns) = shown.iter().map(|run: &Shown| run.length_ns).max() else {
        return Err(LabError::BadInput(nothing(trace, asked)));
    };
    if asked.from_ns >= asked.until_ns.unwrap_or(longest_ns).min(longest_ns) {
        let longest = numbers::nanoseconds(longest_ns);
        return Err(LabError::BadInput(format!(
            "nothing lies between --from and --to: the longest run takes {longest}"
        )));
    }
    let about = trace.about.iter().map(|(key, text)| (key.to_owned(), text.to_owned()));
    let (about, missing) = (about.collect(), missing(trace));
    Ok(Timeline { about, missing, scales: scales(shown, asked), empty })
}

fn nothing(trace: &Trace, asked: &Asked) -> String {
    let what = match asked.whose {
        Whose::Trains => "nobody worked in it: no unit, job or poll was recorded",
        Whose::Tasks => "no task of a loop was recorded in it",
    };
    let events: usize = trace.runs.iter().map(|run| run.recording.events.len()).sum();
    let runs = numbers::count(trace.runs.len(), "run");
    format!("there is nothing to draw, {what} ({runs}, {events} events)")
}

fn show(number: usize, run: &Run, asked: &Asked) -> Option<Shown> {
    let Scene { recording, begin_ns, end_ns, lanes, locks, tasks, flows } =
        Scene::read(&run.recording, (0, 0));
    let lanes = lanes?;
    // All tasks share the track of their loop: what a track did is said of no task.
    let of_trains = asked.whose == Whose::Trains;
    let mut in_vain: HashMap<u32, Vec<u64>> = HashMap::new();
    for event in recording.events.iter().filter(|event| event.kind == Kind::GilWakeFailed) {
        in_vain.entry(event.track).or_default().push(event.time_ns);
    }
    let from_ns = begin_ns.saturating_add(asked.from_ns).min(end_ns);
    let until_ns = asked.until_ns.map_or(end_ns, |until| begin_ns.saturating_add(until));
    let until_ns = until_ns.clamp(from_ns, end_ns);
    let row = |Lane { track, name, spans, .. }: Lane| {
        // A train is there all the time: what lies before its first span is lost, and no share.
        let first = spans.first().filter(|_| of_trains);
        let known_ns = first.map_or(from_ns, |span| span.from_ns.clamp(from_ns, until_ns));
        let in_vain_ns = in_vain.remove(&track).filter(|_| of_trains).unwrap_or_default();
        let woken_in_vain = of_trains.then_some(in_vain_ns.len());
        let spent = spent::between(&spans, known_ns, until_ns);
        Row { name, track, woken_in_vain, spent, in_vain_ns, spans }
    };
    let drawn = if of_trains { lanes.trains } else { tasks };
    let rows: Vec<Row> = drawn.into_iter().map(row).collect();
    (!rows.is_empty()).then(|| Shown {
        number,
        label: run.label().to_owned(),
        workload: run.about.get("workload").map(str::to_owned),
        length_ns: end_ns - begin_ns,
        from_ns: 0,
        until_ns: 0,
        figures: lanes.figures,
        hand_offs: flows.iter().filter(|flow| flow.what == What::HandOff).count(),
        locks: if of_trains { shown_locks(locks, &rows) } else { Vec::new() },
        rows,
        begin_ns,
    })
}

/// The locks that were ever on: one that is off all the time has nothing to show.
fn shown_locks(mut locks: Vec<Lane<Holder>>, rows: &[Row]) -> Vec<Lock> {
    locks.retain(|lock| lock.spans.iter().any(|span| span.state != Holder::Off));
    let (places, is_only) = (places(rows), locks.len() == 1);
    let held_by = |(track, held_ns): (u32, u64)| {
        let lane = places.get(&track).map(|&index| rows[index].name.clone());
        HeldBy { lane, track, held_ns }
    };
    let lock = |Lane { id, name, spans, .. }: Lane<Holder>| {
        let held_by = lock::held_ns(&spans).into_iter().map(held_by).collect();
        let name = if is_only { "lock".to_owned() } else { name };
        Lock { id, held_by, name, spans }
    };
    locks.into_iter().map(lock).collect()
}

/// Runs of one workload are compared, so they share a scale.
fn scales(shown: Vec<Shown>, asked: &Asked) -> Vec<Scale> {
    let mut scales: Vec<Scale> = Vec::new();
    let mut places: HashMap<Option<String>, usize> = HashMap::new();
    for run in shown {
        let place = *places.entry(run.workload.clone()).or_insert(scales.len());
        if place == scales.len() {
            scales.push(Scale { from_ns: asked.from_ns, until_ns: 0, runs: Vec::new() });
        }
        let scale = &mut scales[place];
        scale.until_ns = scale.until_ns.max(asked.until_ns.unwrap_or(run.length_ns));
        scale.runs.push(run);
    }
    // What ends before the first moment that is asked for would be drawn as nothing.
    scales.retain(|scale| scale.from_ns < scale.until_ns);
    for Scale { from_ns, until_ns, runs } in &mut scales {
        for run in runs {
            let in_run = |ns: u64| ns.min(run.length_ns);
            (run.from_ns, run.until_ns) = (in_run(*from_ns), in_run(*until_ns));
        }
    }
    scales
}
