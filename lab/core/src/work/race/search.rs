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

use super::run::{machine, variables};
use super::schedule::Schedule;
use super::setting::{Checks, Runner};
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
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

/// How a state was reached: from which, by whom, with how many instructions.
struct Arrival {
    from: usize,
    train: usize,
    steps: u64,
}

struct Search<'p> {
    program: &'p Program,
    runner: Runner,
    states: Vec<State>,
    numbers: HashMap<State, usize>,
    arrivals: Vec<Option<Arrival>>,
    /// Switches and instructions so far.
    costs: Vec<(u64, u64)>,
    queue: BinaryHeap<Reverse<((u64, u64), usize)>>,
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
    let mut search = Search {
        program,
        runner,
        states: Vec::new(),
        numbers: HashMap::new(),
        arrivals: Vec::new(),
        costs: Vec::new(),
        queue: BinaryHeap::new(),
        found: Vec::new(),
    };
    search.reach(start, None, (0, 0));
    while let Some(Reverse((cost, here))) = search.queue.pop() {
        // A cheaper way here was found after this one had been queued.
        if search.costs[here] != cost {
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
    fn reach(&mut self, state: State, arrival: Option<Arrival>, cost: (u64, u64)) {
        if let Some(&number) = self.numbers.get(&state) {
            if cost < self.costs[number] {
                self.costs[number] = cost;
                self.arrivals[number] = arrival;
                self.queue.push(Reverse((cost, number)));
            }
            return;
        }
        let number = self.states.len();
        self.numbers.insert(state.clone(), number);
        self.states.push(state);
        self.arrivals.push(arrival);
        self.costs.push(cost);
        self.queue.push(Reverse((cost, number)));
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
                Stride::Waits => {}
                Stride::Failed(says) => {
                    can_move = true;
                    self.end(here, Ending::Failed(says), Some(train));
                }
                Stride::Went(steps) => {
                    can_move = true;
                    let is_switch = self.states[here].last.is_some_and(|last| last != train);
                    let (switches, all) = self.costs[here];
                    state.last = Some(train);
                    let cost = (switches + u64::from(is_switch), all + steps);
                    self.reach(state, Some(Arrival { from: here, train, steps }), cost);
                }
            }
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
        while let Some(arrival) = &self.arrivals[at] {
            turns.push((arrival.train, arrival.steps));
            at = arrival.from;
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

    /// Lets a train go on to the next place at which it could be switched out.
    fn stride(&self, state: &mut State, train: usize) -> Result<Stride> {
        let memory = Cell::from_mut(&mut state.words[..]).as_slice_of_cells();
        let machine = &mut state.machines[train];
        for steps in 0..STRIDE_MAX {
            let next = machine.next(self.program);
            if steps > 0 && next.is_none_or(|next| self.can_switch_before(next)) {
                return Ok(Stride::Went(steps));
            }
            match machine.step(self.program, memory) {
                Err(error) => return Ok(Stride::Failed(error.to_string())),
                Ok(Pause::Blocked { .. }) if steps == 0 => return Ok(Stride::Waits),
                Ok(Pause::Blocked { .. }) => return Ok(Stride::Went(steps)),
                Ok(Pause::Awaiting) if self.runner == Runner::Coop => {
                    return Ok(Stride::Went(steps + 1));
                }
                Ok(_) => {}
            }
        }
        Err(LabError::BadInput("a train goes on and on: the search finds no end".to_owned()))
    }

    fn can_switch_before(&self, next: Instruction) -> bool {
        match self.runner {
            Runner::LockOn(Checks::EveryOp) | Runner::LockOff => is_noticed(next),
            Runner::LockOn(checks) => {
                next.place() != Place::Operation && checks.look_at(next.place())
            }
            Runner::Coop | Runner::Procs => false,
        }
    }
}

/// How far a train came.
enum Stride {
    Went(u64),
    Waits,
    Failed(String),
}

/// Whether other trains can notice when this is done.
fn is_noticed(instruction: Instruction) -> bool {
    matches!(
        instruction,
        Instruction::LoadGlobal(_)
            | Instruction::StoreGlobal(_)
            | Instruction::BeforeWith(_)
            | Instruction::WithExit(_)
    )
}
