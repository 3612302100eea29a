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

use crate::look::lanes::flows::{self, What};
use crate::look::lanes::tasks::TaskLane;
use crate::look::lanes::train::State;
use crate::look::lanes::{Lane, Span, joined};
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

/// What carries arrows beside the slices of the lanes.
#[derive(Default)]
pub(super) struct Arrows {
    pub(super) marks: Vec<Mark>,
    /// The number of the arrow that enters each poll, by its event.
    pub(super) polls: HashMap<u32, u64>,
}

impl Strip {
    pub(super) fn new(lane: &Lane) -> Self {
        let slices = joined(&lane.spans).into_iter().map(|span| Slice { span, arrow: None });
        Self { track: lane.track, slices: slices.collect() }
    }
}

/// Numbers the arrows of a run, from `next_id` on.
pub(super) fn bind(
    recording: &Recording,
    strips: &mut [Strip],
    tasks: &[TaskLane],
    next_id: &mut u64,
) -> Arrows {
    let mut begun: Vec<Option<(u32, u32)>> = vec![None; recording.events.len()];
    for (lane, strip) in (0..).zip(strips.iter()) {
        for (index, slice) in (0..).zip(&strip.slices) {
            if let Some(event) = slice.span.event {
                begun[event as usize] = Some((lane, index));
            }
        }
    }
    let polls = tasks.iter().flat_map(|lane| &lane.spans).filter(|s| s.state == State::Run);
    let polls: HashSet<u32> = polls.filter_map(|span| span.event).collect();
    let lanes = (0..).zip(strips.iter()).map(|(lane, strip)| (strip.track, lane)).collect();
    let arrows = Arrows::default();
    let mut binder = Binder { recording, strips, lanes, begun, next_id, arrows };
    for flow in flows::read(recording) {
        match flow.what {
            // A poll that took no time at all is not drawn.
            What::Wake if !polls.contains(&flow.to) => {}
            What::Wake => {
                let id = binder.leave(What::Wake, flow.from);
                binder.arrows.polls.insert(flow.to, id);
            }
            what => {
                let id = binder.leave(what, flow.from);
                binder.enter(what, flow.to, id);
            }
        }
    }
    binder.arrows
}

struct Binder<'a> {
    recording: &'a Recording,
    strips: &'a mut [Strip],
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
        if let Some((lane, index)) = place {
            let slice = &mut self.strips[lane as usize].slices[index as usize];
            match &mut slice.arrow {
                // The lock came by an arrow, and goes on by the same.
                Some(arrow) if !arrow.leaves && what == What::HandOff => {
                    arrow.leaves = true;
                    return arrow.id;
                }
                Some(_) => {}
                none => {
                    let id = fresh(self.next_id);
                    *none = Some(Arrow { id, enters: false, leaves: true });
                    return id;
                }
            }
        }
        let id = fresh(self.next_id);
        let arrow = Arrow { id, enters: false, leaves: true };
        self.arrows.marks.push(Mark { event, what, arrow });
        id
    }

    /// The slice that a drop of the lock ends: the lock was held in it.
    fn holding(&self, drop: u32) -> Option<(u32, u32)> {
        let event = self.recording.events[drop as usize];
        let lane = *self.lanes.get(&event.track)?;
        let slices = &self.strips[lane as usize].slices;
        let index = slices.partition_point(|slice| slice.span.until_ns < event.time_ns);
        let slice = slices.get(index).filter(|slice| slice.span.from_ns < event.time_ns)?;
        let index = u32::try_from(index).ok()?;
        slice.span.state.is_running().then_some((lane, index))
    }

    fn enter(&mut self, what: What, event: u32, id: u64) {
        let arrow = Arrow { id, enters: true, leaves: false };
        let begun = self.begun[event as usize];
        let slice =
            begun.map(|(lane, index)| &mut self.strips[lane as usize].slices[index as usize]);
        match slice {
            Some(slice) if slice.arrow.is_none() => slice.arrow = Some(arrow),
            _ => self.arrows.marks.push(Mark { event, what, arrow }),
        }
    }
}

fn fresh(next_id: &mut u64) -> u64 {
    *next_id += 1;
    *next_id
}

impl Mark {
    /// What the mark says at this end of the arrow.
    pub(super) fn name(&self) -> &'static str {
        match (self.what, self.arrow.leaves) {
            (What::HandOff, true) => "drop lock",
            (What::HandOff, false) => "take lock",
            (What::Wake, _) => "wake task",
            (What::Call, true) => "call loop",
            (What::Call, false) => "called",
            (What::Queue, true) => "queue job",
            (What::Queue, false) => "take job",
            (What::Send, true) => "send job",
            (What::Send, false) => "read job",
            (What::Answer, true) => "send answer",
            (What::Answer, false) => "read answer",
        }
    }
}
