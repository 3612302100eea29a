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

use crate::look::lanes::flows::What;
use crate::look::lanes::tape::joined;
use crate::look::lanes::train::State;
use crate::look::lanes::{Scene, Span};
use trainyard::trace::Recording;

/// A lane as slices: neighbours in the same state are one, whatever processor they ran on.
pub(super) struct Strip {
    pub(super) track: u32,
    pub(super) slices: Vec<Slice>,
}

pub(super) struct Slice {
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
    pub(super) strips: Vec<Strip>,
    pub(super) marks: Vec<Mark>,
    /// The number of the arrow that enters each poll, by its event.
    pub(super) polls: HashMap<u32, u64>,
}

/// Cuts the trains into slices, and numbers the arrows of a run, from `next_id` on.
pub(super) fn bind(scene: &Scene<'_>, next_id: &mut u64) -> Arrows {
    let slice = |span| Slice { span, arrow: None };
    let strips = scene.trains().iter().map(|lane| Strip {
        track: lane.track,
        slices: joined(&lane.spans).into_iter().map(slice).collect(),
    });
    let strips: Vec<Strip> = strips.collect();
    let mut begun: Vec<Option<(u32, u32)>> = vec![None; scene.recording.events.len()];
    for (lane, strip) in (0..).zip(&strips) {
        for (index, slice) in (0..).zip(&strip.slices) {
            if let Some(event) = slice.span.event {
                begun[event as usize] = Some((lane, index));
            }
        }
    }
    let polls = scene.tasks.iter().flat_map(|lane| &lane.spans).filter(|s| s.state == State::Run);
    let polls: HashSet<u32> = polls.filter_map(|span| span.event).collect();
    let lanes = (0..).zip(&strips).map(|(lane, strip)| (strip.track, lane)).collect();
    let arrows = Arrows { strips, marks: Vec::new(), polls: HashMap::new() };
    let mut binder = Binder { recording: scene.recording, lanes, begun, next_id, arrows };
    for flow in &scene.flows {
        // A poll that took no time at all is not drawn.
        if flow.what == What::Wake && !polls.contains(&flow.to) {
            continue;
        }
        let id = binder.leave(flow.what, flow.from);
        if flow.what == What::Wake {
            binder.arrows.polls.insert(flow.to, id);
        } else {
            binder.enter(flow.what, flow.to, id);
        }
    }
    binder.arrows
}

struct Binder<'a> {
    recording: &'a Recording,
    /// The lane of each track.
    lanes: HashMap<u32, u32>,
    /// The slice that each event begins: its lane, and its place there.
    begun: Vec<Option<(u32, u32)>>,
    next_id: &'a mut u64,
    arrows: Arrows,
}

impl Binder<'_> {
    fn leave(&mut self, what: What, event: u32) -> u64 {
        let place = match what {
            What::HandOff => self.holding(event),
            What::Answer => self.begun[event as usize],
            _ => None,
        };
        let slice = place.map(|(lane, index)| {
            &mut self.arrows.strips[lane as usize].slices[index as usize].arrow
        });
        let mut fresh = || {
            *self.next_id += 1;
            Arrow { id: *self.next_id, enters: false, leaves: true }
        };
        match slice {
            // The lock came by an arrow, and goes on by the same.
            Some(Some(arrow)) if !arrow.leaves && what == What::HandOff => {
                arrow.leaves = true;
                arrow.id
            }
            Some(none @ None) => none.insert(fresh()).id,
            _ => {
                let arrow = fresh();
                self.arrows.marks.push(Mark { event, what, arrow });
                arrow.id
            }
        }
    }

    /// The slice that a drop of the lock ends: the lock was held in it.
    fn holding(&self, drop: u32) -> Option<(u32, u32)> {
        let event = self.recording.events[drop as usize];
        let lane = *self.lanes.get(&event.track)?;
        let slices = &self.arrows.strips[lane as usize].slices;
        let index = slices.partition_point(|slice| slice.span.until_ns < event.time_ns);
        let slice = slices.get(index).filter(|slice| slice.span.from_ns < event.time_ns)?;
        let index = u32::try_from(index).ok()?;
        slice.span.state.is_running().then_some((lane, index))
    }

    fn enter(&mut self, what: What, event: u32, id: u64) {
        let arrow = Arrow { id, enters: true, leaves: false };
        let begun = self.begun[event as usize].map(|(lane, index)| {
            &mut self.arrows.strips[lane as usize].slices[index as usize].arrow
        });
        match begun {
            Some(none @ None) => *none = Some(arrow),
            _ => self.arrows.marks.push(Mark { event, what, arrow }),
        }
    }
}

impl Mark {
    /// What the mark says at this end of the arrow.
    pub(super) fn name(&self) -> &'static str {
        let [_, leaves, enters] = self.what.words();
        if self.arrow.leaves { leaves } else { enters }
    }
}
