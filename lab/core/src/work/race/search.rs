//! The search: every way in which a program can end, each with the schedule that takes the fewest
//! switches.
//!
//! [`trainyard::interleave`] does the same for scripts whose steps are functions; here a step is an
//! instruction of a machine, the cost of a schedule is its switches, and where a switch is allowed
//! is the question. So this is a search of its own, over states that are machines and memory.
//!
//! # The life of one search
//!
//! 1. A state is the memory, each train's machine, and who ran last. From a state, each train that
//!    can do anything goes on to the next place at which it could be switched out.
//! 2. States are taken in the order of the switches that lead to them, and of the instructions
//!    (Dijkstra's algorithm), each once. So the first way to an ending is one with the fewest.
//! 3. Where a switch is allowed anywhere, only those before an instruction that others can notice
//!    are tried: a switch before any other one could as well come later.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::run::variables;
use super::schedule::Schedule;
use super::setting::{Checks, Runner};
use super::train::machine;
use crate::terms::error::{LabError, Result};
use trainyard::vm::{Instruction, Machine, Pause, Place, Program};

/// A few hundred megabytes. What has more is no puzzle.
const STATES_MAX: usize = 400_000;
/// Instructions that a train may do in one go.
const STRIDE_MAX: u64 = 1_000_000;

/// One way to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Possible {
    /// How.
    pub ending: Ending,
    /// A schedule with as few switches as any.
    pub schedule: Schedule,
}

/// How the trains can end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All are at their ends, and these are the values of the variables.
    Values(Vec<i64>),
    /// Some wait for each other's locks.
    Deadlock,
    /// One could not go on.
    Failed(String),
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    words: Vec<i64>,
    machines: Vec<Machine>,
    last: Option<usize>,
}

/// Switches, then instructions.
type Cost = (u64, u64);

/// The cheapest way to a state that is known: from which other, by whom, with how many instructions.
struct Arrival {
    cost: Cost,
    from: usize,
    train: usize,
    steps: u64,
}

struct Search<'p> {
    program: &'p Program,
    runner: Runner,
    states: Vec<State>,
    numbers: HashMap<State, usize>,
    /// For each state; the first one is reached from itself.
    arrivals: Vec<Arrival>,
    queue: BinaryHeap<Reverse<(Cost, usize)>>,
    found: Vec<Possible>,
}

/// Finds every ending of `trains` trains, those with fewer switches first.
///
/// # Errors
///
/// [`LabError::BadInput`]: there is too much to try.
pub fn search(program: &Program, trains: usize, runner: Runner) -> Result<Vec<Possible>> {
    let machines = (0..trains).map(|number| machine(program, number)).collect();
    let start = State { words: vec![0; program.words().len()], machines, last: None };
    let (states, numbers, arrivals) = (Vec::new(), HashMap::new(), Vec::new());
    let (queue, found) = (BinaryHeap::new(), Vec::new());
    let mut search = Search { program, runner, states, numbers, arrivals, queue, found };
    search.reach(start, Arrival { cost: (0, 0), from: 0, train: 0, steps: 0 });
    while let Some(Reverse((cost, here))) = search.queue.pop() {
        // A cheaper way here was found after this one had been queued.
        if search.arrivals[here].cost != cost {
            continue;
        }
        search.expand(here)?;
        if search.states.len() > STATES_MAX {
            return Err(LabError::BadInput(format!(
                "the search gave up after {STATES_MAX} states; try fewer --threads or --rounds"
            )));
        }
    }
    Ok(search.found)
}

impl Search<'_> {
    fn reach(&mut self, state: State, arrival: Arrival) {
        let number = self.numbers.get(&state).copied().unwrap_or(self.states.len());
        if number == self.states.len() {
            self.queue.push(Reverse((arrival.cost, number)));
            self.numbers.insert(state.clone(), number);
            self.states.push(state);
            self.arrivals.push(arrival);
        } else if arrival.cost < self.arrivals[number].cost {
            self.queue.push(Reverse((arrival.cost, number)));
            self.arrivals[number] = arrival;
        }
    }

    /// Lets each train go on from a state.
    fn expand(&mut self, here: usize) -> Result<()> {
        let (mut is_over, mut can_move) = (true, false);
        for train in 0..self.states[here].machines.len() {
            let mut state = self.states[here].clone();
            if state.machines[train].next(self.program).is_none() {
                continue;
            }
            is_over = false;
            match self.stride(&mut state, train)? {
                Ok(0) => continue,
                Ok(steps) => {
                    let is_switch = state.last.is_some_and(|last| last != train);
                    let (switches, all) = self.arrivals[here].cost;
                    let cost = (switches + u64::from(is_switch), all + steps);
                    state.last = Some(train);
                    self.reach(state, Arrival { cost, from: here, train, steps });
                }
                Err(says) => self.end(here, Ending::Failed(says), Some(train)),
            }
            can_move = true;
        }
        if is_over {
            let words = &self.states[here].words;
            let values = variables(self.program).map(|(at, _)| words[at]).collect();
            self.end(here, Ending::Values(values), None);
        } else if !can_move {
            self.end(here, Ending::Deadlock, None);
        }
        Ok(())
    }

    /// Notes an ending; one that `failing` brings about by going on.
    fn end(&mut self, here: usize, ending: Ending, failing: Option<usize>) {
        let mut turns = Vec::new();
        let mut at = here;
        while at != 0 {
            let Arrival { from, train, steps, .. } = self.arrivals[at];
            turns.push((train, steps));
            at = from;
        }
        let mut schedule = Schedule::default();
        for (train, steps) in turns.into_iter().rev() {
            schedule.add(train, steps);
        }
        if let Some(train) = failing {
            schedule.finish(train);
        }
        match self.found.iter_mut().find(|known| known.ending == ending) {
            // Of schedules as short as each other, one that train A begins reads best.
            Some(known) if schedule.reads_before(&known.schedule) => known.schedule = schedule,
            Some(_) => {}
            None => self.found.push(Possible { ending, schedule }),
        }
    }

    /// Lets a train go on to the next place at which it could be switched out, and returns how many
    /// instructions that were, or how it failed: none, if it has to wait.
    fn stride(&self, state: &mut State, train: usize) -> Result<std::result::Result<u64, String>> {
        let memory = Cell::from_mut(&mut state.words[..]).as_slice_of_cells();
        let machine = &mut state.machines[train];
        for steps in 0..STRIDE_MAX {
            let next = machine.next(self.program);
            if steps > 0 && next.is_none_or(|next| self.can_switch_before(next)) {
                return Ok(Ok(steps));
            }
            match machine.step(self.program, memory) {
                Err(error) => return Ok(Err(error.to_string())),
                Ok(Pause::Blocked { .. }) => return Ok(Ok(steps)),
                Ok(Pause::Awaiting) if self.runner == Runner::Coop => return Ok(Ok(steps + 1)),
                Ok(_) => {}
            }
        }
        Err(LabError::BadInput("a train goes on and on: the search finds no end".to_owned()))
    }

    fn can_switch_before(&self, next: Instruction) -> bool {
        match self.runner {
            // Where others can notice whether it is done.
            Runner::LockOn(Checks::EveryOp) | Runner::LockOff => matches!(
                next,
                Instruction::LoadGlobal(_)
                    | Instruction::StoreGlobal(_)
                    | Instruction::BeforeWith(_)
                    | Instruction::WithExit(_)
            ),
            Runner::LockOn(checks) => {
                next.place() != Place::Operation && checks.look_at(next.place())
            }
            Runner::Coop | Runner::Procs => false,
        }
    }
}
