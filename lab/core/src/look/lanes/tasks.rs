//! A lane for each task of a cooperative loop.
//!
//! A loop's own lane says what its one thread does. This projection of the same events says what
//! each task does meanwhile, in the same vocabulary:
//!
//! | state | the task |
//! | --- | --- |
//! | `Ready` | was woken and stands in the run queue |
//! | `Run` | is being polled |
//! | `Wait` | waits for a descriptor |
//! | `Sleep` | waits for a deadline |
//! | `Idle` | waits for another task, or for somebody outside |
//!
//! What it waits for is what it registered during its last poll. A descriptor together with a
//! deadline is a wait for the descriptor, with a time limit.
//!
//! # Reading from the middle
//!
//! A task that is polled first stood in the queue before; one that is woken first was waiting. This
//! holds as far back as its loop has lost no event.

use std::collections::HashMap;

use super::tape::{Alike, Span, Tape};
use super::{Lane, first_kept_ns};
use crate::look::palette::State;
use trainyard::trace::{Event, Kind, Recording};

/// Reads every task that did something between `begin_ns` and `end_ns`, in the order of birth.
pub(crate) fn read(recording: &Recording, begin_ns: u64, end_ns: u64) -> Vec<Lane> {
    let mut numbers: HashMap<(u32, u64), usize> = HashMap::new();
    let mut tasks: Vec<Task> = Vec::new();
    let first_kept_ns = first_kept_ns(recording);
    for (index, event) in (0..).zip(&recording.events) {
        // These all come from the loop's own thread and name a task first.
        let before = match event.kind {
            Kind::TaskSpawn => None,
            Kind::TaskPollBegin => Some(State::Ready),
            Kind::TaskWake | Kind::TaskCancel => Some(State::Idle),
            Kind::TaskPollEnd | Kind::IoWait | Kind::TimerSet => Some(State::Run),
            _ => continue,
        };
        let number = *numbers.entry((event.track, event.a)).or_insert_with(|| {
            let from_ns = first_kept_ns.get(&event.track).map_or(begin_ns, |ns| begin_ns.max(*ns));
            let tape = Tape::new(from_ns, end_ns, (before, event.cpu), Alike::Keep);
            let (id, track) = (event.a, event.track);
            tasks.push(Task { id, track, tape, waits_for: State::Idle, woken_again: false });
            tasks.len() - 1
        });
        tasks[number].step(index, event);
    }
    tasks.into_iter().map(Task::finish).filter(|lane| !lane.spans.is_empty()).collect()
}

struct Task {
    id: u64,
    track: u32,
    /// `None` before its birth and after its end.
    tape: Tape<Option<State>>,
    /// What the poll that is under way has registered so far.
    waits_for: State,
    woken_again: bool,
}

/// The outcome word of `TaskPollEnd` for a task that waits.
const PENDING: u64 = 0;

impl Task {
    fn step(&mut self, index: u32, event: &Event) {
        let after = match event.kind {
            Kind::TaskWake if self.tape.now().0 == Some(State::Run) => {
                return self.woken_again = true;
            }
            Kind::IoWait => return self.waits_for = State::Wait,
            Kind::TimerSet if self.waits_for == State::Idle => {
                return self.waits_for = State::Sleep;
            }
            Kind::TimerSet => return,
            Kind::TaskPollBegin => {
                (self.waits_for, self.woken_again) = (State::Idle, false);
                Some(State::Run)
            }
            Kind::TaskSpawn | Kind::TaskWake => Some(State::Ready),
            Kind::TaskPollEnd if event.b == PENDING && self.woken_again => Some(State::Ready),
            Kind::TaskPollEnd if event.b == PENDING => Some(self.waits_for),
            _ => None,
        };
        self.tape.turn(event.time_ns, (after, event.cpu), index);
    }

    fn finish(self) -> Lane {
        let living = |Span { from_ns, until_ns, state, cpu, event }: Span<Option<State>>| {
            state.map(|state| Span { from_ns, until_ns, state, cpu, event })
        };
        let spans = self.tape.finish().into_iter().filter_map(living).collect();
        Lane { id: self.id, track: self.track, name: format!("task {}", self.id), spans }
    }
}
