//! Arrows between slices: which slice lets which go on.
//!
//! An arrow is a number that two slices carry, `flow_out` on the one it leaves and `flow_in` on the
//! one it enters. A slice has room for one number, so a lock that goes from hand to hand makes one
//! long arrow through the slices in which it was held, and whoever has no slice of its own at the
//! moment (a loop that wakes a task, a thread that queues a job) gets a slice without length.
//!
//! | arrow | leaves | enters |
//! | --- | --- | --- |
//! | the lock was handed over | the slice that ends with the drop | the one that begins with the take |
//! | a task was woken | a mark on the loop's lane | the poll on the task's track |
//! | a worker answered | the slice that begins with the answer | a mark at the reader |
//! | others | a mark | the slice that begins there, or a mark |

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;

use crate::look::lanes::flows::What;
use crate::look::lanes::tape::joined;
use crate::look::lanes::{Lane, Scene, Span};
use crate::look::palette::State;
use trainyard::trace::Event;

/// A part of a lane: neighbours in the same state are one, whatever processor they ran on.
pub(super) struct Slice {
    pub(super) track: u32,
    pub(super) span: Span,
    pub(super) arrow: Option<Arrow>,
}

/// A slice's part in an arrow, or in one that goes on.
#[derive(Clone, Copy)]
pub(super) struct Arrow {
    pub(super) id: u64,
    pub(super) enters: bool,
    pub(super) leaves: bool,
}

/// A slice without length, for an end of an arrow that has no other.
pub(super) struct Mark {
    pub(super) event: u32,
    pub(super) what: What,
    pub(super) arrow: Arrow,
}

/// What carries the arrows of a run.
pub(super) struct Arrows {
    pub(super) slices: Vec<Slice>,
    pub(super) marks: Vec<Mark>,
    /// The number of the arrow that enters each poll, by its event.
    pub(super) polls: HashMap<u32, u64>,
    /// The last number that was given to an arrow.
    pub(super) last_id: u64,
    /// Which slices are of each track.
    lanes: HashMap<u32, Range<usize>>,
    /// The slice that each event begins.
    begun: Vec<Option<usize>>,
}

impl Arrows {
    /// Cuts the trains into slices, and numbers the arrows of a run, behind `last_id`.
    pub(super) fn new(scene: &Scene<'_>, last_id: u64) -> Self {
        let events = &scene.recording.events;
        let (slices, marks, lanes) = (Vec::new(), Vec::new(), HashMap::new());
        let (polls, begun) = (HashMap::new(), vec![None; events.len()]);
        let mut arrows = Self { slices, marks, polls, last_id, lanes, begun };
        for &Lane { track, ref spans, .. } in scene.trains() {
            let first = arrows.slices.len();
            let slice = |span| Slice { track, span, arrow: None };
            arrows.slices.extend(joined(spans).into_iter().map(slice));
            arrows.lanes.insert(track, first..arrows.slices.len());
        }
        for (index, slice) in arrows.slices.iter().enumerate() {
            if let Some(event) = slice.span.event {
                arrows.begun[event as usize] = Some(index);
            }
        }
        let spans = scene.tasks.iter().flat_map(|lane| &lane.spans);
        let polls: HashSet<u32> =
            spans.filter(|span| span.state == State::Run).filter_map(|span| span.event).collect();
        for flow in &scene.flows {
            if flow.what != What::Wake {
                let id = arrows.leave(flow.what, flow.from, events);
                let (arrow, to) = (Arrow { id, enters: true, leaves: false }, flow.to);
                arrows.put(arrows.begun[to as usize], Mark { event: to, what: flow.what, arrow });
            } else if polls.contains(&flow.to) {
                // A poll that took no time at all is not drawn.
                let id = arrows.leave(flow.what, flow.from, events);
                arrows.polls.insert(flow.to, id);
            }
        }
        arrows
    }

    fn leave(&mut self, what: What, event: u32, events: &[Event]) -> u64 {
        let slice = match what {
            What::HandOff => self.holding(&events[event as usize]),
            What::Answer => self.begun[event as usize],
            _ => None,
        };
        let earlier = slice.and_then(|slice| self.slices[slice].arrow.as_mut());
        // The lock came by an arrow, and goes on by the same.
        if let Some(arrow) = earlier.filter(|arrow| !arrow.leaves && what == What::HandOff) {
            arrow.leaves = true;
            return arrow.id;
        }
        self.last_id += 1;
        let arrow = Arrow { id: self.last_id, enters: false, leaves: true };
        self.put(slice, Mark { event, what, arrow });
        arrow.id
    }

    /// The slice that a drop of the lock ends: the lock was held in it.
    fn holding(&self, drop: &Event) -> Option<usize> {
        let lane = self.lanes.get(&drop.track)?.clone();
        let slices = &self.slices[lane.clone()];
        let index = slices.partition_point(|slice| slice.span.until_ns < drop.time_ns);
        let slice = slices.get(index).filter(|slice| slice.span.from_ns < drop.time_ns)?;
        slice.span.state.is_running().then_some(lane.start + index)
    }

    /// Ties an arrow to `slice` if that has none yet, and otherwise to a mark.
    fn put(&mut self, slice: Option<usize>, mark: Mark) {
        match slice.map(|slice| &mut self.slices[slice].arrow) {
            Some(none @ None) => *none = Some(mark.arrow),
            _ => self.marks.push(mark),
        }
    }
}

impl Mark {
    pub(super) fn name(&self) -> &'static str {
        let [_, leaves, enters] = self.what.words();
        if self.arrow.leaves { leaves } else { enters }
    }
}

/// The fields of a record that has this part in an arrow.
pub(super) struct Bound(pub(super) Option<Arrow>);

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Arrow { id, enters, leaves }) = self.0 else { return Ok(()) };
        let enters = if enters { ",\"flow_in\":true" } else { "" };
        let leaves = if leaves { ",\"flow_out\":true" } else { "" };
        write!(f, ",\"bind_id\":{id}{enters}{leaves}")
    }
}
