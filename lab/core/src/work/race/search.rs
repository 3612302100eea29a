//! The search: every way in which a program can end, each with the schedule that takes the fewest
//! switches.
//!
//! [`trainyard::interleave`] does the same for scripts whose steps are functions; here a step is an
//! instruction, and where a switch is allowed is the question.
//!
//! 1. A state is the memory, each train's machine, and who ran last. From a state, each train that
//!    can do anything goes on to the next place at which it could be switched out.
//! 2. States are taken in the order of the switches that lead to them, and of the instructions
//!    (Dijkstra's algorithm), each once. So the first way to an ending is one with the fewest.
//! 3. Where a switch is allowed anywhere, only those before an instruction that others can notice
//!    are tried: a switch before any other one could as well come later.

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};

use super::run::{Ending, Trouble, variables};
use super::schedule::Schedule;
use super::setting::{Model, Runner, looks_at};
use super::train::machine;
use crate::terms::error::{LabError, Result};
use crate::terms::lock::Placement;
use trainyard::vm::{Instruction, Machine, Pause, Place, Program};

/// A few hundred megabytes. What has more is no puzzle.
const STATES_MAX: usize = 400_000;
/// Instructions that a train may do in one go.
const STRIDE_MAX: u64 = 1_000_000;

/// One way to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Possible {
    pub ending: Ending,
    /// A schedule with as few switches as any.
    pub schedule: Schedule,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    words: Vec<i64>,
    machines: Vec<Machine>,
    last: Option<usize>,
}

/// A way to a state. Of two with as many switches and instructions, one that train A begins reads
/// best; so the order of ways is that of these fields.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    switches: usize,
    steps: u64,
    schedule: Schedule,
}

struct Search<'p> {
    program: &'p Program,
    runner: Runner,
    /// The states that the search has been at.
    behind: HashSet<State>,
    /// The ways to others. There can be several to one; the first counts.
    ahead: BTreeMap<Way, State>,
    found: Vec<Possible>,
}

/// Finds every ending of `trains` trains, those with fewer switches first.
/// Fails with [`LabError::BadInput`] if there is too much to try.
pub fn search(program: &Program, trains: usize, runner: Runner) -> Result<Vec<Possible>> {
    let machines = (0..trains).map(|number| machine(program, number)).collect();
    let start = State { words: vec![0; program.words().len()], machines, last: None };
    let ahead = BTreeMap::from([(Way::default(), start)]);
    let behind = HashSet::new();
    let mut search = Search { program, runner, behind, ahead, found: Vec::new() };
    while let Some((way, state)) = search.ahead.pop_first() {
        if search.behind.contains(&state) {
            continue;
        }
        search.expand(&way, &state)?;
        search.behind.insert(state);
        if search.behind.len() + search.ahead.len() > STATES_MAX {
            return Err(LabError::BadInput(format!(
                "the search gave up after {STATES_MAX} states; try fewer --threads or --rounds"
            )));
        }
    }
    Ok(search.found)
}

impl Search<'_> {
    /// Lets each train go on from a state.
    fn expand(&mut self, way: &Way, here: &State) -> Result<()> {
        let (mut is_over, mut can_move) = (true, false);
        for train in 0..here.machines.len() {
            if here.machines[train].next(self.program).is_none() {
                continue;
            }
            is_over = false;
            let (mut state, mut way) = (here.clone(), way.clone());
            let steps = match self.stride(&mut state, train)? {
                Ok(0) => continue,
                Ok(steps) => steps,
                Err(says) => {
                    can_move = true;
                    way.schedule.finish(train);
                    self.end(Err(Trouble::Failed(says)), way.schedule);
                    continue;
                }
            };
            can_move = true;
            way.schedule.add(train, steps);
            (way.switches, way.steps) = (way.schedule.switches(), way.steps + steps);
            state.last = Some(train);
            if !self.behind.contains(&state) {
                self.ahead.insert(way, state);
            }
        }
        if is_over {
            let values = variables(self.program).map(|(at, _)| here.words[at]).collect();
            self.end(Ok(values), way.schedule.clone());
        } else if !can_move {
            self.end(Err(Trouble::Deadlock), way.schedule.clone());
        }
        Ok(())
    }

    /// Notes an ending. The first way to it is the best.
    fn end(&mut self, ending: Ending, schedule: Schedule) {
        if self.found.iter().all(|known| known.ending != ending) {
            self.found.push(Possible { ending, schedule });
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
        match (self.runner.placement(), self.runner.model()) {
            // Where others can notice whether it is done.
            (Some(Placement::EveryOp), _) | (None, Model::Threads) => matches!(
                next,
                Instruction::LoadGlobal(_)
                    | Instruction::StoreGlobal(_)
                    | Instruction::BeforeWith(_)
                    | Instruction::WithExit(_)
            ),
            (Some(placement), _) => {
                next.place() != Place::Operation && looks_at(placement, next.place())
            }
            (None, Model::Coop | Model::Procs) => false,
        }
    }
}
