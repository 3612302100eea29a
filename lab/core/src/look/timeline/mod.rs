//! The timeline: a lane for each train, in the terminal.
//!
//! ```text
//!                █ working  ▒ waiting for the lock  ╵ woken in vain
//!                0 1 2 … the lane that holds the lock
//!
//! 1  3 threads, lock on: 30 ms, 8 hand-offs
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
//! Read next: `draw`, `document`.

mod document;
mod draw;
#[cfg(test)]
mod tests;

pub use super::timeline::document::document;
pub(super) use super::timeline::draw::shares;
pub use super::timeline::draw::{Page, draw};

use std::collections::HashMap;

use super::missing::missing;
use super::pick::pick;
use crate::look::lanes::lock::{Held, Holder};
use crate::look::lanes::spent::{self, Spent};
use crate::look::lanes::tasks::TaskLane;
use crate::look::lanes::{Figures, Lane, Lanes, Span, flows, lock, tasks, ticks};
use crate::terms::error::{LabError, Result};
use crate::text::numbers;
use trainyard::trace::file::{Run, Trace};
use trainyard::trace::{Kind, Recording};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Which run: its number, from 1, or its label; `None` means all of them.
    pub run: Option<String>,
    /// From which moment on, counted from the begin of each run.
    pub from_ns: u64,
    /// To which moment; `None` means the end.
    pub until_ns: Option<u64>,
    /// Whose lanes.
    pub whose: Whose,
}

/// Whose lanes are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Threads, worker processes and loops.
    Trains,
    /// The tasks of loops.
    Tasks,
}

/// Runs that are ready to be drawn.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// What the trace says about itself.
    pub about: Vec<(String, String)>,
    /// What it does not show.
    pub missing: Vec<String>,
    /// Runs that are to be compared, each group on a scale of its own.
    pub scales: Vec<Scale>,
    /// Runs in which nobody worked: their numbers and labels.
    pub empty: Vec<(usize, String)>,
}

/// Runs on one scale.
#[derive(Clone, Debug)]
pub struct Scale {
    /// The first moment drawn, counted from the begin of each run.
    pub from_ns: u64,
    /// The last.
    pub until_ns: u64,
    /// The runs.
    pub runs: Vec<Shown>,
}

/// One run.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its place in the trace, from 1.
    pub number: usize,
    /// Its name.
    pub label: String,
    /// What it did, if it says so.
    pub workload: Option<String>,
    /// The moment that its lanes count from.
    pub begin_ns: u64,
    /// How long its work took.
    pub length_ns: u64,
    /// What explains that time.
    pub figures: Figures,
    /// How often a lock went from one thread to another that waited.
    pub hand_offs: usize,
    /// Whose lanes `rows` are.
    pub whose: Whose,
    /// Who held its locks; empty for tasks, which share the track of their loop.
    pub locks: Vec<LockRow>,
    /// Its lanes.
    pub rows: Vec<Row>,
}

impl Shown {
    /// Which lane is whose: places in `rows`, by track. Tasks share one, so they are not asked for.
    pub(super) fn lanes(&self) -> HashMap<u32, usize> {
        by_track(&self.rows)
    }
}

/// One lane.
#[derive(Clone, Debug)]
pub struct Row {
    /// Whose it is.
    pub name: String,
    /// Its track.
    pub track: u32,
    /// What it did.
    pub spans: Vec<Span>,
    /// How long it was in each state, in the part of the run that is drawn.
    pub spent: Spent,
    /// When it was woken in vain; empty for tasks.
    pub in_vain_ns: Vec<u64>,
}

/// A lock's lane.
#[derive(Clone, Debug)]
pub struct LockRow {
    /// Its number.
    pub lock: u64,
    /// Whose it was.
    pub spans: Vec<Held>,
}

/// Prepares what is asked for.
///
/// # Errors
///
/// [`LabError::BadInput`] if there is no such run, if nobody worked in those that there are, or if
/// nothing of them lies between the two moments.
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
    if shown.is_empty() {
        return Err(LabError::BadInput(nothing(trace, asked)));
    }
    let longest_ns = shown.iter().map(|run: &Shown| run.length_ns).max().unwrap_or(0);
    let until_ns = asked.until_ns.unwrap_or(longest_ns);
    if asked.from_ns >= until_ns.min(longest_ns) {
        let longest = numbers::nanoseconds(longest_ns);
        return Err(LabError::BadInput(format!(
            "nothing lies between --from and --to: the longest run takes {longest}"
        )));
    }
    let about = trace.about.iter().map(|(key, text)| (key.to_owned(), text.to_owned()));
    let (about, missing) = (about.collect(), missing(trace));
    Ok(Timeline { about, missing, scales: scales(shown, asked), empty })
}

/// Why there is nothing to draw.
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
    let recording = &run.recording;
    let lanes = Lanes::read(recording)?;
    let (begin_ns, end_ns) = (lanes.begin_ns, lanes.end_ns);
    let mut rows = match asked.whose {
        Whose::Trains => trains(&lanes),
        Whose::Tasks => task_rows(recording, begin_ns, end_ns),
    };
    let from_ns = begin_ns.saturating_add(asked.from_ns).min(end_ns);
    let until_ns = asked.until_ns.map_or(end_ns, |until| begin_ns.saturating_add(until));
    let until_ns = until_ns.clamp(from_ns, end_ns);
    for row in &mut rows {
        // A train is there all the time: what lies before its first span is lost, and no share.
        let first = row.spans.first().filter(|_| asked.whose == Whose::Trains);
        let known_ns = first.map_or(from_ns, |span| span.from_ns.clamp(from_ns, until_ns));
        row.spent = spent::between(&row.spans, known_ns, until_ns);
    }
    // All tasks share the track of their loop: what a track did is said of no task.
    let locks = match asked.whose {
        Whose::Trains => {
            mark_in_vain(&mut rows, recording);
            lock_rows(recording, begin_ns, end_ns)
        }
        Whose::Tasks => Vec::new(),
    };
    let flows = flows::read(recording);
    (!rows.is_empty()).then(|| Shown {
        number,
        label: run.label().to_owned(),
        workload: run.about.get("workload").map(str::to_owned),
        begin_ns,
        length_ns: end_ns - begin_ns,
        figures: lanes.figures,
        hand_offs: flows.iter().filter(|flow| flow.what == flows::What::HandOff).count(),
        whose: asked.whose,
        locks,
        rows,
    })
}

fn mark_in_vain(rows: &mut [Row], recording: &Recording) {
    let lanes = by_track(rows);
    let ticks = ticks::read(recording);
    for tick in ticks.iter().filter(|tick| tick.kind == Kind::GilWakeFailed) {
        if let Some(&index) = lanes.get(&tick.track) {
            rows[index].in_vain_ns.push(tick.at_ns);
        }
    }
}

fn lock_rows(recording: &Recording, begin_ns: u64, end_ns: u64) -> Vec<LockRow> {
    let locks = lock::read(recording, begin_ns, end_ns).into_iter();
    // A lock that is off all the time has nothing to show.
    let locks = locks.filter(|lock| lock.spans.iter().any(|span| span.holder != Holder::Off));
    locks.map(|lane| LockRow { lock: lane.lock, spans: lane.spans }).collect()
}

fn by_track(rows: &[Row]) -> HashMap<u32, usize> {
    rows.iter().enumerate().map(|(index, row)| (row.track, index)).collect()
}

fn trains(lanes: &Lanes) -> Vec<Row> {
    let row = |lane: &Lane| Row {
        name: lane.name.clone(),
        track: lane.track,
        spans: lane.spans.clone(),
        spent: Spent::default(),
        in_vain_ns: Vec::new(),
    };
    lanes.trains.iter().map(row).collect()
}

fn task_rows(recording: &Recording, begin_ns: u64, end_ns: u64) -> Vec<Row> {
    let row = |lane: TaskLane| Row {
        name: format!("task {}", lane.task),
        track: lane.track,
        spans: lane.spans,
        spent: Spent::default(),
        in_vain_ns: Vec::new(),
    };
    tasks::read(recording, begin_ns, end_ns).into_iter().map(row).collect()
}

/// Runs of one workload are compared, so they share a scale.
fn scales(shown: Vec<Shown>, asked: &Asked) -> Vec<Scale> {
    let mut scales: Vec<Scale> = Vec::new();
    for run in shown {
        let until_ns = asked.until_ns.unwrap_or(run.length_ns);
        let fits = |scale: &&mut Scale| scale.runs[0].workload == run.workload;
        match scales.iter_mut().find(fits) {
            Some(scale) => {
                scale.until_ns = scale.until_ns.max(until_ns);
                scale.runs.push(run);
            }
            None => scales.push(Scale { from_ns: asked.from_ns, until_ns, runs: vec![run] }),
        }
    }
    // What ends before the first moment that is asked for would be drawn as nothing.
    scales.retain(|scale| scale.from_ns < scale.until_ns);
    scales
}
